//! Transposed convolution: every pixel of the output sums what reaches it.

use super::pixels::{Pixels, PixelsMut};
use super::threads::Cpu;
use crate::operators::Window;
use crate::tensor::Tensor;

/// Weights `[group, kh, kw, C / groups, O / groups]` and a bias.
#[derive(Debug)]
pub(crate) struct ConvTranspose {
    weights: Vec<f32>,
    bias: Vec<f32>,
    window: Window,
    groups: usize,
}

impl ConvTranspose {
    /// Of `weight` `[C, O / groups, kh, kw]` and `bias` `[O]`.
    pub fn new(weight: &Tensor, bias: &[f32], window: Window, groups: usize) -> Self {
        let [channels, outputs, height, width] = weight.nchw();
        let (taps, each) = (height * width, channels / groups.max(1));
        let mut weights = Vec::with_capacity(weight.data.len());
        for group in 0..groups {
            for tap in 0..taps {
                for channel in group * each..(group + 1) * each {
                    weights.extend((0..outputs).map(|o| weight.data[(channel * outputs + o) * taps + tap]));
                }
            }
        }
        Self { weights, bias: bias.to_vec(), window, groups }
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> u64 {
        4 * (self.weights.len() + self.bias.len()) as u64
    }

    /// Into `output`, whose rows are shared among threads.
    pub fn run(&self, cpu: &Cpu, input: Pixels<'_>, output: &mut PixelsMut<'_>) {
        let Self { weights, bias, window, groups } = self;
        let ([rows, columns], stride, first) = (output.size, output.stride, output.first);
        let ([height, width], [kernel_rows, kernel_columns]) = (input.size, window.kernel);
        let (channels, outputs) = (input.channels / groups, output.channels / groups);
        // The row of the input that reaches a row of the output through a row of the kernel.
        let reached = move |place: usize, tap: usize, axis: usize, length: usize| {
            let from = (place + window.pad[axis]).checked_sub(tap * window.dilation[axis])?;
            let at = from / window.stride[axis];
            (from.is_multiple_of(window.stride[axis]) && at < length).then_some(at)
        };
        let cost = input.count() * input.channels * outputs * kernel_rows * kernel_columns;
        cpu.each(output.whole(), columns * stride, cost, |row, line| {
            let (image, y) = (row / rows, row % rows);
            cpu.vectors(
                #[inline(always)]
                || {
                    for (x, line) in line.chunks_exact_mut(stride).enumerate() {
                        let to = &mut line[first..][..outputs * groups];
                        to.copy_from_slice(bias);
                        for tap in 0..kernel_rows * kernel_columns {
                            let (ky, kx) = (tap / kernel_columns, tap % kernel_columns);
                            let (Some(iy), Some(ix)) = (reached(y, ky, 0, height), reached(x, kx, 1, width)) else { continue };
                            let from = input.pixel((image * height + iy) * width + ix);
                            for (group, to) in to.chunks_exact_mut(outputs).enumerate() {
                                let at = (group * kernel_rows * kernel_columns + tap) * channels * outputs;
                                let weights = weights[at..][..channels * outputs].chunks_exact(outputs);
                                for (&value, weights) in from[group * channels..].iter().zip(weights) {
                                    to.iter_mut().zip(weights).for_each(|(to, weight)| *to += value * weight);
                                }
                            }
                        }
                    }
                },
            );
        });
    }
}
