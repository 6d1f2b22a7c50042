//! Texels: how a vec4 lies in a texture.

use crate::tensor::Precision;

/// The format of texels of four numbers.
pub(super) fn format(precision: Precision) -> wgpu::TextureFormat {
    match precision {
        Precision::F32 => wgpu::TextureFormat::Rgba32Float,
        Precision::F16 => wgpu::TextureFormat::Rgba16Float,
    }
}
