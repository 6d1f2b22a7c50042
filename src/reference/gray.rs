//! Matlab's `rgb2gray`, exact for all 16,777,216 colours.

use image::{GrayImage, Luma, RgbImage};

/// Gray value of every pixel: round(0.298936 R + 0.587043 G + 0.114021 B), in integers.
pub fn gray(rgb: &RgbImage) -> GrayImage {
    let mut out = GrayImage::new(rgb.width(), rgb.height());
    for (to, from) in out.pixels_mut().zip(rgb.pixels()) {
        let [r, g, b] = from.0.map(u32::from);
        *to = Luma([((1_253_829 * r + 2_462_237 * g + 478_238 * b + (1 << 21)) >> 22) as u8]);
    }
    out
}
