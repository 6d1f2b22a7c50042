//! A step of t-SNE's descent, kernel by kernel, for 10,000 points of 180 edges each, beside the adapter's own ceilings: interleaved in one run, and the shares printed.
//! `cargo bench --bench tsne`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use moue::gpu::{Gpu, Recording, Slice, adapters};
use moue::kernels::{self, TSNE_TOTALS, TsneEdges, TsneMap, TsneSums};
use moue::operators::TsneStep;
use moue::timing::{Load, PeakLoads, PeakSeconds};
use support::{Measured, interleaved, settle};

const POINTS: usize = 10_000;
const EDGES: usize = 180;
const NEIGHBOURS: usize = 90;

/// A recording and what goes up before it runs.
#[derive(Default)]
struct Making(Recording, Vec<(Slice, Vec<u8>)>);

impl Making {
    fn words(&mut self, words: &[u32]) -> Slice {
        let slice = self.0.upload("input", size_of_val(words) as u64);
        self.1.push((slice, bytemuck::cast_slice(words).to_vec()));
        slice
    }

    fn floats(&mut self, count: usize) -> Slice {
        let values: Vec<u32> = (0..count).map(|i| (((i * 7919) % 1000) as f32 / 50.0).to_bits()).collect();
        self.words(&values)
    }
}

fn load(gpu: &Gpu, name: &str) -> Load {
    let mut making = Making::default();
    let map = TsneMap { points: POINTS, parts: if gpu.capabilities().cpu { 1 } else { 26 } };
    let dispatch = match name {
        "tsne_affinities" => {
            let distances = making.floats(POINTS * NEIGHBOURS);
            let likely = making.0.slab("likely", 4 * (POINTS * NEIGHBOURS) as u64);
            kernels::tsne_affinities(name, [POINTS, NEIGHBOURS], 30.0, distances, likely)
        }
        "tsne_repulse" => {
            let places = making.floats(2 * POINTS);
            let sums = making.0.slab("sums", map.sums());
            kernels::tsne_repulse(name, map, places, sums)
        }
        "tsne_total" => {
            let sums = making.floats(map.sums() as usize / 4);
            let totals = making.0.slab("totals", 4 * TSNE_TOTALS as u64);
            kernels::tsne_total(name, map, sums, totals)
        }
        _ => {
            let count = POINTS * EDGES;
            let rows: Vec<u32> = (0..=POINTS).map(|at| (at * EDGES) as u32).collect();
            let flat: Vec<u32> = (0..count).flat_map(|at| [(at * 7919 % POINTS) as u32, 1e-6_f32.to_bits()]).collect();
            let edges = TsneEdges { count, most: EDGES, rows: making.words(&rows), edges: making.words(&flat) };
            let of = TsneSums { sums: making.floats(map.sums() as usize / 4), totals: making.floats(TSNE_TOTALS) };
            let (places, motion) = (making.floats(2 * POINTS), making.floats(4 * POINTS));
            let output = making.0.slab("places", map.bytes());
            let step = TsneStep { exaggeration: 1.0, momentum: 0.8, rate: 1.0, most: 5.0 };
            kernels::tsne_move(name, map, step, [places, output], edges, of, motion)
        }
    };
    making.0.dispatch(dispatch.unwrap());
    Load::new(gpu, making.0, making.1).unwrap()
}

fn bench(criterion: &mut Criterion) {
    for adapter in adapters() {
        let gpu = Gpu::open(Some(&adapter.index.to_string())).unwrap();
        let mut peaks = PeakLoads::new(&gpu).unwrap();
        let mut group = criterion.benchmark_group(format!("t-SNE on {}", gpu.name()));
        settle(&mut group);
        for name in ["tsne_affinities", "tsne_repulse", "tsne_total", "tsne_move"] {
            let mut load = load(&gpu, name);
            let Some(Measured { kernel, fma, copy }) = interleaved(&mut group, name, &mut load, &mut peaks) else { continue };
            let peak = peaks.peak(PeakSeconds { fma: fma.fastest(), copy: copy.fastest(), ..PeakSeconds::default() });
            let (gflops, gbytes) = (load.flops as f64 / kernel.fastest() / 1e9, load.bytes as f64 / kernel.fastest() / 1e9);
            println!(
                "{name}, {POINTS} points, fastest: {:.2} ms, {gflops:.1} GFLOP/s of {:.1}: share {:.2}; {gbytes:.1} GB/s of a copy's {:.1}: share {:.2}",
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
