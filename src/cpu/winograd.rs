//! Winograd's method on the processor: tiles of the input are transformed, multiplied and transformed back, as many at a time as stay in a cache.

#![expect(clippy::needless_range_loop, reason = "rows and columns of the same matrices")]

use pulp::{Simd, WithSimd};

use super::finish::{Finish, put, some};
use super::pixels::{Pixels, PixelsMut};
use super::product::{Packed, Place, Product, Rows};
use super::threads::Cpu;
use crate::operators::{Window, WinogradSize};
use crate::tensor::Tensor;

/// Tiles that lie together: as many as a block of a product takes.
const TOGETHER: usize = 14;
/// Floats that lie between at most, unless one row of tiles is more.
const BETWEEN: usize = 1 << 19;
/// What a value costs that is transformed there, or back, and what a weight costs that is read, in multiply-adds: measured with the layers of ResNet-18 and VGG16
/// on a Xeon with AVX-512.
const INPUT: f64 = 4.0;
const OUTPUT: f64 = 4.0;
const WEIGHT: f64 = 10.0;

/// A 3 x 3 convolution made ready for the method.
#[derive(Debug)]
pub(crate) struct Winograd {
    size: WinogradSize,
    /// Of every product.
    weights: Vec<Packed>,
    bias: Vec<f32>,
    window: Window,
    channels: usize,
}

/// Whether the method computes a window, whatever it costs.
pub(crate) fn computes(window: Window, groups: usize) -> bool {
    window.kernel == [3, 3] && window.stride == [1, 1] && window.dilation == [1, 1] && groups == 1
}

/// The cheapest size of tiles for images of `output`, `None` where a direct convolution is cheaper.
pub(crate) fn cheapest([channels, outputs]: [usize; 2], output: [usize; 2]) -> Option<WinogradSize> {
    let [c, o] = [channels, outputs].map(|count| count as f64);
    let direct = 9.0 * c * o * ((output[0] * output[1]) as f64 + WEIGHT);
    let cost = |size: WinogradSize| {
        let tiles = (output[0].div_ceil(size.pixels()) * output[1].div_ceil(size.pixels())) as f64;
        size.points() as f64 * (c * o * (tiles + WEIGHT) + 16.0 * tiles * (INPUT * c + OUTPUT * o) / 16.0)
    };
    let best = WinogradSize::ALL.into_iter().min_by(|a, b| cost(*a).total_cmp(&cost(*b)))?;
    (cost(best) < 0.9 * direct && channels >= 16).then_some(best)
}

/// Tiles of all images: rows of them are counted through.
#[derive(Clone, Copy)]
struct Tiles {
    side: usize,
    /// Rows of an image, and tiles of a row.
    rows: usize,
    columns: usize,
}

impl Tiles {
    /// Image, row and column of the first pixel of a tile.
    #[inline(always)]
    fn place(&self, tile: usize) -> [usize; 3] {
        let (row, column) = (tile / self.columns, tile % self.columns);
        [row / self.rows, row % self.rows * self.side, column * self.side]
    }
}

impl Winograd {
    /// Of `weight` `[O, C, 3, 3]` and `bias` `[O]`.
    pub fn new(cpu: &Cpu, size: WinogradSize, weight: &Tensor, bias: &[f32], window: Window) -> Self {
        let [outputs, channels, ..] = weight.nchw();
        let zeros = vec![0.0; outputs];
        let weights = (0..size.points()).map(|point| {
            let factors = size.factors(point);
            Packed::new(cpu, channels, &zeros, |o, channel| {
                let kernel = &weight.data[9 * (o * channels + channel)..][..9];
                kernel.iter().zip(factors).map(|(&k, f)| f64::from(k) * f).sum::<f64>() as f32
            })
        });
        let mut padded = bias.to_vec();
        padded.resize(outputs.next_multiple_of(cpu.lanes()), 0.0);
        Self { size, weights: weights.collect(), bias: padded, window, channels }
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> u64 {
        self.weights.iter().map(Packed::bytes).sum()
    }

    fn tiles(&self, output: [usize; 2]) -> Tiles {
        let side = self.size.pixels();
        Tiles { side, rows: output[0].div_ceil(side), columns: output[1].div_ceil(side) }
    }

    fn outputs(&self) -> usize {
        self.weights.first().map_or(0, Packed::outputs)
    }

    /// Floats of a transformed tile and of its products.
    fn each(&self) -> usize {
        self.size.points() * (self.channels + self.outputs())
    }

    /// Rows of tiles that are computed at a time, of so many.
    fn rows(&self, tiles: Tiles, images: usize) -> usize {
        (BETWEEN / (tiles.columns * self.each()).max(1)).clamp(1, images * tiles.rows)
    }

    /// Multiply-adds of its products, for images of `output`.
    pub fn multiply_adds(&self, images: usize, output: [usize; 2]) -> usize {
        let tiles = self.tiles(output);
        images * tiles.rows * tiles.columns * self.size.points() * self.channels * self.outputs()
    }

    /// Floats that it works with.
    pub fn work(&self, images: usize, output: [usize; 2]) -> usize {
        let tiles = self.tiles(output);
        let together = (self.rows(tiles, images) * tiles.columns).next_multiple_of(TOGETHER);
        together * self.each()
    }

    /// Into `output`, with `work` of [`Winograd::work`] floats.
    pub fn run(&self, cpu: &Cpu, input: Pixels<'_>, finish: Finish<'_>, output: &mut PixelsMut<'_>, work: &mut [f32]) {
        let tiles = self.tiles(output.size);
        let all = output.images * tiles.rows;
        let most = self.rows(tiles, output.images);
        // As equal as can be.
        let parts = all.div_ceil(most);
        let mut rest = output.data.get_mut(..).unwrap_or_default();
        let mut done = 0;
        for part in 0..parts {
            let (first, end) = (part * all / parts, (part + 1) * all / parts);
            // Rows of the output that a row of tiles makes.
            let floats = |row: usize| {
                let y = row % tiles.rows * tiles.side;
                (output.size[0] - y).min(tiles.side) * output.size[1] * output.stride
            };
            let mut lines = Vec::with_capacity(end - first);
            for row in first..end {
                let (line, later) = std::mem::take(&mut rest).split_at_mut(floats(row));
                lines.push((row, line));
                rest = later;
            }
            self.part(cpu, input, finish, [output.stride, output.first], output.size, lines, tiles, work);
            done += end - first;
        }
        debug_assert_eq!(done, all);
    }

    #[expect(clippy::too_many_arguments, reason = "the parts of one step")]
    fn part(
        &self,
        cpu: &Cpu,
        input: Pixels<'_>,
        finish: Finish<'_>,
        [stride, first]: [usize; 2],
        size: [usize; 2],
        lines: Vec<(usize, &mut [f32])>,
        tiles: Tiles,
        work: &mut [f32],
    ) {
        let (points, outputs, channels) = (self.size.points(), self.outputs(), self.channels);
        let begin = lines.first().map_or(0, |(row, _)| row * tiles.columns);
        let count = lines.len() * tiles.columns;
        let padded = count.next_multiple_of(TOGETHER);
        let (given, rest) = work.split_at_mut(padded * points * channels);
        let made = &mut rest[..count * points * outputs];

        let block = points * TOGETHER * channels;
        cpu.each(given, block, 4 * count * points * channels, |index, to| {
            let tile = begin + index * TOGETHER;
            let there = There { input, tiles, pad: [self.window.pad[0], self.window.pad[1]], tile, to };
            match self.size {
                WinogradSize::Four => cpu.vectors(Forth::<6>(TOGETHER.min(count - index * TOGETHER), there)),
                WinogradSize::Two => cpu.vectors(Forth::<4>(TOGETHER.min(count - index * TOGETHER), there)),
            }
        });

        let given = &*given;
        let place = Place { stride: outputs, first: 0, skipped: 0, whole: false };
        cpu.each(made, count * outputs, points * count * channels * outputs, |point, out| {
            // A block is an image of as many rows as there are products.
            let from = &given[point * TOGETHER * channels..];
            let input = Pixels::new(from, padded / TOGETHER, [points, TOGETHER], channels);
            let rows = Rows { input, window: Window::square(1, 1), output: [1, TOGETHER], depth: channels };
            let weights = &self.weights[point];
            let panels = 0..weights.panels();
            cpu.vectors(Product { rows, weights, pixels: 0..count, panels, finish: Finish::default(), place, out });
        });

        let made = &*made;
        cpu.parts(lines, 4 * count * points * outputs, |(row, line)| {
            let back = Back { made, begin, count, tiles, size, row, stride, first, finish, bias: &self.bias, outputs, line };
            match self.size {
                WinogradSize::Four => cpu.vectors(Again::<6, 4>(back)),
                WinogradSize::Two => cpu.vectors(Again::<4, 2>(back)),
            }
        });
    }
}

/// Tiles on their way there.
struct There<'t> {
    input: Pixels<'t>,
    tiles: Tiles,
    pad: [usize; 2],
    tile: usize,
    to: &'t mut [f32],
}

/// B^T d B of some tiles: `[points, TOGETHER, C]`.
struct Forth<'t, const T: usize>(usize, There<'t>);

impl<const T: usize> WithSimd for Forth<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self(count, There { input, tiles, pad, tile, to }) = self;
        let channels = input.channels;
        let zero = simd.splat_f32s(0.0);
        for index in 0..count {
            let [image, y, x] = tiles.place(tile + index);
            let mut channel = 0;
            while channel < channels {
                let width = S::F32_LANES.min(channels - channel);
                let mut values = [[zero; T]; T];
                for dy in 0..T {
                    let row = (y + dy).wrapping_sub(pad[0]);
                    if row >= input.size[0] {
                        continue;
                    }
                    for dx in 0..T {
                        let column = (x + dx).wrapping_sub(pad[1]);
                        if column < input.size[1] {
                            let at = ((image * input.size[0] + row) * input.size[1] + column) * input.stride + channel;
                            values[dy][dx] = some(simd, input.data, at, width);
                        }
                    }
                }
                // Down, then across.
                for dx in 0..T {
                    let mut column = [zero; T];
                    for dy in 0..T {
                        column[dy] = values[dy][dx];
                    }
                    let column = there(simd, column);
                    for dy in 0..T {
                        values[dy][dx] = column[dy];
                    }
                }
                for dy in 0..T {
                    let line = there(simd, values[dy]);
                    for dx in 0..T {
                        let at = ((dy * T + dx) * TOGETHER + index) * channels + channel;
                        put(simd, to, at, width, line[dx]);
                    }
                }
                channel += width;
            }
        }
    }
}

/// Products on their way back.
struct Back<'t> {
    made: &'t [f32],
    /// The first tile of all, and their number.
    begin: usize,
    count: usize,
    tiles: Tiles,
    size: [usize; 2],
    /// The row of tiles.
    row: usize,
    stride: usize,
    first: usize,
    finish: Finish<'t>,
    bias: &'t [f32],
    outputs: usize,
    line: &'t mut [f32],
}

/// A^T m A of a row of tiles of side `M`, cut to the image.
struct Again<'t, const T: usize, const M: usize>(Back<'t>);

impl<const T: usize, const M: usize> WithSimd for Again<'_, T, M> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Back { made, begin, count, tiles, size, row, stride, first, finish, bias, outputs, line } = self.0;
        let zero = simd.splat_f32s(0.0);
        for index in 0..tiles.columns {
            let tile = row * tiles.columns + index;
            let [image, y, x] = tiles.place(tile);
            let mut channel = 0;
            while channel < outputs {
                let width = S::F32_LANES.min(outputs - channel);
                let mut half = [[zero; T]; M];
                for dx in 0..T {
                    let mut column = [zero; T];
                    for dy in 0..T {
                        let at = ((dy * T + dx) * count + tile - begin) * outputs + channel;
                        column[dy] = some(simd, made, at, width);
                    }
                    let column = again::<S, T, M>(simd, column);
                    for dy in 0..M {
                        half[dy][dx] = column[dy];
                    }
                }
                let bias = some(simd, bias, channel, width);
                for dy in 0..M {
                    if y + dy >= size[0] {
                        continue;
                    }
                    let values = again::<S, T, M>(simd, half[dy]);
                    for dx in 0..M {
                        if x + dx >= size[1] {
                            continue;
                        }
                        let pixel = (image * size[0] + y + dy) * size[1] + x + dx;
                        let value = finish.apply(simd, simd.add_f32s(values[dx], bias), pixel, channel, width);
                        let at = (dy * size[1] + x + dx) * stride + first + channel;
                        put(simd, line, at, width, value);
                    }
                }
                channel += width;
            }
        }
    }
}

/// Additions and multiplications, as part of whatever calls them.
#[derive(Clone, Copy)]
struct Sums<S>(S);

impl<S: Simd> Sums<S> {
    #[inline(always)]
    fn times(self, factor: f32, value: S::f32s) -> S::f32s {
        self.0.mul_f32s(self.0.splat_f32s(factor), value)
    }

    #[inline(always)]
    fn add(self, a: S::f32s, b: S::f32s) -> S::f32s {
        self.0.add_f32s(a, b)
    }

    #[inline(always)]
    fn sub(self, a: S::f32s, b: S::f32s) -> S::f32s {
        self.0.sub_f32s(a, b)
    }
}

/// B^T of a line.
#[inline(always)]
fn there<S: Simd, const T: usize>(simd: S, d: [S::f32s; T]) -> [S::f32s; T] {
    let s = Sums(simd);
    let mut to = d;
    if T == 6 {
        // What the rows for 1 and -1, and those for 2 and -2, have in common.
        let (even, odd) = (s.sub(d[4], s.times(4.0, d[2])), s.sub(d[3], s.times(4.0, d[1])));
        let (twice_even, twice_odd) = (s.sub(d[4], d[2]), s.times(2.0, s.sub(d[3], d[1])));
        to[0] = s.add(s.sub(s.times(4.0, d[0]), s.times(5.0, d[2])), d[4]);
        to[1] = s.add(even, odd);
        to[2] = s.sub(even, odd);
        to[3] = s.add(twice_even, twice_odd);
        to[4] = s.sub(twice_even, twice_odd);
        to[5] = s.add(s.sub(s.times(4.0, d[1]), s.times(5.0, d[3])), d[5]);
    } else {
        to[0] = s.sub(d[0], d[2]);
        to[1] = s.add(d[1], d[2]);
        to[2] = s.sub(d[2], d[1]);
        to[3] = s.sub(d[3], d[1]);
    }
    to
}

/// A^T of a line.
#[inline(always)]
fn again<S: Simd, const T: usize, const M: usize>(simd: S, m: [S::f32s; T]) -> [S::f32s; M] {
    let s = Sums(simd);
    let (sum, difference) = (s.add(m[1], m[2]), s.sub(m[1], m[2]));
    let mut to = [simd.splat_f32s(0.0); M];
    if T == 6 {
        let (twice, twice_difference) = (s.add(m[3], m[4]), s.times(2.0, s.sub(m[3], m[4])));
        to[0] = s.add(s.add(m[0], sum), twice);
        to[1] = s.add(difference, twice_difference);
        to[2] = s.add(sum, s.times(4.0, twice));
        to[3] = s.add(s.add(difference, s.times(4.0, twice_difference)), m[5]);
    } else {
        to[0] = s.add(m[0], sum);
        to[1] = s.add(difference, m[3]);
    }
    to
}
