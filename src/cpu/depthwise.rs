//! Convolutions of every channel by itself.
//!
//! Rows of the input are copied with their pads into a ring that stays in a cache, a pixel of every stride apart. Then channels and columns are one line of floats:
//! a vector is summed over whatever pixels it spans, with weights that are repeated until they begin with a vector again, and several rows of the output share
//! what they read.

use pulp::{Simd, WithSimd};

use super::aligned::Aligned;
use super::finish::{Finish, activate_line, finish_pixel, put};
use super::pixels::{Pixels, PixelsMut};
use super::threads::Cpu;
use crate::operators::{Activation, Window};
use crate::tensor::Tensor;

/// Rows of the output that are computed together at most.
pub(super) const TOGETHER: usize = 4;

/// A depthwise convolution made ready.
#[derive(Debug)]
pub(crate) struct Depthwise {
    /// `[phases, kh, kw, lanes]`: a vector of the output that is `n` vectors behind the first has phase `n % phases`.
    weights: Aligned,
    /// `[phases, lanes]`.
    bias: Aligned,
    window: Window,
    channels: usize,
    lanes: usize,
}

/// Vectors until one begins with channel 0 again.
fn phases(channels: usize, lanes: usize) -> usize {
    let (mut a, mut b) = (channels.max(1), lanes);
    while b > 0 {
        (a, b) = (b, a % b);
    }
    channels.max(1) / a
}

/// `values` of every channel, repeated until they begin with a vector again.
fn repeated(values: &[f32], lanes: usize) -> Vec<f32> {
    let count = phases(values.len(), lanes) * lanes;
    values.iter().copied().cycle().take(count).collect()
}

/// How rows of the input lie in the ring of a thread, for outputs of a width.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ring {
    /// Rows that it holds.
    rows: usize,
    /// Floats of a row, of the pixels that lie a stride apart.
    length: usize,
    /// Vectors of a row of the output.
    vectors: usize,
}

impl Depthwise {
    /// Of `weight` `[C, 1, kh, kw]` and `bias` `[C]`.
    pub fn new(cpu: &Cpu, weight: &Tensor, bias: &[f32], window: Window) -> Self {
        let [channels, _, height, width] = weight.nchw();
        let (taps, lanes) = (height * width, cpu.lanes());
        let mut weights = Vec::with_capacity(phases(channels, lanes) * taps * lanes);
        for phase in 0..phases(channels, lanes) {
            for tap in 0..taps {
                weights.extend((0..lanes).map(|lane| weight.data[(phase * lanes + lane) % channels * taps + tap]));
            }
        }
        Self { weights: weights.into(), bias: repeated(bias, lanes).into(), window, channels, lanes }
    }

    pub(super) fn channels(&self) -> usize {
        self.channels
    }

    /// `slopes` as [`Rows`] has them.
    pub(super) fn repeated(&self, slopes: &[f32]) -> Vec<f32> {
        repeated(slopes, self.lanes)
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> u64 {
        4 * (self.weights.len() + self.bias.len()) as u64
    }

    pub(super) fn ring(&self, columns: usize) -> Ring {
        let Window { kernel, stride, dilation, .. } = self.window;
        let vectors = (columns * self.channels).div_ceil(self.lanes);
        let reach = (kernel[1] - 1) * dilation[1] / stride[1] * self.channels;
        Ring {
            rows: (TOGETHER - 1) * stride[0] + (kernel[0] - 1) * dilation[0] + 1,
            length: (reach + vectors * self.lanes).next_multiple_of(self.lanes),
            vectors,
        }
    }

    /// Floats of the ring of a thread.
    pub(super) fn floats(&self, columns: usize) -> usize {
        let ring = self.ring(columns);
        ring.rows * self.window.stride[1] * ring.length
    }

    /// Floats that a thread works with, for outputs of a width.
    fn each(&self, columns: usize) -> usize {
        self.floats(columns) + TOGETHER * columns * self.channels
    }

    /// Floats that it works with, for outputs of a width.
    pub fn work(&self, cpu: &Cpu, columns: usize) -> usize {
        cpu.threads() * self.each(columns)
    }

    /// Into `output`, with `work` of [`Depthwise::work`] floats: rows of it are shared among threads.
    pub fn run(&self, cpu: &Cpu, input: Pixels<'_>, finish: Finish<'_>, output: &mut PixelsMut<'_>, work: &mut [f32]) {
        let (size, first, stride) = (output.size, output.first, output.stride);
        let cost = output.count() * output.channels * self.window.kernel[0] * self.window.kernel[1] / 4;
        let each = cpu.share(output.images * size[0], TOGETHER, TOGETHER);
        let slopes = self.repeated(finish.slopes);
        let (line, between) = (each * size[1] * stride, self.each(size[1]));
        cpu.each_with(output.whole(), line, work, between, cost, |index, lines, work| {
            let (ring, between) = work.split_at_mut(self.floats(size[1]));
            let rows = Rows { layer: self, input, size, slopes: &slopes, activation: finish.activation, ring };
            cpu.vectors(Alone { rows, finish, first_row: index * each, stride, first, lines, between });
        });
    }
}

/// Rows of an output that are computed in their order, by one thread.
pub(super) struct Rows<'t> {
    pub layer: &'t Depthwise,
    pub input: Pixels<'t>,
    /// Of the output.
    pub size: [usize; 2],
    /// Repeated as the bias is.
    pub slopes: &'t [f32],
    pub activation: Activation,
    pub ring: &'t mut [f32],
}

/// A convolution by itself.
struct Alone<'t> {
    rows: Rows<'t>,
    finish: Finish<'t>,
    /// Counted through all images.
    first_row: usize,
    stride: usize,
    first: usize,
    lines: &'t mut [f32],
    between: &'t mut [f32],
}

impl WithSimd for Alone<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { mut rows, finish, first_row, stride, first, lines, between } = self;
        let ([height, columns], channels) = (rows.size, rows.layer.channels);
        // Sums that are finished and lie as the output does go there at once.
        let at_once = finish.residual.is_none() && stride == channels;
        if !at_once {
            rows.activation = Activation::None;
        }
        let many = first_row + lines.len() / (columns * stride).max(1);
        let mut row = first_row;
        let mut loaded = None;
        while row < many {
            let count = rows_together(S::REGISTER_COUNT, (many - row).min(height - row % height));
            let to = &mut lines[(row - first_row) * columns * stride..][..count * columns * stride];
            if at_once {
                rows.block(simd, row, count, &mut loaded, to);
            } else {
                let made = &mut between[..count * columns * channels];
                rows.block(simd, row, count, &mut loaded, made);
                for (index, (to, made)) in to.chunks_exact_mut(stride).zip(made.chunks_exact(channels)).enumerate() {
                    finish_pixel(simd, &finish, row * columns + index, 0, made, &mut to[first..][..channels]);
                }
            }
            row += count;
        }
    }
}

/// Of `left` rows, how many are computed together where there are so many registers.
#[inline(always)]
pub(super) fn rows_together(registers: usize, left: usize) -> usize {
    match left {
        4.. if registers >= 32 && !cfg!(target_family = "wasm") => 4,
        2.. => 2,
        _ => 1,
    }
}

impl Rows<'_> {
    /// `count` rows from `row` on, counted through all images, into `to`, `[count, columns, channels]`. `loaded` is where the ring ends: the image, and the row
    /// of its padded input that comes next.
    #[inline(always)]
    pub fn block<S: Simd>(&mut self, simd: S, row: usize, count: usize, loaded: &mut Option<[usize; 2]>, to: &mut [f32]) {
        let window = self.layer.window;
        let ([height, columns], ring) = (self.size, self.layer.ring(self.size[1]));
        let (image, y) = (row / height, row % height);
        let begin = y * window.stride[0];
        let end = begin + (count - 1) * window.stride[0] + (window.kernel[0] - 1) * window.dilation[0] + 1;
        let next = loaded.filter(|&[of, _]| of == image).map_or(begin, |[_, next]| next.max(begin));
        for line in next..end {
            self.load(simd, ring, image, line);
        }
        *loaded = Some([image, end]);
        let part = Part { layer: self.layer, ring, held: self.ring, begin };
        let length = columns * self.layer.channels;
        match (window.kernel, window.stride[0], window.dilation[0], count) {
            ([3, 3], 1, 1, 4) => part.rows::<S, 3, 1, 4, 6>(simd, to, length),
            ([3, 3], 1, 1, 2) => part.rows::<S, 3, 1, 2, 4>(simd, to, length),
            ([3, 3], 2, 1, 4) => part.rows::<S, 3, 2, 4, 9>(simd, to, length),
            ([3, 3], 2, 1, 2) => part.rows::<S, 3, 2, 2, 5>(simd, to, length),
            ([5, 5], 1, 1, 4) => part.rows::<S, 5, 1, 4, 8>(simd, to, length),
            ([5, 5], 1, 1, 2) => part.rows::<S, 5, 1, 2, 6>(simd, to, length),
            ([5, 5], 2, 1, 4) => part.rows::<S, 5, 2, 4, 11>(simd, to, length),
            ([5, 5], 2, 1, 2) => part.rows::<S, 5, 2, 2, 7>(simd, to, length),
            _ => part.any(simd, to, length),
        }
        if self.activation != Activation::None {
            for to in to.chunks_exact_mut(length) {
                activate_line(simd, self.activation, self.slopes, to);
            }
        }
    }

    /// A row of the padded input into its place.
    #[inline(always)]
    fn load<S: Simd>(&mut self, simd: S, ring: Ring, image: usize, line: usize) {
        let Window { stride: [_, stride], pad: [top, left, ..], .. } = self.layer.window;
        let channels = self.layer.channels;
        let [height, width] = self.input.size;
        let floats = stride * ring.length;
        let to = &mut self.ring[line % ring.rows * floats..][..floats];
        let y = line.wrapping_sub(top);
        if y >= height {
            to.fill(0.0);
            return;
        }
        let first = (image * height + y) * width;
        for (part, to) in to.chunks_exact_mut(ring.length).enumerate() {
            // Padded column `index * stride + part` is the `index`-th.
            let begin = left.saturating_sub(part).div_ceil(stride);
            let end = (left + width).saturating_sub(part).div_ceil(stride).min(ring.length / channels).max(begin);
            let (before, rest) = to.split_at_mut((begin * channels).min(ring.length));
            before.fill(0.0);
            if begin * channels >= ring.length {
                continue;
            }
            let (pixels, after) = rest.split_at_mut((end - begin) * channels);
            after.fill(0.0);
            let column = begin * stride + part - left;
            if stride == 1 && self.input.stride == channels {
                copy(simd, &self.input.data[(first + column) * channels..][..pixels.len()], pixels);
                continue;
            }
            for (index, to) in pixels.chunks_exact_mut(channels).enumerate() {
                copy(simd, &self.input.data[(first + column + index * stride) * self.input.stride..][..channels], to);
            }
        }
    }
}

/// What is short: for that no copy of a system is made.
#[inline(always)]
fn copy<S: Simd>(simd: S, from: &[f32], to: &mut [f32]) {
    let ((from, rest), (to, rest_of_to)) = (S::as_simd_f32s(from), S::as_mut_simd_f32s(to));
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    if !rest.is_empty() {
        simd.partial_store_f32s(rest_of_to, simd.partial_load_f32s(rest));
    }
}

/// A vector of `R` rows of a kernel of `K` x `K` with stride `D`.
#[inline(always)]
fn sums<S: Simd, const K: usize, const D: usize, const R: usize, const N: usize>(
    simd: S,
    lines: &[[&[S::f32s]; K]; N],
    vector: usize,
    bias: S::f32s,
    weights: &[S::f32s],
) -> [S::f32s; R] {
    let weights = &weights[..K * K];
    let mut sums = [bias; R];
    for row in 0..N {
        for tap in 0..K {
            let value = lines[row][tap][vector];
            for r in 0..R {
                if row >= r * D && row < r * D + K {
                    sums[r] = simd.mul_add_e_f32s(value, weights[(row - r * D) * K + tap], sums[r]);
                }
            }
        }
    }
    sums
}

/// Some rows, once their input is there.
struct Part<'t> {
    layer: &'t Depthwise,
    ring: Ring,
    held: &'t [f32],
    /// The first row of the padded input.
    begin: usize,
}

impl Part<'_> {
    /// What a tap of a row reads, `vectors` of them.
    #[inline(always)]
    fn line<S: Simd>(&self, row: usize, tap: usize) -> &[S::f32s] {
        let Window { stride: [_, stride], dilation: [_, dilation], .. } = self.layer.window;
        let column = tap * dilation;
        let at = ((self.begin + row) % self.ring.rows * stride + column % stride) * self.ring.length
            + column / stride * self.layer.channels;
        S::as_simd_f32s(&self.held[at..][..self.ring.vectors * S::F32_LANES]).0
    }

    /// `R` rows of a kernel of `K` x `K` with stride `D`, which read `N` rows, into `to`, a row every `length` floats.
    #[inline(always)]
    fn rows<S: Simd, const K: usize, const D: usize, const R: usize, const N: usize>(
        &self,
        simd: S,
        to: &mut [f32],
        length: usize,
    ) {
        let count = self.ring.vectors;
        let mut lines: [[&[S::f32s]; K]; N] = [[&[]; K]; N];
        for (row, lines) in lines.iter_mut().enumerate() {
            for (tap, line) in lines.iter_mut().enumerate() {
                *line = &self.line::<S>(row, tap)[..count];
            }
        }
        let (bias, _) = S::as_simd_f32s(&self.layer.bias);
        let (weights, _) = S::as_simd_f32s(&self.layer.weights);
        let whole = length / S::F32_LANES;
        let mut outputs: [&mut [S::f32s]; R] = [(); R].map(|()| &mut [][..]);
        let mut rests: [&mut [f32]; R] = [(); R].map(|()| &mut [][..]);
        for (r, to) in to.chunks_exact_mut(length).enumerate().take(R) {
            let (vectors, last) = S::as_mut_simd_f32s(to);
            (outputs[r], rests[r]) = (&mut vectors[..whole], last);
        }
        for output in &mut outputs {
            let all = std::mem::take(output);
            *output = &mut all[..whole];
        }
        let mut phase = 0;
        for vector in 0..whole {
            let sums = sums::<S, K, D, R, N>(simd, &lines, vector, bias[phase], &weights[phase * K * K..]);
            for (output, sum) in outputs.iter_mut().zip(sums) {
                output[vector] = sum;
            }
            phase = if phase + 1 == bias.len() { 0 } else { phase + 1 };
        }
        if whole < count {
            let sums = sums::<S, K, D, R, N>(simd, &lines, whole, bias[phase], &weights[phase * K * K..]);
            for r in 0..R {
                simd.partial_store_f32s(rests[r], sums[r]);
            }
        }
    }

    /// Rows of any kernel.
    #[inline(always)]
    fn any<S: Simd>(&self, simd: S, to: &mut [f32], length: usize) {
        let Window { kernel: [rows, columns], stride: [down, _], dilation: [dilation, _], .. } = self.layer.window;
        let (weights, _) = S::as_simd_f32s(&self.layer.weights);
        let (bias, _) = S::as_simd_f32s(&self.layer.bias);
        for (row, to) in to.chunks_exact_mut(length).enumerate() {
            for vector in 0..self.ring.vectors {
                let phase = vector % bias.len();
                let mut sum = bias[phase];
                for tap in 0..rows * columns {
                    let value = self.line::<S>(row * down + tap / columns * dilation, tap % columns)[vector];
                    sum = simd.mul_add_e_f32s(value, weights[phase * rows * columns + tap], sum);
                }
                let lanes = S::F32_LANES.min(length - vector * S::F32_LANES);
                put(simd, to, vector * S::F32_LANES, lanes, sum);
            }
        }
    }
}
