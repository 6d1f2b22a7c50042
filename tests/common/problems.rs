//! Random problems for every kernel, held against the twin. A problem is a value; odd sizes, one pixel, groups, channels not divisible by four,
//! batches of 1 and 7 are there on purpose.

use image::{GrayImage, RgbImage};
use moue::Rect;
use moue::fractional::fractional_starts;
use moue::gpu::Gpu;
use moue::kernels::{self, Binary, Conv, ConvWeights, Dense, FacePart, Lrn, Normalise, Pooling, Source, Unary, Variant};
use moue::reference::{self, Crop};
use moue::tensor::Tensor;
use moue::window::Window;

use crate::common::{Bench, Random, Tolerance, close, packed, unpacked};

pub type Check = fn(&Gpu) -> Result<(), String>;

/// Every kernel by the name of its shader, with the check of its problems.
pub const CHECKS: &[(&str, Check)] = &[
    ("warp", warp),
    ("gray", gray),
    ("lbp", lbp),
    ("normalise", normalise),
    ("conv_broadcast_8", |gpu| conv(gpu, Variant::Broadcast8)),
    ("conv_broadcast_4", |gpu| conv(gpu, Variant::Broadcast4)),
    ("conv_direct", |gpu| conv(gpu, Variant::Direct)),
    ("conv_tile", |gpu| conv(gpu, Variant::Tile)),
    ("conv_grouped", |gpu| conv(gpu, Variant::Grouped)),
    ("conv_depthwise", |gpu| conv(gpu, Variant::Depthwise)),
    ("dense", dense),
    ("pool", pool),
    ("fractional_max_pool", fractional_max_pool),
    ("lrn", lrn),
    ("global_average", global_average),
    ("affine", affine),
    ("unary", unary),
    ("binary", binary),
    ("softmax", softmax),
    ("copy", copy),
    ("pack", pack),
    ("unpack", unpack),
    ("fuse", fuse),
    ("peak_fma", peak_fma),
    ("peak_copy", peak_copy),
];

fn text(error: moue::Error) -> String {
    error.to_string()
}

fn words(picture: &RgbImage) -> Vec<u32> {
    picture.pixels().map(|p| u32::from_le_bytes([p.0[0], p.0[1], p.0[2], 0])).collect()
}

fn same_bytes(what: &str, got: &[u8], want: &[u8]) -> Result<(), String> {
    match got.iter().zip(want).position(|(g, w)| g != w) {
        _ if got.len() < want.len() => Err(format!("{what}: {} bytes, {} wanted", got.len(), want.len())),
        Some(i) => Err(format!("{what}: byte {i} is {}, the twin says {}", got[i], want[i])),
        None => Ok(()),
    }
}

fn random_rgb(random: &mut Random, width: u32, height: u32) -> RgbImage {
    RgbImage::from_raw(width, height, random.bytes((3 * width * height) as usize)).unwrap()
}

fn random_gray(random: &mut Random, width: u32, height: u32) -> GrayImage {
    GrayImage::from_raw(width, height, random.bytes((width * height) as usize)).unwrap()
}

fn warp(gpu: &Gpu) -> Result<(), String> {
    let mut random = Random(1);
    let rect = |x, y, width, height| Rect { x, y, width, height };
    // (photograph, rectangles in it, crop height and width)
    let problems: &[(u32, u32, &[Rect], [u32; 2])] = &[
        (1, 1, &[rect(0, 0, 1, 1)], [5, 7]),
        (61, 47, &[rect(3, 5, 31, 29), rect(-9, -4, 40, 33), rect(50, 40, 25, 19)], [16, 16]),
        (61, 47, &[rect(3, 5, 11, 13), rect(0, 0, 61, 47)], [24, 20]),
        (40, 40, &[rect(0, 0, 40, 40), rect(4, 4, 7, 33), rect(-60, 3, 20, 20)], [13, 40]),
        (200, 150, &[rect(-20, -30, 230, 210); 7], [48, 48]),
    ];
    for &(width, height, rects, size) in problems {
        let photo = random_rgb(&mut random, width, height);
        // Every other face mirrored.
        let mirrored = |index: usize| index % 2 == 1;
        let parts: Vec<FacePart> =
            rects.iter().enumerate().map(|(i, &rect)| FacePart::new(0, width, height, rect, mirrored(i))).collect();
        let mut bench = Bench::new(gpu);
        let faces = bench.bytes(bytemuck::cast_slice(&parts));
        let pixels = bench.words(&words(&photo));
        let output = bench.recording.slab("canonical", 4 * u64::from(size[0] * size[1]) * rects.len() as u64);
        bench.recording.dispatch(kernels::warp("warp", rects.len(), faces, pixels, size, output).map_err(text)?);
        let got = bench.run(output)?;
        let twin = |(index, &rect): (usize, &Rect)| {
            let crop = reference::warp(&photo, rect, size).unwrap();
            words(&if mirrored(index) { image::imageops::flip_horizontal(&crop) } else { crop })
        };
        let want: Vec<u32> = rects.iter().enumerate().flat_map(twin).collect();
        same_bytes(&format!("warp {width} x {height} to {size:?}"), &got, bytemuck::cast_slice(&want))?;
    }
    Ok(())
}

fn gray(gpu: &Gpu) -> Result<(), String> {
    let mut random = Random(2);
    for (width, height) in [(1, 1), (3, 1), (17, 13), (64, 33), (601, 443)] {
        let rgb = random_rgb(&mut random, width, height);
        let count = (width * height) as usize;
        let mut bench = Bench::new(gpu);
        let input = bench.words(&words(&rgb));
        let output = bench.recording.slab("gray", count as u64);
        bench.recording.dispatch(kernels::gray("gray", count, input, output).map_err(text)?);
        same_bytes(&format!("gray {width} x {height}"), &bench.run(output)?, &reference::gray(&rgb))?;
    }
    Ok(())
}

/// Pictures whose diagonal neighbours tie with their centre, or nearly: few gray levels close together.
fn near_ties(random: &mut Random, width: u32, height: u32) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| {
        image::Luma([(100 + (x + 2 * y) % 3 + u32::from(random.next().is_multiple_of(5))) as u8])
    })
}

fn lbp(gpu: &Gpu) -> Result<(), String> {
    let mut random = Random(3);
    // A golden picture of the largest radius whose diagonals all but tie: only exact arithmetic decides them.
    let ties = image::open(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens/ties_512.png")).unwrap().to_luma8();
    let want = reference::lbp(&ties, 512).unwrap();
    let mut bench = Bench::new(gpu);
    let input = bench.bytes(&ties);
    let output = bench.recording.slab("codes", want.len() as u64);
    bench.recording.dispatch(kernels::lbp("lbp", 1, [ties.height(), ties.width()], 512, input, output).map_err(text)?);
    same_bytes("near ties at radius 512", &bench.run(output)?, &want)?;
    for (images, width, height, radius) in
        [(1, 3, 3, 1), (7, 9, 7, 1), (1, 23, 31, 2), (2, 41, 27, 3), (1, 40, 33, 5), (3, 37, 45, 10), (1, 160, 133, 61)]
    {
        for kind in 0..3 {
            let pictures: Vec<GrayImage> = (0..images)
                .map(|_| match kind {
                    0 => random_gray(&mut random, width, height),
                    1 => near_ties(&mut random, width, height),
                    _ => GrayImage::from_pixel(width, height, image::Luma([random.next() as u8])),
                })
                .collect();
            let count = images * ((width - 2 * radius) * (height - 2 * radius)) as usize;
            let bytes: Vec<u8> = pictures.iter().flat_map(|p| p.as_raw().clone()).collect();
            let want: Vec<u8> = pictures.iter().flat_map(|p| reference::lbp(p, radius).unwrap().into_raw()).collect();
            if kind == 2 && want.iter().any(|&code| code != 255) {
                return Err("a flat picture has a code that is not 255".into());
            }
            let mut bench = Bench::new(gpu);
            let input = bench.bytes(&bytes);
            let output = bench.recording.slab("codes", count as u64);
            bench.recording.dispatch(kernels::lbp("lbp", images, [height, width], radius, input, output).map_err(text)?);
            same_bytes(&format!("lbp {width} x {height} R {radius} kind {kind}"), &bench.run(output)?, &want)?;
        }
    }
    Ok(())
}

fn normalise(gpu: &Gpu) -> Result<(), String> {
    let mut random = Random(4);
    let mut table = [[0; 3]; 256];
    for row in &mut table {
        *row = [random.next() as u8, random.next() as u8, random.next() as u8];
    }
    let table_words: Vec<u32> = table.iter().map(|c| u32::from_le_bytes([c[0], c[1], c[2], 0])).collect();
    let (mean, scale) = ([120.5, 99.0, 3.25], [0.02, 0.5, 1.0]);
    // (images, picture, resize, window): identity, growing, shrinking, one pixel.
    for (images, size, resize, window) in [
        (1, [11, 9], [11, 9], [11, 9]),
        (7, [13, 17], [16, 24], [12, 20]),
        (2, [38, 38], [48, 48], [44, 44]),
        (1, [31, 29], [9, 8], [5, 5]),
        (1, [1, 1], [3, 3], [2, 3]),
    ] {
        for source in [Source::Mapped, Source::Colour, Source::Gray] {
            let crops = if images == 7 { Crop::five(resize, window) } else { Crop::centre(resize, window) };
            let channels = if source == Source::Gray { 1 } else { 3 };
            let (mut bytes, mut want) = (Vec::new(), Vec::new());
            for _ in 0..images {
                let picture = match source {
                    Source::Mapped => {
                        let codes = random_gray(&mut random, size[1], size[0]);
                        bytes.extend_from_slice(&codes);
                        reference::lookup(&codes, &table)
                    }
                    Source::Gray => {
                        let gray = random_gray(&mut random, size[1], size[0]);
                        bytes.extend_from_slice(&gray);
                        RgbImage::from_fn(size[1], size[0], |x, y| image::Rgb([gray.get_pixel(x, y).0[0]; 3]))
                    }
                    Source::Colour => {
                        let rgb = random_rgb(&mut random, size[1], size[0]);
                        bytes.extend_from_slice(bytemuck::cast_slice(&words(&rgb)));
                        rgb
                    }
                };
                let planes = reference::normalise_crops(&picture, resize, window, &crops, mean, scale);
                let plane = (window[0] * window[1]) as usize;
                want.extend(planes.chunks_exact(3 * plane).flat_map(|crop| crop[..channels * plane].to_vec()));
            }
            let shape = [images * crops.len(), channels, window[0] as usize, window[1] as usize];
            let mut bench = Bench::new(gpu);
            let pixels = bench.bytes(&bytes);
            let table = bench.words(&table_words);
            let origins: Vec<u32> = crops.iter().flat_map(|c| c.origin).collect();
            let crops_slice = bench.words(&origins);
            let output = bench.output(&shape);
            let step = Normalise { source, size, resize, crops: crops.len(), mean, scale };
            bench
                .recording
                .dispatch(kernels::normalise("normalise", step, pixels, table, crops_slice, images, output, 0).map_err(text)?);
            let got = bench.run_floats(output.slice)?;
            close(&format!("normalise {size:?} {source:?}"), &unpacked(&got, &shape), &want, Tolerance::Sum(8))?;
        }
    }
    Ok(())
}

struct ConvProblem {
    members: usize,
    images: usize,
    channels: [usize; 2],
    size: [usize; 2],
    window: Window,
    groups: usize,
    residual: bool,
    relu: bool,
    /// Channels of the output before and after the slice.
    slice: [usize; 2],
}

fn conv_problems() -> Vec<ConvProblem> {
    let base = |channels, size, window| ConvProblem {
        members: 1,
        images: 1,
        channels,
        size,
        window,
        groups: 1,
        residual: false,
        relu: false,
        slice: [0, 0],
    };
    let w = Window::square;
    vec![
        base([1, 1], [1, 1], w(1, 1)),
        base([3, 5], [7, 9], w(3, 1).padded(1)),
        ConvProblem { images: 7, relu: true, residual: true, ..base([6, 10], [5, 11], w(3, 1).padded(1)) },
        ConvProblem { images: 2, relu: true, ..base([17, 70], [9, 8], w(3, 2).padded(1)) },
        ConvProblem { members: 3, images: 2, residual: true, ..base([20, 36], [6, 7], w(1, 1)) },
        ConvProblem { members: 2, relu: true, slice: [8, 5], ..base([9, 12], [13, 6], w(5, 2).padded(2)) },
        base([8, 33], [11, 10], Window { kernel: [3, 2], stride: [1, 2], pad: [2, 0, 1, 3], dilation: [2, 3] }),
        base([4, 4], [23, 19], w(7, 2).padded(3)),
        base([70, 130], [4, 5], w(3, 1).padded(1)),
        base([8, 24], [5, 5], w(1, 1)),
        ConvProblem { groups: 2, relu: true, ..base([16, 24], [7, 7], w(3, 1).padded(1)) },
        ConvProblem { groups: 4, members: 2, ..base([16, 80], [5, 6], w(3, 2).padded(1)) },
        ConvProblem { groups: 3, images: 7, ..base([9, 6], [5, 5], w(3, 1).padded(1)) },
        ConvProblem { groups: 5, residual: true, relu: true, ..base([5, 15], [6, 4], w(2, 1)) },
        ConvProblem { groups: 13, members: 2, images: 2, relu: true, ..base([13, 13], [9, 7], w(3, 2).padded(1)) },
        ConvProblem {
            groups: 16,
            residual: true,
            ..base([16, 16], [5, 9], Window { kernel: [3, 3], stride: [1, 1], pad: [0, 1, 2, 1], dilation: [1, 2] })
        },
    ]
}

fn conv(gpu: &Gpu, variant: Variant) -> Result<(), String> {
    let mut random = Random(5);
    for (index, p) in conv_problems().iter().enumerate() {
        let [in_channels, out_channels] = p.channels;
        let total = p.members * p.images;
        let input = random.tensor(&[total, in_channels, p.size[0], p.size[1]]);
        let weights: Vec<Tensor> = (0..p.members)
            .map(|_| random.tensor(&[out_channels, in_channels / p.groups, p.window.kernel[0], p.window.kernel[1]]))
            .collect();
        let biases: Vec<Vec<f32>> = (0..p.members).map(|_| random.values(out_channels)).collect();
        let [oh, ow] = p.window.output("problem", p.size, false).unwrap();
        let residual = p.residual.then(|| random.tensor(&[total, out_channels, oh, ow]));
        // Depthwise needs its shape; the others have every problem they fit.
        if !variant.fits(gpu.capabilities(), in_channels, out_channels, p.groups) {
            continue;
        }
        let pairs: Vec<(&Tensor, &[f32])> = weights.iter().zip(&biases).map(|(w, b)| (w, &b[..])).collect();
        let packed = variant.pack("problem", &pairs, p.groups).map_err(text)?;
        let all_channels = p.slice[0] + out_channels + p.slice[1];
        let mut bench = Bench::new(gpu);
        let input_view = bench.tensor(&input);
        let conv_weights = ConvWeights { variant, weights: bench.floats(&packed.weights), bias: bench.floats(&packed.bias) };
        let residual_view = residual.as_ref().map(|r| bench.tensor(r));
        let output = bench.output(&[total, all_channels, oh, ow]);
        let conv = Conv {
            members: p.members,
            out_channels,
            window: p.window,
            groups: p.groups,
            relu: p.relu,
            out_c4_offset: p.slice[0] / 4,
        };
        bench.recording.dispatch(conv.dispatch("problem", input_view, conv_weights, residual_view, output).map_err(text)?);
        let got = bench.run_floats(output.slice)?;
        let got = unpacked(&got, &[total, all_channels, oh, ow]);
        let plane = oh * ow;
        for member in 0..p.members {
            let part = |t: &Tensor| {
                let each = t.data.len() / p.members;
                let mut shape = t.shape.clone();
                shape[0] = p.images;
                Tensor::new(shape, t.data[member * each..(member + 1) * each].to_vec()).unwrap()
            };
            let residual = residual.as_ref().map(part);
            let want = reference::conv(
                "twin",
                &part(&input),
                &weights[member],
                &biases[member],
                p.window,
                p.groups,
                residual.as_ref(),
                p.relu,
            )
            .map_err(text)?;
            let got: Vec<f32> = (0..p.images)
                .flat_map(|image| {
                    let first = ((member * p.images + image) * all_channels + p.slice[0]) * plane;
                    got[first..first + out_channels * plane].to_vec()
                })
                .collect();
            let terms = in_channels / p.groups * p.window.kernel[0] * p.window.kernel[1];
            close(&format!("{variant:?} problem {index} member {member}"), &got, &want.data, Tolerance::Sum(terms))?;
        }
    }
    Ok(())
}

fn dense(gpu: &Gpu) -> Result<(), String> {
    let mut random = Random(6);
    // Outputs of one dispatch: all of them, or a layer split over two or three.
    for (members, images, channels, [h, w], out, relu, each) in [
        (1, 1, 1, [1, 1], 1, false, 4),
        (1, 7, 13, [1, 1], 7, true, 8),
        (3, 2, 64, [1, 1], 10, false, 12),
        (2, 1, 6, [3, 5], 9, true, 4),
        (2, 3, 5, [2, 1], 23, false, 16),
    ] {
        let input = random.tensor(&[members * images, channels, h, w]);
        let weights: Vec<Tensor> = (0..members).map(|_| random.tensor(&[out, channels * h * w])).collect();
        let biases: Vec<Vec<f32>> = (0..members).map(|_| random.values(out)).collect();
        let pairs: Vec<(&Tensor, &[f32])> = weights.iter().zip(&biases).map(|(w, b)| (w, &b[..])).collect();
        let mut bench = Bench::new(gpu);
        let view = bench.tensor(&input);
        let output = bench.output(&[members * images, out]);
        for first in (0..out).step_by(each) {
            let outputs = (first, out.min(first + each));
            let (packed, bias) = kernels::pack_dense("problem", &pairs, h * w, outputs.0..outputs.1).map_err(text)?;
            let layer = Dense { members, outputs, weights: bench.floats(&packed), bias: bench.floats(&bias), relu };
            bench.recording.dispatch(kernels::dense("problem", layer, view, output).map_err(text)?);
        }
        let got = unpacked(&bench.run_floats(output.slice)?, &[members * images, out]);
        let each = images * channels * h * w;
        let mut want = Vec::new();
        for member in 0..members {
            let part =
                Tensor::new(vec![images, channels * h * w], input.data[member * each..(member + 1) * each].to_vec()).unwrap();
            want.extend(reference::dense("twin", &part, &weights[member], &biases[member], relu).map_err(text)?.data);
        }
        close(&format!("dense {channels} to {out}"), &got, &want, Tolerance::Sum(channels * h * w))?;
    }
    Ok(())
}

fn pool(gpu: &Gpu) -> Result<(), String> {
    let mut random = Random(7);
    let w = Window::square;
    for (images, channels, size, window, ceil) in [
        (1, 1, [1, 1], w(1, 1), false),
        (7, 5, [9, 11], w(2, 2), false),
        (1, 6, [11, 8], w(3, 2), true),
        (2, 3, [7, 7], w(3, 2).padded(1), false),
        (1, 9, [6, 13], Window { kernel: [3, 2], stride: [2, 3], pad: [1, 0, 2, 1], dilation: [1, 1] }, true),
        (1, 4, [5, 5], w(3, 3).padded(1), true),
    ] {
        for pooling in [Pooling::Max, Pooling::Average { count_include_pad: false }, Pooling::Average { count_include_pad: true }]
        {
            // Values below zero too: a maximum that starts from 0 would show.
            let mut input = random.tensor(&[images, channels, size[0], size[1]]);
            input.data.iter_mut().for_each(|v| *v -= 0.9);
            let want = reference::pool("twin", pooling, window, ceil, &input).map_err(text)?;
            let mut bench = Bench::new(gpu);
            let view = bench.tensor(&input);
            let output = bench.output(&want.shape);
            bench.recording.dispatch(kernels::pool("problem", pooling, window, ceil, view, output).map_err(text)?);
            let got = unpacked(&bench.run_floats(output.slice)?, &want.shape);
            close(&format!("{pooling:?} {window:?} on {size:?}"), &got, &want.data, Tolerance::Sum(9))?;
        }
    }
    Ok(())
}

fn fractional_max_pool(gpu: &Gpu) -> Result<(), String> {
    let mut random = Random(18);
    for (images, channels, size, kernel, made) in [
        (1, 1, [1, 1], [1, 1], [1, 1]),
        (7, 5, [9, 11], [3, 2], [4, 6]),
        (2, 6, [12, 7], [3, 3], [6, 3]),
        (1, 9, [5, 24], [2, 3], [1, 22]),
    ] {
        let mut input = random.tensor(&[images, channels, size[0], size[1]]);
        input.data.iter_mut().for_each(|v| *v -= 0.9);
        let sample = [random.unit().abs(), random.unit().abs()];
        let want = reference::fractional_max_pool("twin", kernel, made, sample, &input).map_err(text)?;
        let mut starts = fractional_starts("problem", size[0], made[0], kernel[0], sample[0]).map_err(text)?;
        starts.extend(fractional_starts("problem", size[1], made[1], kernel[1], sample[1]).map_err(text)?);
        let mut bench = Bench::new(gpu);
        let (view, starts) = (bench.tensor(&input), bench.words(&starts));
        let output = bench.output(&want.shape);
        bench.recording.dispatch(kernels::fractional_max_pool("problem", kernel, starts, view, output).map_err(text)?);
        let got = unpacked(&bench.run_floats(output.slice)?, &want.shape);
        close(&format!("fractional max pool {size:?} to {made:?}"), &got, &want.data, Tolerance::Exact)?;
    }
    Ok(())
}

fn lrn(gpu: &Gpu) -> Result<(), String> {
    let mut random = Random(19);
    let lrn = |size, alpha, beta, k| Lrn { size, alpha, beta, k };
    for (shape, lrn) in [
        ([1, 1, 1, 1], lrn(5, 1e-4, 0.75, 1.0)),
        ([7, 7, 3, 2], lrn(5, 2.0, 0.75, 1.0)),
        ([2, 18, 2, 3], lrn(3, 0.7, 0.5, 2.0)),
        ([1, 33, 5, 1], lrn(8, 1.5, 1.2, 0.1)),
        ([1, 6, 2, 2], lrn(31, 3.0, 0.75, 1.0)),
        ([2, 12, 1, 4], lrn(1, 2.0, 0.75, 0.5)),
        // Padded channels hold zeros under a large factor.
        ([1, 5, 2, 3], lrn(3, 0.0, 3.0, 1e-3)),
    ] {
        let mut input = random.tensor(&shape);
        input.data.iter_mut().for_each(|v| *v *= 3.0);
        let want = reference::lrn(lrn, &input);
        let mut bench = Bench::new(gpu);
        let view = bench.tensor(&input);
        let output = bench.output(&shape);
        bench.recording.dispatch(kernels::lrn("problem", lrn, view, output).map_err(text)?);
        let raw = bench.run_floats(output.slice)?;
        // The sum, a logarithm, and an exponential of a number near 1.
        close(&format!("{lrn:?} of {shape:?}"), &unpacked(&raw, &shape), &want.data, Tolerance::Exp)?;
        let padded = shape[1].next_multiple_of(4);
        if raw.chunks_exact(padded).any(|pixel| pixel[shape[1]..].iter().any(|&v| v != 0.0)) {
            return Err("lrn leaves something in the padded channels".into());
        }
    }
    Ok(())
}

fn global_average(gpu: &Gpu) -> Result<(), String> {
    let mut random = Random(8);
    for shape in [[1, 1, 1, 1], [7, 5, 3, 7], [2, 16, 6, 6]] {
        let input = random.tensor(&shape);
        let want = reference::global_average(&input);
        let mut bench = Bench::new(gpu);
        let view = bench.tensor(&input);
        let output = bench.output(&want.shape);
        bench.recording.dispatch(kernels::global_average("problem", view, output).map_err(text)?);
        let got = unpacked(&bench.run_floats(output.slice)?, &want.shape);
        close(&format!("global average {shape:?}"), &got, &want.data, Tolerance::Sum(shape[2] * shape[3]))?;
    }
    Ok(())
}

fn affine(gpu: &Gpu) -> Result<(), String> {
    let mut random = Random(9);
    for (members, images, channels, size, relu) in [(1, 1, 1, [1, 1], false), (3, 2, 7, [3, 5], true), (1, 7, 12, [2, 2], false)]
    {
        let input = random.tensor(&[members * images, channels, size[0], size[1]]);
        let (scale, shift) = (random.values(members * channels), random.values(members * channels));
        let pad = |values: &[f32]| -> Vec<f32> {
            values
                .chunks_exact(channels)
                .flat_map(|row| {
                    let mut row = row.to_vec();
                    row.resize(channels.next_multiple_of(4), 0.0);
                    row
                })
                .collect()
        };
        let mut bench = Bench::new(gpu);
        let view = bench.tensor(&input);
        let (scale_slice, shift_slice) = (bench.floats(&pad(&scale)), bench.floats(&pad(&shift)));
        let output = bench.output(&input.shape);
        bench
            .recording
            .dispatch(kernels::affine("problem", members, scale_slice, shift_slice, relu, view, output).map_err(text)?);
        let got = unpacked(&bench.run_floats(output.slice)?, &input.shape);
        let each = input.data.len() / members;
        let mut want = Vec::new();
        for m in 0..members {
            let part =
                Tensor::new(vec![images, channels, size[0], size[1]], input.data[m * each..(m + 1) * each].to_vec()).unwrap();
            let range = m * channels..(m + 1) * channels;
            want.extend(reference::affine("twin", &part, &scale[range.clone()], &shift[range], relu).map_err(text)?.data);
        }
        close(&format!("affine {channels}"), &got, &want, Tolerance::Sum(2))?;
    }
    Ok(())
}

fn unary(gpu: &Gpu) -> Result<(), String> {
    let mut random = Random(10);
    for function in [Unary::Relu, Unary::Sigmoid] {
        for shape in [[1, 1, 1, 1], [7, 3, 5, 2]] {
            let mut input = random.tensor(&shape);
            input.data.iter_mut().for_each(|v| *v *= 90.0);
            let want = reference::unary(function, &input);
            let mut bench = Bench::new(gpu);
            let view = bench.tensor(&input);
            let output = bench.output(&shape);
            bench.recording.dispatch(kernels::unary("problem", function, view, output).map_err(text)?);
            let got = unpacked(&bench.run_floats(output.slice)?, &shape);
            // WGSL allows exp 3 + 2 |x| units in the last place: up to 183 at 90, of results near 0 that count little next to 1.
            let tolerance = if function == Unary::Relu { Tolerance::Exact } else { Tolerance::Exp };
            close(&format!("{function:?} {shape:?}"), &got, &want.data, tolerance)?;
        }
    }
    Ok(())
}

fn binary(gpu: &Gpu) -> Result<(), String> {
    let mut random = Random(11);
    let shapes = [
        ([2, 5, 3, 4], [2, 5, 3, 4]),
        ([7, 6, 2, 3], [1, 6, 1, 1]),
        ([1, 1, 4, 5], [3, 9, 4, 5]),
        ([2, 8, 1, 5], [2, 1, 3, 1]),
        ([1, 1, 1, 1], [1, 1, 1, 1]),
    ];
    for (a, b) in shapes {
        for (function, relu) in [(Binary::Add, false), (Binary::Mul, false), (Binary::Add, true)] {
            let (left, right) = (random.tensor(&a), random.tensor(&b));
            let want = reference::binary("twin", function, &left, &right, relu).map_err(text)?;
            let mut bench = Bench::new(gpu);
            let (l, r) = (bench.tensor(&left), bench.tensor(&right));
            let output = bench.output(&want.shape);
            bench.recording.dispatch(kernels::binary("problem", function, l, r, output, relu).map_err(text)?);
            let got = unpacked(&bench.run_floats(output.slice)?, &want.shape);
            close(&format!("{function:?} {a:?} {b:?}"), &got, &want.data, Tolerance::Sum(1))?;
        }
    }
    Ok(())
}

fn softmax(gpu: &Gpu) -> Result<(), String> {
    let mut random = Random(12);
    for shape in [[1, 1, 1, 1], [7, 7, 1, 1], [2, 13, 3, 2]] {
        let mut input = random.tensor(&shape);
        // Large logits: without subtracting the largest, exp overflows.
        input.data.iter_mut().for_each(|v| *v *= 120.0);
        let want = reference::softmax(&input);
        let mut bench = Bench::new(gpu);
        let view = bench.tensor(&input);
        let output = bench.output(&shape);
        bench.recording.dispatch(kernels::softmax("problem", view, output).map_err(text)?);
        let raw = bench.run_floats(output.slice)?;
        let got = unpacked(&raw, &shape);
        close(&format!("softmax {shape:?}"), &got, &want.data, Tolerance::Exp)?;
        let padded = shape[1].next_multiple_of(4);
        if raw.chunks_exact(padded).any(|pixel| pixel[shape[1]..].iter().any(|&v| v != 0.0)) {
            return Err("softmax leaves something in the padded channels".into());
        }
    }
    Ok(())
}

fn copy(gpu: &Gpu) -> Result<(), String> {
    let mut random = Random(13);
    for (images, size, channels) in [(1, [1, 1], vec![1, 1]), (7, [3, 2], vec![3, 6, 1]), (2, [4, 4], vec![8, 5])] {
        let parts: Vec<Tensor> = channels.iter().map(|&c| random.tensor(&[images, c, size[0], size[1]])).collect();
        let want = reference::concat("twin", &parts.iter().collect::<Vec<_>>()).map_err(text)?;
        let mut bench = Bench::new(gpu);
        let views: Vec<_> = parts.iter().map(|p| bench.tensor(p)).collect();
        let output = bench.output(&want.shape);
        let mut first = 0;
        for input in views {
            bench.recording.dispatch(kernels::copy("problem", input, output, images, (0, 0), first).map_err(text)?);
            first += input.channels;
        }
        close("concat", &bench.run_floats(output.slice)?, &packed(&want), Tolerance::Exact)?;
    }
    // Images of one tensor to later images of another.
    let input = random.tensor(&[3, 5, 2, 2]);
    let mut bench = Bench::new(gpu);
    let from = bench.tensor(&input);
    let output = bench.output(&[4, 5, 2, 2]);
    bench.recording.dispatch(kernels::copy("problem", from, output, 2, (0, 0), 0).map_err(text)?);
    bench.recording.dispatch(kernels::copy("problem", from, output, 2, (1, 2), 0).map_err(text)?);
    let got = unpacked(&bench.run_floats(output.slice)?, &[4, 5, 2, 2]);
    let want: Vec<f32> = [&input.data[..40], &input.data[20..60]].concat();
    close("copied images", &got, &want, Tolerance::Exact)
}

fn pack(gpu: &Gpu) -> Result<(), String> {
    let mut random = Random(14);
    for shape in [[1, 1, 1, 1], [7, 5, 3, 2], [2, 8, 4, 5]] {
        let input = random.tensor(&shape);
        let mut bench = Bench::new(gpu);
        let from = bench.floats(&input.data);
        let output = bench.output(&shape);
        bench.recording.dispatch(kernels::pack("problem", from, output).map_err(text)?);
        close(&format!("pack {shape:?}"), &bench.run_floats(output.slice)?, &packed(&input), Tolerance::Exact)?;
    }
    Ok(())
}

fn unpack(gpu: &Gpu) -> Result<(), String> {
    let mut random = Random(15);
    for (shape, gap) in [([1, 1, 1, 1], 0), ([7, 5, 3, 2], 2), ([2, 8, 4, 5], 0)] {
        let input = random.tensor(&shape);
        let each = shape[1] * shape[2] * shape[3];
        let mut bench = Bench::new(gpu);
        let from = bench.tensor(&input);
        let output = bench.recording.slab("output", 4 * (shape[0] * (each + gap)) as u64);
        bench.recording.dispatch(kernels::unpack("problem", from, output, each + gap).map_err(text)?);
        let mut got = bench.run_floats(output)?;
        got.truncate(shape[0] * (each + gap));
        let want: Vec<f32> = input.data.chunks_exact(each).flat_map(|image| [image, &vec![0.0; gap]].concat()).collect();
        close(&format!("unpack {shape:?}"), &got, &want, Tolerance::Exact)?;
    }
    Ok(())
}

fn fuse(gpu: &Gpu) -> Result<(), String> {
    let mut random = Random(16);
    for (members, faces, crops, classes, temperature) in
        [(1, 1, 1, 1, 1.0), (3, 7, 1, 7, 1.0), (5, 2, 10, 8, 1.0), (6, 5, 2, 7, 1.4), (2, 3, 1, 1000, 0.7), (1, 4, 1, 5, 0.05)]
    {
        let mut probabilities = random.tensor(&[members * faces * crops, classes]);
        if temperature != 1.0 {
            probabilities.data.iter_mut().for_each(|p| *p = (*p).max(0.0) / classes as f32);
        }
        let weights: Vec<f32> = random.values(members).iter().map(|v| v.abs()).collect();
        let want = reference::fuse(&probabilities.data, &weights, crops, classes, temperature);
        let mut bench = Bench::new(gpu);
        let from = bench.tensor(&probabilities);
        let weights_slice = bench.floats(&weights);
        let output = bench.recording.slab("fused", 4 * want.len() as u64);
        bench
            .recording
            .dispatch(kernels::fuse("problem", from, weights_slice, members, crops, temperature, output).map_err(text)?);
        let mut got = bench.run_floats(output)?;
        got.truncate(want.len());
        let tolerance = if temperature == 1.0 { Tolerance::Sum(members * crops) } else { Tolerance::Exp };
        close(&format!("fuse {members} x {crops} at {temperature}"), &got, &want, tolerance)?;
    }
    Ok(())
}

fn peak_fma(gpu: &Gpu) -> Result<(), String> {
    for (invocations, rounds) in [(1, 1), (130, 3)] {
        let (factor, term) = (0.75_f32, 0.5_f32);
        let mut bench = Bench::new(gpu);
        let input = bench.floats(&[[factor; 4], [term; 4]].concat());
        let output = bench.recording.slab("output", 16 * invocations as u64);
        bench.recording.dispatch(kernels::peak_fma(invocations, rounds, input, output).map_err(text)?);
        let chain = |start: f64| (0..8 * rounds).fold(start, |x, _| x * f64::from(factor) + f64::from(term));
        let want: Vec<f32> =
            (0..invocations).flat_map(|i| [(0..3).map(|a| chain((i % 7 + a) as f64)).sum::<f64>() as f32; 4]).collect();
        close("peak_fma", &bench.run_floats(output)?, &want, Tolerance::Sum(8 * rounds as usize))?;
    }
    Ok(())
}

fn peak_copy(gpu: &Gpu) -> Result<(), String> {
    let values = Random(17).values(4 * 131);
    let mut bench = Bench::new(gpu);
    let input = bench.floats(&values);
    let output = bench.recording.slab("output", 16 * 131);
    bench.recording.dispatch(kernels::peak_copy(131, input, output).map_err(text)?);
    close("peak_copy", &bench.run_floats(output)?, &values, Tolerance::Exact)
}
