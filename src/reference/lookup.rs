//! Codes -> table colours -> resized, normalised network inputs.

use image::{GrayImage, Rgb, RgbImage};

use crate::operators::Crop;

/// The mapped picture: each code replaced by its row of a 256 x 3 table.
pub fn lookup(codes: &GrayImage, table: &[[u8; 3]; 256]) -> RgbImage {
    let mut out = RgbImage::new(codes.width(), codes.height());
    for (to, code) in out.pixels_mut().zip(codes.pixels()) {
        *to = Rgb(table[usize::from(code.0[0])]);
    }
    out
}

/// A u8 picture resized to `resize` = `[height, width]` (bilinear, half-pixel centres, edges repeated; the identity at the same size), cut to
/// `window` at each crop, blue first where `reversed`, normalised as (v - mean) * scale: planar `[crops, 3, window h, window w]`.
pub fn normalise_crops(
    picture: &RgbImage,
    resize: [u32; 2],
    window: [u32; 2],
    crops: &[Crop],
    reversed: bool,
    mean: [f32; 3],
    scale: [f32; 3],
) -> Vec<f32> {
    let axis = |i: u32, length: u32, count: u32| {
        let (i, length, count) = (i64::from(i), i64::from(length), i64::from(count));
        let t = ((2 * i + 1) * length - count).clamp(0, 2 * count * (length - 1));
        let j = t / (2 * count);
        (j as u32, (j + 1).min(length - 1) as u32, (t % (2 * count)) as f64 / (2 * count) as f64)
    };
    let mut out = Vec::with_capacity(crops.len() * 3 * (window[0] * window[1]) as usize);
    for crop in crops {
        for c in 0..3 {
            for y in 0..window[0] {
                let (y0, y1, fy) = axis(crop.origin[0] + y, picture.height(), resize[0]);
                for x in 0..window[1] {
                    let (x0, x1, fx) = axis(crop.origin[1] + x, picture.width(), resize[1]);
                    let p = |x: u32, y: u32| f64::from(picture.get_pixel(x, y).0[if reversed { 2 - c } else { c }]);
                    let top = p(x0, y0) * (1.0 - fx) + p(x1, y0) * fx;
                    let bottom = p(x0, y1) * (1.0 - fx) + p(x1, y1) * fx;
                    let value = top * (1.0 - fy) + bottom * fy;
                    out.push(((value - f64::from(mean[c])) * f64::from(scale[c])) as f32);
                }
            }
        }
    }
    out
}
