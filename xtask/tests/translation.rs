//! Every shader in the languages of the systems that moue runs on: as wgpu makes them, by naga, without a device.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stderr)]

#[allow(dead_code)]
#[path = "../../build/expand.rs"]
mod expand;

use std::path::Path;
use std::sync::LazyLock;

use expand::Expanded;
use naga::back::{hlsl, msl, spv};
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};

/// As moue's build writes them.
static ALL: LazyLock<Vec<Expanded>> = LazyLock::new(|| {
    let shaders = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("shaders");
    let all = expand::all(&shaders).unwrap();
    assert!(all.len() > 100, "they are all there: {}", all.len());
    all
});

/// Subgroups, matrices and arithmetic in f16 of shaders that need them; nothing else beyond WebGPU.
fn capabilities(shader: &Expanded) -> Capabilities {
    // Of WebGPU itself: f16 that is stored.
    let mut all = Capabilities::SHADER_FLOAT16_IN_FLOAT32;
    if shader.arithmetic_f16() {
        all |= Capabilities::SHADER_FLOAT16;
    }
    if shader.subgroup() || shader.matrices() {
        all |= Capabilities::SUBGROUP;
    }
    if shader.matrices() {
        all |= Capabilities::COOPERATIVE_MATRIX;
    }
    all
}

fn parsed(shader: &Expanded) -> (naga::Module, ModuleInfo) {
    let module = naga::front::wgsl::parse_str(&shader.source).unwrap_or_else(|error| panic!("{}: {error}", shader.name));
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
    for shader in ALL.iter() {
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
    for shader in ALL.iter().filter(|shader| !shader.matrices()) {
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
    for shader in ALL.iter().filter(|shader| !shader.matrices()) {
        let (module, info) = parsed(shader);
        let model = match (shader.arithmetic_f16(), shader.subgroup()) {
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
