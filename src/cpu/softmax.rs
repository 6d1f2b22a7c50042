//! What goes over the channels of every pixel.

use super::elementwise::over;
use super::functions::exp;
use super::pixels::{Pixels, PixelsMut};
use super::threads::Cpu;

/// Softmax over the channels.
pub(crate) fn softmax(cpu: &Cpu, input: Pixels<'_>, output: &mut PixelsMut<'_>) {
    each(
        cpu,
        input,
        output,
        #[inline(always)]
        |from, to| {
            let most = from.iter().fold(f32::MIN, |most, &x| most.max(x));
            for (to, &x) in to.iter_mut().zip(from) {
                *to = exp(x - most);
            }
            let sum: f32 = to.iter().sum();
            to.iter_mut().for_each(|value| *value /= sum);
        },
    );
}

/// Its logarithm: x - most - log(sum of exp(x - most)).
pub(crate) fn log_softmax(cpu: &Cpu, input: Pixels<'_>, output: &mut PixelsMut<'_>) {
    each(
        cpu,
        input,
        output,
        #[inline(always)]
        |from, to| {
            let most = from.iter().fold(f32::MIN, |most, &x| most.max(x));
            let sum: f32 = from.iter().map(|&x| exp(x - most)).sum();
            let log = sum.ln();
            for (to, &x) in to.iter_mut().zip(from) {
                *to = x - most - log;
            }
        },
    );
}

/// The channel of the largest value, the first of several.
pub(crate) fn arg_max(cpu: &Cpu, input: Pixels<'_>, output: &mut PixelsMut<'_>) {
    each(cpu, input, output, |from, to| {
        let best = (1..from.len()).fold(0, |best, channel| if from[channel] > from[best] { channel } else { best });
        to[0] = best as f32;
    });
}

fn each(cpu: &Cpu, input: Pixels<'_>, output: &mut PixelsMut<'_>, work: impl Fn(&[f32], &mut [f32]) + Copy + Sync) {
    let (stride, first, channels) = (output.stride, output.first, output.channels);
    over(cpu, output, |pixel, out| {
        cpu.vectors(
            #[inline(always)]
            || {
                for (index, line) in out.chunks_exact_mut(stride).enumerate() {
                    work(input.pixel(pixel + index), &mut line[first..][..channels]);
                }
            },
        );
    });
}
