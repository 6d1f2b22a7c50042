//! Every shader in the languages of the systems that moue runs on: as wgpu makes them, by naga, without a device.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

use std::collections::BTreeSet;

use moue::gpu::shader::{self, Shader};
use naga::back::{hlsl, msl, spv};
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};

/// Subgroups, matrices and arithmetic in f16 of shaders that need them; nothing else beyond WebGPU.
fn capabilities(shader: &Shader) -> Capabilities {
    // Of WebGPU itself: f16 that is stored.
    let mut all = Capabilities::SHADER_FLOAT16_IN_FLOAT32;
    if shader.arithmetic_f16 {
        all |= Capabilities::SHADER_FLOAT16;
    }
    if shader.subgroup || shader.matrices {
        all |= Capabilities::SUBGROUP;
    }
    if shader.matrices {
        all |= Capabilities::COOPERATIVE_MATRIX;
    }
    all
}

fn parsed(shader: &Shader) -> (naga::Module, ModuleInfo) {
    let module = naga::front::wgsl::parse_str(shader.source).unwrap_or_else(|error| panic!("{}: {error}", shader.name));
    let info = Validator::new(ValidationFlags::all(), capabilities(shader)).validate(&module);
    let info = info.unwrap_or_else(|error| panic!("{}: {}", shader.name, error.into_inner()));
    (module, info)
}

/// As moue compiles them: what an index reaches was checked on the host.
const UNCHECKED: BoundsCheckPolicies = BoundsCheckPolicies {
    index: BoundsCheckPolicy::Unchecked,
    buffer: BoundsCheckPolicy::Unchecked,
    image_load: BoundsCheckPolicy::Unchecked,
    binding_array: BoundsCheckPolicy::Unchecked,
};

#[test]
fn every_shader_translates_to_spirv() {
    for shader in shader::ALL {
        let (module, info) = parsed(shader);
        let options = spv::Options { lang_version: (1, 3), bounds_check_policies: UNCHECKED, ..Default::default() };
        let pipeline = spv::PipelineOptions { shader_stage: naga::ShaderStage::Compute, entry_point: "main".into() };
        let words = spv::write_vec(&module, &info, &options, Some(&pipeline));
        let words = words.unwrap_or_else(|error| panic!("{}: {error}", shader.name));
        assert_eq!(words.first(), Some(&0x0723_0203), "{}: SPIR-V begins with its magic number", shader.name);
    }
}

#[test]
fn every_shader_without_matrices_translates_to_msl() {
    for shader in shader::ALL.iter().filter(|shader| !shader.matrices) {
        let (module, info) = parsed(shader);
        // Metal numbers buffers and textures by themselves.
        let mut resources = msl::EntryPointResources { sizes_buffer: Some(30), ..Default::default() };
        for (_, variable) in module.global_variables.iter() {
            let Some(binding) = variable.binding else { continue };
            let slot = Some(binding.binding as msl::Slot);
            let texture = matches!(module.types[variable.ty].inner, naga::TypeInner::Image { .. });
            let mutable =
                matches!(variable.space, naga::AddressSpace::Storage { access } if access.contains(naga::StorageAccess::STORE));
            let target = if texture {
                msl::BindTarget { texture: slot, ..Default::default() }
            } else {
                msl::BindTarget { buffer: slot, mutable, ..Default::default() }
            };
            resources.resources.insert(binding, target);
        }
        let options = msl::Options {
            lang_version: (2, 4),
            per_entry_point_map: [("main".to_owned(), resources)].into(),
            fake_missing_bindings: false,
            bounds_check_policies: UNCHECKED,
            ..Default::default()
        };
        let pipeline =
            msl::PipelineOptions { entry_point: Some((naga::ShaderStage::Compute, "main".into())), ..Default::default() };
        let (text, made) =
            msl::write_string(&module, &info, &options, &pipeline).unwrap_or_else(|error| panic!("{}: {error}", shader.name));
        made.entry_point_names[0].as_ref().unwrap_or_else(|error| panic!("{}: {error}", shader.name));
        assert!(text.contains("kernel void"), "{}", shader.name);
    }
}

#[test]
fn every_shader_without_matrices_translates_to_hlsl() {
    for shader in shader::ALL.iter().filter(|shader| !shader.matrices) {
        let (module, info) = parsed(shader);
        let model = match (shader.arithmetic_f16, shader.subgroup) {
            (true, _) => hlsl::ShaderModel::V6_2,
            (_, true) => hlsl::ShaderModel::V6_0,
            _ => hlsl::ShaderModel::V5_1,
        };
        let options = hlsl::Options { shader_model: model, fake_missing_bindings: true, ..Default::default() };
        let pipeline = hlsl::PipelineOptions { entry_point: Some((naga::ShaderStage::Compute, "main".into())) };
        let mut text = String::new();
        let made = hlsl::Writer::new(&mut text, &options, &pipeline).write(&module, &info, None);
        let made = made.unwrap_or_else(|error| panic!("{}: {error}", shader.name));
        made.entry_point_names[0].as_ref().unwrap_or_else(|error| panic!("{}: {error}", shader.name));
        assert!(text.contains("[numthreads("), "{}", shader.name);
    }
}

/// What `requestDevice` gives when nothing is asked for.
#[test]
fn every_shader_that_a_browser_runs_keeps_to_the_limits_of_webgpu() {
    let limits = wgpu::Limits::default();
    let mut seen = BTreeSet::new();
    for shader in shader::ALL.iter().filter(|shader| !shader.matrices && !shader.subgroup) {
        seen.insert(shader.name);
        let [x, y, z] = shader.workgroup;
        assert!(x * y * z <= limits.max_compute_invocations_per_workgroup, "{}: {x} x {y} x {z} invocations", shader.name);
        assert!(x <= limits.max_compute_workgroup_size_x && z <= limits.max_compute_workgroup_size_z, "{}", shader.name);
        assert!(
            shader.workgroup_bytes <= limits.max_compute_workgroup_storage_size,
            "{}: {} bytes",
            shader.name,
            shader.workgroup_bytes
        );
        let (mut buffers, mut textures) = (0, 0);
        for (_, variable) in parsed(shader).0.global_variables.iter() {
            match variable.space {
                naga::AddressSpace::Storage { .. } => buffers += 1,
                naga::AddressSpace::Handle => textures += 1,
                _ => {}
            }
        }
        assert!(buffers <= limits.max_storage_buffers_per_shader_stage, "{}: {buffers} storage buffers", shader.name);
        assert!(textures <= limits.max_storage_textures_per_shader_stage, "{}: {textures} textures", shader.name);
    }
    assert!(seen.len() > 50, "they are all there: {}", seen.len());
}
