//! Locally connected layers: every pixel of the output has weights of its own, which are read once for all images.

use pulp::{Simd, WithSimd};

use super::aligned::Aligned;
use super::finish::{Finish, finish_pixel};
use super::pixels::{Pixels, PixelsMut};
use super::product::alone;
use super::threads::Cpu;
use crate::operators::Window;
use crate::tensor::Tensor;

/// Vectors of a panel of outputs at most.
const WIDE: usize = 2;

/// Weights and a bias for every place of the output and panel of its channels.
#[derive(Debug)]
pub(crate) struct LocalConv {
    /// `[place, panel, kh, kw, C, width]`; the last panel may be a vector less wide.
    weights: Aligned,
    /// `[place, panel, width]`.
    bias: Aligned,
    window: Window,
    outputs: usize,
    lanes: usize,
    /// Positions in depth: taps and channels.
    depth: usize,
}

impl LocalConv {
    /// Of `weight` `[O, OH, OW, C, kh, kw]` and `bias` `[O, OH, OW]`.
    pub fn new(cpu: &Cpu, weight: &Tensor, bias: &[f32], window: Window) -> Self {
        let size = |axis: usize| weight.shape.get(axis).copied().unwrap_or(1);
        let (outputs, area, channels) = (size(0), size(1) * size(2), size(3));
        let taps = window.kernel[0] * window.kernel[1];
        let (lanes, depth) = (cpu.lanes(), channels * taps);
        let mut made = Self { weights: Aligned::default(), bias: Aligned::default(), window, outputs, lanes, depth };
        let whole = made.whole();
        let (mut weights, mut biases) = (Aligned::zeros(area * depth * whole), Aligned::zeros(area * whole));
        for (index, (own, &bias)) in weight.data.chunks_exact(depth.max(1)).zip(bias).enumerate() {
            let (o, place) = (index / area, index % area);
            let (first, width) = made.panel(o / (WIDE * lanes));
            for (position, &value) in own.iter().enumerate() {
                let (channel, tap) = (position / taps, position % taps);
                let row = tap * channels + channel;
                weights[(place * whole + first) * depth + row * width + o - first] = value;
            }
            biases[place * whole + o] = bias;
        }
        (made.weights, made.bias) = (weights, biases);
        made
    }

    /// Outputs, in whole vectors.
    fn whole(&self) -> usize {
        self.outputs.next_multiple_of(self.lanes)
    }

    fn panels(&self) -> usize {
        self.whole().div_ceil(WIDE * self.lanes)
    }

    /// The first output of a panel, and its width.
    fn panel(&self, index: usize) -> (usize, usize) {
        let first = index * WIDE * self.lanes;
        (first, (WIDE * self.lanes).min(self.whole() - first))
    }

    /// Bytes of memory.
    pub fn bytes(&self) -> u64 {
        4 * (self.weights.len() + self.bias.len()) as u64
    }

    /// Bytes that it reads of them, for an input and an output of these sizes: what lies beyond the edges has weights that are not read.
    pub fn read(&self, input: [usize; 2], output: [usize; 2]) -> u64 {
        let inside = self.window.inside(0, input[0], output[0]) * self.window.inside(1, input[1], output[1]);
        let taps = output.iter().chain(&self.window.kernel).product::<usize>().max(1) as u64;
        4 * (self.weights.len() as u64 / taps * inside + self.bias.len() as u64)
    }

    /// Floats that it works with, for `images` of `area` pixels: the sums by panels.
    pub fn work(&self, images: usize, area: usize) -> usize {
        area * self.panels() * images * WIDE * self.lanes
    }

    /// Into `output`, with `work` of [`LocalConv::work`] floats: panels of places are shared among threads.
    pub fn run(&self, cpu: &Cpu, input: Pixels<'_>, finish: Finish<'_>, output: &mut PixelsMut<'_>, work: &mut [f32]) {
        let (area, images, panels) = (output.area(), output.images, self.panels());
        let (columns, first, stride) = (output.size[1], output.first, output.stride);
        let unit = images * WIDE * self.lanes;
        let sums = &mut work[..area * panels * unit];
        let each = cpu.share(area * panels, 1, 1);
        cpu.each(sums, each * unit, images * area * self.depth * self.outputs, |index, sums| {
            cpu.vectors(Panels { layer: self, input, columns, first: index * each, unit, sums });
        });
        let sums = &work[..area * panels * unit];
        let each = cpu.share(area * images, 1, 1);
        cpu.each(output.whole(), each * stride, images * area * self.outputs, |index, out| {
            cpu.vectors(Ends { layer: self, sums, unit, area, finish, first_pixel: index * each, stride, first, out });
        });
    }
}

/// The sums of some panels of places, counted through.
struct Panels<'t> {
    layer: &'t LocalConv,
    input: Pixels<'t>,
    /// Of the output.
    columns: usize,
    first: usize,
    /// Floats of a panel of a place.
    unit: usize,
    sums: &'t mut [f32],
}

impl WithSimd for Panels<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { layer, input, columns, first, unit, sums } = self;
        let (panels, whole) = (layer.panels(), layer.whole());
        for (index, sums) in sums.chunks_exact_mut(unit).enumerate() {
            let (place, panel) = ((first + index) / panels, (first + index) % panels);
            let (start, width) = layer.panel(panel);
            let at = place * whole + start;
            let weights = &layer.weights[at * layer.depth..][..layer.depth * width];
            let bias = &layer.bias[at..][..width];
            let [down, right] = layer.window.stride;
            let corner = [place / columns * down, place % columns * right];
            let part = Part { window: layer.window, corner, input, weights, bias };
            if width == S::F32_LANES {
                images::<S, 1>(simd, part, sums);
            } else {
                images::<S, WIDE>(simd, part, sums);
            }
        }
    }
}

/// A panel of a place.
#[derive(Clone, Copy)]
struct Part<'t> {
    window: Window,
    /// Where its window begins, in the padded input.
    corner: [usize; 2],
    input: Pixels<'t>,
    weights: &'t [f32],
    bias: &'t [f32],
}

/// All images, in blocks that stay in registers.
#[inline(always)]
fn images<S: Simd, const N: usize>(simd: S, part: Part<'_>, sums: &mut [f32]) {
    let width = WIDE * S::F32_LANES;
    let count = part.input.images;
    let mut image = 0;
    while image < count {
        let sums = &mut sums[image * width..];
        image += match count - image {
            1 => block::<S, 1, N>(simd, part, image, sums),
            2 | 3 => block::<S, 2, N>(simd, part, image, sums),
            4 | 5 => block::<S, 4, N>(simd, part, image, sums),
            _ => block::<S, 6, N>(simd, part, image, sums),
        };
    }
}

/// `M` images from `first` on times `N` vectors of outputs; how many images.
#[inline(always)]
fn block<S: Simd, const M: usize, const N: usize>(simd: S, part: Part<'_>, first: usize, out: &mut [f32]) -> usize {
    let Part { window, corner, input, weights, bias } = part;
    let ([height, width], channels) = (input.size, input.channels);
    let (bias, _) = S::as_simd_f32s(bias);
    let mut start = [simd.splat_f32s(0.0); N];
    start.copy_from_slice(&bias[..N]);
    let mut sums = [start; M];
    let (weights, _) = S::as_simd_f32s(weights);
    let (weights, _) = pulp::as_arrays::<N, S::f32s>(weights);
    let taps = weights.chunks_exact(channels.max(1));
    for (tap, weights) in taps.enumerate() {
        let (ky, kx) = (tap / window.kernel[1], tap % window.kernel[1]);
        let y = (corner[0] + ky * window.dilation[0]).wrapping_sub(window.pad[0]);
        let x = (corner[1] + kx * window.dilation[1]).wrapping_sub(window.pad[1]);
        if y >= height || x >= width {
            continue;
        }
        let mut lines = [&input.data[..0]; M];
        for (m, line) in lines.iter_mut().enumerate() {
            *line = input.pixel(((first + m) * height + y) * width + x);
        }
        if M == 1 {
            alone(simd, lines[0], weights, &mut sums[0]);
            continue;
        }
        // Every length said again: only then is no value looked at whether it is there.
        for line in &mut lines {
            *line = &line[..weights.len()];
        }
        for (k, weights) in weights.iter().enumerate() {
            for m in 0..M {
                let value = simd.splat_f32s(lines[m][k]);
                for n in 0..N {
                    sums[m][n] = simd.mul_add_e_f32s(value, weights[n], sums[m][n]);
                }
            }
        }
    }
    for (sums, out) in sums.iter().zip(out.chunks_exact_mut(WIDE * S::F32_LANES)) {
        S::as_mut_simd_f32s(out).0[..N].copy_from_slice(sums);
    }
    M
}

/// Sums by panels, to where they belong.
struct Ends<'t> {
    layer: &'t LocalConv,
    sums: &'t [f32],
    unit: usize,
    area: usize,
    finish: Finish<'t>,
    first_pixel: usize,
    stride: usize,
    first: usize,
    out: &'t mut [f32],
}

impl WithSimd for Ends<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { layer, sums, unit, area, finish, first_pixel, stride, first, out } = self;
        let width = WIDE * layer.lanes;
        for (p, line) in out.chunks_exact_mut(stride).enumerate() {
            let pixel = first_pixel + p;
            let (image, place) = (pixel / area, pixel % area);
            for panel in 0..layer.panels() {
                let (start, count) = (panel * width, width.min(layer.outputs - panel * width));
                let sums = &sums[(place * layer.panels() + panel) * unit + image * width..][..count];
                finish_pixel(simd, &finish, pixel, start, sums, &mut line[first + start..][..count]);
            }
        }
    }
}
