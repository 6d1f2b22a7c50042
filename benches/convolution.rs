//! Convolutions by every method that an adapter has, and by the tiles of GPUs too, beside the adapter's own multiply-add ceiling: interleaved in one run,
//! and the share printed. `cargo bench --bench convolution`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod support;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use moue::Precision;
use moue::gpu::{Gpu, adapters};
use moue::operators::Window;
use moue::timing::tuning::{self, Layer};
use moue::timing::{PeakLoads, PeakSeconds};
use support::{Measured, interleaved, settle};

fn layer(channels: [usize; 2], size: usize, window: Window, groups: usize, precision: Precision) -> Layer {
    Layer { members: 1, images: 1, channels, input: [size; 2], window, groups, precision }
}

/// Every method of a layer, the rule's own first.
fn methods(group: &mut BenchmarkGroup<'_, WallTime>, gpu: &Gpu, peaks: &mut PeakLoads, name: &str, layer: Layer) {
    for choice in tuning::candidates(gpu, layer) {
        let mut load = tuning::load(gpu, layer, choice).unwrap();
        let flops = load.flops as f64;
        let name = format!("{name} {} {choice:?}", layer.precision.name());
        let Some(Measured { kernel: conv, fma, copy }) = interleaved(group, &name, &mut load, peaks) else { continue };
        for (what, time, fma, copy) in
            [("fastest", conv.fastest(), fma.fastest(), copy.fastest()), ("median", conv.median(), fma.median(), copy.median())]
        {
            let (peak, reached) = (peaks.peak(PeakSeconds { fma, copy, ..PeakSeconds::default() }).gflops, flops / time / 1e9);
            println!(
                "{name}, {what}: {:.2} ms, {reached:.1} GFLOP/s of a multiply-add ceiling of {peak:.1}: share {:.2}",
                time * 1e3,
                reached / peak
            );
        }
    }
}

fn bench(criterion: &mut Criterion) {
    let square = |kernel: usize| Window::square(kernel, 1).padded(kernel / 2);
    let shapes = [
        ("3x3 128-128 28x28", [128, 128], 28, square(3), 1),
        ("3x3 256-512 13x13", [256, 512], 13, square(3), 1),
        ("3x3 32-32 22x22", [32, 32], 22, square(3), 1),
        ("7x7 3-64 112x112, stride 2", [3, 64], 112, Window::square(7, 2).padded(3), 1),
        ("1x1 256-64 28x28", [256, 64], 28, square(1), 1),
        ("3x3 64-64 28x28, a group a channel", [64, 64], 28, square(3), 64),
        ("3x3 32-32 96x96, a group a channel", [32, 32], 96, square(3), 32),
        ("5x5 96-96 28x28, a group a channel, stride 2", [96, 96], 28, Window::square(5, 2).padded(2), 96),
        ("1x1 16-8 128x128", [16, 8], 128, square(1), 1),
        ("1x1 32-16 64x64", [32, 16], 64, square(1), 1),
        ("3x3 30-30 28x28 in 5 groups", [30, 30], 28, square(3), 5),
    ];
    for adapter in adapters() {
        let gpu = Gpu::open(Some(&adapter.index.to_string())).unwrap();
        let mut peaks = PeakLoads::new(&gpu).unwrap();
        let mut group = criterion.benchmark_group(format!("convolution on {}", gpu.name()));
        settle(&mut group);
        for (name, channels, size, window, groups) in shapes {
            methods(&mut group, &gpu, &mut peaks, name, layer(channels, size, window, groups, Precision::F32));
        }
        let (name, channels, size, window, groups) = shapes[0];
        methods(&mut group, &gpu, &mut peaks, name, layer(channels, size, window, groups, Precision::F16));
        if gpu.capabilities().cpu {
            // What a GPU would run, on a smaller layer: workgroup memory and barriers are slow there.
            let tiled = Gpu::open_as(Some(&adapter.index.to_string()), "discrete").unwrap();
            for precision in [Precision::F32, Precision::F16] {
                let small = layer([64, 64], 14, square(3), 1, precision);
                methods(&mut group, &tiled, &mut peaks, "as a GPU: 3x3 64-64 14x14", small);
            }
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
