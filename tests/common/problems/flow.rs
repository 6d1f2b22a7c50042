//! Problems of the kernels of dense flow.

use moue::Precision;
use moue::gpu::{Gpu, Slice};
use moue::kernels::{self, ExpandVariant, FlowStart, Frames, Pairs, WINDOW_ZEROS, pack_taps};
use moue::operators::{Expansion, FlowWindow, Shrink, linear};
use moue::reference;

use super::text;
use crate::common::{Bench, Random, Tolerance, close};

/// (pictures, width, height)
const SIZES: [(usize, usize, usize); 5] = [(1, 1, 1), (1, 5, 3), (3, 33, 17), (7, 16, 16), (2, 61, 47)];

fn frames((count, width, height): (usize, usize, usize)) -> Frames {
    Frames { count, width, height }
}

/// Five values a pixel as they lie on the GPU: [pictures, 5, H, W].
fn planes<T: Copy + Into<f64>>(pictures: &[Vec<[T; 5]>]) -> Vec<f32> {
    let plane = |picture: &[[T; 5]], i: usize| picture.iter().map(|own| own[i].into() as f32).collect::<Vec<_>>();
    pictures.iter().flat_map(|picture| (0..5).flat_map(|i| plane(picture, i)).collect::<Vec<_>>()).collect()
}

/// Each of the five values for itself: they differ in size.
fn close_planes(what: &str, got: &[f32], want: &[f32], size: usize, tolerance: Tolerance) -> Result<(), String> {
    if got.len() != want.len() {
        return Err(format!("{what}: {} values, {} wanted", got.len(), want.len()));
    }
    let of = |all: &[f32], i: usize| {
        all.chunks_exact(5 * size).flat_map(|own| own[i * size..(i + 1) * size].to_vec()).collect::<Vec<_>>()
    };
    (0..5).try_for_each(|i| close(&format!("{what}, value {i}"), &of(got, i), &of(want, i), tolerance))
}

fn filters(bench: &mut Bench, how: &Shrink) -> [Slice; 2] {
    [bench.floats(&[&how.gaussian[..], &[0.0]].concat()), bench.words(&pack_taps(&how.taps, &[]))]
}

/// (length, output, scale): from pictures of one pixel to Gaussians wider than the picture is.
const SHRINKS: [(usize, usize, f64); 7] =
    [(1, 1, 1.0), (5, 5, 1.0), (7, 3, 0.5), (61, 31, 0.5), (33, 8, 0.25), (6, 2, 0.125), (40, 28, 0.7)];

pub(super) fn shrink_across(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(11);
    for (index, (width, to, scale)) in SHRINKS.into_iter().enumerate() {
        let (how, size) = (Shrink::new(width, to, scale), frames((1 + index % 3, width, 4 + index)));
        let pixels = random.bytes(size.count * width * size.height);
        let mut bench = Bench::of(gpu, Precision::F32);
        let (input, own) = (bench.bytes(&pixels), filters(&mut bench, &how));
        let want = reference::shrink_across(&pixels, width, &how);
        let output = bench.recording.slab("output", 4 * want.len() as u64);
        bench.recording.dispatch(kernels::shrink_across("shrink", size, &how, input, own, output).map_err(text)?);
        let got = bench.run_floats(output)?;
        close(&format!("{width} to {to}"), &got[..want.len()], &want, Tolerance::Sum(how.gaussian.len() + 2))?;
    }
    Ok(())
}

pub(super) fn shrink_down(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(12);
    for (index, (height, to, scale)) in SHRINKS.into_iter().enumerate() {
        let (how, size) = (Shrink::new(height, to, scale), frames((1 + index % 3, 5 + index, height)));
        let pixels: Vec<f32> = random.values(size.count * size.width * height).iter().map(|v| 127.0 + 128.0 * v).collect();
        let mut bench = Bench::of(gpu, Precision::F32);
        let (input, own) = (bench.floats(&pixels), filters(&mut bench, &how));
        let want: Vec<f32> =
            pixels.chunks_exact(size.width * height).flat_map(|one| reference::shrink_down(one, size.width, &how)).collect();
        let output = bench.recording.slab("output", 4 * want.len() as u64);
        bench.recording.dispatch(kernels::shrink_down("shrink", size, &how, input, own, output).map_err(text)?);
        let got = bench.run_floats(output)?;
        close(&format!("{height} to {to}"), &got[..want.len()], &want, Tolerance::Sum(how.gaussian.len() + 2))?;
    }
    Ok(())
}

pub(super) fn expand(gpu: &Gpu, _: Precision) -> Result<(), String> {
    expands(gpu, ExpandVariant::Group, &[(1, 0.0), (2, 1.1), (5, 1.2), (7, 1.5), (16, 4.0)])
}

pub(super) fn expand_strip_2(gpu: &Gpu, _: Precision) -> Result<(), String> {
    expands(gpu, ExpandVariant::Strip, &[(2, 1.1); 5])
}

pub(super) fn expand_strip_5(gpu: &Gpu, _: Precision) -> Result<(), String> {
    expands(gpu, ExpandVariant::Strip, &[(5, 1.2); 5])
}

pub(super) fn expand_strip_7(gpu: &Gpu, _: Precision) -> Result<(), String> {
    expands(gpu, ExpandVariant::Strip, &[(7, 1.5); 5])
}

fn expands(gpu: &Gpu, variant: ExpandVariant, windows: &[(usize, f64)]) -> Result<(), String> {
    let mut random = Random(13);
    for (size, &(n, sigma)) in SIZES.into_iter().zip(windows) {
        let (how, size) = (Expansion::new(n, sigma), frames(size));
        let pixels: Vec<f32> =
            random.values(size.count * size.width * size.height).iter().map(|v| (127.0 + 128.0 * v).round()).collect();
        // The last frame goes to the first slot.
        let slots: Vec<u32> = (0..size.count as u32).rev().collect();
        let pictures: Vec<_> =
            pixels.chunks_exact(size.width * size.height).rev().map(|one| reference::expand(one, size.width, &how)).collect();
        let want = planes(&pictures);
        let mut bench = Bench::of(gpu, Precision::F32);
        let window: Vec<[f32; 4]> = (0..=n).map(|k| [how.g[k], how.xg[k], how.xxg[k], 0.0]).collect();
        let (input, window, slots) = (bench.floats(&pixels), bench.floats(window.as_flattened()), bench.words(&slots));
        let output = bench.recording.slab("output", 4 * want.len() as u64);
        bench.recording.dispatch(kernels::expand("expand", variant, size, &how, input, window, slots, output).map_err(text)?);
        let got = bench.run_floats(output)?;
        let what = format!("expand {} x {} by {n}", size.width, size.height);
        // Of a picture of one pixel all is 0 but what rounding leaves of 255.
        if size.width == 1 {
            close(&what, &[&got[..5], &[255.0]].concat(), &[&want[..5], &[255.0]].concat(), Tolerance::Sum(2 * n + 1))?;
            continue;
        }
        close_planes(&what, &got[..want.len()], &want, size.width * size.height, Tolerance::Sum(2 * (2 * n + 1)))?;
    }
    flat(gpu, variant, windows[windows.len() / 2].0)
}

/// Of one brightness nothing is left that slopes: not even rounding.
fn flat(gpu: &Gpu, variant: ExpandVariant, n: usize) -> Result<(), String> {
    let (how, size) = (Expansion::new(n, 1.2), frames((1, 20, 18)));
    let mut bench = Bench::of(gpu, Precision::F32);
    let window: Vec<[f32; 4]> = (0..=n).map(|k| [how.g[k], how.xg[k], how.xxg[k], 0.0]).collect();
    let (input, window, slots) = (bench.floats(&[201.0; 360]), bench.floats(window.as_flattened()), bench.words(&[0]));
    let output = bench.recording.slab("output", 20 * 360);
    bench.recording.dispatch(kernels::expand("expand", variant, size, &how, input, window, slots, output).map_err(text)?);
    let got = bench.run_floats(output)?;
    close("expand: slopes of a flat picture", &[&got[..720], &got[1440..1800]].concat(), &[0.0; 1080], Tolerance::Exact)
}

/// Random polynomials of a few frames, and pairs of them.
struct Expanded {
    size: Frames,
    slots: Vec<Vec<[f32; 5]>>,
    pairs: Vec<[u32; 2]>,
}

impl Expanded {
    fn new(random: &mut Random, size: Frames) -> Self {
        let slots = size.count + 1;
        let polynomial = |random: &mut Random| [9.0, 9.0, 2.0, 2.0, 1.0].map(|most| most * random.unit());
        let slots: Vec<_> =
            (0..slots).map(|_| (0..size.width * size.height).map(|_| polynomial(random)).collect::<Vec<_>>()).collect();
        let pairs = (0..size.count as u32)
            .map(|pair| [pair, (pair + 1) % slots.len() as u32])
            .map(|[a, b]| if a % 2 == 1 { [b, a] } else { [a, b] });
        Self { size, pairs: pairs.collect(), slots }
    }

    fn bind(&self, bench: &mut Bench) -> Pairs {
        Pairs { frames: self.size, expansions: bench.floats(&planes(&self.slots)), pairs: bench.words(self.pairs.as_flattened()) }
    }

    /// The equations that flows lead to, one a pair.
    fn equations(&self, flows: &[Vec<[f32; 2]>]) -> Vec<Vec<[f32; 5]>> {
        let of = |(&[a, b], flow): (&[u32; 2], &Vec<[f32; 2]>)| {
            reference::equations(&self.slots[a as usize], &self.slots[b as usize], self.size.width, flow)
        };
        self.pairs.iter().zip(flows).map(of).collect()
    }
}

/// A place is rounded to its last digit, which is as large as the picture is wide: so is what is read between two pixels there.
fn places(size: Frames) -> Tolerance {
    Tolerance::Sum(4 * size.width.max(size.height))
}

pub(super) fn flow_start(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(14);
    for (size, factor) in SIZES.into_iter().zip([2.0_f32, 0.0, 2.0, 1.0, 1.25]) {
        let from = Expanded::new(&mut random, frames(size));
        let size = from.size;
        let side = |length: usize| ((length as f32 / factor.max(1.0)).round() as usize).max(1);
        let [coarse_height, coarse_width] = [size.height, size.width].map(side);
        // Some lead out of the picture.
        let coarse: Vec<[f32; 2]> = (0..size.count * coarse_height * coarse_width)
            .map(|_| [0, 1].map(|_| 0.4 * size.width as f32 * random.unit()))
            .collect();
        let (rows, columns) = (linear(coarse_height, size.height), linear(coarse_width, size.width));
        let flows: Vec<Vec<[f32; 2]>> = coarse
            .chunks_exact(coarse_height * coarse_width)
            .map(|own| reference::enlarge(own, coarse_width, [&rows, &columns], factor))
            .collect();
        // Without a coarser flow nothing is read of it.
        let (flows, coarse) = if factor == 0.0 {
            (vec![vec![[0.0; 2]; size.width * size.height]; size.count], vec![[f32::NAN; 2]; coarse.len()])
        } else {
            (flows, coarse)
        };
        let want = planes(&from.equations(&flows));
        let mut bench = Bench::of(gpu, Precision::F32);
        let pairs = from.bind(&mut bench);
        let (coarse, taps) = (bench.floats(coarse.as_flattened()), bench.words(&pack_taps(&rows, &columns)));
        let output = bench.recording.slab("output", 4 * want.len() as u64);
        let start = FlowStart { coarse: [coarse_height, coarse_width], factor };
        bench.recording.dispatch(kernels::flow_start("start", pairs, start, coarse, taps, output).map_err(text)?);
        let got = bench.run_floats(output)?;
        let what = format!("start {} x {}", size.width, size.height);
        close_planes(&what, &got[..want.len()], &want, size.width * size.height, places(size))?;
    }
    Ok(())
}

fn windows() -> [FlowWindow; 5] {
    [FlowWindow::all(2), FlowWindow::all(15), FlowWindow::gaussian(9), FlowWindow::gaussian(15), FlowWindow::all(12)]
}

fn weights(bench: &mut Bench, window: &FlowWindow) -> Slice {
    bench.floats(&[&window.weights[..], &[0.0; WINDOW_ZEROS]].concat())
}

/// Equations that have an answer, as small as of a picture without contrast, or as rounding may leave them.
fn sums(random: &mut Random, count: usize, scale: f32) -> Vec<[f32; 5]> {
    let one = |index: usize| {
        let [a, b, c, d, e] = [0; 5].map(|_| random.unit());
        let mixed = if index % 7 == 6 { 3.0 } else { 0.5 * c };
        [1.5 + 0.5 * a, mixed, 1.5 + 0.5 * b, 3.0 * d, 3.0 * e].map(|value| scale * value)
    };
    (0..count).map(one).collect()
}

pub(super) fn window_down(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(15);
    for (size, window) in SIZES.into_iter().zip(windows()) {
        let size = frames(size);
        let pictures: Vec<Vec<[f32; 5]>> = (0..size.count).map(|_| sums(&mut random, size.width * size.height, 100.0)).collect();
        let want = planes(&pictures.iter().map(|own| reference::window_down(own, size.width, &window)).collect::<Vec<_>>());
        let mut bench = Bench::of(gpu, Precision::F32);
        let (input, own) = (bench.floats(&planes(&pictures)), weights(&mut bench, &window));
        let output = bench.recording.slab("output", 4 * want.len() as u64);
        bench.recording.dispatch(kernels::window_down("window", size, &window, input, own, output).map_err(text)?);
        let got = bench.run_floats(output)?;
        let what = format!("window {} x {}", size.width, size.height);
        close_planes(&what, &got[..want.len()], &want, size.width * size.height, Tolerance::Sum(window.weights.len()))?;
    }
    Ok(())
}

pub(super) fn flow_solve(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(16);
    for (index, (size, window)) in SIZES.into_iter().zip(windows()).enumerate() {
        let from = Expanded::new(&mut random, frames(size));
        let size = from.size;
        let scale = if index % 2 == 0 { 1.0 / window.scale as f32 } else { 0.02 / window.scale as f32 };
        let pictures: Vec<Vec<[f32; 5]>> = (0..size.count).map(|_| sums(&mut random, size.width * size.height, scale)).collect();
        let wide = |own: &Vec<[f32; 5]>| own.iter().map(|values| values.map(f64::from)).collect::<Vec<_>>();
        let flows: Vec<_> = pictures.iter().map(|own| reference::flow_solve(&wide(own), size.width, &window)).collect();
        let what = format!("solve {} x {}", size.width, size.height);
        for last in [true, false] {
            let mut bench = Bench::of(gpu, Precision::F32);
            let pairs = from.bind(&mut bench);
            let (input, own) = (bench.floats(&planes(&pictures)), weights(&mut bench, &window));
            let flow = bench.recording.slab("flow", 8 * (size.count * size.width * size.height) as u64);
            let output = bench.recording.slab("output", 20 * (size.count * size.width * size.height) as u64);
            let dispatch = kernels::flow_solve("solve", pairs, &window, own, input, flow, output, last).map_err(text)?;
            bench.recording.dispatch(dispatch);
            if last {
                let want: Vec<f32> = flows.concat().into_flattened();
                let got = bench.run_floats(flow)?;
                close(&what, &got[..want.len()], &want, Tolerance::Sum(2 * window.weights.len()))?;
            } else {
                // By the flow that it found: the twin's own differs in its last digits.
                let [found, got] = bench.run_both(flow, output)?;
                let found: Vec<[f32; 2]> = bytemuck::cast_slice(&found[..2 * size.count * size.width * size.height]).to_vec();
                let flows: Vec<_> = found.chunks_exact(size.width * size.height).map(<[_]>::to_vec).collect();
                let want = planes(&from.equations(&flows));
                close_planes(&what, &got[..want.len()], &want, size.width * size.height, places(size))?;
            }
        }
    }
    Ok(())
}
