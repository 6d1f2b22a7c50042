//! Buffers read through textures: the mirror of a buffer, and the copy that fills it.

use super::Gpu;
use super::shader::TEXTURE_WIDTH;
use crate::error::{Error, Result};

/// Bytes of a texel.
const TEXEL: u64 = 16;

/// A texture that mirrors vec4s of a buffer, row after row.
#[derive(Debug)]
pub struct Mirror {
    texture: wgpu::Texture,
    pub(super) view: wgpu::TextureView,
}

impl Mirror {
    /// A mirror of up to `bytes`.
    pub fn new(gpu: &Gpu, label: &str, bytes: u64) -> Result<Self> {
        let rows = (bytes / TEXEL).div_ceil(u64::from(TEXTURE_WIDTH)).max(1);
        let most = gpu.shared.limits.max_texture_dimension_2d;
        if rows > u64::from(most) {
            return Err(Error::Limit {
                adapter: gpu.name().to_owned(),
                reason: format!("`{label}` needs a texture of {rows} rows, {most} is the most: use a smaller batch"),
            });
        }
        let texture = gpu.shared.device.create_texture(&wgpu::TextureDescriptor {
            label: Some(label),
            size: wgpu::Extent3d { width: TEXTURE_WIDTH, height: rows as u32, depth_or_array_layers: 1 },
            mip_level_count: 1,
            sample_count: 1,
            dimension: wgpu::TextureDimension::D2,
            format: wgpu::TextureFormat::Rgba32Float,
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        gpu.check(label)?;
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        Ok(Self { texture, view })
    }

    /// Bytes it holds at most.
    pub fn size(&self) -> u64 {
        u64::from(self.texture.width()) * u64::from(self.texture.height()) * TEXEL
    }

    /// Copies `bytes` of `buffer` from `offset`: whole rows, then what is left.
    pub fn fill(&self, encoder: &mut wgpu::CommandEncoder, buffer: &wgpu::Buffer, offset: u64, bytes: u64) {
        let row = TEXEL * u64::from(TEXTURE_WIDTH);
        let (rows, rest) = ((bytes / row) as u32, (bytes % row / TEXEL) as u32);
        for (first, width, height) in [(0, TEXTURE_WIDTH, rows), (rows, rest, 1)] {
            if width == 0 || height == 0 {
                continue;
            }
            encoder.copy_buffer_to_texture(
                wgpu::TexelCopyBufferInfo {
                    buffer,
                    layout: wgpu::TexelCopyBufferLayout {
                        offset: offset + u64::from(first) * row,
                        bytes_per_row: Some(row as u32),
                        rows_per_image: None,
                    },
                },
                wgpu::TexelCopyTextureInfo {
                    texture: &self.texture,
                    mip_level: 0,
                    origin: wgpu::Origin3d { x: 0, y: first, z: 0 },
                    aspect: wgpu::TextureAspect::All,
                },
                wgpu::Extent3d { width, height, depth_or_array_layers: 1 },
            );
        }
    }
}
