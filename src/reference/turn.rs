//! The turned crop: bilinear samples, as many an output pixel as it shrinks, averaged, in integers.

use image::{Rgb, RgbImage};

use crate::error::Result;
use crate::operators::{Similarity, UNIT};

/// The crop of a photograph that `similarity` places there, as a `size` = `[height, width]` picture. Beyond the photograph its edge pixels repeat.
///
/// # Errors
/// [`crate::Error::Argument`] for an empty photograph or size, or one beyond [`crate::operators::MAX_SIDE`].
pub fn turn(photo: &RgbImage, similarity: Similarity, size: [u32; 2]) -> Result<RgbImage> {
    similarity.check(photo.width(), photo.height(), size)?;
    let [height, width] = size;
    let (n, [a, b]) = (similarity.samples() as i32, similarity.step);
    let mut out = RgbImage::new(width, height);
    for (column, row, to) in out.enumerate_pixels_mut() {
        let (column, row) = (column as i32, row as i32);
        let x = similarity.origin[0] + a * column - b * row;
        let y = similarity.origin[1] + b * column + a * row;
        let mut sum = [0_u32; 3];
        for (v, u) in (0..n).flat_map(|v| (0..n).map(move |u| (2 * v + 1, 2 * u + 1))) {
            // Quotients are cut towards zero.
            let part = |of: i32, at: i32| of * at / (2 * n);
            let sample = bilinear(photo, x + part(a, u) - part(b, v), y + part(b, u) + part(a, v));
            (0..3).for_each(|c| sum[c] += sample[c]);
        }
        let count = (n * n) as u32;
        *to = Rgb(sum.map(|sum| ((sum + 128 * count) / (256 * count)) as u8));
    }
    Ok(out)
}

/// 256 times the colour at a position, whose pixels have their centres half a pixel from their corners.
fn bilinear(photo: &RgbImage, x: i32, y: i32) -> [u32; 3] {
    let axis = |at: i32, length: u32| {
        let at = at - UNIT / 2;
        let (first, weight) = (at.div_euclid(UNIT), at.rem_euclid(UNIT) as u32 * 256 / UNIT as u32);
        let clamp = |pixel: i32| pixel.clamp(0, length as i32 - 1) as u32;
        [(clamp(first), 256 - weight), (clamp(first + 1), weight)]
    };
    let columns = axis(x, photo.width());
    let mut sum = [0; 3];
    for (row, down) in axis(y, photo.height()) {
        for (column, across) in columns {
            let pixel = photo.get_pixel(column, row).0;
            (0..3).for_each(|c| sum[c] += across * down * u32::from(pixel[c]));
        }
    }
    sum.map(|sum| (sum + 128) / 256)
}
