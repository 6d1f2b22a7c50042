//! The descent of many points: a tree of Barnes and Hut stands for far ones, by the crate `bhtsne`.

use bhtsne::{Neighbor, tSNE};

use super::{STRETCHES, TOGETHER};
use crate::error::Result;
use crate::host::guard;

/// How large a cell may look, seen from a point, to stand for all in it.
const THETA: f32 = 0.5;

pub(super) fn descend(
    start: &[[f32; 2]],
    near: &[Vec<(u32, f32)>],
    perplexity: f32,
    told: &mut dyn FnMut(),
) -> Result<Vec<[f32; 2]>> {
    let [early, late] = STRETCHES.map(|stretch| stretch.times * TOGETHER);
    let neighbours: Vec<Vec<Neighbor<f32>>> = near
        .iter()
        .map(|near| near.iter().map(|&(other, squared)| Neighbor { index: other as usize, distance: squared.sqrt() }).collect())
        .collect();
    let rows: Vec<usize> = (0..start.len()).collect();
    // The library has asserts: what they find is an error here.
    guard::run(|| {
        let mut map: tSNE<'_, f32, usize> = tSNE::new(&rows);
        map.perplexity(perplexity)
            .epochs(early + late)
            .stop_lying_epoch(early)
            .momentum(0.8)
            .initial_embedding(start.as_flattened())
            .epoch_callback(|epoch, _| {
                if (epoch + 1) % TOGETHER == 0 {
                    told();
                }
            })
            .barnes_hut_with_neighbors(THETA, &neighbours);
        Ok(map.embedding().chunks_exact(2).map(|place| [place[0], place[1]]).collect())
    })
}
