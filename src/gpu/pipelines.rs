//! Compiled pipelines, one a shader text, shared by every plan of the device.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::shader::{BindingKind, Shader};
use super::texel;
use crate::host::{guard, offload};

/// A compiled shader and the layout of its bindings.
#[derive(Debug)]
pub(super) struct Pipeline {
    pub inner: wgpu::ComputePipeline,
    pub layout: wgpu::BindGroupLayout,
}

#[derive(Debug, Default)]
pub(super) struct Pipelines {
    compiled: Mutex<HashMap<String, Arc<Pipeline>>>,
    replaced: Mutex<HashMap<&'static str, String>>,
}

impl Pipelines {
    pub fn count(&self) -> usize {
        self.compiled.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    pub fn replace(&self, shader: &'static Shader, source: String) {
        self.replaced.lock().unwrap_or_else(PoisonError::into_inner).insert(shader.name, source);
    }

    /// The pipelines of `shaders`, compiled in parallel where they are new.
    pub fn get(&self, device: &wgpu::Device, shaders: &[&'static Shader]) -> Vec<Arc<Pipeline>> {
        let replaced = self.replaced.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let text = |shader: &Shader| replaced.get(shader.name).cloned();
        let key = |shader: &Shader| text(shader).unwrap_or_else(|| shader.name.to_owned());
        let mut missing: Vec<&'static Shader> = Vec::new();
        {
            let compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
            for shader in shaders {
                if !compiled.contains_key(&key(shader)) && !missing.iter().any(|m| m.name == shader.name) {
                    missing.push(shader);
                }
            }
        }
        // What a driver panics of is a pipeline that is missing.
        let fresh = offload::shared(missing, usize::MAX, |shader| {
            let made = guard::run(|| Ok(compile(device, shader, text(shader).as_deref())));
            made.ok().map(|pipeline| (key(shader), Arc::new(pipeline)))
        });
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        compiled.extend(fresh.into_iter().flatten());
        shaders.iter().filter_map(|shader| compiled.get(&key(shader)).cloned()).collect()
    }
}

fn compile(device: &wgpu::Device, shader: &Shader, replaced: Option<&str>) -> Pipeline {
    let buffer =
        |ty| wgpu::BindingType::Buffer { ty, has_dynamic_offset: ty == wgpu::BufferBindingType::Uniform, min_binding_size: None };
    let entries: Vec<wgpu::BindGroupLayoutEntry> = (0..)
        .zip(shader.bindings)
        .map(|(binding, b)| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: match b.kind {
                BindingKind::Texture => wgpu::BindingType::Texture {
                    sample_type: wgpu::TextureSampleType::Float { filterable: false },
                    view_dimension: wgpu::TextureViewDimension::D2,
                    multisampled: false,
                },
                BindingKind::Image => wgpu::BindingType::StorageTexture {
                    access: wgpu::StorageTextureAccess::ReadOnly,
                    format: texel::format(b.texels),
                    view_dimension: wgpu::TextureViewDimension::D2,
                },
                BindingKind::Store => wgpu::BindingType::StorageTexture {
                    access: wgpu::StorageTextureAccess::WriteOnly,
                    format: texel::format(b.texels),
                    view_dimension: wgpu::TextureViewDimension::D2,
                },
                BindingKind::Params => buffer(wgpu::BufferBindingType::Uniform),
                kind => buffer(wgpu::BufferBindingType::Storage { read_only: kind == BindingKind::Read }),
            },
            count: None,
        })
        .collect();
    let layout =
        device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label: Some(shader.name), entries: &entries });
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label: Some(shader.name),
        bind_group_layouts: &[Some(&layout)],
        immediate_size: 0,
    });
    let descriptor = wgpu::ShaderModuleDescriptor {
        label: Some(shader.name),
        source: wgpu::ShaderSource::Wgsl(replaced.unwrap_or(shader.source).into()),
    };
    let module = if replaced.is_some() {
        device.create_shader_module(descriptor)
    } else {
        // SAFETY: every index of these shaders is checked against sizes that `kernels` has checked against the bound buffers, every
        // loop runs to a parameter, and no divisor is zero: the bounds checks, loop bounds and division guards cost time for nothing.
        #[allow(unsafe_code)]
        unsafe {
            device.create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked())
        }
    };
    let inner = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(shader.name),
        layout: Some(&pipeline_layout),
        module: &module,
        entry_point: Some("main"),
        // Workgroup memory is written before it is read.
        compilation_options: wgpu::PipelineCompilationOptions { zero_initialize_workgroup_memory: false, ..Default::default() },
        cache: None,
    });
    Pipeline { inner, layout }
}
