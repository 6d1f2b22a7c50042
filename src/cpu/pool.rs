//! Pooling.

use super::pixels::{Pixels, PixelsMut};
use super::threads::Cpu;
use crate::operators::{Pooling, Window};

/// Pools `input`: rows of the output are shared among threads.
pub(crate) fn pool(cpu: &Cpu, pooling: Pooling, window: Window, input: Pixels<'_>, output: &mut PixelsMut<'_>) {
    let ([rows, columns], stride, first, channels) = (output.size, output.stride, output.first, output.channels);
    let [height, width] = input.size;
    // First and last position of a window along an axis that lie in the input, in steps of its dilation, and how many of its positions lie in the padded input.
    let span = move |place: usize, axis: usize, length: usize| {
        let (start, step, before) = (place * window.stride[axis], window.dilation[axis], window.pad[axis]);
        let skipped = before.saturating_sub(start).div_ceil(step);
        let end = (length + before).saturating_sub(start).div_ceil(step).min(window.kernel[axis]);
        let padded = (length + before + window.pad[axis + 2] - start).min(window.kernel[axis]);
        (skipped..end, start, padded)
    };
    let cost = output.count() * channels * window.kernel[0] * window.kernel[1];
    cpu.each(output.whole(), columns * stride, cost, |row, line| {
        let (image, y) = (row / rows, row % rows);
        let (down, top, padded_rows) = span(y, 0, height);
        cpu.vectors(
            #[inline(always)]
            || {
                for (x, line) in line.chunks_exact_mut(stride).enumerate() {
                    let (across, left, padded_columns) = span(x, 1, width);
                    let to = &mut line[first..][..channels];
                    let begin = if pooling == Pooling::Max { f32::MIN } else { 0.0 };
                    to.fill(begin);
                    for ky in down.clone() {
                        for kx in across.clone() {
                            let iy = top + ky * window.dilation[0] - window.pad[0];
                            let ix = left + kx * window.dilation[1] - window.pad[1];
                            let from = input.pixel((image * height + iy) * width + ix);
                            let pairs = to.iter_mut().zip(from);
                            match pooling {
                                Pooling::Max => pairs.for_each(|(to, &x)| *to = if x > *to { x } else { *to }),
                                Pooling::Average { .. } => pairs.for_each(|(to, &x)| *to += x),
                            }
                        }
                    }
                    if let Pooling::Average { count_include_pad } = pooling {
                        let count = if count_include_pad { padded_rows * padded_columns } else { down.len() * across.len() };
                        let share = 1.0 / count as f32;
                        to.iter_mut().for_each(|value| *value *= share);
                    }
                }
            },
        );
    });
}

/// The largest value of every window: windows of `kernel` from `rows` and `columns` on.
pub(crate) fn fractional_max_pool(
    cpu: &Cpu,
    kernel: [usize; 2],
    [tops, lefts]: [&[u32]; 2],
    input: Pixels<'_>,
    output: &mut PixelsMut<'_>,
) {
    let ([rows, columns], stride, first, channels) = (output.size, output.stride, output.first, output.channels);
    let [height, width] = input.size;
    let cost = output.count() * channels * kernel[0] * kernel[1];
    cpu.each(output.whole(), columns * stride, cost, |row, line| {
        let (image, y) = (row / rows, row % rows);
        for (x, line) in line.chunks_exact_mut(stride).enumerate() {
            let to = &mut line[first..][..channels];
            to.fill(f32::MIN);
            for (ky, kx) in (0..kernel[0]).flat_map(|ky| (0..kernel[1]).map(move |kx| (ky, kx))) {
                let (iy, ix) = (tops[y] as usize + ky, lefts[x] as usize + kx);
                let from = input.pixel((image * height + iy) * width + ix);
                to.iter_mut().zip(from).for_each(|(to, &x)| *to = to.max(x));
            }
        }
    });
}

/// The mean of every channel: parts of the channels are shared among threads.
pub(crate) fn global_average(cpu: &Cpu, input: Pixels<'_>, output: &mut PixelsMut<'_>) {
    let (stride, first, channels, area) = (output.stride, output.first, output.channels, input.area());
    let cost = input.count() * channels;
    cpu.each(output.whole(), stride, cost, |image, line| {
        let to = &mut line[first..][..channels];
        cpu.vectors(
            #[inline(always)]
            || {
                to.fill(0.0);
                for pixel in 0..area {
                    to.iter_mut().zip(input.pixel(image * area + pixel)).for_each(|(to, &x)| *to += x);
                }
                let share = 1.0 / area as f32;
                to.iter_mut().for_each(|value| *value *= share);
            },
        );
    });
}
