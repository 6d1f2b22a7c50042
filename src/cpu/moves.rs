//! Values from other places: transposes, slices, pads, concatenations, resized rows and columns.

use super::elementwise::over;
use super::pixels::{Pixels, PixelsMut};
use super::threads::Cpu;
use crate::error::Result;
use crate::operators::{Beyond, Rearrange, Tap};

/// Values that lie beside each other in the output and in the input; `from` is `None` where there is no input.
#[derive(Debug, Clone, Copy)]
struct Run {
    to: u32,
    from: Option<u32>,
    length: u32,
}

/// A [`Rearrange`] of images of known sizes.
#[derive(Debug)]
pub(crate) struct Moves {
    runs: Vec<Run>,
    fill: f32,
}

/// Channels and pixels of an image, and how many channels lie there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sizes {
    pub channels: usize,
    pub area: usize,
    pub stride: usize,
}

impl Moves {
    /// From images of `from` to images of `to`.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] where a position lies in no image.
    pub fn new(at: &str, rearrange: &Rearrange, from: Sizes, to: Sizes) -> Result<Self> {
        rearrange.check(at, from.channels * from.area)?;
        let fill = if let Beyond::Constant(value) = rearrange.beyond { value } else { 0.0 };
        let mut runs: Vec<Run> = Vec::new();
        for pixel in 0..to.area {
            for channel in 0..to.channels {
                let logical = channel * to.area + pixel;
                let source = source(rearrange, logical).map(|at| (at % from.area * from.stride + at / from.area) as u32);
                let place = (pixel * to.stride + channel) as u32;
                let follows = |run: &Run| {
                    let next = run.to + run.length == place;
                    next && match (run.from, source) {
                        (Some(from), Some(source)) => from + run.length == source,
                        (None, None) => true,
                        _ => false,
                    }
                };
                match runs.last_mut().filter(|run| follows(run)) {
                    Some(run) => run.length += 1,
                    None => runs.push(Run { to: place, from: source, length: 1 }),
                }
            }
        }
        Ok(Self { runs, fill })
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> u64 {
        size_of_val(&self.runs[..]) as u64
    }

    /// Into `output`, whose images are shared among threads.
    pub fn run(&self, cpu: &Cpu, input: Pixels<'_>, output: &mut PixelsMut<'_>) {
        let (each, cost) = (output.area() * output.stride, output.count() * output.channels);
        let from = input.area() * input.stride;
        cpu.each(output.whole(), each, cost, |image, to| {
            let input = &input.data[image * from..];
            for run in &self.runs {
                let to = &mut to[run.to as usize..][..run.length as usize];
                match (run.from, to) {
                    (Some(from), [to]) => *to = input[from as usize],
                    (Some(from), to) => to.copy_from_slice(&input[from as usize..][..to.len()]),
                    (None, to) => to.fill(self.fill),
                }
            }
        });
    }
}

/// The logical index that a logical index of the output reads.
fn source(rearrange: &Rearrange, mut logical: usize) -> Option<usize> {
    let mut from = rearrange.first as i64;
    for axis in rearrange.axes.iter().rev() {
        let place = (logical % axis.size) as i64 - axis.before as i64;
        logical /= axis.size;
        let last = axis.within as i64 - 1;
        let place = match rearrange.beyond {
            _ if (0..=last).contains(&place) => place,
            Beyond::Constant(_) => return None,
            Beyond::Reflect if place < 0 => -place,
            Beyond::Reflect => 2 * last - place,
            Beyond::Edge => place.clamp(0, last),
        };
        from += place * axis.stride;
    }
    usize::try_from(from).ok()
}

/// All channels into some of the output's.
pub(crate) fn copy(cpu: &Cpu, input: Pixels<'_>, output: &mut PixelsMut<'_>) {
    let (stride, first, channels) = (output.stride, output.first, output.channels);
    over(cpu, output, |pixel, out| {
        for (index, line) in out.chunks_exact_mut(stride).enumerate() {
            line[first..][..channels].copy_from_slice(input.pixel(pixel + index));
        }
    });
}

/// Resized rows and columns.
#[derive(Debug)]
pub(crate) struct Resize {
    rows: Vec<Tap>,
    columns: Vec<Tap>,
}

impl Resize {
    /// A row for every tap of `rows` and a column for every tap of `columns`.
    pub fn new(rows: Vec<Tap>, columns: Vec<Tap>) -> Self {
        Self { rows, columns }
    }

    /// Into `output`, whose rows are shared among threads.
    pub fn run(&self, cpu: &Cpu, input: Pixels<'_>, output: &mut PixelsMut<'_>) {
        let ([rows, columns], stride, first, channels) = (output.size, output.stride, output.first, output.channels);
        let [height, width] = input.size;
        cpu.each(output.whole(), columns * stride, 4 * input.images * rows * columns * channels, |row, line| {
            let (image, tap) = (row / rows, self.rows[row % rows]);
            cpu.vectors(
                #[inline(always)]
                || {
                    for (line, column) in line.chunks_exact_mut(stride).zip(&self.columns) {
                        let to = &mut line[first..][..channels];
                        let read = |y: usize, x: usize| &input.pixel((image * height + y) * width + x)[..channels];
                        if tap.share == 0.0 && column.share == 0.0 {
                            to.copy_from_slice(read(tap.first, column.first));
                            continue;
                        }
                        let (a, b) = (read(tap.first, column.first), read(tap.first, column.second));
                        let (c, d) = (read(tap.second, column.first), read(tap.second, column.second));
                        let (down, across) = (tap.share, column.share);
                        for (index, to) in to.iter_mut().enumerate() {
                            let upper = a[index] * (1.0 - across) + b[index] * across;
                            let lower = c[index] * (1.0 - across) + d[index] * across;
                            *to = upper * (1.0 - down) + lower * down;
                        }
                    }
                },
            );
        });
    }
}
