//! The canonical crop: area-filtered where it shrinks, bilinear where it grows, in integers.
//!
//! An LBP threshold after a float resize would differ from adapter to adapter; these bytes do not.

use image::{Rgb, RgbImage};

use crate::error::Result;
use crate::operators::{Rect, check_warp};

/// The source pixels of one output position on one axis and their weights; the weights sum to [`Taps::total`].
struct Taps {
    length: u64,
    count: u64,
    total: u64,
}

impl Taps {
    fn new(length: u32, count: u32) -> Self {
        let (length, count) = (u64::from(length), u64::from(count));
        Self { length, count, total: if length >= count { length } else { 2 * count } }
    }

    fn of(&self, i: u32) -> Vec<(u64, u64)> {
        let (i, length, count) = (u64::from(i), self.length, self.count);
        if length >= count {
            let (from, to) = (i * length, (i + 1) * length);
            (from / count..to.div_ceil(count)).map(|j| (j, to.min((j + 1) * count) - from.max(j * count))).collect()
        } else {
            let t = ((2 * i + 1) * length).saturating_sub(count).min(2 * count * (length - 1));
            let (j, f) = (t / (2 * count), t % (2 * count));
            vec![(j, 2 * count - f), ((j + 1).min(length - 1), f)]
        }
    }
}

/// The rectangle of a photograph as a `size` = `[height, width]` picture. Where the rectangle reaches beyond the photograph its
/// edge pixels repeat.
///
/// # Errors
/// [`crate::Error::Argument`] for an empty photograph, rectangle or size, or one beyond [`crate::operators::MAX_SIDE`].
pub fn warp(photo: &RgbImage, rect: Rect, size: [u32; 2]) -> Result<RgbImage> {
    check_warp(photo.width(), photo.height(), rect, size)?;
    let [height, width] = size;
    let (across, down) = (Taps::new(rect.width, width), Taps::new(rect.height, height));
    let clamp = |base: i32, offset: u64, length: u32| (i64::from(base) + offset as i64).clamp(0, i64::from(length) - 1) as u32;
    let mut out = RgbImage::new(width, height);
    for (x, y, to) in out.enumerate_pixels_mut() {
        let columns = across.of(x);
        let mut sum = [0_u64; 3];
        for (row, weight_y) in down.of(y) {
            let py = clamp(rect.y, row, photo.height());
            let mut line = [0_u64; 3];
            for &(column, weight_x) in &columns {
                let pixel = photo.get_pixel(clamp(rect.x, column, photo.width()), py).0;
                for c in 0..3 {
                    line[c] += weight_x * u64::from(pixel[c]);
                }
            }
            for c in 0..3 {
                sum[c] += weight_y * ((256 * line[c] + across.total / 2) / across.total);
            }
        }
        *to = Rgb(sum.map(|s| ((s + 128 * down.total) / (256 * down.total)) as u8));
    }
    Ok(out)
}
