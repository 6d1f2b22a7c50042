//! The descent of many points: a tree of Barnes and Hut stands for far ones, by the crate `bhtsne`.

use bhtsne::{Neighbor, tSNE};

use super::steps::{STRETCHES, Stretch, TOGETHER};
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
    let neighbours: Vec<Vec<Neighbor<f32>>> = near
        .iter()
        .map(|near| near.iter().map(|&(other, squared)| Neighbor { index: other as usize, distance: squared.sqrt() }).collect())
        .collect();
    let rows: Vec<usize> = (0..start.len()).collect();
    // The library keeps one rate for all of its steps, and each stretch has its own: each is a run that begins where the one before ended.
    let mut places = start.as_flattened().to_vec();
    for Stretch { times, exaggeration } in STRETCHES {
        // The library has asserts: what they find is an error here.
        places = guard::run(|| {
            let mut map: tSNE<'_, f32, usize> = tSNE::new(&rows);
            map.perplexity(perplexity)
                .epochs(times * TOGETHER)
                .early_exaggeration(exaggeration)
                .stop_lying_epoch(times * TOGETHER)
                // Its own rate is for gradients four times as large as those it has.
                .learning_rate(rows.len() as f32 / exaggeration)
                .momentum(0.8)
                .initial_embedding(&places[..])
                .epoch_callback(|epoch, _| {
                    if (epoch + 1) % TOGETHER == 0 {
                        told();
                    }
                })
                .barnes_hut_with_neighbors(THETA, &neighbours);
            Ok(map.embedding())
        })?;
    }
    Ok(places.chunks_exact(2).map(|place| [place[0], place[1]]).collect())
}
