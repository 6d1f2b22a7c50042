//! Vec4s read through textures: weights that lie in one, and the mirror of a buffer with the copy that fills it.

use super::device::Gpu;
use super::owned::Owned;
use super::shader::TEXTURE_WIDTH;
use super::texel::format;
use crate::error::{Error, Result};
use crate::tensor::Precision;

/// Bytes of a row.
fn row(precision: Precision) -> u64 {
    precision.vec4() * u64::from(TEXTURE_WIDTH)
}

/// A texture of vec4s, row after row.
#[derive(Debug)]
pub struct Mirror {
    texture: Owned<wgpu::Texture>,
    pub(super) precision: Precision,
    pub(super) view: wgpu::TextureView,
}

impl Mirror {
    /// Bytes that the largest one holds.
    pub fn most(gpu: &Gpu, precision: Precision) -> u64 {
        row(precision) * u64::from(gpu.shared.limits.max_texture_dimension_2d)
    }

    /// For up to `bytes`.
    pub fn new(gpu: &Gpu, precision: Precision, label: &str, bytes: u64) -> Result<Self> {
        let rows = bytes.div_ceil(row(precision)).max(1);
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
            format: format(precision),
            usage: wgpu::TextureUsages::TEXTURE_BINDING | wgpu::TextureUsages::STORAGE_BINDING | wgpu::TextureUsages::COPY_DST,
            view_formats: &[],
        });
        let texture = Owned(texture);
        gpu.check(label)?;
        let view = texture.create_view(&wgpu::TextureViewDescriptor::default());
        Ok(Self { texture, precision, view })
    }

    /// Bytes it holds at most.
    pub fn size(&self) -> u64 {
        u64::from(self.texture.width()) * u64::from(self.texture.height()) * self.precision.vec4()
    }

    /// Copies `bytes` of `buffer` from `offset`: whole rows, then what is left.
    pub fn fill(&self, encoder: &mut wgpu::CommandEncoder, buffer: &wgpu::Buffer, offset: u64, bytes: u64) {
        for part in rows(self.precision, 0, bytes) {
            let layout = layout(self.precision, offset + part.first);
            encoder.copy_buffer_to_texture(wgpu::TexelCopyBufferInfo { buffer, layout }, self.at(&part), part.size());
        }
    }

    /// Writes `bytes` to the place `offset`, both whole texels.
    pub fn write(&self, queue: &wgpu::Queue, offset: u64, bytes: &[u8]) {
        for part in rows(self.precision, offset, bytes.len() as u64) {
            let layout = layout(self.precision, part.first);
            queue.write_texture(self.at(&part), bytes, layout, part.size());
        }
    }

    fn at(&self, part: &Part) -> wgpu::TexelCopyTextureInfo<'_> {
        wgpu::TexelCopyTextureInfo {
            texture: &self.texture,
            mip_level: 0,
            origin: wgpu::Origin3d { x: part.x, y: part.y, z: 0 },
            aspect: wgpu::TextureAspect::All,
        }
    }
}

fn layout(precision: Precision, offset: u64) -> wgpu::TexelCopyBufferLayout {
    wgpu::TexelCopyBufferLayout { offset, bytes_per_row: Some(row(precision) as u32), rows_per_image: None }
}

/// A rectangle of texels, and where its bytes start in what is copied.
struct Part {
    first: u64,
    x: u32,
    y: u32,
    width: u32,
    height: u32,
}

impl Part {
    fn size(&self) -> wgpu::Extent3d {
        wgpu::Extent3d { width: self.width, height: self.height, depth_or_array_layers: 1 }
    }
}

/// The rectangles that `bytes` from `offset` cover: the end of a row, whole rows, the start of a row.
fn rows(precision: Precision, offset: u64, bytes: u64) -> impl Iterator<Item = Part> {
    let (texel, row) = (precision.vec4(), row(precision));
    let start = if offset.is_multiple_of(row) { 0 } else { bytes.min(row - offset % row) };
    let whole = (bytes - start) / row * row;
    let parts = [(0, start), (start, whole), (start + whole, bytes - start - whole)];
    parts.into_iter().filter(move |&(_, length)| length >= texel).map(move |(first, length)| {
        let at = offset + first;
        let (width, height) = if length.is_multiple_of(row) { (row, length / row) } else { (length, 1) };
        Part { first, x: (at % row / texel) as u32, y: (at / row) as u32, width: (width / texel) as u32, height: height as u32 }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_every_texel_once() {
        for precision in [Precision::F32, Precision::F16] {
            for (offset, texels) in
                [(0_u64, 1_u64), (0, 1024), (5, 3), (1000, 24), (1000, 25), (1, 5000), (1023, 2049), (2048, 2047)]
            {
                let texel = precision.vec4();
                let mut seen = Vec::new();
                for part in rows(precision, texel * offset, texel * texels) {
                    assert!(part.x + part.width <= TEXTURE_WIDTH);
                    for row in 0..part.height {
                        for column in 0..part.width {
                            let from = part.first / texel + u64::from(row) * 1024 + u64::from(column);
                            seen.push((from, u64::from((part.y + row) * 1024 + part.x + column)));
                        }
                    }
                }
                let wanted: Vec<(u64, u64)> = (0..texels).map(|texel| (texel, offset + texel)).collect();
                assert_eq!(seen, wanted, "{texels} from {offset}");
            }
        }
    }
}
