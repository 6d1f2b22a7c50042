//! The turned crop, in integers: the same bytes as its twin, by rows that several threads share.

use image::RgbImage;

use super::threads::Cpu;
use super::warp::warp;
use crate::error::{Error, Result};
use crate::operators::{Region, Similarity, UNIT};

/// Rows of a thread at least.
const LEAST: usize = 8;

/// The region of a photograph as a `size` = `[height, width]` picture, by the bytes of [`crate::reference::crop`].
///
/// # Errors
/// As [`warp`] and [`turn`].
pub fn crop(cpu: &Cpu, photo: &RgbImage, region: Region, size: [u32; 2]) -> Result<RgbImage> {
    match region {
        Region::Rect(rect) => warp(cpu, photo, rect, size),
        Region::Turned(similarity) => turn(cpu, photo, similarity, size),
    }
}

/// The crop of a photograph that `similarity` places there, as a `size` = `[height, width]` picture, by the bytes of [`crate::reference::turn`].
///
/// # Errors
/// [`Error::Argument`] for an empty photograph or size, or one beyond [`crate::operators::MAX_SIDE`].
pub fn turn(cpu: &Cpu, photo: &RgbImage, similarity: Similarity, size: [u32; 2]) -> Result<RgbImage> {
    similarity.check(photo.width(), photo.height(), size)?;
    let [height, width] = size;
    let (line, rows) = (3 * width as usize, height as usize);
    let source = Source {
        bytes: photo.as_raw(),
        stride: 3 * photo.width() as usize,
        last: [photo.width(), photo.height()].map(|side| side as i32 - 1),
    };
    let (n, [a, b]) = (similarity.samples() as i32, similarity.step);
    // Where the samples of a pixel lie from its corner.
    let part = |of: i32, at: i32| of * at / (2 * n);
    let places = (0..n).flat_map(|v| (0..n).map(move |u| (2 * u + 1, 2 * v + 1)));
    let places: Vec<[i32; 2]> = places.map(|(u, v)| [part(a, u) - part(b, v), part(b, u) + part(a, v)]).collect();
    let count = (n * n) as u32;
    let mut bytes = vec![0; rows * line];
    let each = rows.div_ceil(cpu.threads()).max(LEAST);
    let parts: Vec<(usize, &mut [u8])> = bytes.chunks_mut(each * line).enumerate().collect();
    cpu.map(parts, |(index, to)| {
        for (row, to) in to.chunks_exact_mut(line).enumerate() {
            let row = (index * each + row) as i32;
            let [mut x, mut y] = [similarity.origin[0] - b * row, similarity.origin[1] + a * row];
            for to in to.chunks_exact_mut(3) {
                let mut sum = [0_u32; 3];
                for [right, down] in &places {
                    source.add(x + right, y + down, &mut sum);
                }
                for (to, sum) in to.iter_mut().zip(sum) {
                    *to = ((sum + 128 * count) / (256 * count)) as u8;
                }
                (x, y) = (x + a, y + b);
            }
        }
    });
    RgbImage::from_raw(width, height, bytes).ok_or_else(|| Error::Defect("a crop of another size".into()))
}

/// The bytes of a photograph.
struct Source<'p> {
    bytes: &'p [u8],
    stride: usize,
    /// Its last column and row.
    last: [i32; 2],
}

impl Source<'_> {
    /// Adds 256 times the colour at a position, between four pixels.
    #[inline(always)]
    fn add(&self, x: i32, y: i32, sum: &mut [u32; 3]) {
        let (left, top) = (x - UNIT / 2, y - UNIT / 2);
        let (column, row) = (left.div_euclid(UNIT), top.div_euclid(UNIT));
        let [across, down] = [left, top].map(|at| at.rem_euclid(UNIT) as u32 * 256 / UNIT as u32);
        let [columns, lines] =
            [(column, self.last[0]), (row, self.last[1])].map(|(first, last)| [first.clamp(0, last), (first + 1).clamp(0, last)]);
        let at = |line: usize, column: usize| {
            let start = lines[line] as usize * self.stride + 3 * columns[column] as usize;
            self.bytes.get(start..start + 3).map_or([0; 3], |pixel| [pixel[0], pixel[1], pixel[2]]).map(u32::from)
        };
        let (a, b, c, d) = (at(0, 0), at(0, 1), at(1, 0), at(1, 1));
        for channel in 0..3 {
            let above = (256 - across) * a[channel] + across * b[channel];
            let below = (256 - across) * c[channel] + across * d[channel];
            sum[channel] += ((256 - down) * above + down * below + 128) >> 8;
        }
    }
}
