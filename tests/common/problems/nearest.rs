//! Problems of nearest neighbours: scores, many of them equal, in tiles that go by one after the other.

use moue::Precision;
use moue::gpu::Gpu;
use moue::kernels::{self, Lists, ScoredRows};
use moue::reference;

use super::text;
use crate::common::{Bench, Random};

/// Row of an entry that is none.
const NONE: u32 = u32::MAX;

/// (queries, lists of a query, entries, rows of each tile): one row, rows that do not divide into vec4s, lanes without rows, lists that are never full, the largest list.
const PROBLEMS: [(usize, usize, usize, &[usize]); 6] = [
    (1, 1, 1, &[1]),
    (1, 8, 12, &[3, 2]),
    (3, 1, 5, &[7, 64, 1]),
    (7, 8, 24, &[257, 512, 30]),
    (70, 3, 17, &[130, 131]),
    (2, 32, 80, &[4099, 4099]),
];

fn scores(random: &mut Random, count: usize) -> Vec<f32> {
    // Of some thirty values: equal ones are many. And no -0, which equals 0 and is another.
    (0..count).map(|_| (15.0 * random.unit()).round() / 4.0 + 0.0).collect()
}

/// What a query's lists are to be, `[most, queries x lanes]`: bits of the score and row.
fn wanted(all: &[Vec<f32>], lists: Lists) -> Vec<Vec<(u32, u32)>> {
    let Lists { queries, lanes, most } = lists;
    let mut found = Vec::new();
    for list in 0..queries * lanes {
        let (query, lane) = (list / lanes, list % lanes);
        let (mut own, mut rows, mut first) = (Vec::new(), Vec::new(), 0);
        for tile in all {
            let count = tile.len() / queries;
            for row in (0..count).filter(|row| row / 4 % lanes == lane) {
                own.push(tile[query * count + row]);
                rows.push((first + row) as u32);
            }
            first += count;
        }
        let best = reference::highest(&own, own.len(), most).pop().unwrap_or_default();
        let mut best: Vec<(u32, u32)> = best.iter().map(|&(score, at)| (score.to_bits(), rows[at as usize])).collect();
        best.resize(most, (f32::MIN.to_bits(), NONE));
        found.push(best);
    }
    found
}

fn compare(what: &str, got: &[u8], want: impl Iterator<Item = (u32, u32)>) -> Result<(), String> {
    let got: Vec<(u32, u32)> = got.chunks_exact(8).map(bytemuck::pod_read_unaligned::<[u32; 2]>).map(|[a, b]| (a, b)).collect();
    for (at, (got, want)) in got.iter().zip(want).enumerate() {
        if *got != want {
            let [g, w] = [got, &want].map(|(score, row)| (f32::from_bits(*score), *row));
            return Err(format!("{what}: entry {at} is {g:?}, the twin has {w:?}"));
        }
    }
    Ok(())
}

pub(super) fn select(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(22);
    for (queries, lanes, most, tiles) in PROBLEMS {
        let lists = Lists { queries, lanes, most };
        let all: Vec<Vec<f32>> = tiles.iter().map(|rows| scores(&mut random, queries * rows)).collect();
        let mut bench = Bench::of(gpu, Precision::F32);
        let kept = bench.recording.slab("lists", lists.bytes());
        let mut first = 0;
        for (tile, &count) in all.iter().zip(tiles) {
            // Beyond the last row lies what would be the best of all.
            let stride = count.next_multiple_of(4);
            let mut padded = vec![1e9; queries * stride];
            padded
                .chunks_exact_mut(stride)
                .zip(tile.chunks_exact(count))
                .for_each(|(to, from)| to[..count].copy_from_slice(from));
            let scores = bench.floats(&padded);
            let rows = ScoredRows { first, count, begins: first == 0 };
            bench.recording.dispatch(kernels::nearest_select("select", lists, rows, scores, kept).map_err(text)?);
            first += count;
        }
        let got = bench.run(kept)?;
        let want = wanted(&all, lists);
        let order = (0..most).flat_map(|entry| want.iter().map(move |list| list[entry]));
        compare(&format!("select {queries} x {lanes} x {most} of {tiles:?}"), &got, order)?;
    }
    Ok(())
}

pub(super) fn merge(gpu: &Gpu, _: Precision) -> Result<(), String> {
    let mut random = Random(23);
    for (queries, lanes, most, tiles) in PROBLEMS {
        let lists = Lists { queries, lanes, most };
        let rows: usize = tiles.iter().sum();
        let all = scores(&mut random, queries * rows);
        let parts = wanted(std::slice::from_ref(&all), lists);
        let words: Vec<u32> =
            (0..most).flat_map(|entry| parts.iter().flat_map(move |list| [list[entry].0, list[entry].1])).collect();
        let mut bench = Bench::of(gpu, Precision::F32);
        let kept = bench.words(&words);
        let merged = bench.recording.slab("merged", lists.merged_bytes());
        bench.recording.dispatch(kernels::nearest_merge("merge", lists, kept, merged).map_err(text)?);
        let got = bench.run(merged)?;
        let want = reference::highest(&all, rows, most).into_iter().flat_map(|best| {
            let mut best: Vec<(u32, u32)> = best.iter().map(|&(score, row)| (score.to_bits(), row)).collect();
            best.resize(most, (f32::MIN.to_bits(), NONE));
            best
        });
        compare(&format!("merge {queries} x {lanes} x {most} of {rows}"), &got, want)?;
    }
    Ok(())
}
