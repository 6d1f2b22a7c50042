//! One dispatch of a plan, made ready: its pipeline and what is bound to it.

use std::sync::Arc;

use super::buffer::Buffer;
use super::device::Gpu;
use super::pipelines::Pipeline;
use super::recording::{Dispatch, Slice};
use super::shader::BindingKind;
use crate::error::{Error, Result};

#[derive(Debug)]
pub(super) struct Step {
    pub dispatch: Dispatch,
    pub pipeline: Arc<Pipeline>,
    pub group: wgpu::BindGroup,
    pub params_offset: u32,
    /// Buffers that the dispatch reads through a texture and whose mirror holds something else: filled before it.
    pub mirrored: Vec<(usize, Slice)>,
}

impl Step {
    /// `before`: the pipeline that is set already.
    pub fn record(&self, pass: &mut wgpu::ComputePass<'_>, before: Option<&Arc<Pipeline>>) {
        let [x, y, z] = self.dispatch.grid;
        if before.is_none_or(|before| !Arc::ptr_eq(before, &self.pipeline)) {
            pass.set_pipeline(&self.pipeline.inner);
        }
        pass.set_bind_group(0, &self.group, &[self.params_offset]);
        pass.dispatch_workgroups(x, y, z);
    }
}

/// Binds the buffers of `dispatch`, and `params` with an offset that is given with every run.
///
/// # Errors
/// [`Error::Device`] where they are not what the shader reads, or the device refuses them.
pub(super) fn bind<'m>(
    gpu: &Gpu,
    dispatch: &Dispatch,
    pipeline: &Pipeline,
    params: &wgpu::Buffer,
    buffers: &[Buffer],
    mirror: &dyn Fn(usize) -> Option<&'m wgpu::TextureView>,
) -> Result<wgpu::BindGroup> {
    let storage = dispatch.shader.bindings.iter().filter(|b| b.kind != BindingKind::Params).count();
    if storage != dispatch.buffers.len() {
        return Err(Error::Device {
            adapter: gpu.name().to_owned(),
            reason: format!("`{}` has {storage} storage bindings, {} were given", dispatch.label, dispatch.buffers.len()),
        });
    }
    let binding = |buffer, offset, size| {
        wgpu::BindingResource::Buffer(wgpu::BufferBinding { buffer, offset, size: std::num::NonZeroU64::new(size) })
    };
    let mut entries = vec![wgpu::BindGroupEntry {
        binding: 0,
        resource: binding(params, 0, dispatch.params.len().next_multiple_of(16) as u64),
    }];
    let bindings = dispatch.shader.bindings.iter().filter(|b| b.kind != BindingKind::Params);
    for ((index, slice), own) in (1..).zip(&dispatch.buffers).zip(bindings) {
        let resource = match (own.kind, mirror(index as usize - 1), buffers.get(slice.buffer.0).and_then(Buffer::bytes)) {
            (BindingKind::Texture | BindingKind::Image | BindingKind::Store, Some(view), _) => {
                wgpu::BindingResource::TextureView(view)
            }
            (BindingKind::Read | BindingKind::ReadWrite, _, Some(buffer)) => binding(buffer, slice.offset, slice.size),
            _ => {
                let reason = format!("`{}`: what binding {index} names lies elsewhere", dispatch.label);
                return Err(Error::Device { adapter: gpu.name().to_owned(), reason });
            }
        };
        entries.push(wgpu::BindGroupEntry { binding: index, resource });
    }
    let group = gpu.shared.device.create_bind_group(&wgpu::BindGroupDescriptor {
        label: Some(&dispatch.label),
        layout: &pipeline.layout,
        entries: &entries,
    });
    gpu.check(&dispatch.label)?;
    Ok(group)
}
