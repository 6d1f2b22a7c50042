//! Work on every vector, by several threads, whose answer does not depend on how many there are.

use rayon::prelude::*;

/// Rows that a thread takes at a time at least.
const PART: usize = 64;

/// `work` of every row of `count`, in their order.
pub(super) fn rows_in_parts<R: Send>(count: usize, work: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
    (0..count).into_par_iter().with_min_len(PART).map(work).collect()
}
