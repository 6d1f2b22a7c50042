//! Local response normalisation across channels.

use super::elementwise::over;
use super::pixels::{Pixels, PixelsMut};
use super::threads::Cpu;
use crate::operators::Lrn;

/// `input` normalised.
pub(crate) fn lrn(cpu: &Cpu, lrn: Lrn, input: Pixels<'_>, output: &mut PixelsMut<'_>) {
    let (stride, first, channels) = (output.stride, output.first, output.channels);
    let [before, after] = lrn.reach();
    let (alpha, beta, k) = ((lrn.alpha / lrn.size as f64) as f32, lrn.beta as f32, lrn.k as f32);
    // Caffe's: two roots in place of a power.
    let quick = lrn.beta == 0.75;
    over(cpu, output, |pixel, out| {
        let mut squares = vec![0.0_f32; channels + before + after];
        cpu.vectors(
            #[inline(always)]
            || {
                for (index, line) in out.chunks_exact_mut(stride).enumerate() {
                    let from = input.pixel(pixel + index);
                    for (square, &x) in squares[before..].iter_mut().zip(from) {
                        *square = x * x;
                    }
                    let to = &mut line[first..][..channels];
                    to.fill(0.0);
                    for step in 0..=before + after {
                        to.iter_mut().zip(&squares[step..]).for_each(|(to, &square)| *to += square);
                    }
                    if quick {
                        for (to, &x) in to.iter_mut().zip(from) {
                            let root = (k + alpha * *to).sqrt();
                            *to = x / (root * root.sqrt());
                        }
                    } else {
                        to.iter_mut().zip(from).for_each(|(to, &x)| *to = x * (k + alpha * *to).powf(-beta));
                    }
                }
            },
        );
    });
}
