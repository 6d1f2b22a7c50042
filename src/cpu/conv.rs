//! Convolutions and dense layers without groups: products of the pixels under the window.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::finish::{Finish, finish_pixel};
use super::pixels::{Pixels, PixelsMut};
use super::product::{Packed, Place, Product, Rows};
use super::threads::Cpu;
use crate::error::Result;
use crate::operators::Window;
use crate::tensor::Tensor;

/// Channels below which a tap is too short: a row of the window is read as one.
const FEW: usize = 12;
/// Floats of a part of the input that stays in a cache.
const CACHED: usize = 1 << 16;
/// Weights, in floats, that are read by as few threads as can be.
const MANY_WEIGHTS: usize = 1 << 17;
/// Pixels of a task at least: a few blocks.
const LEAST: usize = 14;

/// A convolution made ready.
#[derive(Debug)]
pub(crate) struct Conv {
    weights: Vec<Packed>,
    window: Window,
    /// A row of the window is one tap.
    by_rows: bool,
}

impl Conv {
    /// Of `weight` `[O, C / groups, kh, kw]` and `bias` `[O]`.
    pub fn new(cpu: &Cpu, weight: &Tensor, bias: &[f32], window: Window, groups: usize) -> Self {
        let [outputs, channels, height, width] = weight.nchw();
        let by_rows = groups == 1 && channels < FEW && width > 1 && window.dilation[1] == 1;
        let each = outputs / groups.max(1);
        let weights = (0..groups).map(|group| {
            let bias = &bias[group * each..][..each];
            Packed::new(cpu, channels * height * width, bias, |o, position| {
                let (channel, tap) = (position % channels, position / channels);
                weight.data[((group * each + o) * channels + channel) * height * width + tap]
            })
        });
        Self { weights: weights.collect(), window, by_rows }
    }

    /// A dense layer of `columns` values a picture, whose `pixels` lie channels last: `rows` gives the weights `[rows, columns]` of some outputs, a few at a time.
    ///
    /// # Errors
    /// Those of `rows`.
    pub fn dense(
        cpu: &Cpu,
        [columns, pixels]: [usize; 2],
        bias: &[f32],
        rows: impl Fn(Range<usize>) -> Result<Vec<f32>>,
    ) -> Result<Self> {
        let mut packed = Packed::empty(cpu, columns, bias);
        let channels = columns / pixels.max(1);
        while let Some(outputs) = packed.next() {
            let weights = rows(outputs.clone())?;
            packed.push(outputs, |o, position| weights[o * columns + position % channels * pixels + position / channels]);
        }
        Ok(Self { weights: vec![packed], window: Window::square(1, 1), by_rows: false })
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> u64 {
        self.weights.iter().map(Packed::bytes).sum()
    }

    /// Floats that it works with, for images of `size`: the padded input, or sums by panels.
    pub fn work(&self, cpu: &Cpu, images: usize, input: [usize; 2], output: [usize; 2]) -> usize {
        let Some(first) = self.weights.first() else { return 0 };
        let padded = if self.by_rows { images * self.padded(input).iter().product::<usize>() * self.channels() } else { 0 };
        let pixels = images * output[0] * output[1];
        padded + if by_panels(cpu, first, pixels) { first.panels() * first.width() * pixels } else { 0 }
    }

    fn channels(&self) -> usize {
        let [height, width] = self.window.kernel;
        self.weights.first().map_or(0, |weights| weights.depth() / (height * width))
    }

    fn padded(&self, [height, width]: [usize; 2]) -> [usize; 2] {
        let [top, left, bottom, right] = self.window.pad;
        [height + top + bottom, width + left + right]
    }

    /// Into `output`, with `work` of [`Conv::work`] floats.
    pub fn run(&self, cpu: &Cpu, input: Pixels<'_>, finish: Finish<'_>, output: &mut PixelsMut<'_>, work: &mut [f32]) {
        let channels = self.channels();
        let (outputs, size, first) = (output.channels / self.weights.len().max(1), output.size, output.first);
        if self.by_rows {
            let padded = self.padded(input.size);
            let count = input.images * padded[0] * padded[1] * channels;
            let (image, rest) = work.split_at_mut(count);
            pad(cpu, input, self.window, padded, image);
            let window = Window { kernel: [self.window.kernel[0], 1], pad: [0; 4], ..self.window };
            let input = Pixels { stride: channels, ..Pixels::new(image, input.images, padded, channels) };
            let rows = Rows { input, window, output: size, depth: self.window.kernel[1] * channels };
            if let Some(weights) = self.weights.first() {
                multiply(cpu, rows, weights, finish, output, rest);
            }
            return;
        }
        for (group, weights) in self.weights.iter().enumerate() {
            let part = Pixels { data: &input.data[group * channels..], channels, ..input };
            let rows = Rows { input: part, window: self.window, output: size, depth: channels };
            let mut own = PixelsMut {
                data: &mut *output.data,
                first: first + group * outputs,
                channels: outputs,
                images: output.images,
                size,
                stride: output.stride,
            };
            multiply(cpu, rows, weights, finish.part(group * outputs, outputs), &mut own, work);
        }
    }
}

/// The input with its pads around it.
fn pad(cpu: &Cpu, input: Pixels<'_>, window: Window, padded: [usize; 2], to: &mut [f32]) {
    let ([height, width], channels) = (input.size, input.channels);
    let [top, left, ..] = window.pad;
    let cost = to.len();
    cpu.each(to, padded[1] * channels, cost, |row, line| {
        let (image, y) = (row / padded[0], (row % padded[0]).wrapping_sub(top));
        line.fill(0.0);
        if y < height {
            let pixels = line[left * channels..].chunks_exact_mut(channels).take(width).enumerate();
            pixels.for_each(|(x, to)| to.copy_from_slice(input.pixel((image * height + y) * width + x)));
        }
    });
}

/// Whether every thread takes some panels for all pixels: there are few pixels, or so many weights that no two threads are to read the same.
fn by_panels(cpu: &Cpu, weights: &Packed, pixels: usize) -> bool {
    let few = pixels < 2 * LEAST * cpu.threads();
    let heavy = weights.depth() * weights.outputs() > MANY_WEIGHTS && pixels < 1024;
    cpu.threads() > 1 && weights.panels() > 1 && (few || heavy)
}

/// The product, by several threads.
fn multiply(cpu: &Cpu, rows: Rows<'_>, weights: &Packed, finish: Finish<'_>, output: &mut PixelsMut<'_>, work: &mut [f32]) {
    let pixels = output.count();
    let (first, stride) = (output.first, output.stride);
    let cost = pixels * weights.depth() * weights.outputs();
    if !by_panels(cpu, weights, pixels) {
        let each = cpu.share(pixels, LEAST, LEAST).min((CACHED / rows.input.channels.max(1)).next_multiple_of(LEAST));
        let place = Place { stride, first, skipped: 0, whole: false };
        cpu.each(output.whole(), each * stride, cost, |index, out| {
            let pixels = index * each..index * each + out.len() / stride;
            cpu.vectors(Product { rows, weights, pixels, panels: 0..weights.panels(), finish, place, out });
        });
        return;
    }
    let width = weights.width();
    let (sums, _) = work.split_at_mut(weights.panels() * pixels * width);
    cpu.each(sums, pixels * width, cost, |panel, out| {
        let place = Place { stride: width, first: 0, skipped: weights.outputs_of(panel).0, whole: true };
        let panels = panel..panel + 1;
        cpu.vectors(Product { rows, weights, pixels: 0..pixels, panels, finish: Finish::default(), place, out });
    });
    let sums = &*sums;
    let each = cpu.share(pixels, 1, 1);
    cpu.each(output.whole(), each * stride, pixels * weights.outputs(), |index, out| {
        cpu.vectors(Sums { sums, weights, pixels, first_pixel: index * each, finish, stride, first, out });
    });
}

/// Sums by panels, to where they belong.
struct Sums<'t> {
    sums: &'t [f32],
    weights: &'t Packed,
    pixels: usize,
    first_pixel: usize,
    finish: Finish<'t>,
    stride: usize,
    first: usize,
    out: &'t mut [f32],
}

impl WithSimd for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { sums, weights, pixels, first_pixel, finish, stride, first, out } = self;
        let width = weights.width();
        for (p, line) in out.chunks_exact_mut(stride).enumerate() {
            let pixel = first_pixel + p;
            for panel in 0..weights.panels() {
                let (start, count) = weights.outputs_of(panel);
                let sums = &sums[(panel * pixels + pixel) * width..][..count];
                finish_pixel(simd, &finish, pixel, start, sums, &mut line[first + start..][..count]);
            }
        }
    }
}
