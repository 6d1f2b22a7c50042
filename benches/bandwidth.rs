//! Kernels that memory feeds, at the sizes of AlexNet and FMPNet, beside the adapter's own copy ceiling: interleaved in one run, and the share
//! printed. `cargo bench --bench bandwidth`.

#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout)]

mod support;

use criterion::{Criterion, criterion_group, criterion_main};
use moue::Precision;
use moue::Rect;
use moue::gpu::shader::BindingKind;
use moue::gpu::{Dispatch, Gpu, Recording, adapters};
use moue::kernels::{
    self, Cells, ConvTranspose, Dense, DenseVariant, FacePart, Lists, LocalConv, LocalConvVariant, Normalise, Pool, ScoredRows,
    Source, TurnedPart, Variant, View,
};
use moue::operators::{
    Activation, Binary, Candidate, Coordinates, Decoding, Lrn, MOST_CANDIDATES, Pooling, Rearrange, Resampling, ResizeMode,
    Rounding, Similarity, Unary, Window, fractional_starts, taps,
};
use moue::timing::{Load, PeakLoads, PeakSeconds};
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
    recording.dispatch(
        kernels::lrn("bench", lrn, kernels::reads(gpu.capabilities()), view(input, 96, 55), view(output, 96, 55)).unwrap(),
    );
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

fn dense(gpu: &Gpu, images: usize, precision: Precision) -> Load {
    let mut recording = Recording::default();
    let view = |slice, channels, size| View { images, precision, ..view(slice, channels, size) };
    let input = recording.upload("input", View::bytes(precision, images, 4096, 1, 1));
    let variant = DenseVariant::choose(gpu.capabilities());
    let weights = gpu.upload_for(variant.weights(), precision, "weights", &floats(4096 * 4096)).unwrap();
    let bias = gpu.upload("bias", &values(4096)).unwrap();
    let layer = Dense {
        variant,
        tiles: Variant::Tile,
        members: 1,
        outputs: (0, 4096),
        tile: variant.tile(4096),
        weights: recording.shared("weights", &weights),
        bias: recording.shared("bias", &bias),
        activation: Activation::Relu,
    };
    let output = recording.slab("output", View::bytes(precision, images, 4096, 1, 1));
    let parts = kernels::dense("bench", layer, view(input, 4096, 1), view(output, 4096, 1), None).unwrap();
    parts.into_iter().for_each(|part| recording.dispatch(part));
    Load::new(gpu, recording, vec![(input, precision.bytes("input", &floats(images * 4096)).unwrap().into_owned())]).unwrap()
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

/// Of a feature map of 11 x 8, with windows of 3 x 3, to as many channels.
fn local_conv(gpu: &Gpu, channels: usize, images: usize, precision: Precision) -> Load {
    let [height, width] = [11, 8];
    let mut recording = Recording::default();
    let bytes = View::bytes(precision, images, channels, height, width);
    let view = |slice| View { slice, images, channels, height, width, precision };
    let input = recording.upload("input", bytes);
    let variant = LocalConvVariant::choose(gpu.capabilities());
    let weights = floats(height * width * 9 * channels * channels);
    let weights = gpu.upload_for(variant.weights(), precision, "weights", &weights).unwrap();
    let bias = gpu.upload("bias", &values(height * width * channels)).unwrap();
    let layer = LocalConv {
        variant,
        members: 1,
        outputs: (0, channels),
        window: Window::square(3, 1).padded(1),
        weights: recording.shared("weights", &weights),
        bias: recording.shared("bias", &bias),
        activation: Activation::Relu,
    };
    let output = recording.slab("output", bytes);
    recording.dispatch(layer.dispatch("bench", view(input), view(output)).unwrap());
    let values = floats(images * channels * height * width);
    Load::new(gpu, recording, vec![(input, precision.bytes("input", &values).unwrap().into_owned())]).unwrap()
}

/// A kernel from one tensor to another, of so many channels, rows and columns.
fn between(gpu: &Gpu, [c, size]: [usize; 2], [oc, osize]: [usize; 2], record: impl Fn(View, View) -> Dispatch) -> Load {
    let mut recording = Recording::default();
    let input = recording.upload("input", View::bytes(Precision::F32, 1, c, size, size));
    let output = recording.slab("output", View::bytes(Precision::F32, 1, oc, osize, osize));
    recording.dispatch(record(view(input, c, size), view(output, oc, osize)));
    Load::new(gpu, recording, vec![(input, values(input.size as usize / 4))]).unwrap()
}

fn pool(gpu: &Gpu, reads: BindingKind) -> Load {
    let window = Window::square(3, 2);
    let pool = Pool { pooling: Pooling::Max, window, ceil: false, reads };
    between(gpu, [64, 57], [64, 28], |input, output| kernels::pool("bench", pool, input, output).unwrap())
}

fn affine(gpu: &Gpu) -> Load {
    let mut recording = Recording::default();
    let input = recording.upload("input", View::bytes(Precision::F32, 1, 64, 56, 56));
    let both = gpu.upload("scale and shift", &values(64)).unwrap();
    let (scale, shift) = (recording.shared("scale", &both), recording.shared("shift", &both));
    let output = recording.slab("output", input.size);
    let dispatch = kernels::affine("bench", 1, [scale, shift], Activation::Relu, view(input, 64, 56), view(output, 64, 56));
    recording.dispatch(dispatch.unwrap());
    Load::new(gpu, recording, vec![(input, values(input.size as usize / 4))]).unwrap()
}

/// Logical order to the GPU's layout and back.
fn pack_and_unpack(gpu: &Gpu) -> Load {
    let mut recording = Recording::default();
    let count = 64 * 56 * 56;
    let input = recording.upload("input", 4 * count as u64);
    let packed = view(recording.slab("packed", View::bytes(Precision::F32, 1, 64, 56, 56)), 64, 56);
    let output = recording.slab("output", 4 * count as u64);
    recording.dispatch(kernels::pack("bench", input, packed).unwrap());
    recording.dispatch(kernels::unpack("bench", packed, output, count).unwrap());
    Load::new(gpu, recording, vec![(input, values(count))]).unwrap()
}

fn fuse(gpu: &Gpu) -> Load {
    let mut recording = Recording::default();
    let (members, faces, classes) = (20, 64, 7);
    let input = recording.upload("probabilities", View::bytes(Precision::F32, members * faces, classes, 1, 1));
    let weights = gpu.upload("weights", &values(members)).unwrap();
    let weights = recording.shared("weights", &weights);
    let fused = recording.slab("fused", 4 * (faces * (1 + members) * classes) as u64);
    let probabilities = View { images: members * faces, ..view(input, classes, 1) };
    recording.dispatch(kernels::fuse("bench", probabilities, weights, members, 1, 1.4, fused).unwrap());
    Load::new(gpu, recording, vec![(input, values(input.size as usize / 4))]).unwrap()
}

/// From pixels to a network's input: a face's crop, gray, codes of radius 2, colours.
fn preprocess(gpu: &Gpu) -> Load {
    let mut recording = Recording::default();
    let (side, crop) = (512_u32, 224_u32);
    let face = FacePart::new(0, side, side, Rect { x: 20, y: 30, width: 400, height: 420 }, false);
    let faces = recording.upload("face", size_of::<FacePart>() as u64);
    let pixels = recording.upload("pixels", 4 * u64::from(side * side));
    let table = recording.upload("table", 1024);
    let crops = recording.upload("crops", 8);
    let bytes = u64::from(crop * crop);
    let canonical = recording.slab("canonical", 4 * bytes);
    let gray = recording.slab("gray", bytes);
    let codes = recording.slab("codes", bytes);
    let output = view(recording.slab("colours", View::bytes(Precision::F32, 1, 3, 224, 224)), 3, 224);
    let inner = crop - 4;
    let step = Normalise {
        source: Source::Mapped,
        size: [inner; 2],
        resize: [crop; 2],
        crops: 1,
        reversed: false,
        mean: [127.5; 3],
        scale: [0.01; 3],
    };
    recording.dispatch(kernels::warp("warp", 1, faces, pixels, [crop; 2], canonical).unwrap());
    recording.dispatch(kernels::gray("gray", bytes as usize, canonical, gray).unwrap());
    recording.dispatch(kernels::lbp("codes", 1, [crop; 2], 2, gray, codes).unwrap());
    recording.dispatch(kernels::normalise("colours", step, codes, table, crops, 1, output, 0).unwrap());
    let uploads = vec![
        (faces, bytemuck::bytes_of(&face).to_vec()),
        (pixels, values((side * side) as usize)),
        (table, values(256)),
        (crops, vec![0; 8]),
    ];
    Load::new(gpu, recording, uploads).unwrap()
}

/// Side of the picture that the kernels below read.
const SIDE: u32 = 1024;

fn gray(gpu: &Gpu) -> Load {
    let mut recording = Recording::default();
    let count = (SIDE * SIDE) as usize;
    let pixels = recording.upload("pixels", 4 * count as u64);
    let gray = recording.slab("gray", count as u64);
    recording.dispatch(kernels::gray("bench", count, pixels, gray).unwrap());
    Load::new(gpu, recording, vec![(pixels, values(count))]).unwrap()
}

fn codes(gpu: &Gpu, radius: u32) -> Load {
    let mut recording = Recording::default();
    let gray = recording.upload("gray", u64::from(SIDE * SIDE));
    let inner = SIDE - 2 * radius;
    let codes = recording.slab("codes", u64::from(inner * inner));
    recording.dispatch(kernels::lbp("bench", 1, [SIDE; 2], radius, gray, codes).unwrap());
    Load::new(gpu, recording, vec![(gray, values((SIDE * SIDE / 4) as usize))]).unwrap()
}

/// Lookup and normalisation of a picture of so many pixels a side, resized or not.
fn colours(gpu: &Gpu, side: u32, precision: Precision) -> Load {
    let mut recording = Recording::default();
    let codes = recording.upload("codes", u64::from(side * side));
    let table = recording.upload("table", 1024);
    let crops = recording.upload("crops", 8);
    let bytes = View::bytes(precision, 1, 3, SIDE as usize, SIDE as usize);
    let output = View { precision, ..view(recording.slab("colours", bytes), 3, SIDE as usize) };
    let step = Normalise {
        source: Source::Mapped,
        size: [side; 2],
        resize: [SIDE; 2],
        crops: 1,
        reversed: false,
        mean: [127.5; 3],
        scale: [0.01; 3],
    };
    recording.dispatch(kernels::normalise("bench", step, codes, table, crops, 1, output, 0).unwrap());
    let uploads = vec![(codes, values((side * side / 4) as usize)), (table, values(256)), (crops, vec![0; 8])];
    Load::new(gpu, recording, uploads).unwrap()
}

/// A square of a photograph of 1024 x 1024, turned, as the mesh network reads it.
fn turn(gpu: &Gpu) -> Load {
    let mut recording = Recording::default();
    let place = Similarity::square([512.0; 2], 600.0, [0.9, 0.3], 256).unwrap();
    let part = TurnedPart::new(0, SIDE, SIDE, place, false);
    let faces = recording.upload("faces", size_of::<TurnedPart>() as u64);
    let pixels = recording.upload("pixels", 4 * u64::from(SIDE * SIDE));
    let turned = recording.slab("turned", 4 * 256 * 256);
    recording.dispatch(kernels::turn("bench", 1, faces, pixels, [256; 2], turned).unwrap());
    let uploads = vec![(faces, bytemuck::bytes_of(&part).to_vec()), (pixels, values((SIDE * SIDE) as usize))];
    Load::new(gpu, recording, uploads).unwrap()
}

/// Scores of 256 queries in a tile of rows, to the 32 best of each.
fn nearest(gpu: &Gpu) -> Load {
    let mut recording = Recording::default();
    let lists = Lists { queries: 256, lanes: if gpu.capabilities().cpu { 1 } else { 32 }, most: 32 };
    let rows = ScoredRows { first: 0, count: 512 * lists.lanes, begins: true };
    let scores = recording.upload("scores", (4 * lists.queries * rows.count) as u64);
    let kept = recording.slab("lists", lists.bytes());
    let merged = recording.slab("nearest", lists.merged_bytes());
    recording.dispatch(kernels::nearest_select("bench", lists, rows, scores, kept).unwrap());
    recording.dispatch(kernels::nearest_merge("bench", lists, kept, merged).unwrap());
    Load::new(gpu, recording, vec![(scores, values(lists.queries * rows.count))]).unwrap()
}

/// What a detector says of five tiles of 48 x 48 cells, of which a hundredth is a candidate, to boxes.
fn boxes(gpu: &Gpu) -> Load {
    let mut recording = Recording::default();
    let [tiles, cells] = [5, 48 * 48];
    let bytes = size_of::<Candidate>() as u64;
    let from = Cells {
        boxes: recording.upload("boxes", 4 * 16 * (tiles * cells) as u64),
        scores: recording.upload("scores", 4 * (tiles * cells) as u64),
        anchors: recording.upload("anchors", 8 * cells as u64),
        tiles: recording.upload("tiles", 32 * tiles as u64),
    };
    let count = recording.upload("count", 4);
    let found = recording.slab("found", bytes * MOST_CANDIDATES as u64);
    let kept_count = recording.slab("kept count", 16);
    let kept = recording.slab("kept", bytes * 64);
    let how = Decoding { side: 192.0, least: 0.5, cut: 0.2, first: 0 };
    recording.dispatch(kernels::decode("bench", [tiles, cells], how, from, count, found).unwrap());
    recording.dispatch(kernels::suppress("bench", 0.3, count, found, kept_count, kept, 64).unwrap());
    let scores: Vec<f32> = (0..tiles * cells).map(|cell| if cell % 100 == 0 { 1.0 } else { 0.0 }).collect();
    let middles: Vec<f32> = (0..2 * cells).map(|at| (at % 97) as f32 / 97.0).collect();
    let places: Vec<f32> = (0..tiles).flat_map(|_| [0.0, 0.0, 1.0, 0.0, -1e9, -1e9, 1e9, 1e9]).collect();
    let uploads = vec![
        (from.boxes, bytemuck::cast_slice(&vec![20.0_f32; 16 * tiles * cells]).to_vec()),
        (from.scores, bytemuck::cast_slice(&scores).to_vec()),
        (from.anchors, bytemuck::cast_slice(&middles).to_vec()),
        (from.tiles, bytemuck::cast_slice(&places).to_vec()),
        (count, vec![0; 4]),
    ];
    Load::new(gpu, recording, uploads).unwrap()
}

type Make = fn(&Gpu) -> Load;

const KERNELS: [(&str, Make); 37] = [
    ("lrn 96 x 55 x 55", lrn),
    ("fractional max pool 64 x 48 x 48", fractional_max_pool),
    ("dense 4096 to 4096", |gpu| dense(gpu, 1, Precision::F32)),
    ("dense 4096 to 4096, f16", |gpu| dense(gpu, 1, Precision::F16)),
    ("dense 4096 to 4096, 8 images", |gpu| dense(gpu, 8, Precision::F32)),
    ("transpose 64 x 56 x 56", rearrange),
    ("resize 64 x 28 x 28 to 56 x 56", resample),
    ("prelu 64 x 56 x 56", prelu),
    ("transposed convolution 32 to 16, 28 x 28 to 56 x 56", conv_transpose),
    ("locally connected 96 x 11 x 8", |gpu| local_conv(gpu, 96, 1, Precision::F32)),
    ("locally connected 96 x 11 x 8, f16", |gpu| local_conv(gpu, 96, 1, Precision::F16)),
    ("locally connected 96 x 11 x 8, 16 images", |gpu| local_conv(gpu, 96, 16, Precision::F32)),
    ("locally connected 64 x 11 x 8", |gpu| local_conv(gpu, 64, 1, Precision::F32)),
    ("locally connected 64 x 11 x 8, 16 images", |gpu| local_conv(gpu, 64, 16, Precision::F32)),
    ("max pool 3 x 3 of 64 x 57 x 57", |gpu| pool(gpu, BindingKind::Read)),
    ("max pool 3 x 3 of 64 x 57 x 57 as texels", |gpu| pool(gpu, BindingKind::Image)),
    ("global average 512 x 28 x 28", |gpu| {
        between(gpu, [512, 28], [512, 1], |input, output| kernels::global_average("bench", input, output).unwrap())
    }),
    ("softmax of 1000 at 8 x 8", |gpu| {
        between(gpu, [1000, 8], [1000, 8], |input, output| kernels::softmax("bench", input, output).unwrap())
    }),
    ("log softmax of 1000 at 8 x 8", |gpu| {
        between(gpu, [1000, 8], [1000, 8], |input, output| kernels::log_softmax("bench", input, output).unwrap())
    }),
    ("largest of 1000 at 8 x 8", |gpu| {
        between(gpu, [1000, 8], [1, 8], |input, output| kernels::arg_max("bench", input, output).unwrap())
    }),
    ("products of 12 pairs of 196 x 196", |gpu| {
        between(gpu, [12, 196], [12, 196], |input, output| kernels::matmul("bench", input, input, output).unwrap())
    }),
    ("sigmoid 64 x 56 x 56", |gpu| {
        between(gpu, [64, 56], [64, 56], |input, output| kernels::unary("bench", Unary::Sigmoid, input, output).unwrap())
    }),
    ("add 64 x 56 x 56", |gpu| {
        between(gpu, [64, 56], [64, 56], |input, output| {
            kernels::binary("bench", Binary::Add, [input, input], output, Activation::Relu, None).unwrap()
        })
    }),
    ("copy 61 of 128 channels, 56 x 56", |gpu| {
        between(gpu, [61, 56], [128, 56], |input, output| kernels::copy("bench", input, output, 1, (0, 0), 3).unwrap())
    }),
    ("batch-norm 64 x 56 x 56", affine),
    ("pack and unpack 64 x 56 x 56", pack_and_unpack),
    ("fusion of 20 members, 64 faces", fuse),
    ("crop of 224 x 224, gray, codes, colours", preprocess),
    ("turned crop of 256 x 256", turn),
    ("five tiles of cells to boxes", boxes),
    ("the 32 best of 256 rows of scores", nearest),
    ("gray of 1024 x 1024", gray),
    ("codes of radius 1 of 1024 x 1024", |gpu| codes(gpu, 1)),
    ("codes of radius 2 of 1024 x 1024", |gpu| codes(gpu, 2)),
    ("colours of 1024 x 1024", |gpu| colours(gpu, SIDE, Precision::F32)),
    ("colours of 1024 x 1024, f16", |gpu| colours(gpu, SIDE, Precision::F16)),
    ("colours of 512 x 512 resized to 1024 x 1024", |gpu| colours(gpu, 512, Precision::F32)),
];

fn bench(criterion: &mut Criterion) {
    for adapter in adapters() {
        let gpu = Gpu::open(Some(&adapter.index.to_string())).unwrap();
        let mut peaks = PeakLoads::new(&gpu).unwrap();
        let mut group = criterion.benchmark_group(format!("bandwidth on {}", gpu.name()));
        settle(&mut group);
        for (name, make) in KERNELS {
            let mut load = make(&gpu);
            let Some(Measured { kernel, fma, copy }) = interleaved(&mut group, name, &mut load, &mut peaks) else { continue };
            let fastest = PeakSeconds { fma: fma.fastest(), copy: copy.fastest(), ..PeakSeconds::default() };
            let roof = peaks.peak(fastest).gbytes;
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
