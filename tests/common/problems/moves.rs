//! Problems of the kernels that move values, of fusion, and of those that measure an adapter.

use moue::Precision;
use moue::gpu::Gpu;
use moue::kernels;
use moue::operators::{Beyond, Coordinates, Rearrange, Resampling, ResizeMode, Rounding, taps};
use moue::reference;
use moue::tensor::Tensor;

use super::text;
use crate::common::{Bench, Random, Tolerance, close_in, packed, stored, unpacked};

pub(super) fn copy(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(13);
    for (images, size, channels) in [(1, [1, 1], vec![1, 1]), (7, [3, 2], vec![3, 6, 1]), (2, [4, 4], vec![8, 5])] {
        let parts: Vec<Tensor> =
            channels.iter().map(|&c| stored(precision, random.tensor(&[images, c, size[0], size[1]]))).collect();
        let want = reference::concat("twin", &parts.iter().collect::<Vec<_>>()).map_err(text)?;
        let mut bench = Bench::of(gpu, precision);
        let views: Vec<_> = parts.iter().map(|p| bench.tensor(p)).collect();
        let output = bench.output(&want.shape);
        let mut first = 0;
        for input in views {
            bench.recording.dispatch(kernels::copy("problem", input, output, images, (0, 0), first).map_err(text)?);
            first += input.channels;
        }
        close_in(precision, "concat", &bench.run_tensor(output)?, &packed(&want), Tolerance::Exact)?;
    }
    // Images of one tensor to later images of another.
    let input = stored(precision, random.tensor(&[3, 5, 2, 2]));
    let mut bench = Bench::of(gpu, precision);
    let from = bench.tensor(&input);
    let output = bench.output(&[4, 5, 2, 2]);
    bench.recording.dispatch(kernels::copy("problem", from, output, 2, (0, 0), 0).map_err(text)?);
    bench.recording.dispatch(kernels::copy("problem", from, output, 2, (1, 2), 0).map_err(text)?);
    let got = unpacked(&bench.run_tensor(output)?, &[4, 5, 2, 2]);
    let want: Vec<f32> = [&input.data[..40], &input.data[20..60]].concat();
    close_in(precision, "copied images", &got, &want, Tolerance::Exact)
}

pub(super) fn rearrange(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(21);
    // Sizes without the batch, how they are rearranged, and the sizes of the result as it lies.
    let problems = [
        (vec![1], Rearrange::reshape(1)),
        (vec![6, 5, 3], Rearrange::reshape(90)),
        (vec![5, 3, 4], Rearrange::transpose(&[5, 3, 4], &[1, 2, 0])),
        (vec![2, 3, 5, 2], Rearrange::transpose(&[2, 3, 5, 2], &[1, 0, 3, 2])),
        (vec![2, 1, 3, 2, 2, 3], Rearrange::transpose(&[2, 1, 3, 2, 2, 3], &[5, 3, 0, 4, 1, 2])),
        (vec![9, 4, 5], Rearrange::slice(&[9, 4, 5], 0, 1, 4, 2)),
        (vec![3, 7, 2], Rearrange::slice(&[3, 7, 2], 1, 6, 3, -3)),
        (vec![3, 4, 5], Rearrange::pad(&[3, 4, 5], &[0, 1, 2], &[2, 0, 3], Beyond::Constant(-7.5))),
        (vec![5, 4, 3], Rearrange::pad(&[5, 4, 3], &[1, 3, 2], &[4, 0, 1], Beyond::Reflect)),
        (vec![2, 3, 3], Rearrange::pad(&[2, 3, 3], &[1, 0, 5], &[3, 2, 1], Beyond::Edge)),
    ];
    for (dims, to) in problems {
        for images in [1, 3] {
            let input = stored(precision, random.tensor(&[&[images], &dims[..]].concat()));
            let want = reference::rearrange("twin", &to, &input).map_err(text)?;
            let mut bench = Bench::of(gpu, precision);
            let flat = |t: &Tensor| Tensor::new(t.nchw().to_vec(), t.data.clone()).unwrap();
            let (input, shaped) = (flat(&input), flat(&want));
            let view = bench.tensor(&input);
            let output = bench.output(&shaped.shape);
            bench.recording.dispatch(kernels::rearrange("problem", &to, view, output).map_err(text)?);
            close_in(precision, &format!("{to:?}"), &bench.run_tensor(output)?, &packed(&shaped), Tolerance::Exact)?;
        }
    }
    Ok(())
}

pub(super) fn resample(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(22);
    for (images, channels, from, to) in [(1, 1, [1, 1], [1, 1]), (7, 5, [3, 4], [7, 9]), (2, 9, [8, 5], [3, 11])] {
        for mode in [ResizeMode::Nearest, ResizeMode::Linear] {
            let how = Resampling { mode, coordinates: Coordinates::HalfPixel, rounding: Rounding::RoundPreferFloor };
            let input = stored(precision, random.tensor(&[images, channels, from[0], from[1]]));
            let rows = taps("problem", how, from[0], to[0], None).map_err(text)?;
            let columns = taps("problem", how, from[1], to[1], None).map_err(text)?;
            let want = reference::resample(&rows, &columns, &input);
            let mut bench = Bench::of(gpu, precision);
            let (view, table) = (bench.tensor(&input), bench.words(&kernels::pack_taps(&rows, &columns)));
            let output = bench.output(&want.shape);
            bench.recording.dispatch(kernels::resample("problem", table, view, output).map_err(text)?);
            let got = unpacked(&bench.run_tensor(output)?, &want.shape);
            close_in(precision, &format!("{mode:?} {from:?} to {to:?}"), &got, &want.data, Tolerance::Sum(4))?;
        }
    }
    Ok(())
}

pub(super) fn pack(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(14);
    for shape in [[1, 1, 1, 1], [7, 5, 3, 2], [2, 8, 4, 5]] {
        let input = stored(precision, random.tensor(&shape));
        let mut bench = Bench::of(gpu, precision);
        let from = bench.floats(&input.data);
        let output = bench.output(&shape);
        bench.recording.dispatch(kernels::pack("problem", from, output).map_err(text)?);
        close_in(precision, &format!("pack {shape:?}"), &bench.run_tensor(output)?, &packed(&input), Tolerance::Exact)?;
    }
    Ok(())
}

pub(super) fn unpack(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(15);
    for (shape, gap) in [([1, 1, 1, 1], 0), ([7, 5, 3, 2], 2), ([2, 8, 4, 5], 0)] {
        let input = stored(precision, random.tensor(&shape));
        let each = shape[1] * shape[2] * shape[3];
        let mut bench = Bench::of(gpu, precision);
        let from = bench.tensor(&input);
        let output = bench.recording.slab("output", 4 * (shape[0] * (each + gap)) as u64);
        bench.recording.dispatch(kernels::unpack("problem", from, output, each + gap).map_err(text)?);
        let mut got = bench.run_floats(output)?;
        got.truncate(shape[0] * (each + gap));
        let want: Vec<f32> = input.data.chunks_exact(each).flat_map(|image| [image, &vec![0.0; gap]].concat()).collect();
        close_in(precision, &format!("unpack {shape:?}"), &got, &want, Tolerance::Exact)?;
    }
    Ok(())
}

pub(super) fn fuse(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(16);
    for (members, faces, crops, classes, temperature) in
        [(1, 1, 1, 1, 1.0), (3, 7, 1, 7, 1.0), (5, 2, 10, 8, 1.0), (6, 5, 2, 7, 1.4), (2, 3, 1, 1000, 0.7), (1, 4, 1, 5, 0.05)]
    {
        let mut probabilities = random.tensor(&[members * faces * crops, classes]);
        if temperature != 1.0 {
            probabilities.data.iter_mut().for_each(|p| *p = (*p).max(0.0) / classes as f32);
        }
        let probabilities = stored(precision, probabilities);
        let weights: Vec<f32> = random.values(members).iter().map(|v| v.abs()).collect();
        let want = reference::fuse(&probabilities.data, &weights, crops, classes, temperature);
        let mut bench = Bench::of(gpu, precision);
        let from = bench.tensor(&probabilities);
        let weights_slice = bench.floats(&weights);
        let output = bench.recording.slab("fused", 4 * want.len() as u64);
        bench
            .recording
            .dispatch(kernels::fuse("problem", from, weights_slice, members, crops, temperature, output).map_err(text)?);
        let mut got = bench.run_floats(output)?;
        got.truncate(want.len());
        let tolerance = if temperature == 1.0 { Tolerance::Sum(members * crops) } else { Tolerance::Exp };
        close_in(precision, &format!("fuse {members} x {crops} at {temperature}"), &got, &want, tolerance)?;
    }
    Ok(())
}

pub(super) fn peak_fma(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    for (invocations, rounds) in [(1, 1), (130, 3)] {
        let (factor, term) = (0.75_f32, 0.5_f32);
        let mut bench = Bench::of(gpu, precision);
        let input = bench.floats(&[[factor; 4], [term; 4]].concat());
        let output = bench.recording.slab("output", 16 * invocations as u64);
        bench.recording.dispatch(kernels::peak_fma(invocations, rounds, input, output).map_err(text)?);
        let chain = |start: f64| (0..8 * rounds).fold(start, |x, _| x * f64::from(factor) + f64::from(term));
        let want: Vec<f32> =
            (0..invocations).flat_map(|i| [(0..3).map(|a| chain((i % 7 + a) as f64)).sum::<f64>() as f32; 4]).collect();
        close_in(precision, "peak_fma", &bench.run_floats(output)?, &want, Tolerance::Sum(8 * rounds as usize))?;
    }
    Ok(())
}

pub(super) fn peak_matrix(gpu: &Gpu) -> Result<(), String> {
    if !gpu.capabilities().matrices {
        return Ok(());
    }
    for (workgroups, rounds) in [(1, 1), (3, 2)] {
        let factors = stored(Precision::F16, Random(31).tensor(&[2, 16, 16])).data;
        let mut bench = Bench::of(gpu, Precision::F16);
        let input = bench.values(&factors);
        let output = bench.recording.slab("output", 4 * 4 * 256 * workgroups as u64);
        bench.recording.dispatch(kernels::peak_matrix(workgroups, rounds, input, output).map_err(text)?);
        let terms = 4 * 8 * rounds as usize;
        let product = |at: usize| {
            let each = |k: usize| f64::from(factors[at / 16 * 16 + k]) * f64::from(factors[256 + k * 16 + at % 16]);
            (terms as f64 * (0..16).map(each).sum::<f64>()) as f32
        };
        let want: Vec<f32> = (0..4 * workgroups).flat_map(|_| (0..256).map(product)).collect();
        close_in(Precision::F32, "peak_matrix", &bench.run_floats(output)?, &want, Tolerance::Sum(16 * terms))?;
    }
    Ok(())
}

pub(super) fn peak_copy(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let values = Random(17).values(4 * 131);
    let mut bench = Bench::of(gpu, precision);
    let input = bench.floats(&values);
    let output = bench.recording.slab("output", 16 * 131);
    bench.recording.dispatch(kernels::peak_copy(131, 3, input, output).map_err(text)?);
    close_in(precision, "peak_copy", &bench.run_floats(output)?, &values, Tolerance::Exact)
}
