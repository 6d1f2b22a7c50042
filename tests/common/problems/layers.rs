//! Problems of the other layers.

use moue::Precision;
use moue::gpu::Gpu;
use moue::gpu::shader::BindingKind;
use moue::kernels::{self, Dense, DenseVariant, Pool, Variant};
use moue::operators::{Activation, Binary, Lrn, Pooling, Unary, Window, fractional_starts};
use moue::reference;
use moue::tensor::Tensor;

use super::text;
use crate::common::{Bench, Random, Tolerance, close_in, stored, unpacked};

pub(super) fn dense(gpu: &Gpu, precision: Precision, variant: DenseVariant) -> Result<(), String> {
    if !variant.fits(gpu.capabilities()) {
        return Ok(());
    }
    let mut random = Random(6);
    // Outputs of one dispatch: all of them, or a layer split over two or three.
    for (members, images, channels, [h, w], out, activation, each, tile) in [
        (1, 1, 1, [1, 1], 1, Activation::None, 4_usize, 1),
        (1, 7, 13, [1, 1], 7, Activation::Relu, 8, 2),
        (3, 2, 64, [1, 1], 10, Activation::None, 12, 2),
        (2, 1, 6, [3, 5], 9, Activation::Clip(-0.2, 0.3), 4, 1),
        (2, 3, 5, [2, 1], 23, Activation::Prelu, 16, 3),
        (2, 2, 9, [1, 2], 300, Activation::None, 300, DenseVariant::Direct.tile(300)),
        (2, 9, 35, [1, 1], 39, Activation::Prelu, 20, 5),
        (2, 3, 35, [1, 1], 21, Activation::HardSwish, 24, 2),
        (1, 4, 6, [2, 2], 8, Activation::Relu, 8, 2),
        (2, 1, 7, [1, 1], 70, Activation::Relu, 64, 8),
        (1, 1, 130, [2, 2], 33, Activation::Relu, 64, 3),
        (1, 8, 650, [1, 1], 12, Activation::None, 12, 1),
    ] {
        let tile = if variant == DenseVariant::Stream { variant.tile(out) } else { tile };
        let each = each.next_multiple_of(4 * if variant == DenseVariant::Stream { tile } else { 1 });
        let input = stored(precision, random.tensor(&[members * images, channels, h, w]));
        let weights: Vec<Tensor> = (0..members).map(|_| stored(precision, random.tensor(&[out, channels * h * w]))).collect();
        let biases: Vec<Vec<f32>> = (0..members).map(|_| random.values(out)).collect();
        let slopes: Vec<Vec<f32>> = (0..members).map(|_| random.values(out)).collect();
        let mut bench = Bench::of(gpu, precision);
        let view = bench.tensor(&input);
        let output = bench.output(&[members * images, out]);
        for first in (0..out).step_by(each) {
            let outputs = (first, out.min(first + each));
            let columns = channels * h * w;
            let rows =
                |w: &Tensor| Tensor::new(vec![outputs.1 - first, columns], w.data[first * columns..outputs.1 * columns].to_vec());
            let (mut packed, mut bias) = (Vec::new(), Vec::new());
            for (weight, own) in weights.iter().zip(&biases) {
                packed.extend(kernels::pack_dense("problem", &rows(weight).unwrap(), h * w, tile).map_err(text)?);
                bias.extend(kernels::packed_bias(&own[first..outputs.1]));
            }
            if activation == Activation::Prelu {
                bias.extend(slopes.iter().flat_map(|own| kernels::packed_bias(&own[first..outputs.1])));
            }
            let layer = Dense {
                tiles: Variant::Tile,
                variant,
                members,
                outputs,
                tile,
                weights: bench.values(&packed),
                bias: bench.floats(&bias),
                activation,
            };
            let bytes = layer.workspace(view.images, view.pixels() * view.c4());
            let workspace = (bytes > 0).then(|| bench.recording.slab("between", bytes));
            for part in kernels::dense("problem", layer, view, output, workspace).map_err(text)? {
                bench.recording.dispatch(part);
            }
        }
        let got = unpacked(&bench.run_tensor(output)?, &[members * images, out]);
        let each = images * channels * h * w;
        let mut want = Vec::new();
        for member in 0..members {
            let part =
                Tensor::new(vec![images, channels * h * w], input.data[member * each..(member + 1) * each].to_vec()).unwrap();
            want.extend(
                reference::dense("twin", &part, &weights[member], &biases[member])
                    .and_then(|sum| reference::activate("twin", activation, &slopes[member], sum))
                    .map_err(text)?
                    .data,
            );
        }
        close_in(precision, &format!("dense {channels} to {out}"), &got, &want, Tolerance::Sum(channels * h * w))?;
    }
    Ok(())
}

pub(super) fn pool(gpu: &Gpu, precision: Precision, reads: BindingKind) -> Result<(), String> {
    let mut random = Random(7);
    let w = Window::square;
    for (images, channels, size, window, ceil) in [
        (1, 1, [1, 1], w(1, 1), false),
        (7, 5, [9, 11], w(2, 2), false),
        (2, 21, [27, 23], w(2, 2), false),
        (1, 6, [11, 8], w(3, 2), true),
        (2, 3, [7, 7], w(3, 2).padded(1), false),
        (1, 9, [6, 13], Window { kernel: [3, 2], stride: [2, 3], pad: [1, 0, 2, 1], dilation: [1, 1] }, true),
        (1, 4, [5, 5], w(3, 3).padded(1), true),
        (2, 5, [9, 8], Window { kernel: [3, 2], stride: [1, 2], pad: [2, 1, 1, 0], dilation: [2, 3] }, false),
        (1, 6, [8, 11], Window { kernel: [2, 3], stride: [2, 3], pad: [1, 2, 0, 1], dilation: [3, 2] }, true),
        (2, 5, [11, 9], Window { kernel: [3, 2], stride: [1, 2], pad: [1, 1, 2, 0], dilation: [2, 1] }, false),
    ] {
        let averages = [Pooling::Average { count_include_pad: false }, Pooling::Average { count_include_pad: true }];
        let averages = averages.into_iter().filter(|_| window.dilation == [1, 1]);
        for pooling in std::iter::once(Pooling::Max).chain(averages) {
            // Values below zero too: a maximum that starts from 0 would show.
            let mut input = random.tensor(&[images, channels, size[0], size[1]]);
            input.data.iter_mut().for_each(|v| *v -= 0.9);
            let input = stored(precision, input);
            let want = reference::pool("twin", pooling, window, ceil, &input).map_err(text)?;
            let mut bench = Bench::of(gpu, precision);
            let view = bench.tensor(&input);
            let output = bench.output(&want.shape);
            bench
                .recording
                .dispatch(kernels::pool("problem", Pool { pooling, window, ceil, reads }, view, output).map_err(text)?);
            let got = unpacked(&bench.run_tensor(output)?, &want.shape);
            close_in(precision, &format!("{pooling:?} {window:?} on {size:?}"), &got, &want.data, Tolerance::Sum(9))?;
        }
    }
    Ok(())
}

pub(super) fn fractional_max_pool(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(18);
    for (images, channels, size, kernel, made) in [
        (1, 1, [1, 1], [1, 1], [1, 1]),
        (7, 5, [9, 11], [3, 2], [4, 6]),
        (2, 6, [12, 7], [3, 3], [6, 3]),
        (1, 9, [5, 24], [2, 3], [1, 22]),
    ] {
        let mut input = random.tensor(&[images, channels, size[0], size[1]]);
        input.data.iter_mut().for_each(|v| *v -= 0.9);
        let input = stored(precision, input);
        let sample = [random.unit().abs(), random.unit().abs()];
        let want = reference::fractional_max_pool("twin", kernel, made, sample, &input).map_err(text)?;
        let mut starts = fractional_starts("problem", size[0], made[0], kernel[0], sample[0]).map_err(text)?;
        starts.extend(fractional_starts("problem", size[1], made[1], kernel[1], sample[1]).map_err(text)?);
        let mut bench = Bench::of(gpu, precision);
        let (view, starts) = (bench.tensor(&input), bench.words(&starts));
        let output = bench.output(&want.shape);
        bench.recording.dispatch(kernels::fractional_max_pool("problem", kernel, starts, view, output).map_err(text)?);
        let got = unpacked(&bench.run_tensor(output)?, &want.shape);
        close_in(precision, &format!("fractional max pool {size:?} to {made:?}"), &got, &want.data, Tolerance::Exact)?;
    }
    Ok(())
}

pub(super) fn lrn(gpu: &Gpu, precision: Precision, reads: BindingKind) -> Result<(), String> {
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
        let input = stored(precision, input);
        let want = reference::lrn(lrn, &input);
        let mut bench = Bench::of(gpu, precision);
        let view = bench.tensor(&input);
        let output = bench.output(&shape);
        bench.recording.dispatch(kernels::lrn("problem", lrn, reads, view, output).map_err(text)?);
        let raw = bench.run_tensor(output)?;
        // The sum, a logarithm, and an exponential of a number near 1.
        close_in(precision, &format!("{lrn:?} of {shape:?}"), &unpacked(&raw, &shape), &want.data, Tolerance::Exp)?;
        let padded = shape[1].next_multiple_of(4);
        if raw.chunks_exact(padded).any(|pixel| pixel[shape[1]..].iter().any(|&v| v != 0.0)) {
            return Err("lrn leaves something in the padded channels".into());
        }
    }
    Ok(())
}

pub(super) fn global_average(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(8);
    for shape in [[1, 1, 1, 1], [7, 5, 3, 7], [2, 16, 6, 6]] {
        let input = stored(precision, random.tensor(&shape));
        let want = reference::global_average(&input);
        let mut bench = Bench::of(gpu, precision);
        let view = bench.tensor(&input);
        let output = bench.output(&want.shape);
        bench.recording.dispatch(kernels::global_average("problem", view, output).map_err(text)?);
        let got = unpacked(&bench.run_tensor(output)?, &want.shape);
        close_in(precision, &format!("global average {shape:?}"), &got, &want.data, Tolerance::Sum(shape[2] * shape[3]))?;
    }
    Ok(())
}

pub(super) fn affine(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(9);
    for (members, images, channels, size, activation) in [
        (1, 1, 1, [1, 1], Activation::None),
        (3, 2, 7, [3, 5], Activation::Relu),
        (2, 1, 9, [4, 3], Activation::Prelu),
        (1, 7, 12, [2, 2], Activation::None),
    ] {
        let input = stored(precision, random.tensor(&[members * images, channels, size[0], size[1]]));
        let [scale, shift, slopes] = [0; 3].map(|_| random.values(members * channels));
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
        let mut bench = Bench::of(gpu, precision);
        let view = bench.tensor(&input);
        let behind = if activation == Activation::Prelu { pad(&slopes) } else { Vec::new() };
        let bound = [bench.floats(&pad(&scale)), bench.floats(&[pad(&shift), behind].concat())];
        let output = bench.output(&input.shape);
        bench.recording.dispatch(kernels::affine("problem", members, bound, activation, view, output).map_err(text)?);
        let got = unpacked(&bench.run_tensor(output)?, &input.shape);
        let each = input.data.len() / members;
        let mut want = Vec::new();
        for m in 0..members {
            let part =
                Tensor::new(vec![images, channels, size[0], size[1]], input.data[m * each..(m + 1) * each].to_vec()).unwrap();
            let range = m * channels..(m + 1) * channels;
            let value = reference::affine("twin", &part, &scale[range.clone()], &shift[range.clone()]).map_err(text)?;
            want.extend(reference::activate("twin", activation, &slopes[range], value).map_err(text)?.data);
        }
        close_in(precision, &format!("affine {channels}"), &got, &want, Tolerance::Sum(2))?;
    }
    Ok(())
}

pub(super) fn unary(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(10);
    // How far from 0 the inputs lie: where a function saturates, and near 0.
    for (function, reach) in [
        (Unary::Relu, 90.0),
        (Unary::Sigmoid, 90.0),
        (Unary::Tanh, 90.0),
        (Unary::Tanh, 0.1),
        (Unary::Exp, 4.0),
        (Unary::Sqrt, 50.0),
        (Unary::Log, 50.0),
        (Unary::Abs, 9.0),
        (Unary::LeakyRelu(0.13), 9.0),
        (Unary::Elu(1.7), 60.0),
        (Unary::Elu(0.6), 0.1),
        (Unary::Clip(-2.5, 6.0), 9.0),
        (Unary::HardSigmoid(0.2, 0.4), 5.0),
        (Unary::HardSwish, 5.0),
        (Unary::Erf, 5.0),
        (Unary::Erf, 0.4),
        (Unary::Gelu, 60.0),
        (Unary::Gelu, 1.0),
        (Unary::GeluTanh, 60.0),
        (Unary::GeluTanh, 0.1),
        (Unary::Softplus, 90.0),
        (Unary::Softplus, 2.0),
    ] {
        for shape in [[1, 1, 1, 1], [7, 3, 5, 2]] {
            let mut input = random.tensor(&shape);
            input.data.iter_mut().for_each(|v| *v *= reach);
            if matches!(function, Unary::Sqrt | Unary::Log) {
                input.data.iter_mut().for_each(|v| *v = v.abs());
            }
            let input = stored(precision, input);
            let want = reference::unary(function, &input);
            let mut bench = Bench::of(gpu, precision);
            let view = bench.tensor(&input);
            let output = bench.output(&shape);
            bench.recording.dispatch(kernels::unary("problem", function, view, output).map_err(text)?);
            let got = unpacked(&bench.run_tensor(output)?, &shape);
            // WGSL allows exp 3 + 2 |x| units in the last place: up to 183 at 90, of results near 0 that count little next to 1.
            let tolerance = match function {
                Unary::Relu | Unary::Abs => Tolerance::Exact,
                Unary::Clip(..) if precision == Precision::F32 => Tolerance::Exact,
                Unary::Clip(..) | Unary::LeakyRelu(_) | Unary::HardSigmoid(..) | Unary::HardSwish | Unary::Sqrt => {
                    Tolerance::Sum(3)
                }
                _ => Tolerance::Exp,
            };
            close_in(precision, &format!("{function:?} {shape:?}"), &got, &want.data, tolerance)?;
        }
    }
    Ok(())
}

pub(super) fn binary(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(11);
    let shapes = [
        ([2, 5, 3, 4], [2, 5, 3, 4]),
        ([7, 6, 2, 3], [1, 6, 1, 1]),
        ([1, 1, 4, 5], [3, 9, 4, 5]),
        ([2, 8, 1, 5], [2, 1, 3, 1]),
        ([1, 1, 1, 1], [1, 1, 1, 1]),
    ];
    for (a, b) in shapes {
        for (function, activation) in [
            (Binary::Add, Activation::None),
            (Binary::Mul, Activation::None),
            (Binary::Add, Activation::Relu),
            (Binary::Add, Activation::Prelu),
            (Binary::Sub, Activation::None),
            (Binary::Div, Activation::Clip(-0.4, 0.7)),
            (Binary::Max, Activation::None),
            (Binary::Min, Activation::None),
            (Binary::Pow, Activation::None),
        ] {
            let (mut left, mut right) = (random.tensor(&a), random.tensor(&b));
            if function == Binary::Pow {
                // Whole powers of numbers of both signs, and of 0.
                right.data.iter_mut().for_each(|v| *v = (3.4 * *v).round().abs());
                left.data.iter_mut().step_by(5).for_each(|v| *v = 0.0);
            }
            let left = stored(precision, left);
            if function == Binary::Div {
                right.data.iter_mut().for_each(|v| *v += v.signum());
            }
            let right = stored(precision, right);
            let want = reference::binary("twin", function, &left, &right).map_err(text)?;
            // Every image is a member's.
            let [images, channels, height, width] = want.nchw();
            let slopes: Vec<Vec<f32>> = (0..images).map(|_| random.values(channels)).collect();
            let parts = want.data.chunks_exact(channels * height * width).zip(&slopes).map(|(part, slopes)| {
                let part = Tensor::new(vec![1, channels, height, width], part.to_vec())?;
                Ok(reference::activate("twin", activation, slopes, part)?.data)
            });
            let data = parts.collect::<moue::Result<Vec<_>>>().map_err(text)?.concat();
            let want = Tensor { data, ..want };
            let mut bench = Bench::of(gpu, precision);
            let (l, r) = (bench.tensor(&left), bench.tensor(&right));
            let output = bench.output(&want.shape);
            let packed: Vec<f32> = slopes.iter().flat_map(|slopes| kernels::packed_bias(slopes)).collect();
            let slopes = (activation == Activation::Prelu).then(|| (images, bench.floats(&packed)));
            let dispatch = kernels::binary("problem", function, [l, r], output, activation, slopes).map_err(text)?;
            bench.recording.dispatch(dispatch);
            let got = unpacked(&bench.run_tensor(output)?, &want.shape);
            let tolerance = if function == Binary::Pow { Tolerance::Exp } else { Tolerance::Sum(1) };
            close_in(precision, &format!("{function:?} {a:?} {b:?}"), &got, &want.data, tolerance)?;
        }
    }
    // One image of a constant for every member.
    let (left, right) = (stored(precision, random.tensor(&[6, 5, 2, 3])), stored(precision, random.tensor(&[2, 5, 2, 1])));
    let each: Vec<Tensor> = (0..2)
        .map(|member| {
            let part = |t: &Tensor, count: usize| {
                let size = t.data.len() / t.shape[0] * count;
                Tensor::new([&[count], &t.shape[1..]].concat(), t.data[member * size..][..size].to_vec()).unwrap()
            };
            reference::binary("twin", Binary::Div, &part(&left, 3), &part(&right, 1)).unwrap()
        })
        .collect();
    let mut bench = Bench::of(gpu, precision);
    let (l, r) = (bench.tensor(&left), bench.tensor(&right));
    let output = bench.output(&left.shape);
    bench.recording.dispatch(kernels::binary("problem", Binary::Div, [l, r], output, Activation::None, None).map_err(text)?);
    let raw = bench.run_tensor(output)?;
    close_in(
        precision,
        "a constant a member",
        &unpacked(&raw, &left.shape),
        &[&each[0].data[..], &each[1].data].concat(),
        Tolerance::Sum(1),
    )?;
    if raw.chunks_exact(8).any(|pixel| pixel[5..].iter().any(|&v| v != 0.0)) {
        return Err("a division leaves something in the padded channels".into());
    }
    Ok(())
}

pub(super) fn prelu(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(20);
    for (members, images, channels, size) in [(1, 1, 1, [1, 1]), (3, 2, 7, [3, 5]), (1, 7, 12, [2, 2])] {
        let input = stored(precision, random.tensor(&[members * images, channels, size[0], size[1]]));
        let slopes: Vec<Vec<f32>> = (0..members).map(|_| random.values(channels)).collect();
        let padded = slopes.iter().flat_map(|slope| kernels::packed(slope, [channels, 1, 1])).collect::<Vec<_>>();
        let mut bench = Bench::of(gpu, precision);
        let (view, slope) = (bench.tensor(&input), bench.floats(&padded));
        let output = bench.output(&input.shape);
        bench.recording.dispatch(kernels::prelu("problem", members, slope, view, output).map_err(text)?);
        let got = unpacked(&bench.run_tensor(output)?, &input.shape);
        let each = input.data.len() / members;
        let mut want = Vec::new();
        for (part, slope) in input.data.chunks_exact(each).zip(&slopes) {
            let part = Tensor::new(vec![images, channels, size[0], size[1]], part.to_vec()).unwrap();
            want.extend(reference::prelu("twin", &part, slope).map_err(text)?.data);
        }
        close_in(precision, &format!("prelu {channels}"), &got, &want, Tolerance::Sum(1))?;
    }
    Ok(())
}

pub(super) fn softmax(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(12);
    for (shape, logarithm) in [
        ([1, 1, 1, 1], false),
        ([7, 7, 1, 1], false),
        ([2, 13, 3, 2], false),
        ([1, 1, 1, 1], true),
        ([7, 6, 2, 1], true),
        ([2, 13, 3, 2], true),
    ] {
        let mut input = random.tensor(&shape);
        // Large logits: without subtracting the largest, exp overflows.
        input.data.iter_mut().for_each(|v| *v *= 120.0);
        let input = stored(precision, input);
        let want = if logarithm { reference::log_softmax(&input) } else { reference::softmax(&input) };
        let mut bench = Bench::of(gpu, precision);
        let view = bench.tensor(&input);
        let output = bench.output(&shape);
        let kernel = if logarithm { kernels::log_softmax } else { kernels::softmax };
        bench.recording.dispatch(kernel("problem", view, output).map_err(text)?);
        let raw = bench.run_tensor(output)?;
        let got = unpacked(&raw, &shape);
        close_in(precision, &format!("softmax {shape:?}, logarithm {logarithm}"), &got, &want.data, Tolerance::Exp)?;
        let padded = shape[1].next_multiple_of(4);
        if raw.chunks_exact(padded).any(|pixel| pixel[shape[1]..].iter().any(|&v| v != 0.0)) {
            return Err("softmax leaves something in the padded channels".into());
        }
    }
    Ok(())
}

pub(super) fn arg_max(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(20);
    for shape in [[1, 1, 1, 1], [7, 7, 1, 1], [2, 13, 3, 2], [1, 8, 5, 1]] {
        let mut input = random.tensor(&shape);
        // Few values, so that several are the largest; below zero, where padded channels would be larger.
        input.data.iter_mut().for_each(|v| *v = (2.0 * *v).round() - 3.0);
        let input = stored(precision, input);
        let want = reference::arg_max(&input);
        let mut bench = Bench::of(gpu, precision);
        let view = bench.tensor(&input);
        let output = bench.output(&want.shape);
        bench.recording.dispatch(kernels::arg_max("problem", view, output).map_err(text)?);
        let raw = bench.run_tensor(output)?;
        close_in(precision, &format!("arg max {shape:?}"), &unpacked(&raw, &want.shape), &want.data, Tolerance::Exact)?;
        if raw.chunks_exact(4).any(|pixel| pixel[1..].iter().any(|&v| v != 0.0)) {
            return Err("arg max leaves something in the padded channels".into());
        }
    }
    let view = Bench::of(gpu, precision).output(&[1, 2050, 1, 1]);
    let output = Bench::of(gpu, precision).output(&[1, 1, 1, 1]);
    if kernels::arg_max("problem", view, output).is_ok() != (precision == Precision::F32) {
        return Err("the number of channel 2049 is none of f16".into());
    }
    // The last channel alone.
    let input = Tensor::new(vec![1, 6, 1, 1], vec![0.0, 0.0, 0.0, 0.0, 0.0, 1.0]).unwrap();
    let mut bench = Bench::of(gpu, precision);
    let view = bench.tensor(&input);
    let output = bench.output(&[1, 1, 1, 1]);
    bench.recording.dispatch(kernels::arg_max("problem", view, output).map_err(text)?);
    close_in(precision, "arg max of the last", &unpacked(&bench.run_tensor(output)?, &[1, 1, 1, 1]), &[5.0], Tolerance::Exact)
}

pub(super) fn matmul(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(21);
    for (images, matrices, [rows, depth, columns]) in
        [(1, 1, [1, 1, 1]), (7, 3, [5, 2, 3]), (2, 9, [4, 33, 7]), (1, 4, [1, 70, 9]), (2, 5, [6, 1, 1])]
    {
        let left = stored(precision, random.tensor(&[images, matrices, rows, depth]));
        let right = stored(precision, random.tensor(&[images, matrices, depth, columns]));
        let want = reference::matmul("twin", &left, &right).map_err(text)?;
        let mut bench = Bench::of(gpu, precision);
        let (l, r) = (bench.tensor(&left), bench.tensor(&right));
        let output = bench.output(&want.shape);
        bench.recording.dispatch(kernels::matmul("problem", l, r, output).map_err(text)?);
        let got = unpacked(&bench.run_tensor(output)?, &want.shape);
        let what = format!("{rows} x {depth} times {depth} x {columns}");
        close_in(precision, &what, &got, &want.data, Tolerance::Sum(depth))?;
    }
    Ok(())
}
