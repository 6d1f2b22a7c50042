//! Products of pixels and weights: what convolutions, dense layers and Winograd's method are made of. A block of pixels times a panel of outputs stays in
//! registers while all channels of all taps go by; pixels are read where they lie, weights are packed once.
//!
//! A general library (gemm 0.19, the one that faer came from) does the same 126 to 160 GFLOP/s on a thread of a Xeon with AVX-512, once the pixels under every
//! tap are copied for it; it packs the weights anew each time.

use std::ops::Range;

use pulp::{NullaryFnOnce, Simd, WithSimd};

use super::aligned::Aligned;
use super::finish::{Finish, activate, some};
use super::pixels::Pixels;
use super::threads::Cpu;
use crate::operators::{Activation, Window};

/// Vectors of a panel at most.
const WIDE: usize = 2;

/// Outputs that are computed together: one or two vectors.
#[derive(Debug, Clone, Copy)]
struct Panel {
    first: usize,
    vectors: usize,
    /// Where its weights begin.
    at: usize,
}

/// The weights of a product, in panels: of each position in depth the outputs of the panel, one beside the other.
#[derive(Debug)]
pub(crate) struct Packed {
    values: Aligned,
    /// Of them, how many are there yet.
    filled: usize,
    bias: Vec<f32>,
    panels: Vec<Panel>,
    outputs: usize,
    depth: usize,
    lanes: usize,
    /// What taps beyond the edges read.
    zeros: Vec<f32>,
}

impl Packed {
    /// `weight` of an output and a position in depth, `depth` of them, and the bias of every output.
    pub fn new(cpu: &Cpu, depth: usize, bias: &[f32], weight: impl Fn(usize, usize) -> f32) -> Self {
        let mut packed = Self::empty(cpu, depth, bias);
        while let Some(outputs) = packed.next() {
            let first = outputs.start;
            packed.push(outputs, |o, position| weight(first + o, position));
        }
        packed
    }

    /// Without weights yet: [`Packed::push`] those of the outputs that [`Packed::next`] names.
    pub fn empty(cpu: &Cpu, depth: usize, bias: &[f32]) -> Self {
        let (lanes, outputs) = (cpu.lanes(), bias.len());
        let mut bias = bias.to_vec();
        bias.resize(outputs.next_multiple_of(WIDE * lanes), 0.0);
        let values = Aligned::zeros(outputs.next_multiple_of(lanes) * depth);
        Self { values, filled: 0, bias, panels: Vec::new(), outputs, depth, lanes, zeros: vec![0.0; depth] }
    }

    /// The outputs whose weights come next.
    pub fn next(&self) -> Option<Range<usize>> {
        let first = self.panels.last().map_or(0, |panel| panel.first + panel.vectors * self.lanes);
        (first < self.outputs).then(|| first..self.outputs.min(first + WIDE * self.lanes))
    }

    /// The weights of `outputs`, the first of which is 0.
    pub fn push(&mut self, outputs: Range<usize>, weight: impl Fn(usize, usize) -> f32) {
        let vectors = outputs.len().div_ceil(self.lanes);
        self.panels.push(Panel { first: outputs.start, vectors, at: self.filled });
        let width = vectors * self.lanes;
        let to = self.values.get_mut(self.filled..).unwrap_or_default();
        for (position, to) in to.chunks_exact_mut(width.max(1)).enumerate().take(self.depth) {
            to.iter_mut().enumerate().take(outputs.len()).for_each(|(o, to)| *to = weight(o, position));
        }
        self.filled += width * self.depth;
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> u64 {
        4 * (self.values.len() + self.bias.len() + self.zeros.len()) as u64
    }

    pub fn outputs(&self) -> usize {
        self.outputs
    }

    pub fn depth(&self) -> usize {
        self.depth
    }

    pub fn panels(&self) -> usize {
        self.panels.len()
    }

    /// Outputs of a panel at most.
    pub fn width(&self) -> usize {
        WIDE * self.lanes
    }

    /// The first output of a panel, and how many it has.
    pub fn outputs_of(&self, panel: usize) -> (usize, usize) {
        let Panel { first, vectors, .. } = self.panels[panel];
        (first, (vectors * self.lanes).min(self.outputs - first))
    }
}

/// Where the pixels under a window lie.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows<'d> {
    pub input: Pixels<'d>,
    pub window: Window,
    /// Rows and columns of the output.
    pub output: [usize; 2],
    /// Values that each tap reads from its pixel on.
    pub depth: usize,
}

/// Where the sums go: of pixel `p`, counted from the first of the task, and output `o` to `p * stride + first + o - skipped`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub stride: usize,
    pub first: usize,
    pub skipped: usize,
    /// Outputs of a panel that are none are written too: there is room for them.
    pub whole: bool,
}

/// Some pixels times some panels.
pub(crate) struct Product<'t> {
    pub rows: Rows<'t>,
    pub weights: &'t Packed,
    pub pixels: Range<usize>,
    pub panels: Range<usize>,
    pub finish: Finish<'t>,
    pub place: Place,
    pub out: &'t mut [f32],
}

/// Where the window of a pixel begins.
#[derive(Clone, Copy)]
struct Corner {
    image: usize,
    y: isize,
    x: isize,
}

impl Rows<'_> {
    /// Whether pixel `p` of the output reads pixel `p` of the input alone.
    #[inline(always)]
    fn is_plain(&self) -> bool {
        self.window == Window::square(1, 1) && self.input.size == self.output
    }

    /// Of `count` pixels from `start` on. Blocks that are not full compute their last pixel again.
    #[inline(always)]
    fn corners<const M: usize>(&self, start: usize, count: usize) -> [Corner; M] {
        let [height, width] = self.output;
        let (mut image, rest) = (start / (height * width), start % (height * width));
        let (mut row, mut column) = (rest / width, rest % width);
        let [down, right] = self.window.stride;
        let mut corners = [Corner { image: 0, y: 0, x: 0 }; M];
        for m in 0..M {
            if m >= count {
                corners[m] = corners[m - 1];
                continue;
            }
            corners[m] = Corner {
                image,
                y: (row * down) as isize - self.window.pad[0] as isize,
                x: (column * right) as isize - self.window.pad[1] as isize,
            };
            column += 1;
            if column == width {
                (column, row) = (0, row + 1);
                if row == height {
                    (row, image) = (0, image + 1);
                }
            }
        }
        corners
    }
}

impl WithSimd for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        for panel in self.panels.clone() {
            let panel = self.weights.panels[panel];
            match panel.vectors {
                1 => blocks::<S, 1>(simd, &mut self, panel),
                _ => blocks::<S, 2>(simd, &mut self, panel),
            }
        }
    }
}

/// All pixels times a panel, in blocks as equal as can be.
#[inline(always)]
fn blocks<S: Simd, const N: usize>(simd: S, product: &mut Product<'_>, panel: Panel) {
    let first = product.pixels.start;
    let count = product.pixels.len();
    // Of WebAssembly's registers, as many as there are below it.
    let many = S::REGISTER_COUNT >= 32 && !cfg!(target_family = "wasm");
    let blocks = count.div_ceil(if many { 14 } else { 6 });
    let (each, more) = (count / blocks.max(1), count % blocks.max(1));
    let mut start = first;
    for index in 0..blocks {
        let end = start + each + usize::from(index < more);
        match end - start {
            1 => block::<S, 1, N>(simd, product, panel, start, 1),
            2 => block::<S, 2, N>(simd, product, panel, start, 2),
            n @ (3 | 4) => block::<S, 4, N>(simd, product, panel, start, n),
            n @ (5 | 6) => block::<S, 6, N>(simd, product, panel, start, n),
            n @ (7 | 8) if many => block::<S, 8, N>(simd, product, panel, start, n),
            n @ (9 | 10) if many => block::<S, 10, N>(simd, product, panel, start, n),
            n @ (11 | 12) if many => block::<S, 12, N>(simd, product, panel, start, n),
            n if many => block::<S, 14, N>(simd, product, panel, start, n),
            _ => {}
        }
        start = end;
    }
}

/// Positions in depth of a step of a block.
const TOGETHER: usize = 2;
/// Positions that one pixel goes through at a time: its sums would wait for one another.
const CHAINS: usize = 4;

/// Adds one pixel times `N` vectors of outputs.
#[inline(always)]
pub(super) fn alone<S: Simd, const N: usize>(simd: S, line: &[f32], weights: &[[S::f32s; N]], sums: &mut [S::f32s; N]) {
    let mut chains = [[simd.splat_f32s(0.0); N]; CHAINS];
    let (fours, weights_of_fours) = (line.chunks_exact(CHAINS), weights.chunks_exact(CHAINS));
    let (rest, weights_of_rest) = (fours.remainder(), weights_of_fours.remainder());
    for (values, weights) in fours.zip(weights_of_fours) {
        for chain in 0..CHAINS {
            let value = simd.splat_f32s(values[chain]);
            for n in 0..N {
                chains[chain][n] = simd.mul_add_e_f32s(value, weights[chain][n], chains[chain][n]);
            }
        }
    }
    for (&value, weights) in rest.iter().zip(weights_of_rest) {
        let value = simd.splat_f32s(value);
        for n in 0..N {
            sums[n] = simd.mul_add_e_f32s(value, weights[n], sums[n]);
        }
    }
    for chain in chains {
        for n in 0..N {
            sums[n] = simd.add_f32s(sums[n], chain[n]);
        }
    }
}

/// `count` of `M` pixels times `N` vectors of outputs.
#[inline(always)]
fn block<S: Simd, const M: usize, const N: usize>(simd: S, product: &mut Product<'_>, panel: Panel, start: usize, count: usize) {
    let Product { rows, weights, finish, place, .. } = product;
    let [kernel_rows, kernel_columns] = rows.window.kernel;
    let depth = rows.depth;
    let width = N * S::F32_LANES;
    let (bias, _) = S::as_simd_f32s(&weights.bias[panel.first..][..width]);
    let mut sums = [[bias[0]; N]; M];
    for sums in &mut sums {
        sums.copy_from_slice(&bias[..N]);
    }
    // Pixels of the input are those of the output.
    let plain = rows.is_plain();
    let corners: [Corner; M] = if plain { [Corner { image: 0, y: 0, x: 0 }; M] } else { rows.corners(start, count) };
    let (values, _) = S::as_simd_f32s(&weights.values[panel.at..][..weights.depth * width]);
    let (values, _) = pulp::as_arrays::<N, S::f32s>(values);
    let [height, columns] = rows.input.size;
    let area = height * columns;
    let mut taps = values.chunks_exact(depth);
    for ky in 0..kernel_rows {
        for kx in 0..kernel_columns {
            let Some(tap) = taps.next() else { return };
            let (down, right) = ((ky * rows.window.dilation[0]) as isize, (kx * rows.window.dilation[1]) as isize);
            // A loop, and every length said again: only then are they known to be `depth`, and no value is looked at whether it is there.
            let mut lines = [&weights.zeros[..depth]; M];
            for m in 0..M {
                if plain {
                    lines[m] = &rows.input.data[(start + m.min(count - 1)) * rows.input.stride..][..depth];
                    continue;
                }
                let Corner { image, y, x } = corners[m];
                let (y, x) = ((y + down) as usize, (x + right) as usize);
                if y < height && x < columns {
                    lines[m] = &rows.input.data[(image * area + y * columns + x) * rows.input.stride..][..depth];
                }
            }
            for line in &mut lines {
                *line = &line[..depth];
            }
            if M == 1 {
                alone(simd, lines[0], &tap[..depth], &mut sums[0]);
                continue;
            }
            // Several positions for every look at where a line lies.
            let several = depth / TOGETHER;
            let mut parts: [&[[f32; TOGETHER]]; M] = [&[]; M];
            for m in 0..M {
                parts[m] = pulp::as_arrays::<TOGETHER, f32>(lines[m]).0;
            }
            for part in &mut parts {
                *part = &part[..several];
            }
            let (weights, rest) = pulp::as_arrays::<TOGETHER, [S::f32s; N]>(&tap[..depth]);
            for (k, weights) in weights[..several].iter().enumerate() {
                for position in 0..TOGETHER {
                    for m in 0..M {
                        let value = simd.splat_f32s(parts[m][k][position]);
                        for n in 0..N {
                            sums[m][n] = simd.mul_add_e_f32s(value, weights[position][n], sums[m][n]);
                        }
                    }
                }
            }
            for (k, weight) in rest.iter().enumerate() {
                for m in 0..M {
                    let value = simd.splat_f32s(lines[m][several * TOGETHER + k]);
                    for n in 0..N {
                        sums[m][n] = simd.mul_add_e_f32s(value, weight[n], sums[m][n]);
                    }
                }
            }
        }
    }
    // Another place: the sums themselves stay in registers.
    let mut made = [[bias[0]; N]; M];
    for m in 0..M {
        for n in 0..N {
            made[m][n] = sums[m][n];
        }
    }
    let valid = if place.whole { width } else { width.min(weights.outputs - panel.first) };
    let at = (start - product.pixels.start) * place.stride + place.first + panel.first - place.skipped;
    let out = &mut product.out[at..];
    simd.vectorize(End::<S, N> {
        simd,
        finish,
        sums: &made[..count],
        stride: place.stride,
        start,
        first: panel.first,
        valid,
        out,
    });
}

/// The end of a block.
struct End<'t, S: Simd, const N: usize> {
    simd: S,
    finish: &'t Finish<'t>,
    /// Of every pixel.
    sums: &'t [[S::f32s; N]],
    stride: usize,
    /// The first pixel.
    start: usize,
    /// The first output and how many.
    first: usize,
    valid: usize,
    out: &'t mut [f32],
}

impl<S: Simd, const N: usize> NullaryFnOnce for End<'_, S, N> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        match (self.finish.activation, self.finish.residual.is_some()) {
            (Activation::None, false) => self.lines::<0, false>(),
            (Activation::None, true) => self.lines::<0, true>(),
            (Activation::Relu, false) => self.lines::<1, false>(),
            (Activation::Relu, true) => self.lines::<1, true>(),
            (Activation::Prelu, _) => self.lines::<2, true>(),
            _ => self.lines::<3, true>(),
        }
    }
}

impl<S: Simd, const N: usize> End<'_, S, N> {
    /// Writes sums, after what is to happen to them: `HOW` is 0 for no activation, 1 for ReLU, 2 for PReLU, 3 for any; with `MORE` there may be a residual.
    #[inline(always)]
    fn lines<const HOW: u8, const MORE: bool>(self) {
        let Self { simd, finish, sums, stride, start, first, valid, out } = self;
        let zero = simd.splat_f32s(0.0);
        let lanes = S::F32_LANES;
        // The slopes are read once.
        let mut slopes = [zero; N];
        if HOW == 2 {
            for (n, slope) in slopes.iter_mut().enumerate() {
                let from = (n * lanes).min(valid);
                *slope = some(simd, finish.slopes, first + from, lanes.min(valid - from));
            }
        }
        let residual = finish.residual.filter(|residual| MORE && residual.channels > first);
        let there = residual.map_or(0, |residual| residual.channels - first).min(valid);
        for (m, sums) in sums.iter().enumerate() {
            let line = &mut out[m * stride..][..valid];
            let more = match residual {
                Some(residual) => &residual.data[(start + m) * residual.stride + first..][..there],
                None => &[],
            };
            for n in 0..N {
                let (from, mut sum) = (n * lanes, sums[n]);
                if MORE && from + lanes <= there {
                    sum = simd.add_f32s(sum, S::as_simd_f32s(&more[from..from + lanes]).0[0]);
                } else if MORE && from < there {
                    sum = simd.add_f32s(sum, simd.partial_load_f32s(&more[from..]));
                }
                sum = match HOW {
                    0 => sum,
                    1 => simd.max_f32s(sum, zero),
                    2 => simd.select_f32s(simd.less_than_f32s(sum, zero), simd.mul_f32s(sum, slopes[n]), sum),
                    _ => activate(
                        simd,
                        finish.activation,
                        sum,
                        #[inline(always)]
                        || zero,
                    ),
                };
                if from + lanes <= valid {
                    S::as_mut_simd_f32s(&mut line[from..from + lanes]).0[0] = sum;
                } else if from < valid {
                    simd.partial_store_f32s(&mut line[from..], sum);
                }
            }
        }
    }
}
