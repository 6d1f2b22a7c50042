//! Problems of the kernels of the two-stream system: bytes are the same or the kernel is wrong.

use moue::Precision;
use moue::gpu::{Gpu, Slice};
use moue::kernels::{self, Pictures};
use moue::operators::{ByteTap, Ellipse, Spans, byte_columns, byte_rows};
use moue::reference::{self, ByteSums};

use super::text;
use crate::common::{Bench, Random, Tolerance, close};

/// (pictures, width, height)
const SIZES: [(usize, usize, usize); 5] = [(1, 1, 1), (2, 5, 3), (3, 33, 17), (7, 16, 16), (2, 61, 47)];

fn pictures((count, width, height): (usize, usize, usize)) -> Pictures {
    Pictures { count, width, height }
}

fn pixels(size: Pictures) -> usize {
    size.width * size.height
}

/// Colours, or four bytes of any kind; of several pictures some are dark, and one is black.
fn words(random: &mut Random, size: Pictures, alpha: bool) -> Vec<u32> {
    let mask = if alpha { u32::MAX } else { 0xff_ffff };
    let dark = |picture: usize| match picture % 4 {
        1 => 0x3f3f_3f3f,
        3 => 0,
        _ => u32::MAX,
    };
    (0..size.count * pixels(size)).map(|at| random.next() as u32 & mask & dark(at / pixels(size))).collect()
}

fn ellipse(size: Pictures) -> Spans {
    let [width, height] = [size.width as u32, size.height as u32];
    Ellipse { size: [width, height], centre: [width / 2, height / 2], axes: [width * 2 / 5, height / 2] }.spans()
}

/// Everything is inside of the second.
fn both(size: Pictures) -> [Spans; 2] {
    [ellipse(size), vec![[0, size.width as u32]; size.height]]
}

fn spans(bench: &mut Bench, spans: &Spans) -> Slice {
    bench.bytes(bytemuck::cast_slice(spans))
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: &[T], want: &[T]) -> Result<(), String> {
    match got.iter().zip(want).position(|(g, w)| g != w) {
        _ if got.len() < want.len() => Err(format!("{what}: {} values, {} wanted", got.len(), want.len())),
        Some(at) => Err(format!("{what}: value {at} is {:?}, the twin says {:?}", got[at], want[at])),
        None => Ok(()),
    }
}

pub(super) fn mask_gray(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(31);
    for size in SIZES.map(pictures) {
        for face in both(size) {
            let all = words(&mut random, size, false);
            let mut bench = Bench::of(gpu, Precision::F32);
            let (input, face_slice) = (bench.words(&all), spans(&mut bench, &face));
            let output = bench.recording.slab("gray", (size.count * pixels(size)) as u64);
            bench.recording.dispatch(kernels::mask_gray("gray", size, input, face_slice, output).map_err(text)?);
            let want: Vec<u8> =
                all.chunks_exact(pixels(size)).flat_map(|one| reference::mask_gray(one, size.width, &face)).collect();
            same(&format!("gray {size:?}"), &bench.run(output)?, &want)?;
        }
    }
    Ok(())
}

pub(super) fn luma_table(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(32);
    // Also pictures of many pixels, whose 255 / N takes all digits.
    for size in SIZES.into_iter().chain([(4, 201, 173), (2, 300, 301), (1, 7, 900)]).map(pictures) {
        for face in both(size) {
            let all = words(&mut random, size, false);
            let mut bench = Bench::of(gpu, Precision::F32);
            let (input, face_slice) = (bench.words(&all), spans(&mut bench, &face));
            let output = bench.recording.slab("tables", 1024 * size.count as u64);
            bench.recording.dispatch(kernels::luma_table("luma", size, input, face_slice, output).map_err(text)?);
            let want: Vec<u32> =
                all.chunks_exact(pixels(size)).flat_map(|one| reference::luma_table(one, size.width, &face)).collect();
            let got: Vec<u32> = bytemuck::pod_collect_to_vec(&bench.run(output)?);
            same(&format!("luma {size:?}"), &got, &want)?;
        }
    }
    ties(gpu)
}

/// Every level as often as every other: 255 / N is rounded, and where it falls to decides the ties of its multiples.
fn ties(gpu: &Gpu) -> Result<(), String> {
    for (levels, rows) in [31, 61, 121].into_iter().flat_map(|levels| [3, 7, 11].map(|rows| (levels, rows))) {
        let size = Pictures { count: 1, width: levels, height: rows };
        let all: Vec<u32> = (0..levels * rows).map(|at| 0x01_0101 * (2 * (at % levels) as u32 + 3)).collect();
        let whole = vec![[0, levels as u32]; rows];
        let mut bench = Bench::of(gpu, Precision::F32);
        let (input, face) = (bench.words(&all), spans(&mut bench, &whole));
        let output = bench.recording.slab("tables", 1024);
        bench.recording.dispatch(kernels::luma_table("luma", size, input, face, output).map_err(text)?);
        let got: Vec<u32> = bytemuck::pod_collect_to_vec(&bench.run(output)?);
        same(&format!("luma of {levels} levels"), &got, &reference::luma_table(&all, levels, &whole))?;
    }
    Ok(())
}

/// Smaller, larger, and of the same size.
fn taps(size: Pictures, to: [usize; 2]) -> [Vec<ByteTap>; 2] {
    [byte_rows(size.height, to[1]), byte_columns(size.width, to[0])]
}

const RESIZED: [[usize; 2]; 5] = [[3, 2], [9, 8], [13, 17], [16, 16], [70, 21]];

pub(super) fn equalise(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(33);
    // Also one of its own size, and large: what a constant is wrong by shows in one pixel of many.
    for (size, to) in SIZES.into_iter().zip(RESIZED).chain([((1, 97, 83), [97, 83])]) {
        let size = pictures(size);
        for face in both(size) {
            let all = words(&mut random, size, false);
            let tables: Vec<[u32; 256]> =
                (0..size.count).map(|_| std::array::from_fn(|_| u32::from(random.bytes(1)[0]))).collect();
            let [rows, columns] = taps(size, to);
            let mut bench = Bench::of(gpu, Precision::F32);
            let (input, face_slice) = (bench.words(&all), spans(&mut bench, &face));
            let (table, tap) = (bench.words(tables.as_flattened()), bench.words([&rows[..], &columns].concat().as_flattened()));
            let output = bench.recording.slab("equalised", (4 * size.count * to[0] * to[1]) as u64);
            let dispatch = kernels::equalise("equalise", size, input, face_slice, table, tap, to, output).map_err(text)?;
            bench.recording.dispatch(dispatch);
            let one = |(one, table): (&[u32], &[u32; 256])| reference::equalise(one, size.width, &face, table, [&rows, &columns]);
            let want: Vec<u32> = all.chunks_exact(pixels(size)).zip(&tables).flat_map(one).collect();
            let got: Vec<u32> = bytemuck::pod_collect_to_vec(&bench.run(output)?);
            same(&format!("equalise {size:?} to {to:?}"), &got, &want)?;
        }
    }
    Ok(())
}

pub(super) fn flow_bytes(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(34);
    for (size, to) in SIZES.map(pictures).into_iter().zip(RESIZED) {
        // In 64ths of a pixel, so that twelve times as much is exact, and some are ties; some lie beyond what a byte holds.
        let flow: Vec<[f32; 2]> =
            (0..size.count * pixels(size)).map(|_| [0; 2].map(|_| (random.below(2000) as f32 - 1000.0) / 64.0)).collect();
        for folded in [false, true] {
            let [rows, columns] = taps(size, to);
            let mut bench = Bench::of(gpu, Precision::F32);
            let (input, tap) = (bench.floats(flow.as_flattened()), bench.words([&rows[..], &columns].concat().as_flattened()));
            let output = bench.recording.slab("bytes", (4 * size.count * to[0] * to[1]) as u64);
            bench.recording.dispatch(kernels::flow_bytes("bytes", size, input, tap, to, folded, output).map_err(text)?);
            let one = |one: &[[f32; 2]]| reference::flow_bytes(one, size.width, [&rows, &columns], folded);
            let want: Vec<u32> = flow.chunks_exact(pixels(size)).flat_map(one).collect();
            let got: Vec<u32> = bytemuck::pod_collect_to_vec(&bench.run(output)?);
            same(&format!("flow {size:?} to {to:?}, folded {folded}"), &got, &want)?;
        }
    }
    Ok(())
}

pub(super) fn sum_bytes(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(35);
    for size in SIZES.into_iter().chain([(3, 227, 227)]).map(pictures) {
        for face in both(size) {
            let all = words(&mut random, size, true);
            let mut bench = Bench::of(gpu, Precision::F32);
            let (input, face_slice) = (bench.words(&all), spans(&mut bench, &face));
            let output = bench.recording.slab("sums", 64 * size.count as u64);
            bench.recording.dispatch(kernels::sum_bytes("sums", size, input, face_slice, output).map_err(text)?);
            let want: Vec<ByteSums> =
                all.chunks_exact(pixels(size)).map(|one| reference::sum_bytes(one, size.width, &face)).collect();
            let got: Vec<ByteSums> = bytemuck::pod_collect_to_vec(&bench.run(output)?);
            same(&format!("sums {size:?}"), &got, &want)?;
        }
    }
    Ok(())
}

pub(super) fn planes(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(36);
    for (size, (images, planes)) in SIZES.map(pictures).into_iter().zip([(1, 1), (3, 3), (2, 20), (7, 4), (1, 5)]) {
        for face in both(size) {
            let all = words(&mut random, size, true);
            let place = |at: usize| (at % 3 != 2).then(|| random.below(4 * size.count) as u32);
            let places: Vec<Option<u32>> = (0..images * planes).map(place).collect();
            let factors: Vec<[f32; 2]> =
                (0..images * planes).map(|_| [128.0 + 100.0 * random.unit(), 0.01 + 0.009 * random.unit()]).collect();
            let mut bench = Bench::of(gpu, Precision::F32);
            let (input, face_slice) = (bench.words(&all), spans(&mut bench, &face));
            let named: Vec<u32> = places.iter().map(|place| place.unwrap_or(u32::MAX)).collect();
            let (place, factor) = (bench.words(&named), bench.floats(factors.as_flattened()));
            let want = reference::planes(&all, [size.width, size.height], &places, &factors, &face);
            let output = bench.recording.slab("planes", 4 * want.len() as u64);
            let dispatch = kernels::planes("planes", size, [images, planes], input, place, factor, face_slice, output);
            bench.recording.dispatch(dispatch.map_err(text)?);
            let got = bench.run_floats(output)?;
            close(&format!("planes {size:?}"), &got[..want.len()], &want, Tolerance::Exact)?;
        }
    }
    Ok(())
}
