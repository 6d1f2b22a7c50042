//! From what a detector says of its cells to boxes: decoding, threshold, suppression.

use super::{holds, one_a_item};
use crate::error::Result;
use crate::gpu::shader::{self, DECODE, SUPPRESS};
use crate::gpu::{Dispatch, Slice, Work};
use crate::operators::{CELL_VALUES, Candidate, Decoding, MOST_CANDIDATES};

/// The buffers of [`decode`].
#[derive(Debug, Clone, Copy)]
pub struct Cells {
    /// `[tiles, cells, 16]` f32: box and six points.
    pub boxes: Slice,
    /// `[tiles, cells]` f32, before the sigmoid.
    pub scores: Slice,
    /// `[cells, 2]` f32: the middle of each cell, in tiles.
    pub anchors: Slice,
    /// `[tiles, 8]` f32: a tile's corner in the photograph, and what one of its pixels to the right is there; where boxes may end: left, top, right and bottom
    /// in its pixels.
    pub tiles: Slice,
}

/// The cells of `[tiles, cells]` that reach the threshold, to `found` `[MOST_CANDIDATES]` of [`Candidate`], in any order, and their number to `count` `[1]` u32,
/// which is 0 before.
///
/// # Errors
/// [`crate::Error::Shape`] where a buffer is too small.
pub fn decode(at: &str, [tiles, cells]: [usize; 2], how: Decoding, from: Cells, count: Slice, found: Slice) -> Result<Dispatch> {
    let all = tiles * cells;
    let Cells { boxes, scores, anchors, tiles: places } = from;
    let sizes = [(boxes, 4 * CELL_VALUES * all), (scores, 4 * all), (anchors, 8 * cells), (places, 32 * tiles)];
    for (slice, bytes) in sizes {
        holds(at, slice, bytes as u64)?;
    }
    holds(at, count, 4)?;
    holds(at, found, (size_of::<Candidate>() * MOST_CANDIDATES) as u64)?;
    let params = shader::decode::Params {
        tiles: tiles as u32,
        cells: cells as u32,
        side: how.side,
        least: how.least,
        cut: how.cut,
        first: how.first,
        most: MOST_CANDIDATES as u32,
    };
    let work = Work { flops: 0, bytes: scores.size };
    one_a_item(at, &DECODE, params, vec![boxes, scores, anchors, places, count, found], all, work)
}

/// Of `found` those that do not overlap a better one by more than `overlap` of the area of both, each the weighted mean of those it took, to `kept`
/// `[most]`, best first; `kept_count` `[4]` u32: how many were kept, and how many were found.
///
/// # Errors
/// [`crate::Error::Shape`] where a buffer is too small.
pub fn suppress(
    at: &str,
    overlap: f32,
    count: Slice,
    found: Slice,
    kept_count: Slice,
    kept: Slice,
    most: usize,
) -> Result<Dispatch> {
    holds(at, count, 4)?;
    holds(at, kept_count, 16)?;
    holds(at, found, (size_of::<Candidate>() * MOST_CANDIDATES) as u64)?;
    holds(at, kept, (size_of::<Candidate>() * most) as u64)?;
    // A lane goes through its candidates twice for each that is kept.
    super::loops(at, 2 * (most + 1) * MOST_CANDIDATES.div_ceil(64))?;
    let params = shader::suppress::Params { most: MOST_CANDIDATES as u32, most_kept: most as u32, overlap };
    Ok(Dispatch {
        label: at.to_owned(),
        shader: &SUPPRESS,
        params: bytemuck::bytes_of(&params).to_vec(),
        buffers: vec![count, found, kept_count, kept],
        grid: [1, 1, 1],
        work: Work { flops: 0, bytes: found.size },
    })
}
