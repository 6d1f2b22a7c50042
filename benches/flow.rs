//! The kernels of dense flow, for 16 pairs of 227 x 227, beside the adapter's own ceilings: interleaved in one run, and the shares printed; then all of them as one
//! submission. `cargo bench --bench flow`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use moue::Precision;
use moue::flow::{NewFrames, NewPairs, Parameters, Stages};
use moue::gpu::{Gpu, Recording, Slice, adapters};
use moue::kernels::{self, ExpandVariant, FlowStart, Frames, Pairs, Pictures, View, WINDOW_ZEROS, pack_taps};
use moue::operators::{Ellipse, Expansion, FlowLevels, FlowWindow, Shrink, byte_columns, byte_rows, linear};
use moue::timing::{Load, PeakLoads, PeakSeconds};
use support::{Measured, interleaved, settle};

const SIDE: usize = 227;
const PAIRS: usize = 16;
const SIZE: Frames = Frames { count: PAIRS, width: SIDE, height: SIDE };
const PIXELS: usize = PAIRS * SIDE * SIDE;

/// A recording and what goes up before it runs.
#[derive(Default)]
struct Making(Recording, Vec<(Slice, Vec<u8>)>);

impl Making {
    fn bytes(&mut self, bytes: Vec<u8>) -> Slice {
        let slice = self.0.upload("input", bytes.len() as u64);
        self.1.push((slice, bytes));
        slice
    }

    fn floats(&mut self, count: usize) -> Slice {
        let values: Vec<f32> = (0..count).map(|i| ((i * 7919) % 1000) as f32 / 500.0 - 1.0).collect();
        self.bytes(bytemuck::cast_slice(&values).to_vec())
    }

    fn words(&mut self, words: &[u32]) -> Slice {
        self.bytes(bytemuck::cast_slice(words).to_vec())
    }

    fn filters(&mut self, how: &Shrink) -> [Slice; 2] {
        [self.floats(how.gaussian.len() + 1), self.words(&pack_taps(&how.taps, &[]))]
    }

    fn pairs(&mut self) -> Pairs {
        let pairs: Vec<u32> = (0..PAIRS as u32).flat_map(|pair| [pair, (pair + 1) % PAIRS as u32]).collect();
        Pairs { frames: SIZE, expansions: self.floats(5 * PIXELS), pairs: self.words(&pairs) }
    }

    fn slab(&mut self, floats: usize) -> Slice {
        self.0.slab("output", 4 * floats as u64)
    }
}

fn load(gpu: &Gpu, make: impl Fn(&mut Making)) -> Load {
    let mut making = Making::default();
    make(&mut making);
    Load::new(gpu, making.0, making.1).unwrap()
}

fn across(making: &mut Making) {
    let how = Shrink::new(SIDE, 114, 0.5);
    let (input, own) = (making.bytes(vec![100; PIXELS.next_multiple_of(4)]), making.filters(&how));
    let output = making.slab(PIXELS);
    making.0.dispatch(kernels::shrink_across("bench", SIZE, &how, input, own, output).unwrap());
}

fn down(making: &mut Making) {
    let how = Shrink::new(SIDE, 114, 0.5);
    let (input, own) = (making.floats(PIXELS), making.filters(&how));
    let output = making.slab(PIXELS);
    making.0.dispatch(kernels::shrink_down("bench", SIZE, &how, input, own, output).unwrap());
}

fn expand(making: &mut Making, variant: ExpandVariant, n: usize) {
    let how = Expansion::new(n, 1.2);
    let slots: Vec<u32> = (0..PAIRS as u32).collect();
    let (input, window, slots) = (making.floats(PIXELS), making.floats(4 * (n + 1)), making.words(&slots));
    let output = making.slab(5 * PIXELS);
    making.0.dispatch(kernels::expand("bench", variant, SIZE, &how, input, window, slots, output).unwrap());
}

fn start(making: &mut Making) {
    let from = making.pairs();
    let taps = linear(114, SIDE);
    let (coarse, taps) = (making.floats(2 * PAIRS * 114 * 114), making.words(&pack_taps(&taps, &taps)));
    let output = making.slab(5 * PIXELS);
    let start = FlowStart { coarse: [114; 2], factor: 2.0 };
    making.0.dispatch(kernels::flow_start("bench", from, start, coarse, taps, output).unwrap());
}

fn window(making: &mut Making) {
    let window = FlowWindow::all(15);
    let (input, own) = (making.floats(5 * PIXELS), making.floats(window.weights.len() + WINDOW_ZEROS));
    let output = making.slab(5 * PIXELS);
    making.0.dispatch(kernels::window_down("bench", SIZE, &window, input, own, output).unwrap());
}

fn solve(making: &mut Making) {
    let window = FlowWindow::all(15);
    let from = making.pairs();
    let (input, own) = (making.floats(5 * PIXELS), making.floats(window.weights.len() + WINDOW_ZEROS));
    let (flow, output) = (making.slab(2 * PIXELS), making.slab(5 * PIXELS));
    making.0.dispatch(kernels::flow_solve("bench", from, &window, own, input, flow, output, false).unwrap());
}

fn levels(making: &mut Making) {
    let how = FlowLevels { times: 12.0, plus: 128.0, missing: 128 };
    let slots: Vec<u32> = (0..PAIRS as u32).collect();
    let (flow, slots) = (making.floats(2 * PIXELS), making.words(&slots));
    let output = making.slab(PIXELS);
    making.0.dispatch(kernels::flow_levels("bench", PAIRS, SIDE * SIDE, &how, flow, slots, output).unwrap());
}

fn stack(making: &mut Making) {
    let how = FlowLevels { times: 12.0, plus: 128.0, missing: 128 };
    let stacks: Vec<u32> = (0..PAIRS as u32).flat_map(|at| (0..10).map(move |k| (at + k) % PAIRS as u32)).collect();
    let (levels, stacks) = (making.floats(PIXELS), making.words(&stacks));
    let precision = Precision::F32;
    let slice = making.slab(20 * PIXELS);
    let output = View { slice, images: PAIRS, channels: 20, height: SIDE, width: SIDE, precision };
    making.0.dispatch(kernels::flow_stack("bench", &how, [128.0, 0.0625], levels, stacks, output).unwrap());
}

const PICTURES: Pictures = Pictures { count: PAIRS, width: SIDE, height: SIDE };

impl Making {
    fn pictures(&mut self) -> Slice {
        self.words(&(0..PIXELS as u32).map(|i| i.wrapping_mul(2_654_435_761) & 0xff_ffff).collect::<Vec<_>>())
    }

    fn ellipse(&mut self) -> Slice {
        let side = SIDE as u32;
        let spans = Ellipse { size: [side; 2], centre: [side / 2; 2], axes: [side * 2 / 5, side / 2] }.spans();
        self.words(spans.as_flattened())
    }

    fn byte_taps(&mut self) -> Slice {
        self.words([byte_rows(SIDE, SIDE), byte_columns(SIDE, SIDE)].concat().as_flattened())
    }
}

/// What the two-stream system makes of frames before and after their flow.
fn two_stream(making: &mut Making, name: &str) {
    let (pixels, spans) = (making.pictures(), making.ellipse());
    let output = making.slab(PIXELS);
    let dispatch = match name {
        "mask_gray" => kernels::mask_gray(name, PICTURES, pixels, spans, output),
        "luma_table" => kernels::luma_table(name, PICTURES, pixels, spans, output),
        "equalise" => {
            let (tables, taps) = (making.words(&vec![100; 256 * PAIRS]), making.byte_taps());
            kernels::equalise(name, PICTURES, pixels, spans, tables, taps, [SIDE; 2], output)
        }
        "flow_bytes" => {
            let (flow, taps) = (making.floats(2 * PIXELS), making.byte_taps());
            kernels::flow_bytes(name, PICTURES, flow, taps, [SIDE; 2], false, output)
        }
        "sum_bytes" => kernels::sum_bytes(name, PICTURES, pixels, spans, output),
        _ => {
            let places: Vec<u32> = (0..20 * PAIRS as u32).map(|at| 4 * (at / 2 % PAIRS as u32) + at % 2).collect();
            let (places, factors, output) = (making.words(&places), making.floats(40 * PAIRS), making.slab(20 * PIXELS));
            kernels::planes(name, PICTURES, [PAIRS, 20], pixels, places, factors, spans, output)
        }
    };
    making.0.dispatch(dispatch.unwrap());
}

/// All of it: 17 frames to 16 flows.
fn whole(gpu: &Gpu, parameters: &Parameters) -> Load {
    let stages = Stages::new(gpu, [SIDE; 2], parameters).unwrap();
    let slots = stages.slots(gpu, PAIRS + 1).unwrap();
    let mut making = Making::default();
    let pixels = (0..(PAIRS + 1) * SIDE * SIDE).map(|i| (i * 7919 % 251) as u8).collect::<Vec<_>>();
    let pixels = making.bytes([&pixels[..], &vec![0; pixels.len().next_multiple_of(4) - pixels.len()]].concat());
    let own: Vec<u32> = (0..=PAIRS as u32).collect();
    let pairs: Vec<u32> = (0..PAIRS as u32).flat_map(|at| [at, at + 1]).collect();
    let frames = NewFrames { count: PAIRS + 1, pixels, slots: making.words(&own) };
    let pairs = NewPairs { count: PAIRS, slots: making.words(&pairs), initial: None };
    let flow = stages.record(&mut making.0, &slots, Some(frames), Some(pairs)).unwrap();
    flow.into_iter().for_each(|flow| making.0.read(flow));
    Load::new(gpu, making.0, making.1).unwrap()
}

type Make = fn(&Gpu) -> Load;

const LOADS: [(&str, Make); 19] = [
    ("shrink_across to 114", |gpu| load(gpu, across)),
    ("shrink_down to 114", |gpu| load(gpu, down)),
    ("expand, poly_n 2", |gpu| load(gpu, |making| expand(making, ExpandVariant::Group, 2))),
    ("expand, poly_n 5", |gpu| load(gpu, |making| expand(making, ExpandVariant::Group, 5))),
    ("expand_strip, poly_n 2", |gpu| load(gpu, |making| expand(making, ExpandVariant::Strip, 2))),
    ("expand_strip, poly_n 5", |gpu| load(gpu, |making| expand(making, ExpandVariant::Strip, 5))),
    ("flow_start", |gpu| load(gpu, start)),
    ("window_down of 15", |gpu| load(gpu, window)),
    ("flow_solve of 15", |gpu| load(gpu, solve)),
    ("flow_levels", |gpu| load(gpu, levels)),
    ("flow_stack of ten", |gpu| load(gpu, stack)),
    ("mask_gray", |gpu| load(gpu, |making| two_stream(making, "mask_gray"))),
    ("luma_table", |gpu| load(gpu, |making| two_stream(making, "luma_table"))),
    ("equalise", |gpu| load(gpu, |making| two_stream(making, "equalise"))),
    ("flow_bytes", |gpu| load(gpu, |making| two_stream(making, "flow_bytes"))),
    ("sum_bytes", |gpu| load(gpu, |making| two_stream(making, "sum_bytes"))),
    ("planes of stacks", |gpu| load(gpu, |making| two_stream(making, "planes"))),
    ("all, two-stream", |gpu| whole(gpu, &Parameters::TWO_STREAM)),
    ("all, opencv", |gpu| whole(gpu, &Parameters::OPENCV)),
];

fn bench(criterion: &mut Criterion) {
    for adapter in adapters() {
        let gpu = Gpu::open(Some(&adapter.index.to_string())).unwrap();
        let mut peaks = PeakLoads::new(&gpu).unwrap();
        let mut group = criterion.benchmark_group(format!("flow on {}", gpu.name()));
        settle(&mut group);
        for (name, make) in LOADS {
            let mut load = make(&gpu);
            let Some(Measured { kernel, fma, copy }) = interleaved(&mut group, name, &mut load, &mut peaks) else { continue };
            let peak = peaks.peak(PeakSeconds { fma: fma.fastest(), copy: copy.fastest(), ..PeakSeconds::default() });
            let (gflops, gbytes) = (load.flops as f64 / kernel.fastest() / 1e9, load.bytes as f64 / kernel.fastest() / 1e9);
            println!(
                "{name}, 16 pairs, fastest: {:.2} ms, {gflops:.1} GFLOP/s of {:.1}: share {:.2}; {gbytes:.1} GB/s of a copy's {:.1}: share {:.2}",
                kernel.fastest() * 1e3,
                peak.gflops,
                gflops / peak.gflops,
                peak.gbytes,
                gbytes / peak.gbytes
            );
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
