//! Decoding a detector's cells, and suppressing what was found twice.

use crate::operators::{CELL_VALUES, Candidate, Decoding};

/// The candidates of `tiles` (corner in the photograph, and what one pixel to the right is there; where boxes may end: left, top, right, bottom): `boxes` `[tiles, cells, 16]`, `scores` `[tiles, cells]`,
/// `anchors` `[cells]`, in the order of the cells.
pub fn decode(boxes: &[f32], scores: &[f32], anchors: &[[f32; 2]], tiles: &[[f32; 8]], how: Decoding) -> Vec<Candidate> {
    let places = tiles.iter().flat_map(|tile| anchors.iter().map(move |anchor| (tile, anchor)));
    let cells = places.zip(boxes.chunks_exact(CELL_VALUES)).zip(scores).enumerate();
    cells
        .filter(|(_, (_, score))| **score >= how.least)
        .filter(|(_, (((tile, anchor), cell), _))| {
            (0..2).all(|axis| {
                let (middle, half) = (cell[axis] + how.side * anchor[axis], cell[2 + axis] / 2.0);
                let beyond = how.cut * cell[2].max(cell[3]);
                middle - half + beyond >= tile[4 + axis] && middle + half - beyond <= tile[6 + axis]
            })
        })
        .map(|(number, (((tile, anchor), cell), &score))| {
            let [x, y, a, b, ..] = tile.map(f64::from);
            let point = |at: usize| {
                let [across, down] = [0, 1].map(|axis| f64::from(cell[at + axis]) + f64::from(how.side * anchor[axis]));
                [(x + a * across - b * down) as f32, (y + b * across + a * down) as f32]
            };
            let scale = a.hypot(b);
            let size = [cell[2], cell[3]].map(|side| (f64::from(side) * scale) as f32);
            Candidate {
                score,
                number: how.first + number as u32,
                centre: point(0),
                size,
                right_eye: point(4),
                left_eye: point(6),
            }
        })
        .collect()
}

/// Of `found` those that do not overlap a better one that stands the same way up by more than `overlap` of the area of both, best first, `most` at most; each is the mean of those it took,
/// weighted by their scores.
pub fn suppress(found: &[Candidate], overlap: f32, most: usize) -> Vec<Candidate> {
    let mut left = found.to_vec();
    left.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.number.cmp(&b.number)));
    let mut kept = Vec::new();
    while let Some(&best) = left.first().filter(|_| kept.len() < most) {
        let (taken, rest): (Vec<_>, Vec<_>) =
            left.iter().enumerate().partition(|&(place, other)| place == 0 || shared(&best, other) > f64::from(overlap));
        let taken: Vec<Candidate> = taken.into_iter().map(|(_, other)| *other).collect();
        kept.push(Candidate {
            centre: mean(&taken, |one| one.centre),
            size: mean(&taken, |one| one.size),
            right_eye: mean(&taken, |one| one.right_eye),
            left_eye: mean(&taken, |one| one.left_eye),
            ..best
        });
        left = rest.into_iter().map(|(_, other)| *other).collect();
    }
    kept
}

/// The weighted mean of a part of all.
fn mean(all: &[Candidate], part: impl Fn(&Candidate) -> [f32; 2]) -> [f32; 2] {
    let (mut weight, mut sum) = (0.0, [0.0; 2]);
    for one in all {
        let own = 1.0 / (1.0 + (-f64::from(one.score)).exp());
        weight += own;
        let values = part(one);
        (0..2).for_each(|axis| sum[axis] += own * f64::from(values[axis]));
    }
    sum.map(|sum| (sum / weight) as f32)
}

/// The part of the area of both that both share; none of one that stands the other way up.
fn shared(a: &Candidate, b: &Candidate) -> f64 {
    let eyes = |one: &Candidate, axis: usize| f64::from(one.left_eye[axis] - one.right_eye[axis]);
    if eyes(a, 0) * eyes(b, 0) + eyes(a, 1) * eyes(b, 1) < 0.0 {
        return 0.0;
    }
    let side = |axis: usize| {
        let [least, most] =
            [-0.5, 0.5].map(|half| [a, b].map(|one| f64::from(one.centre[axis]) + half * f64::from(one.size[axis])));
        (most[0].min(most[1]) - least[0].max(least[1])).max(0.0)
    };
    let both = side(0) * side(1);
    let area = |one: &Candidate| f64::from(one.size[0]) * f64::from(one.size[1]);
    both / (area(a) + area(b) - both).max(1e-9)
}
