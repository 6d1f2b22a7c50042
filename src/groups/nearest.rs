//! The exact nearest neighbours of every vector among the others, on the processor.

use super::parallel::rows_in_parts;
use super::points::{Points, squared};

/// Of every vector its `k` nearest others, by squared distance, nearest first, of equals the one that comes first; fewer where there are not as many.
pub fn nearest(points: Points<'_>, k: usize) -> Vec<Vec<(u32, f32)>> {
    let k = k.min(points.len().saturating_sub(1));
    rows_in_parts(points.len(), |at| {
        let own = points.row(at);
        let mut all: Vec<(u32, f32)> = (0..).zip(points.rows().map(|row| squared(own, row))).collect();
        all.swap_remove(at);
        let order = |a: &(u32, f32), b: &(u32, f32)| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0));
        if k > 0 && k < all.len() {
            all.select_nth_unstable_by(k - 1, order);
        }
        // The others' room is given back: of all rows it would be N x N.
        let mut near = all[..k].to_vec();
        near.sort_unstable_by(order);
        near
    })
}
