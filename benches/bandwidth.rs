//! Kernels that memory feeds, at the sizes of AlexNet and FMPNet, beside the adapter's own copy ceiling: interleaved in one run, and the share
//! printed. `cargo bench --bench bandwidth`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use moue::Precision;
use moue::bench::{Load, PeakLoads};
use moue::fractional::fractional_starts;
use moue::gpu::{Gpu, Recording, adapters};
use moue::kernels::{self, ConvTranspose, Dense, DenseVariant, Lrn, Rearrange, View};
use moue::resample::{Coordinates, Resampling, ResizeMode, Rounding, taps};
use moue::window::Window;
use support::{Measured, interleaved, settle};

fn floats(count: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * 7919) % 1000) as f32 / 500.0 - 1.0).collect()
}

fn values(count: usize) -> Vec<u8> {
    bytemuck::cast_slice(&floats(count)).to_vec()
}

fn view(slice: moue::gpu::Slice, channels: usize, size: usize) -> View {
    View { slice, images: 1, channels, height: size, width: size, precision: Precision::F32 }
}

fn lrn(gpu: &Gpu) -> Load {
    let mut recording = Recording::default();
    let input = recording.upload("input", View::bytes(Precision::F32, 1, 96, 55, 55));
    let output = recording.slab("output", input.size);
    let lrn = Lrn { size: 5, alpha: 1e-4, beta: 0.75, k: 1.0 };
    recording.dispatch(kernels::lrn("bench", lrn, view(input, 96, 55), view(output, 96, 55)).unwrap());
    Load::new(gpu, recording, vec![(input, values(input.size as usize / 4))]).unwrap()
}

fn fractional_max_pool(gpu: &Gpu) -> Load {
    let mut recording = Recording::default();
    let input = recording.upload("input", View::bytes(Precision::F32, 1, 64, 48, 48));
    let starts: Vec<u32> = [0.3, 0.8].iter().flat_map(|&sample| fractional_starts("bench", 48, 24, 3, sample).unwrap()).collect();
    let table = recording.upload("starts", 4 * starts.len() as u64);
    let output = recording.slab("output", View::bytes(Precision::F32, 1, 64, 24, 24));
    let dispatch = kernels::fractional_max_pool("bench", [3, 3], table, view(input, 64, 48), view(output, 64, 24));
    recording.dispatch(dispatch.unwrap());
    let uploads = vec![(input, values(input.size as usize / 4)), (table, bytemuck::cast_slice(&starts).to_vec())];
    Load::new(gpu, recording, uploads).unwrap()
}

fn dense(gpu: &Gpu) -> Load {
    let mut recording = Recording::default();
    let input = recording.upload("input", View::bytes(Precision::F32, 1, 4096, 1, 1));
    let variant = DenseVariant::choose(gpu.capabilities());
    let weights = gpu.upload_for(variant.weights(), Precision::F32, "weights", &floats(4096 * 4096)).unwrap();
    let bias = gpu.upload("bias", &values(4096)).unwrap();
    let layer = Dense {
        variant,
        members: 1,
        outputs: (0, 4096),
        tile: variant.tile(4096),
        weights: recording.shared("weights", &weights),
        bias: recording.shared("bias", &bias),
        relu: true,
    };
    let output = recording.slab("output", View::bytes(Precision::F32, 1, 4096, 1, 1));
    let parts = kernels::dense("bench", layer, view(input, 4096, 1), view(output, 4096, 1), None).unwrap();
    parts.into_iter().for_each(|part| recording.dispatch(part));
    Load::new(gpu, recording, vec![(input, values(4096))]).unwrap()
}

fn rearrange(gpu: &Gpu) -> Load {
    let mut recording = Recording::default();
    let input = recording.upload("input", View::bytes(Precision::F32, 1, 64, 56, 56));
    let output = recording.slab("output", View::bytes(Precision::F32, 1, 56, 56, 64));
    let to = Rearrange::transpose(&[64, 56, 56], &[1, 2, 0]);
    let made = View { slice: output, images: 1, channels: 56, height: 56, width: 64, precision: Precision::F32 };
    recording.dispatch(kernels::rearrange("bench", &to, view(input, 64, 56), made).unwrap());
    Load::new(gpu, recording, vec![(input, values(input.size as usize / 4))]).unwrap()
}

fn resample(gpu: &Gpu) -> Load {
    let how = Resampling { mode: ResizeMode::Linear, coordinates: Coordinates::HalfPixel, rounding: Rounding::Floor };
    let rows = taps("bench", how, 28, 56, None).unwrap();
    let places = kernels::pack_taps(&rows, &rows);
    let mut recording = Recording::default();
    let input = recording.upload("input", View::bytes(Precision::F32, 1, 64, 28, 28));
    let table = recording.upload("taps", 4 * places.len() as u64);
    let output = recording.slab("output", View::bytes(Precision::F32, 1, 64, 56, 56));
    recording.dispatch(kernels::resample("bench", table, view(input, 64, 28), view(output, 64, 56)).unwrap());
    let uploads = vec![(input, values(input.size as usize / 4)), (table, bytemuck::cast_slice(&places).to_vec())];
    Load::new(gpu, recording, uploads).unwrap()
}

fn prelu(gpu: &Gpu) -> Load {
    let mut recording = Recording::default();
    let input = recording.upload("input", View::bytes(Precision::F32, 1, 64, 56, 56));
    let slope = gpu.upload("slope", &values(64)).unwrap();
    let slope = recording.shared("slope", &slope);
    let output = recording.slab("output", input.size);
    recording.dispatch(kernels::prelu("bench", 1, slope, view(input, 64, 56), view(output, 64, 56)).unwrap());
    Load::new(gpu, recording, vec![(input, values(input.size as usize / 4))]).unwrap()
}

fn conv_transpose(gpu: &Gpu) -> Load {
    let mut recording = Recording::default();
    let input = recording.upload("input", View::bytes(Precision::F32, 1, 32, 28, 28));
    let weights = gpu.upload("weights", &values(16 * 4 * 4 * 32)).unwrap();
    let bias = gpu.upload("bias", &values(16)).unwrap();
    let layer = ConvTranspose {
        members: 1,
        out_channels: 16,
        window: Window::square(4, 2).padded(1),
        groups: 1,
        weights: recording.shared("weights", &weights),
        bias: recording.shared("bias", &bias),
    };
    let output = recording.slab("output", View::bytes(Precision::F32, 1, 16, 56, 56));
    recording.dispatch(layer.dispatch("bench", view(input, 32, 28), view(output, 16, 56)).unwrap());
    Load::new(gpu, recording, vec![(input, values(input.size as usize / 4))]).unwrap()
}

type Make = fn(&Gpu) -> Load;

fn bench(criterion: &mut Criterion) {
    let kernels: [(&str, Make); 7] = [
        ("lrn 96 x 55 x 55", lrn),
        ("fractional max pool 64 x 48 x 48", fractional_max_pool),
        ("dense 4096 to 4096", dense),
        ("transpose 64 x 56 x 56", rearrange),
        ("resize 64 x 28 x 28 to 56 x 56", resample),
        ("prelu 64 x 56 x 56", prelu),
        ("transposed convolution 32 to 16, 28 x 28 to 56 x 56", conv_transpose),
    ];
    for adapter in adapters() {
        let gpu = Gpu::open(Some(&adapter.index.to_string())).unwrap();
        let mut peaks = PeakLoads::new(&gpu).unwrap();
        let mut group = criterion.benchmark_group(format!("bandwidth on {}", gpu.name()));
        settle(&mut group);
        for (name, make) in kernels {
            let mut load = make(&gpu);
            let Some(Measured { kernel, fma, copy }) = interleaved(&mut group, name, &mut load, &mut peaks) else { continue };
            let roof = peaks.peak(fma.fastest(), copy.fastest()).gbytes;
            let reached = load.bytes as f64 / kernel.fastest() / 1e9;
            println!(
                "{name}, fastest: {:.2} ms, {reached:.1} GB/s of a copy's {roof:.1}: share {:.2}",
                kernel.fastest() * 1e3,
                reached / roof
            );
        }
        group.finish();
    }
}

criterion_group!(benches, bench);
criterion_main!(benches);
