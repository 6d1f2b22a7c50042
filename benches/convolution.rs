//! Convolution 3 x 3, 128 -> 128 channels, 28 x 28, batch 1, beside the adapter's own multiply-add ceiling: the two interleaved in one run, and the
//! share printed. `cargo bench --bench convolution`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use moue::Precision;
use moue::bench::{Load, PeakLoads};
use moue::gpu::{Gpu, Recording, adapters};
use moue::kernels::{Conv, ConvWeights, Variant, View};
use moue::tensor::Tensor;
use moue::window::Window;
use support::{Measured, interleaved, settle};

fn load(gpu: &Gpu, variant: Variant, channels: [usize; 2], size: usize, kernel: usize) -> Load {
    let window = Window::square(kernel, 1).padded(kernel / 2);
    let value = |i: usize| ((i * 7919) % 1000) as f32 / 500.0 - 1.0;
    let weight = Tensor::new(
        vec![channels[1], channels[0], kernel, kernel],
        (0..channels[0] * channels[1] * kernel * kernel).map(value).collect(),
    )
    .unwrap();
    let bias = vec![0.1; channels[1]];
    let packed = variant.pack("bench", &[(&weight, &bias)], 1).unwrap();
    let mut recording = Recording::default();
    let view = |slice, channels| View { slice, images: 1, channels, height: size, width: size, precision: Precision::F32 };
    let weights = gpu.upload_for(variant.weights(), Precision::F32, "weights", &packed.weights).unwrap();
    let bias = gpu.upload("bias", bytemuck::cast_slice(&packed.bias)).unwrap();
    let input = recording.upload("input", View::bytes(Precision::F32, 1, channels[0], size, size));
    let weights = ConvWeights { variant, weights: recording.shared("weights", &weights), bias: recording.shared("bias", &bias) };
    let output = recording.slab("output", View::bytes(Precision::F32, 1, channels[1], size, size));
    let conv = Conv { members: 1, out_channels: channels[1], window, groups: 1, relu: true, out_c4_offset: 0, tiling: None };
    let bytes = conv.workspace(variant, 1, [size, size], channels[0]);
    let workspace = (bytes > 0).then(|| recording.slab("between", bytes));
    let parts = conv.dispatches("bench", view(input, channels[0]), weights, None, view(output, channels[1]), workspace).unwrap();
    parts.into_iter().for_each(|part| recording.dispatch(part));
    let values: Vec<f32> = (0..input.size as usize / 4).map(value).collect();
    Load::new(gpu, recording, vec![(input, bytemuck::cast_slice(&values).to_vec())]).unwrap()
}

fn bench(criterion: &mut Criterion) {
    for adapter in adapters() {
        let gpu = Gpu::open(Some(&adapter.index.to_string())).unwrap();
        let capabilities = gpu.capabilities();
        let mut peaks = PeakLoads::new(&gpu).unwrap();
        let mut group = criterion.benchmark_group(format!("convolution on {}", gpu.name()));
        settle(&mut group);
        let shapes: &[(&str, [usize; 2], usize, usize)] = &[
            ("3x3 128-128 28x28", [128, 128], 28, 3),
            ("3x3 32-32 22x22", [32, 32], 22, 3),
            ("3x3 3-16 44x44", [3, 16], 44, 3),
            ("1x1 256-64 28x28", [256, 64], 28, 1),
        ];
        let chosen = Variant::choose(capabilities, 128, 128, 1);
        for &(name, channels, size, kernel) in shapes {
            let variants = [Variant::Broadcast8, Variant::Broadcast4, Variant::Direct, Variant::Tile];
            for variant in variants.into_iter().filter(|v| v.fits(capabilities, channels[0], channels[1], 1)) {
                if variant != chosen && name != shapes[0].0 {
                    continue;
                }
                let mut load = load(&gpu, variant, channels, size, kernel);
                let flops = load.flops as f64;
                let Some(Measured { kernel: conv, fma, copy }) =
                    interleaved(&mut group, &format!("{name} {variant:?}"), &mut load, &mut peaks)
                else {
                    continue;
                };
                for (what, time, fma, copy) in [
                    ("fastest", conv.fastest(), fma.fastest(), copy.fastest()),
                    ("median", conv.median(), fma.median(), copy.median()),
                ] {
                    let peak = peaks.peak(fma, copy);
                    println!(
                        "{name} {variant:?}, {what}: {:.2} ms, {:.1} GFLOP/s of a multiply-add ceiling of {:.1}: share {:.2}",
                        time * 1e3,
                        flops / time / 1e9,
                        peak.gflops,
                        flops / time / 1e9 / peak.gflops
                    );
                }
            }
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
