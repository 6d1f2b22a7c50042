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
        let ([rows, columns], first, stride) = (output.size, output.first, output.stride);
        let taps = self.window.kernel[0] * self.window.kernel[1];
        let cost = output.count() * output.channels * taps / 4;
        cpu.each(output.whole(), columns * stride, cost, |row, line| {
            let (image, y) = (row / rows, row % rows);
            cpu.vectors(Row { layer: self, input, finish, image, row, y, columns, stride, first, line });
        });
    }
}

/// One row of the output.
struct Row<'t> {
    layer: &'t Depthwise,
    input: Pixels<'t>,
    finish: Finish<'t>,
    image: usize,
    /// Counted through all images.
    row: usize,
    y: usize,
    columns: usize,
    stride: usize,
    first: usize,
    line: &'t mut [f32],
}

impl WithSimd for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.layer.window.kernel {
            [3, 3] => channels::<S, 9>(simd, self),
            [5, 5] => channels::<S, 25>(simd, self),
            _ => channels::<S, 0>(simd, self),
        }
    }
}

/// `T` taps, or any number where it is 0.
#[inline(always)]
fn channels<S: Simd, const T: usize>(simd: S, row: Row<'_>) {
    let Row { layer: Depthwise { weights, bias, window }, input, finish, image, row, y, columns, stride, first, line } = row;
    let [kernel_rows, kernel_columns] = window.kernel;
    let ([height, width], channels) = (input.size, input.channels);
    let zero = simd.splat_f32s(0.0);
    // Columns whose windows lie within the input.
    let reach = (kernel_columns - 1) * window.dilation[1];
    let begin = window.pad[1].div_ceil(window.stride[1]).min(columns);
    let end =
        if width + window.pad[1] > reach { ((width + window.pad[1] - reach - 1) / window.stride[1] + 1).min(columns) } else { 0 };
    let end = end.max(begin);
    let tops: [usize; 2] = {
        // Rows of the window that lie within the input.
        let start = y * window.stride[0];
        let skipped = window.pad[0].saturating_sub(start).div_ceil(window.dilation[0]);
        let left = (height + window.pad[0]).saturating_sub(start).div_ceil(window.dilation[0]).min(kernel_rows);
        [skipped.min(left), left]
    };
    let mut channel = 0;
    while channel < channels {
        let lanes = S::F32_LANES.min(channels - channel);
        let whole = lanes == S::F32_LANES;
        let load = |from: &[f32]| {
            if whole { S::as_simd_f32s(&from[..S::F32_LANES]).0[0] } else { simd.partial_load_f32s(&from[..lanes]) }
        };
        let mut kept = [zero; T];
        for (tap, kept) in kept.iter_mut().enumerate() {
            *kept = load(&weights[tap * channels + channel..]);
        }
        let bias = load(&bias[channel..]);
        let weight = |tap: usize| if T == 0 { load(&weights[tap * channels + channel..]) } else { kept[tap] };
        let source = |ky: usize| {
            let iy = y * window.stride[0] + ky * window.dilation[0] - window.pad[0];
            ((image * height + iy) * width) * input.stride + channel
        };
        let mut put = |x: usize, mut sum: S::f32s| {
            if let Some(residual) = finish.residual {
                sum = simd.add_f32s(sum, load(&residual.pixel(row * columns + x)[channel..]));
            }
            if finish.relu {
                sum = simd.max_f32s(sum, zero);
            }
            let to = &mut line[x * stride + first + channel..][..lanes];
            if whole {
                S::as_mut_simd_f32s(to).0[0] = sum;
            } else {
                simd.partial_store_f32s(to, sum);
            }
        };
        for x in (0..begin).chain(end..columns) {
            let mut sum = bias;
            for ky in tops[0]..tops[1] {
                let from = source(ky);
                for kx in 0..kernel_columns {
                    let ix = (x * window.stride[1] + kx * window.dilation[1]).wrapping_sub(window.pad[1]);
                    if ix < width {
                        sum = simd.mul_add_e_f32s(
                            load(&input.data[from + ix * input.stride..]),
                            weight(ky * kernel_columns + kx),
                            sum,
                        );
                    }
                }
            }
            put(x, sum);
        }
        if T == 9 && window.stride[1] == 1 && window.dilation[1] == 1 && whole {
            // Two pixels of neighbouring windows read eight columns of twelve.
            let mut x = begin;
            while x + 2 <= end {
                let (mut left, mut right) = (bias, bias);
                for ky in tops[0]..tops[1] {
                    let from = source(ky) + (x - window.pad[1]) * input.stride;
                    let v: [S::f32s; 4] = std::array::from_fn(|kx| load(&input.data[from + kx * input.stride..]));
                    for kx in 0..3 {
                        let weight = weight(3 * ky + kx);
                        left = simd.mul_add_e_f32s(v[kx], weight, left);
                        right = simd.mul_add_e_f32s(v[kx + 1], weight, right);
                    }
                }
                put(x, left);
                put(x + 1, right);
                x += 2;
            }
            if x < end {
                let mut sum = bias;
                for ky in tops[0]..tops[1] {
                    let from = source(ky) + (x - window.pad[1]) * input.stride;
                    for kx in 0..3 {
                        sum = simd.mul_add_e_f32s(load(&input.data[from + kx * input.stride..]), weight(3 * ky + kx), sum);
                    }
                }
                put(x, sum);
            }
        } else {
            for x in begin..end {
                let mut sum = bias;
                for ky in tops[0]..tops[1] {
                    let from = source(ky) + (x * window.stride[1] - window.pad[1]) * input.stride;
                    for kx in 0..kernel_columns {
                        let value = load(&input.data[from + kx * window.dilation[1] * input.stride..]);
                        sum = simd.mul_add_e_f32s(value, weight(ky * kernel_columns + kx), sum);
                    }
                }
                put(x, sum);
            }
        }
        channel += lanes;
    }
}
