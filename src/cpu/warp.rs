//! The canonical crop, in integers: the same bytes as its twin, by rows that several threads share.

use image::RgbImage;
use pulp::{Simd, WithSimd};

use super::threads::Cpu;
use crate::error::{Error, Result};
use crate::operators::{Rect, check_warp};

/// Rows of a thread at least.
const LEAST: usize = 8;

/// Where the positions of one axis read, and with what weight.
struct Axis {
    /// Of every position, where its taps begin; and the end.
    starts: Vec<usize>,
    /// Positions in the photograph, within its edges, and weights.
    taps: Vec<(usize, u32)>,
    /// The sum of the weights of a position.
    total: u32,
}

impl Axis {
    /// `count` positions of a stretch of `length` from `first` on, in a photograph of `side`. At most [`crate::operators::MAX_SIDE`] long, so that all sums fit
    /// into 32 bits.
    fn new(first: i32, length: u32, count: u32, side: u32) -> Self {
        let place = |offset: u64| (i64::from(first) + offset as i64).clamp(0, i64::from(side) - 1) as usize;
        let shrinks = length >= count;
        let total = if shrinks { length } else { 2 * count };
        let (length, count) = (u64::from(length), u64::from(count));
        let (mut starts, mut taps) = (vec![0], Vec::new());
        for i in 0..count {
            if shrinks {
                let (from, to) = (i * length, (i + 1) * length);
                for j in from / count..to.div_ceil(count) {
                    taps.push((place(j), (to.min((j + 1) * count) - from.max(j * count)) as u32));
                }
            } else {
                let at = ((2 * i + 1) * length).saturating_sub(count).min(2 * count * (length - 1));
                let (j, share) = (at / (2 * count), at % (2 * count));
                taps.push((place(j), (2 * count - share) as u32));
                taps.push((place((j + 1).min(length - 1)), share as u32));
            }
            starts.push(taps.len());
        }
        Self { starts, taps, total }
    }

    /// The taps of a position.
    fn of(&self, position: usize) -> &[(usize, u32)] {
        &self.taps[self.starts[position]..self.starts[position + 1]]
    }
}

/// The rectangle of a photograph as a `size` = `[height, width]` picture, by the bytes of [`crate::reference::warp`].
///
/// # Errors
/// [`Error::Argument`] for an empty photograph, rectangle or size, or one beyond [`crate::operators::MAX_SIDE`].
pub fn warp(cpu: &Cpu, photo: &RgbImage, rect: Rect, size: [u32; 2]) -> Result<RgbImage> {
    check_warp(photo.width(), photo.height(), rect, size)?;
    let [height, width] = size;
    let across = Axis::new(rect.x, rect.width, width, photo.width());
    let down = Axis::new(rect.y, rect.height, height, photo.height());
    let (line, rows) = (3 * width as usize, height as usize);
    let mut bytes = vec![0; rows * line];
    let each = rows.div_ceil(cpu.threads()).max(LEAST);
    let parts: Vec<(usize, &mut [u8])> = bytes.chunks_mut(each * line).enumerate().collect();
    cpu.map(parts, |(index, to)| cpu.vectors(Rows { photo, across: &across, down: &down, first: index * each, to }));
    RgbImage::from_raw(width, height, bytes).ok_or_else(|| Error::Defect("a crop of another size".into()))
}

/// Some rows of the crop.
struct Rows<'t> {
    photo: &'t RgbImage,
    across: &'t Axis,
    down: &'t Axis,
    first: usize,
    to: &'t mut [u8],
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { photo, across, down, first, to } = self;
        let line = 3 * (across.starts.len() - 1);
        // Rows of the photograph that were shrunk or grown across, and which: the next row of the crop reads the last ones again.
        let mut rows = [(usize::MAX, vec![0_u32; line]), (usize::MAX, vec![0_u32; line])];
        let mut newest = 0;
        let mut sums = vec![0_u32; line];
        for (index, to) in to.chunks_exact_mut(line).enumerate() {
            sums.fill(0);
            for &(y, weight) in down.of(first + index) {
                let at = match rows.iter().position(|(row, _)| *row == y) {
                    Some(at) => at,
                    None => {
                        newest = 1 - newest;
                        rows[newest].0 = y;
                        one_row(photo, y, across, &mut rows[newest].1);
                        newest
                    }
                };
                for (sum, value) in sums.iter_mut().zip(&rows[at].1) {
                    *sum += weight * value;
                }
            }
            let (half, share) = (128.0 * f64::from(down.total) + 0.5, 1.0 / (256.0 * f64::from(down.total)));
            for (to, sum) in to.iter_mut().zip(&sums) {
                *to = ((f64::from(*sum) + half) * share) as u8;
            }
        }
    }
}

/// A row of the photograph, shrunk or grown across: 256 times its values.
///
/// Quotients are whole numbers: a half more than a dividend below 2^32 times the inverse of a divisor below 2^16 is further from the next whole number than
/// numbers of 53 bits are rounded.
#[inline(always)]
fn one_row(photo: &RgbImage, y: usize, across: &Axis, to: &mut [u32]) {
    let width = photo.width() as usize;
    let row = &photo.as_raw()[3 * y * width..][..3 * width];
    let (pixels, _) = row.as_chunks::<3>();
    for (position, to) in to.chunks_exact_mut(3).enumerate() {
        let mut sum = [0_u32; 3];
        for &(x, weight) in across.of(position) {
            let pixel = pixels[x];
            for channel in 0..3 {
                sum[channel] += weight * u32::from(pixel[channel]);
            }
        }
        to.copy_from_slice(&sum);
    }
    let (half, share) = (f64::from(across.total / 2) + 0.5, 1.0 / f64::from(across.total));
    for value in to {
        *value = ((256.0 * f64::from(*value) + half) * share) as u32;
    }
}
