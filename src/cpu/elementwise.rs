//! What goes over a tensor once: functions of one value, of two, of a value and its channel.

use pulp::{Simd, WithSimd};

use super::finish::activate_line;
use super::functions::{self, With};
use super::pixels::{Pixels, PixelsMut};
use super::threads::Cpu;
use crate::error::{Error, Result};
use crate::operators::{Activation, Binary, Unary};

/// Pixels of a part at least.
const LEAST: usize = 8;

/// `work` on the pixels of `output` by several threads: the first pixel, and the floats of some.
pub(super) fn over(cpu: &Cpu, output: &mut PixelsMut<'_>, work: impl Fn(usize, &mut [f32]) + Sync + Send) {
    let each = cpu.share(output.count(), LEAST, 1);
    let (stride, cost) = (output.stride, output.count() * output.channels);
    cpu.each(output.whole(), each * stride, cost, |index, out| work(index * each, out));
}

/// A function of every value.
pub(crate) fn unary(cpu: &Cpu, function: Unary, input: Pixels<'_>, output: &mut PixelsMut<'_>) {
    struct Map<'m, 'd, 'o> {
        cpu: &'m Cpu,
        input: Pixels<'d>,
        output: &'m mut PixelsMut<'o>,
    }
    impl With for Map<'_, '_, '_> {
        fn call(self, function: impl Fn(f32) -> f32 + Copy + Sync) {
            let Self { cpu, input, output } = self;
            map(
                cpu,
                input,
                output,
                0,
                #[inline(always)]
                move |_, x| function(x),
            );
        }
    }
    functions::with(function, Map { cpu, input, output });
}

/// `function` of every value and its channel, whose number is below `bound` unless that is 0.
fn map(
    cpu: &Cpu,
    input: Pixels<'_>,
    output: &mut PixelsMut<'_>,
    bound: usize,
    function: impl Fn(usize, f32) -> f32 + Copy + Sync,
) {
    let (stride, first, channels) = (output.stride, output.first, output.channels);
    let flat = bound == 0 && stride == channels && input.stride == channels;
    over(cpu, output, |pixel, out| {
        cpu.vectors(
            #[inline(always)]
            || {
                if flat {
                    let from = &input.data[pixel * stride..][..out.len()];
                    out.iter_mut().zip(from).for_each(
                        #[inline(always)]
                        |(to, &x)| *to = function(0, x),
                    );
                    return;
                }
                for (index, line) in out.chunks_exact_mut(stride).enumerate() {
                    let from = input.pixel(pixel + index);
                    let line = &mut line[first..][..from.len()];
                    for (channel, (to, &x)) in line.iter_mut().zip(from).enumerate() {
                        *to = function(channel, x);
                    }
                }
            },
        );
    });
}

/// `value`, after ReLU where that is asked. Without, what is no number stays none.
#[inline(always)]
fn finished(value: f32, relu: bool) -> f32 {
    if relu { value.max(0.0) } else { value }
}

/// An activation in place, of PReLU with `slopes`.
pub(crate) fn activate(cpu: &Cpu, activation: Activation, slopes: &[f32], output: &mut PixelsMut<'_>) {
    let (stride, first, channels) = (output.stride, output.first, output.channels);
    if activation != Activation::None {
        over(cpu, output, |_, lines| cpu.vectors(InPlace { activation, slopes, stride, first, channels, lines }));
    }
}

struct InPlace<'t> {
    activation: Activation,
    slopes: &'t [f32],
    stride: usize,
    first: usize,
    channels: usize,
    lines: &'t mut [f32],
}

impl WithSimd for InPlace<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { activation, slopes, stride, first, channels, lines } = self;
        for line in lines.chunks_exact_mut(stride) {
            activate_line(simd, activation, slopes, &mut line[first..][..channels]);
        }
    }
}

/// x * scale + shift a channel, then ReLU.
pub(crate) fn affine(cpu: &Cpu, scale: &[f32], shift: &[f32], relu: bool, input: Pixels<'_>, output: &mut PixelsMut<'_>) {
    let (scale, shift) = (&scale[..input.channels], &shift[..input.channels]);
    map(
        cpu,
        input,
        output,
        input.channels,
        #[inline(always)]
        move |channel, x| finished(x * scale[channel] + shift[channel], relu),
    );
}

/// x, below 0 times a slope a channel.
pub(crate) fn prelu(cpu: &Cpu, slope: &[f32], input: Pixels<'_>, output: &mut PixelsMut<'_>) {
    let slope = &slope[..input.channels];
    map(
        cpu,
        input,
        output,
        input.channels,
        #[inline(always)]
        move |channel, x| if x < 0.0 { slope[channel] * x } else { x },
    );
}

/// A function of two tensors; along each dimension a side may have length 1. Then ReLU.
///
/// # Errors
/// [`Error::Shape`] where sizes neither agree nor are 1.
pub(crate) fn binary(
    cpu: &Cpu,
    at: &str,
    function: Binary,
    sides: [Pixels<'_>; 2],
    relu: bool,
    output: &mut PixelsMut<'_>,
) -> Result<()> {
    let to = [output.images, output.size[0], output.size[1], output.channels];
    for side in sides {
        let sizes = [side.images, side.size[0], side.size[1], side.channels];
        if sizes.iter().zip(to).any(|(&size, to)| size != to && size != 1) {
            return Err(Error::shape(at, format!("{sizes:?} does not broadcast to {to:?}")));
        }
    }
    match function {
        Binary::Add => pairs(
            cpu,
            sides,
            output,
            #[inline(always)]
            move |x, y| finished(x + y, relu),
        ),
        Binary::Mul => pairs(
            cpu,
            sides,
            output,
            #[inline(always)]
            move |x, y| finished(x * y, relu),
        ),
        Binary::Sub => pairs(
            cpu,
            sides,
            output,
            #[inline(always)]
            move |x, y| finished(x - y, relu),
        ),
        Binary::Div => pairs(
            cpu,
            sides,
            output,
            #[inline(always)]
            move |x, y| finished(x / y, relu),
        ),
        Binary::Max => pairs(
            cpu,
            sides,
            output,
            #[inline(always)]
            move |x, y| finished(x.max(y), relu),
        ),
        Binary::Min => pairs(
            cpu,
            sides,
            output,
            #[inline(always)]
            move |x, y| finished(x.min(y), relu),
        ),
        Binary::Pow => pairs(cpu, sides, output, move |x, y| finished(x.powf(y), relu)),
    }
    Ok(())
}

fn pairs(cpu: &Cpu, sides: [Pixels<'_>; 2], output: &mut PixelsMut<'_>, function: impl Fn(f32, f32) -> f32 + Copy + Sync) {
    let ([rows, columns], stride, first, channels) = (output.size, output.stride, output.first, output.channels);
    let all = output.images;
    let flat = stride == channels
        && sides.iter().all(|side| {
            side.size == [rows, columns] && side.images == all && side.channels == channels && side.stride == channels
        });
    // Where the pixel of a side lies.
    let place = move |side: &Pixels<'_>, image: usize, y: usize, x: usize| {
        let image = if side.images == 1 { 0 } else { image };
        let y = if side.size[0] == 1 { 0 } else { y };
        let x = if side.size[1] == 1 { 0 } else { x };
        (image * side.size[0] + y) * side.size[1] + x
    };
    over(cpu, output, |pixel, out| {
        cpu.vectors(
            #[inline(always)]
            || {
                let [left, right] = sides;
                if flat {
                    let left = &left.data[pixel * stride..][..out.len()];
                    let right = &right.data[pixel * stride..][..out.len()];
                    for ((to, &x), &y) in out.iter_mut().zip(left).zip(right) {
                        *to = function(x, y);
                    }
                    return;
                }
                for (index, line) in out.chunks_exact_mut(stride).enumerate() {
                    let at = pixel + index;
                    let (image, y, x) = (at / (rows * columns), at / columns % rows, at % columns);
                    let (a, b) = (left.pixel(place(&left, image, y, x)), right.pixel(place(&right, image, y, x)));
                    let line = &mut line[first..][..channels];
                    match (a, b) {
                        (&[a], b) => line.iter_mut().zip(b).for_each(
                            #[inline(always)]
                            |(to, &b)| *to = function(a, b),
                        ),
                        (a, &[b]) => line.iter_mut().zip(a).for_each(
                            #[inline(always)]
                            |(to, &a)| *to = function(a, b),
                        ),
                        (a, b) => {
                            for ((to, &a), &b) in line.iter_mut().zip(a).zip(b) {
                                *to = function(a, b);
                            }
                        }
                    }
                }
            },
        );
    });
}
