//! Local Binary Pattern codes of 8 neighbours at an integer radius, in exact arithmetic.

use image::{GrayImage, ImageBuffer, Luma, Primitive};

use crate::error::Result;
use crate::operators::{Diagonal, check_lbp};

/// Whether a + b sqrt 2 >= 0.
fn not_negative(a: i64, b: i64) -> bool {
    let (a, b) = (i128::from(a), i128::from(b));
    match (a >= 0, b >= 0) {
        (true, true) => true,
        (false, false) => false,
        (true, false) => a * a >= 2 * b * b,
        (false, true) => a * a <= 2 * b * b,
    }
}

/// LBP codes of a gray picture `[H, W]` of u8 or u16 at an integer radius R: `[H - 2R, W - 2R]`, without padding.
///
/// Bit i is set when neighbour i >= centre; neighbour 0 is East and they go counter-clockwise.
/// Source: the authors' Matlab of Levi & Hassner 2015, with ties decided exactly.
///
/// # Errors
/// [`crate::Error::Argument`] where the radius is 0 or above [`crate::operators::MAX_RADIUS`], or the picture is not larger than 2R on both sides.
pub fn lbp<P>(gray: &ImageBuffer<Luma<P>, Vec<P>>, radius: u32) -> Result<GrayImage>
where
    P: Primitive + Into<i64>,
    Luma<P>: image::Pixel<Subpixel = P>,
{
    check_lbp(gray.width(), gray.height(), radius)?;
    let (width, height) = (gray.width() - 2 * radius, gray.height() - 2 * radius);
    let d = Diagonal::new(radius);
    let at = |x: i64, y: i64| -> i64 { gray.get_pixel(x as u32, y as u32).0[0].into() };
    let r = i64::from(radius);
    let (near, far) = (i64::from(d.near), i64::from(d.near) + 1);
    let mut out = GrayImage::new(width, height);
    for (ox, oy, code) in out.enumerate_pixels_mut() {
        let (x, y) = (i64::from(ox) + r, i64::from(oy) + r);
        let centre = at(x, y);
        let axis = |dx: i64, dy: i64| at(x + dx * r, y + dy * r) >= centre;
        let diagonal = |sx: i64, sy: i64| {
            let p = |kx: i64, ky: i64| at(x + sx * kx, y + sy * ky) - centre;
            let (nn, nf, ff) = (p(near, near), p(near, far) + p(far, near), p(far, far));
            let dot = |i: usize| i64::from(d.near_near[i]) * nn + i64::from(d.near_far[i]) * nf + i64::from(d.far_far[i]) * ff;
            not_negative(dot(0), dot(1))
        };
        let bits = [
            axis(1, 0),
            diagonal(1, -1),
            axis(0, -1),
            diagonal(-1, -1),
            axis(-1, 0),
            diagonal(-1, 1),
            axis(0, 1),
            diagonal(1, 1),
        ];
        *code = Luma([bits.iter().enumerate().map(|(i, &bit)| u8::from(bit) << i).sum()]);
    }
    Ok(out)
}
