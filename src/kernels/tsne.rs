//! t-SNE: how likely points are beside one another, and a step of the descent of their map.

use super::{holds, loops, one_a_item};
use crate::error::{Error, Result};
use crate::gpu::shader::{self, TSNE_AFFINITIES, TSNE_MOVE, TSNE_REPULSE, TSNE_TOTAL};
use crate::gpu::{Dispatch, MOST_LAYERS, Slice, Work};
use crate::operators::{TSNE_HALVINGS, TsneStep};

/// What [`tsne_total`] writes.
pub const TSNE_TOTALS: usize = 64;
/// Places beyond the last point hold it, x and y.
pub const TSNE_FAR: f32 = 1e18;

/// A map of points: `[2, N]` f32, x and then y, each padded to four with [`TSNE_FAR`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TsneMap {
    /// N.
    pub points: usize,
    /// Of the points that drive one off, how many parts are summed apart.
    pub parts: usize,
}

impl TsneMap {
    /// Points / 4, rounded up.
    pub fn fours(self) -> usize {
        self.points.div_ceil(4)
    }

    /// Bytes of the places.
    pub fn bytes(self) -> u64 {
        32 * self.fours() as u64
    }

    /// Bytes of the sums of [`tsne_repulse`].
    pub fn sums(self) -> u64 {
        48 * (self.parts * self.fours()) as u64
    }

    /// Fours of a part.
    fn part(self) -> usize {
        self.fours().div_ceil(self.parts.max(1))
    }
}

/// `distances` `[points, neighbours]` f32, squared, of each point the least first, to `likely` of the same shape: each row's sum is 1, and its entropy the logarithm
/// of `perplexity`, which is below `neighbours`.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small or there are too many neighbours.
pub fn tsne_affinities(
    at: &str,
    [points, neighbours]: [usize; 2],
    perplexity: f32,
    distances: Slice,
    likely: Slice,
) -> Result<Dispatch> {
    let bytes = 4 * (points * neighbours) as u64;
    holds(at, distances, bytes)?;
    holds(at, likely, bytes)?;
    loops(at, (TSNE_HALVINGS + 2) * (neighbours + 1))?;
    let params = shader::tsne_affinities::Params {
        points: points as u32,
        neighbours: neighbours as u32,
        steps: TSNE_HALVINGS as u32,
        entropy: perplexity.ln(),
    };
    let work = Work { flops: 6 * (points * neighbours * TSNE_HALVINGS) as u64, bytes: 2 * bytes };
    one_a_item(at, &TSNE_AFFINITIES, params, vec![distances, likely], points, work)
}

/// `places` of a map to what all points do to each: `sums` `[parts, 3, N]` f32, N padded to four.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small; [`Error::Argument`] for too many points or parts.
pub fn tsne_repulse(at: &str, map: TsneMap, places: Slice, sums: Slice) -> Result<Dispatch> {
    holds(at, places, map.bytes())?;
    holds(at, sums, map.sums())?;
    loops(at, map.part())?;
    let groups = map.fours().div_ceil(TSNE_REPULSE.workgroup[0] as usize);
    if groups > MOST_LAYERS || map.parts > MOST_LAYERS {
        return Err(Error::Argument(format!("{at}: {} points are more than a grid holds", map.points)));
    }
    let params = shader::tsne_repulse::Params { fours: map.fours() as u32, part: map.part() as u32 };
    Ok(Dispatch {
        label: at.to_owned(),
        shader: &TSNE_REPULSE,
        params: bytemuck::bytes_of(&params).to_vec(),
        buffers: vec![places, sums],
        grid: [groups as u32, map.parts as u32, 1],
        work: Work { flops: 13 * (map.points * map.points) as u64, bytes: map.bytes() + map.sums() },
    })
}

/// `sums` of [`tsne_repulse`] to the sum of w over all pairs, in [`TSNE_TOTALS`] parts: `totals`.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small or there are too many points.
pub fn tsne_total(at: &str, map: TsneMap, sums: Slice, totals: Slice) -> Result<Dispatch> {
    holds(at, sums, map.sums())?;
    holds(at, totals, 4 * TSNE_TOTALS as u64)?;
    loops(at, map.fours().div_ceil(TSNE_TOTALS) * (map.parts + 1))?;
    let params = shader::tsne_total::Params { points: map.points as u32, fours: map.fours() as u32, parts: map.parts as u32 };
    Ok(Dispatch {
        label: at.to_owned(),
        shader: &TSNE_TOTAL,
        params: bytemuck::bytes_of(&params).to_vec(),
        buffers: vec![sums, totals],
        grid: [1, 1, 1],
        work: Work { flops: (map.parts * map.points) as u64, bytes: map.sums() / 3 },
    })
}

/// Who is drawn to whom: a graph in rows.
#[derive(Debug, Clone, Copy)]
pub struct TsneEdges {
    /// How many there are.
    pub count: usize,
    /// Of one point at most.
    pub most: usize,
    /// `[N + 1]` u32: where a point's edges begin.
    pub rows: Slice,
    /// `[count]` of (u32, f32): the other, below N, and p.
    pub edges: Slice,
}

/// What [`tsne_repulse`] and [`tsne_total`] found of the same places.
#[derive(Debug, Clone, Copy)]
pub struct TsneSums {
    /// `[parts, 3, N]` f32.
    pub sums: Slice,
    /// `[64]` f32.
    pub totals: Slice,
}

/// A step of the descent: `places` to `output`, another buffer; `motion` `[N, 4]` f32, the last step and the gains, 0 and 1 before the first, is updated.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small or a point has too many edges.
pub fn tsne_move(
    at: &str,
    map: TsneMap,
    step: TsneStep,
    [places, output]: [Slice; 2],
    edges: TsneEdges,
    of: TsneSums,
    motion: Slice,
) -> Result<Dispatch> {
    let sizes = [
        (places, map.bytes()),
        (output, map.bytes()),
        (edges.rows, 4 * (map.points + 1) as u64),
        (edges.edges, 8 * edges.count as u64),
        (of.sums, map.sums()),
        (of.totals, 4 * TSNE_TOTALS as u64),
        (motion, 16 * map.points as u64),
    ];
    for (slice, bytes) in sizes {
        holds(at, slice, bytes)?;
    }
    loops(at, edges.most + map.parts + TSNE_TOTALS)?;
    let params = shader::tsne_move::Params {
        points: map.points as u32,
        fours: map.fours() as u32,
        parts: map.parts as u32,
        exaggeration: step.exaggeration,
        momentum: step.momentum,
        rate: step.rate,
        most: step.most,
    };
    let buffers = vec![places, edges.rows, edges.edges, of.sums, of.totals, motion, output];
    let work = Work { flops: 9 * edges.count as u64, bytes: 16 * edges.count as u64 + map.sums() };
    one_a_item(at, &TSNE_MOVE, params, buffers, 4 * map.fours(), work)
}
