//! Convolutions of every channel by itself.

use pulp::{Simd, WithSimd};

use super::pixels::{Pixels, PixelsMut};
use super::product::Finish;
use super::threads::Cpu;
use crate::operators::Window;
use crate::tensor::Tensor;

/// Weights `[kh, kw, C]` and a bias.
#[derive(Debug)]
pub(crate) struct Depthwise {
    weights: Vec<f32>,
    bias: Vec<f32>,
    window: Window,
}

impl Depthwise {
    /// Of `weight` `[C, 1, kh, kw]` and `bias` `[C]`.
    pub fn new(weight: &Tensor, bias: &[f32], window: Window) -> Self {
        let [channels, _, height, width] = weight.nchw();
        let taps = height * width;
        let values = (0..taps * channels).map(|at| weight.data[at % channels * taps + at / channels]);
        Self { weights: values.collect(), bias: bias.to_vec(), window }
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> u64 {
        4 * (self.weights.len() + self.bias.len()) as u64
    }

    /// Into `output`: rows of it are shared among threads.
    pub fn run(&self, cpu: &Cpu, input: Pixels<'_>, finish: Finish<'_>, output: &mut PixelsMut<'_>) {
        let (size, first, stride) = (output.size, output.first, output.stride);
        let cost = output.count() * output.channels * self.window.kernel[0] * self.window.kernel[1] / 4;
        let each = cpu.share(output.images * size[0], 1, 1);
        cpu.each(output.whole(), each * size[1] * stride, cost, |index, lines| {
            cpu.vectors(Rows { layer: self, input, finish, first_row: index * each, size, stride, first, lines });
        });
    }
}

/// Some rows of the output.
struct Rows<'t> {
    layer: &'t Depthwise,
    input: Pixels<'t>,
    finish: Finish<'t>,
    /// Counted through all images.
    first_row: usize,
    size: [usize; 2],
    stride: usize,
    first: usize,
    lines: &'t mut [f32],
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.layer.window.kernel {
            [3, 3] => rows::<S, 3>(simd, self),
            [5, 5] => rows::<S, 5>(simd, self),
            _ => rows::<S, 0>(simd, self),
        }
    }
}

/// Pixels of a row that are computed together: none waits for the sum of another.
const TOGETHER: usize = 4;

/// Kernels of `K` x `K`, or any where it is 0.
#[inline(always)]
fn rows<S: Simd, const K: usize>(simd: S, task: Rows<'_>) {
    let Rows {
        layer: Depthwise { weights, bias, window },
        input,
        finish,
        first_row,
        size: [height, columns],
        stride,
        first,
        lines,
    } = task;
    let kernel = if K == 0 { window.kernel } else { [K; 2] };
    let ([rows, width], channels) = (input.size, input.channels);
    let zero = simd.splat_f32s(0.0);
    // Columns whose windows lie within the input.
    let reach = (kernel[1] - 1) * window.dilation[1];
    let begin = window.pad[1].div_ceil(window.stride[1]).min(columns);
    let inner = (width + window.pad[1]).checked_sub(reach + 1).map_or(0, |last| last / window.stride[1] + 1);
    let end = inner.min(columns).max(begin);
    for (index, line) in lines.chunks_exact_mut(columns * stride).enumerate() {
        let row = first_row + index;
        let (image, y) = (row / height, row % height);
        // Rows of the window that lie within the input.
        let start = y * window.stride[0];
        let left = (rows + window.pad[0]).saturating_sub(start).div_ceil(window.dilation[0]).min(kernel[0]);
        let skipped = window.pad[0].saturating_sub(start).div_ceil(window.dilation[0]).min(left);
        let mut channel = 0;
        while channel < channels {
            let lanes = S::F32_LANES.min(channels - channel);
            let part = Part { simd, lanes };
            let bias = part.load(bias, channel);
            let mut x = 0;
            while x < columns {
                let together = TOGETHER.min(columns - x);
                // No window of these reaches beyond the input.
                let inside = x >= begin && x + TOGETHER <= end;
                let mut sums = [bias; TOGETHER];
                for ky in skipped..left {
                    let line = (image * rows + start + ky * window.dilation[0] - window.pad[0]) * width;
                    for kx in 0..kernel[1] {
                        let at = (x * window.stride[1] + kx * window.dilation[1]).wrapping_sub(window.pad[1]);
                        let weight = part.load(weights, (ky * kernel[1] + kx) * channels + channel);
                        for (pixel, sum) in sums.iter_mut().enumerate() {
                            let at = at.wrapping_add(pixel * window.stride[1]);
                            if inside || (at < width && pixel < together) {
                                let value = part.load(input.data, (line + at) * input.stride + channel);
                                *sum = simd.mul_add_e_f32s(value, weight, *sum);
                            }
                        }
                    }
                }
                for (pixel, mut sum) in sums.into_iter().enumerate().take(together) {
                    if let Some(residual) = finish.residual {
                        sum = simd.add_f32s(sum, part.load(residual.pixel(row * columns + x + pixel), channel));
                    }
                    if finish.relu {
                        sum = simd.max_f32s(sum, zero);
                    }
                    part.store(line, (x + pixel) * stride + first + channel, sum);
                }
                x += together;
            }
            channel += lanes;
        }
    }
}

/// Some channels: a vector, or what is left of one.
#[derive(Clone, Copy)]
struct Part<S> {
    simd: S,
    lanes: usize,
}

impl<S: Simd> Part<S> {
    #[inline(always)]
    fn load(&self, from: &[f32], at: usize) -> S::f32s {
        if self.lanes == S::F32_LANES {
            S::as_simd_f32s(&from[at..at + S::F32_LANES]).0[0]
        } else {
            self.simd.partial_load_f32s(&from[at..at + self.lanes])
        }
    }

    #[inline(always)]
    fn store(&self, to: &mut [f32], at: usize, value: S::f32s) {
        if self.lanes == S::F32_LANES {
            S::as_mut_simd_f32s(&mut to[at..at + S::F32_LANES]).0[0] = value;
        } else {
            self.simd.partial_store_f32s(&mut to[at..at + self.lanes], value);
        }
    }
}
