//! Scores and the best of them on the processor: a thread takes some queries through some tiles, whose scores stay in its cache.

use std::ops::Range;

use super::metric::Candidate;
use crate::cpu::{self, Cpu, Finish, Pixels, PixelsMut};
use crate::error::Result;

/// Rows of a tile.
const ROWS: usize = 1024;
/// Queries that a thread takes through a tile together.
const QUERIES: usize = 128;

/// Rows, and the product with them.
type Tile = (Range<usize>, cpu::Conv);

/// Vectors, packed for products.
#[derive(Debug)]
pub(super) struct OnCpu {
    cpu: Cpu,
    alone: Cpu,
    size: usize,
    tiles: Vec<Tile>,
}

impl OnCpu {
    pub fn new(cpu: &Cpu, [rows, size]: [usize; 2], prepared: impl Fn(Range<usize>) -> (Vec<f32>, Vec<f32>)) -> Result<Self> {
        let alone = cpu.alone();
        let tile = |first: usize| {
            let rows = first..(first + ROWS).min(rows);
            let (vectors, added) = prepared(rows.clone());
            let of = |outputs: Range<usize>| Ok(vectors[outputs.start * size..outputs.end * size].to_vec());
            Ok((rows, cpu::Conv::dense(&alone, [size, 1], &added, of)?))
        };
        let tiles = (0..rows).step_by(ROWS).map(tile).collect::<Result<_>>()?;
        Ok(Self { cpu: cpu.clone(), alone, size, tiles })
    }

    pub fn cpu(&self) -> &Cpu {
        &self.cpu
    }

    /// The `most` best rows of each of `queries` `[Q, size]`.
    pub fn search(&self, queries: &[f32], most: usize) -> Vec<Vec<Candidate>> {
        let blocks: Vec<&[f32]> = queries.chunks(QUERIES * self.size).collect();
        // Few queries are shared by their rows.
        let shares = (2 * self.cpu.threads()).div_ceil(blocks.len().max(1)).clamp(1, self.tiles.len().max(1));
        let each = self.tiles.len().div_ceil(shares).max(1);
        let parts: Vec<(&[f32], &[Tile])> =
            blocks.iter().flat_map(|block| self.tiles.chunks(each).map(move |tiles| (*block, tiles))).collect();
        let found = self.cpu.map(parts, |(block, tiles)| self.part(block, tiles, most));
        let of_block = self.tiles.chunks(each).len().max(1);
        let mut all = Vec::new();
        for parts in found.chunks(of_block) {
            for query in 0..parts.first().map_or(0, Vec::len) {
                let mut candidates: Vec<Candidate> = parts.iter().flat_map(|lists| &lists[query]).copied().collect();
                candidates.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
                candidates.truncate(most);
                all.push(candidates);
            }
        }
        all
    }

    fn part(&self, block: &[f32], tiles: &[Tile], most: usize) -> Vec<Vec<Candidate>> {
        let count = block.len() / self.size;
        let mut lists = vec![Vec::with_capacity(most + 1); count];
        let mut scores = vec![0.0; count * ROWS];
        for (rows, product) in tiles {
            let channels = rows.len();
            let data = &mut scores[..count * channels];
            let mut output = PixelsMut { data, images: count, size: [1, 1], first: 0, channels, stride: channels };
            product.run(&self.alone, Pixels::new(block, count, [1, 1], self.size), Finish::default(), &mut output, &mut []);
            for (list, line) in lists.iter_mut().zip(scores.chunks_exact(channels)) {
                keep(list, most, line, rows.start as u32);
            }
        }
        lists
    }
}

/// Scores that are looked at together: mostly none of them is better than those that are kept.
const TOGETHER: usize = 32;

/// Keeps the `most` highest in `list`, best first, equal ones by row. Rows come in order; what is no number is passed over.
fn keep(list: &mut Vec<Candidate>, most: usize, scores: &[f32], first: u32) {
    let mut least = if list.len() < most { f32::NEG_INFINITY } else { list.last().map_or(f32::NEG_INFINITY, |last| last.0) };
    for (block, first) in scores.chunks(TOGETHER).zip((first..).step_by(TOGETHER)) {
        if !block.iter().fold(false, |any, &score| any | (score > least)) {
            continue;
        }
        for (&score, row) in block.iter().zip(first..) {
            if score > least {
                list.insert(list.partition_point(|kept| kept.0 >= score), (score, row));
                list.truncate(most);
                if list.len() == most {
                    least = list.last().map_or(least, |last| last.0);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_equal_scores_the_rows_that_come_first_are_kept() {
        let mut list = Vec::new();
        keep(&mut list, 3, &[1.0, 2.0, f32::NAN, 2.0], 10);
        keep(&mut list, 3, &[2.0, 1.0, 3.0], 14);
        assert_eq!(list, [(3.0, 16), (2.0, 11), (2.0, 13)]);
    }
}
