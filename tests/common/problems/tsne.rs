//! Problems of t-SNE's kernels: one point and few, points beyond the last four, parts that do not divide them, points in one place.

use moue::Precision;
use moue::gpu::{Gpu, Slice};
use moue::kernels::{self, TSNE_FAR, TSNE_TOTALS, TsneEdges, TsneMap, TsneSums};
use moue::operators::TsneStep;
use moue::reference;

use super::text;
use crate::common::{Bench, Random, Tolerance, close};

/// (points, parts)
const MAPS: [(usize, usize); 7] = [(1, 1), (2, 1), (7, 2), (64, 3), (257, 5), (530, 16), (1001, 4)];

pub(super) fn affinities(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(71);
    // Also of vectors far longer and far shorter than one.
    for (points, neighbours, perplexity, scale) in
        [(1, 2, 1.5, 1.0), (3, 5, 2.0, 1.0), (70, 15, 5.0, 1e4), (130, 90, 30.0, 1e-4), (9, 64, 20.0, 1.0)]
    {
        let mut distances = Vec::new();
        for at in 0..points {
            // Some are one behind the other, some far off, and the second point's are all as near.
            let spread = [1.0, 0.0, 0.1, 5.0][at % 4];
            let mut row: Vec<f32> = (0..neighbours).map(|_| scale * (2.0 + spread * random.unit())).collect();
            row.sort_by(f32::total_cmp);
            distances.extend(row);
        }
        let mut bench = Bench::of(gpu, Precision::F32);
        let input = bench.floats(&distances);
        let output = bench.recording.slab("likely", 4 * distances.len() as u64);
        let made = kernels::tsne_affinities("likely", [points, neighbours], perplexity, input, output);
        bench.recording.dispatch(made.map_err(text)?);
        let want = reference::tsne_affinities(&distances, neighbours, perplexity);
        let got: Vec<f32> = bytemuck::pod_collect_to_vec(&bench.run(output)?);
        close(&format!("{points} x {neighbours}"), &got[..want.len()], &want, Tolerance::Exp)?;
    }
    Ok(())
}

fn places(random: &mut Random, points: usize) -> Vec<[f32; 2]> {
    let scale = [1e-4, 1.0, 30.0][points % 3];
    let mut places: Vec<[f32; 2]> = (0..points).map(|_| [scale * random.unit(), scale * (0.5 + random.unit())]).collect();
    if points > 2 {
        places[2] = places[0];
    }
    places
}

/// `[2, N]`, padded.
fn planes(map: TsneMap, places: &[[f32; 2]]) -> Vec<f32> {
    let plane = |axis: usize| {
        let mut plane: Vec<f32> = places.iter().map(|place| place[axis]).collect();
        plane.resize(4 * map.fours(), TSNE_FAR);
        plane
    };
    [plane(0), plane(1)].concat()
}

/// As [`kernels::tsne_repulse`] writes them, shared unequally between parts, with what nobody reads beyond the last point.
fn in_parts(map: TsneMap, sums: &[[f32; 3]]) -> Vec<f32> {
    let mut all = vec![0.25; 12 * map.parts * map.fours()];
    let plane = 4 * map.fours();
    for part in 0..map.parts {
        let share = 2.0 * (part + 1) as f32 / (map.parts * (map.parts + 1)) as f32;
        for (at, sums) in sums.iter().enumerate() {
            (0..3).for_each(|which| all[(3 * part + which) * plane + at] = share * sums[which]);
        }
    }
    all
}

pub(super) fn repulse(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(72);
    for (points, parts) in MAPS {
        let map = TsneMap { points, parts };
        let places = places(&mut random, points);
        let mut bench = Bench::of(gpu, Precision::F32);
        let input = bench.floats(&planes(map, &places));
        let output = bench.recording.slab("sums", map.sums());
        bench.recording.dispatch(kernels::tsne_repulse("repulse", map, input, output).map_err(text)?);
        let got: Vec<f32> = bytemuck::pod_collect_to_vec(&bench.run(output)?);
        let want = reference::tsne_repulse(&places);
        for which in 0..3 {
            let of = |at: usize| (0..parts).map(|part| got[(3 * part + which) * 4 * map.fours() + at]).sum();
            let got: Vec<f32> = (0..points).map(of).collect();
            let want: Vec<f32> = want.iter().map(|sums| sums[which]).collect();
            close(&format!("sum {which} of {map:?}"), &got, &want, Tolerance::Sum(points + parts))?;
        }
    }
    Ok(())
}

pub(super) fn total(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(73);
    for (points, parts) in MAPS {
        let map = TsneMap { points, parts };
        let sums = reference::tsne_repulse(&places(&mut random, points));
        let mut bench = Bench::of(gpu, Precision::F32);
        let input = bench.floats(&in_parts(map, &sums));
        let output = bench.recording.slab("totals", 4 * TSNE_TOTALS as u64);
        bench.recording.dispatch(kernels::tsne_total("total", map, input, output).map_err(text)?);
        let got: Vec<f32> = bytemuck::pod_collect_to_vec(&bench.run(output)?);
        let want = reference::tsne_total(&sums) as f32 + points as f32;
        close(&format!("{map:?}"), &[got.iter().sum()], &[want], Tolerance::Sum(points + 64))?;
    }
    Ok(())
}

pub(super) fn descent(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(74);
    for (points, parts) in MAPS {
        let map = TsneMap { points, parts };
        let places = places(&mut random, points);
        let sums = reference::tsne_repulse(&places);
        let number = |random: &mut Random| [0, 1, 4, 9][random.below(4)];
        let edges: Vec<Vec<(u32, f32)>> = (0..points)
            .map(|_| (0..number(&mut random)).map(|_| (random.below(points) as u32, 0.1 + random.unit().abs())).collect())
            .collect();
        // The first step has no step before it, and some steps are too long.
        let motion: Vec<[f32; 4]> = (0..points)
            .map(|at| if at % 3 == 0 { [0.0, 0.0, 1.0, 1.0] } else { [random.unit(), random.unit(), 0.5, 2.0] })
            .collect();
        let step = TsneStep { exaggeration: 12.0, momentum: 0.8, rate: [0.01, 3.0][points % 2], most: 1.5 };
        let mut bench = Bench::of(gpu, Precision::F32);
        let flat: Vec<u32> = edges.iter().flatten().flat_map(|&(other, p)| [other, p.to_bits()]).collect();
        let ends = edges.iter().scan(0, |end, edges| {
            *end += edges.len() as u32;
            Some(*end)
        });
        let rows: Vec<u32> = std::iter::once(0).chain(ends).collect();
        let count = flat.len() / 2;
        let graph = TsneEdges {
            count: count.max(1),
            most: 9,
            rows: bench.words(&rows),
            edges: bench.words(if flat.is_empty() { &[0, 0] } else { &flat }),
        };
        let all = reference::tsne_total(&sums) as f32 + points as f32;
        let totals: Vec<f32> = (0..TSNE_TOTALS).map(|lane| all * (lane + 1) as f32 / (32.5 * 64.0)).collect();
        let of = TsneSums { sums: bench.floats(&in_parts(map, &sums)), totals: bench.floats(&totals) };
        let (input, moving) = (bench.floats(&planes(map, &places)), bench.floats(motion.as_flattened()));
        let output = bench.recording.slab("places", map.bytes());
        let made = kernels::tsne_move("move", map, step, [input, output], graph, of, moving);
        bench.recording.dispatch(made.map_err(text)?);
        let [got, got_motion] = bench.run_both(output, Slice { size: 16 * points as u64, ..moving })?;
        let mut want_motion = motion.clone();
        let want = planes(map, &reference::tsne_move(step, &places, &edges, &sums, &mut want_motion));
        let tolerance = Tolerance::Sum(parts + TSNE_TOTALS + 9);
        let plane = 4 * map.fours();
        for axis in 0..2 {
            let part = |all: &[f32]| all[axis * plane..][..points].to_vec();
            close(&format!("places of {map:?}"), &part(&got), &part(&want), tolerance)?;
            close(
                "beyond the last",
                &got[axis * plane..][points..plane],
                &want[axis * plane..][points..plane],
                Tolerance::Exact,
            )?;
        }
        close(&format!("motion of {map:?}"), &got_motion, want_motion.as_flattened(), tolerance)?;
    }
    Ok(())
}
