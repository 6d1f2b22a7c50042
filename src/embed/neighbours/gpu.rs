//! Scores and the best of them on a GPU: a product of matrices a tile, and the lists of every query after each.

use std::ops::Range;

use super::metric::{Candidate, MOST_QUERIES};
use crate::error::Result;
use crate::gpu::{Buffer, Gpu, Plan, Recording, Slice};
use crate::kernels::{self, Dense, DenseVariant, Lists, MOST_LISTED, ScoredRows, Variant, View};
use crate::operators::{Activation, Window};
use crate::tensor::{Precision, Tensor};

/// Lists of a query, on an adapter in software and on a GPU, which has more to do at once: the fewer, the fewer rows enter one.
const LANES: [usize; 2] = [1, 32];
/// Rows of a tile, a list: the scores of a tile for [`MOST_QUERIES`] are 2 to 64 MiB.
const ROWS_A_LANE: usize = 512;
/// Plans kept ready.
const MOST_PLANS: usize = 2;

/// Vectors on a GPU. Every tile is a buffer, or a texture, of its own, so that no binding is too small for many vectors.
#[derive(Debug)]
pub(super) struct OnGpu {
    gpu: Gpu,
    size: usize,
    lanes: usize,
    variant: DenseVariant,
    convolution: Variant,
    tiles: Vec<Tile>,
    plans: Vec<([usize; 2], Ready)>,
}

#[derive(Debug)]
struct Tile {
    rows: Range<usize>,
    /// Outputs / 4 of a tile of the packed weights.
    packed: usize,
    weights: Buffer,
    bias: Buffer,
}

#[derive(Debug)]
struct Ready {
    plan: Plan,
    queries: Slice,
}

impl OnGpu {
    pub fn new(gpu: &Gpu, [rows, size]: [usize; 2], prepared: impl Fn(Range<usize>) -> (Vec<f32>, Vec<f32>)) -> Result<Self> {
        let capabilities = gpu.capabilities();
        let lanes = if capabilities.cpu { LANES[0] } else { LANES[1] };
        let variant = DenseVariant::choose(capabilities);
        let convolution = Variant::choose(capabilities, Precision::F32, [64, 64], Window::square(1, 1), 1);
        let most = Lists { queries: 1, lanes, most: MOST_LISTED }.most_rows();
        // Of long vectors a tile has fewer rows: what a binding holds.
        let held = (gpu.most_for(variant.weights(), Precision::F32) / (4 * size.next_multiple_of(4)) as u64) as usize;
        let each = (ROWS_A_LANE * lanes).min(most).min(held).next_multiple_of(128).max(128);
        let mut tiles = Vec::new();
        for first in (0..rows).step_by(each) {
            let rows = first..(first + each).min(rows);
            let packed = variant.tile(rows.len());
            let (vectors, added) = prepared(rows.clone());
            let weight = Tensor::new(vec![rows.len(), size], vectors)?;
            let weights = kernels::pack_dense("vectors", &weight, 1, packed)?;
            let weights = gpu.upload_for(variant.weights(), Precision::F32, "vectors", &weights)?;
            let bias = gpu.upload("halved squares", bytemuck::cast_slice(&kernels::packed_bias(&added)))?;
            tiles.push(Tile { rows, packed, weights, bias });
        }
        Ok(Self { gpu: gpu.clone(), size, lanes, variant, convolution, tiles, plans: Vec::new() })
    }

    /// The `most` best rows of each of `queries` `[Q, size]`, Q no more than [`MOST_QUERIES`].
    pub fn search(&mut self, queries: &[f32], most: usize) -> Result<Vec<Vec<Candidate>>> {
        let count = queries.len() / self.size;
        debug_assert!(count <= MOST_QUERIES);
        let padded: Vec<f32> =
            queries.chunks_exact(self.size).flat_map(|query| kernels::packed(query, [self.size, 1, 1])).collect();
        let ready = self.ready([count, most])?;
        let answers = ready.plan.run(&[(ready.queries, bytemuck::cast_slice(&padded))])?;
        let entries: Vec<[u32; 2]> = answers.first().map(|bytes| bytemuck::pod_collect_to_vec(bytes)).unwrap_or_default();
        let of = |entries: &[[u32; 2]]| {
            let there = entries.iter().filter(|[_, row]| *row != u32::MAX);
            there.map(|&[score, row]| (f32::from_bits(score), row)).collect()
        };
        Ok(entries.chunks_exact(most).take(count).map(of).collect())
    }

    fn ready(&mut self, key: [usize; 2]) -> Result<&mut Ready> {
        if let Some(at) = self.plans.iter().position(|(own, _)| *own == key) {
            return Ok(&mut self.plans[at].1);
        }
        if self.plans.len() >= MOST_PLANS {
            self.plans.remove(0);
        }
        let ready = self.record(key)?;
        let at = self.plans.len();
        self.plans.push((key, ready));
        Ok(&mut self.plans[at].1)
    }

    fn record(&self, [queries, most]: [usize; 2]) -> Result<Ready> {
        let at = "nearest neighbours";
        let precision = Precision::F32;
        let lists = Lists { queries, lanes: self.lanes, most };
        let mut recording = Recording::default();
        let size = View::bytes(precision, queries, self.size, 1, 1);
        let input = View {
            slice: recording.upload("queries", size),
            images: queries,
            channels: self.size,
            height: 1,
            width: 1,
            precision,
        };
        let largest = self.tiles.iter().map(|tile| tile.rows.len()).max().unwrap_or(0);
        let scores = recording.slab("scores", View::bytes(precision, queries, largest, 1, 1));
        let kept = recording.slab("lists", lists.bytes());
        let merged = recording.slab("nearest", lists.merged_bytes());
        let layers: Vec<Dense> = self.tiles.iter().map(|tile| self.layer(&mut recording, tile)).collect();
        let needs = layers.iter().map(|layer| layer.workspace(queries, input.c4())).max().unwrap_or(0);
        let workspace = (needs > 0).then(|| recording.slab("workspace", needs));
        for (tile, layer) in self.tiles.iter().zip(layers) {
            let output = View { slice: scores, channels: tile.rows.len(), ..input };
            for dispatch in kernels::dense(at, layer, input, output, workspace)? {
                recording.dispatch(dispatch);
            }
            let rows = ScoredRows { first: tile.rows.start, count: tile.rows.len(), begins: tile.rows.start == 0 };
            recording.dispatch(kernels::nearest_select(at, lists, rows, scores, kept)?);
        }
        recording.dispatch(kernels::nearest_merge(at, lists, kept, merged)?);
        recording.read(merged);
        Ok(Ready { plan: Plan::new(&self.gpu, recording)?, queries: input.slice })
    }

    fn layer(&self, recording: &mut Recording, tile: &Tile) -> Dense {
        Dense {
            variant: self.variant,
            tiles: self.convolution,
            members: 1,
            outputs: (0, tile.rows.len()),
            tile: tile.packed,
            weights: recording.shared("vectors", &tile.weights),
            bias: recording.shared("halved squares", &tile.bias),
            activation: Activation::None,
        }
    }
}
