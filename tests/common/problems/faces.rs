//! Problems of the kernels that make boxes of what a detector says.

use moue::Precision;
use moue::gpu::Gpu;
use moue::kernels::{self, Cells};
use moue::operators::{Candidate, Decoding, MOST_CANDIDATES};
use moue::reference;

use super::text;
use crate::common::{Bench, Random, Tolerance, close};

const BYTES: u64 = size_of::<Candidate>() as u64;

/// The candidates before the poison of a slab.
fn written(bytes: &[u8]) -> Vec<Candidate> {
    let all: Vec<Candidate> = bytemuck::pod_collect_to_vec(bytes);
    all.into_iter().take_while(|candidate| !candidate.score.is_nan()).collect()
}

fn same(what: &str, got: &[Candidate], want: &[Candidate]) -> Result<(), String> {
    let numbers = |all: &[Candidate]| all.iter().map(|one| (one.number, one.score.to_bits())).collect::<Vec<_>>();
    if numbers(got) != numbers(want) {
        return Err(format!("{what}: {:?}, the twin has {:?}", numbers(got), numbers(want)));
    }
    let values = |all: &[Candidate]| -> Vec<f32> {
        all.iter().flat_map(|one| [one.centre, one.size, one.right_eye, one.left_eye].concat()).collect()
    };
    close(what, &values(got), &values(want), Tolerance::Sum(MOST_CANDIDATES))
}

pub(super) fn decode(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(5);
    for (tiles, cells, least) in [(1, 1, -1e3), (1, 64, 1e3), (3, 77, 0.4), (7, 900, 0.8)] {
        let anchors: Vec<[f32; 2]> = (0..cells).map(|_| [random.unit().abs(), random.unit().abs()]).collect();
        let places: Vec<[f32; 8]> = (0..tiles)
            .map(|tile| {
                let [x, y, a, b] = [900.0, 700.0, 3.0, 3.0].map(|most| most * random.unit());
                // Every third may be left by its boxes.
                let [least, most] = if tile % 3 == 2 { [-1e9, 1e9] } else { [10.0, 150.0] };
                [x, y, a, b, least, least + 5.0, most, most - 9.0]
            })
            .collect();
        let boxes: Vec<f32> = (0..16 * tiles * cells).map(|_| 60.0 * random.unit()).collect();
        let scores = random.values(tiles * cells);
        let how = Decoding { side: 192.0, least, cut: 0.2, first: 5 * cells as u32 };
        let mut want = reference::decode(&boxes, &scores, &anchors, &places, how);
        let mut bench = Bench::of(gpu, Precision::F32);
        let from = Cells {
            boxes: bench.floats(&boxes),
            scores: bench.floats(&scores),
            anchors: bench.floats(anchors.as_flattened()),
            tiles: bench.floats(places.as_flattened()),
        };
        let count = bench.words(&[0]);
        let found = bench.recording.slab("found", BYTES * MOST_CANDIDATES as u64);
        bench.recording.dispatch(kernels::decode("decode", [tiles, cells], how, from, count, found).map_err(text)?);
        let mut got = written(&bench.run(found)?);
        for all in [&mut got, &mut want] {
            all.sort_by_key(|candidate| candidate.number);
        }
        same(&format!("decode {tiles} x {cells}"), &got, &want)?;
    }
    Ok(())
}

pub(super) fn suppress(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(6);
    // (candidates, sides of the square they lie in, most that are kept); equal scores are there on purpose.
    for (count, spread, most) in [(0, 10.0, 8), (1, 10.0, 8), (63, 200.0, 64), (400, 300.0, 64), (4096, 900.0, 96), (300, 1e4, 5)]
    {
        let mut candidate = |number: u32| {
            let mut place = || spread * random.unit();
            let (centre, right_eye, left_eye) = ([place(), place()], [place(), place()], [place(), place()]);
            let size = [40.0 + 30.0 * random.unit(), 40.0 + 30.0 * random.unit()];
            Candidate { score: (8.0 * random.unit()).round(), number: 3 * number, centre, size, right_eye, left_eye }
        };
        let mut all: Vec<Candidate> = (0..count).rev().map(&mut candidate).collect();
        let want = reference::suppress(&all, 0.3, most);
        let many = all.len() as u32;
        all.resize(MOST_CANDIDATES, bytemuck::Zeroable::zeroed());
        let mut bench = Bench::of(gpu, Precision::F32);
        let number = bench.words(&[many]);
        let found = bench.bytes(bytemuck::cast_slice(&all));
        let kept_count = bench.recording.slab("kept count", 16);
        let kept = bench.recording.slab("kept", BYTES * most as u64);
        let dispatch = kernels::suppress("suppress", 0.3, number, found, kept_count, kept, most).map_err(text)?;
        bench.recording.dispatch(dispatch);
        same(&format!("suppress {count}"), &written(&bench.run(kept)?), &want)?;
    }
    Ok(())
}
