//! Values that lie in the file: float32, float16 and integers, dense and sparse.

use half::f16;

use super::file::Tensor;
use super::names::{BOOL, FLOAT16, FLOAT32, INT32, INT64, ty};
use super::schema::tflite::{Dimension, Sparsity};
use crate::weights::assembly::volume;
use crate::weights::constant::{Constant, Numbers, within};

/// The values of `tensor`, which has at most `most`; `None` where they are not in the file.
pub(super) fn read(tensor: &Tensor<'_>, most: usize) -> Result<Option<Constant>, String> {
    let Some(bytes) = tensor.data else { return Ok(None) };
    let shape = tensor.shape()?;
    let wrong = |count: usize| format!("`{}` has {count} values for the shape {shape:?}", tensor.name);
    let numbers = numbers(tensor.ty, bytes).ok_or_else(|| {
        format!("the values of `{}` are {}: float32, float16, int32, int64 and bool are read", tensor.name, ty(tensor.ty))
    })?;
    let flat = Constant { shape: shape.clone(), numbers };
    let Some(sparsity) = tensor.sparsity else {
        return if flat.count() == volume(&shape) { Ok(Some(flat)) } else { Err(wrong(flat.count())) };
    };
    within(&shape, most)?;
    let dense =
        dense(&sparsity, &shape, flat.count()).ok_or_else(|| format!("the sparse places of `{}` are damaged", tensor.name))?;
    let mut places = vec![usize::MAX; volume(&shape)];
    for (value, place) in dense.into_iter().enumerate() {
        if let Some(at) = places.get_mut(place) {
            *at = value;
        }
    }
    // A place beyond the values reads 0.
    Ok(Some(flat.gather(shape, places.into_iter())))
}

/// Little-endian numbers; `None` of a type that is not read.
fn numbers(number: i8, bytes: &[u8]) -> Option<Numbers> {
    Some(match number {
        FLOAT32 => Numbers::Float(bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect()),
        FLOAT16 => Numbers::Float(bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect()),
        INT32 => Numbers::Int(bytes.chunks_exact(4).map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]).into()).collect()),
        INT64 => Numbers::Int(words(bytes).collect()),
        BOOL => Numbers::Int(bytes.iter().map(|&byte| i64::from(byte != 0)).collect()),
        _ => return None,
    })
}

fn words(bytes: &[u8]) -> impl Iterator<Item = i64> + '_ {
    bytes.chunks_exact(8).map(|b| i64::from_le_bytes([b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7]]))
}

/// A dimension of a sparse tensor, in the order in which it is stored.
enum Level {
    Dense(usize),
    /// Compressed rows: where those of each position above begin, and their indices.
    Sparse(Vec<usize>, Vec<usize>),
}

impl Level {
    fn read(dimension: &Dimension<'_>) -> Option<Self> {
        match dimension.format() {
            0 => usize::try_from(dimension.dense_size()).ok().map(Self::Dense),
            1 => Some(Self::Sparse(
                indices(
                    dimension.array_segments_as_ints().and_then(|list| list.values()).map(|list| list.iter().collect()),
                    dimension.array_segments_as_shorts().and_then(|list| list.values()).map(|list| list.iter().collect()),
                    dimension.array_segments_as_bytes().and_then(|list| list.values()).map(|list| list.bytes().to_vec()),
                )?,
                indices(
                    dimension.array_indices_as_ints().and_then(|list| list.values()).map(|list| list.iter().collect()),
                    dimension.array_indices_as_shorts().and_then(|list| list.values()).map(|list| list.iter().collect()),
                    dimension.array_indices_as_bytes().and_then(|list| list.values()).map(|list| list.bytes().to_vec()),
                )?,
            )),
            _ => None,
        }
    }
}

fn indices(ints: Option<Vec<i32>>, shorts: Option<Vec<u16>>, bytes: Option<Vec<u8>>) -> Option<Vec<usize>> {
    if let Some(ints) = ints {
        return ints.into_iter().map(|index| usize::try_from(index).ok()).collect();
    }
    shorts
        .map(|list| list.into_iter().map(usize::from).collect())
        .or_else(|| bytes.map(|list| list.into_iter().map(usize::from).collect()))
}

/// Where each of `count` stored values lies among those of `shape`: TensorFlow Lite's sparsity, whose dimensions behind those of the tensor are of blocks.
fn dense(sparsity: &Sparsity<'_>, shape: &[usize], count: usize) -> Option<Vec<usize>> {
    let levels = sparsity.dim_metadata()?.iter().map(|dimension| Level::read(&dimension)).collect::<Option<Vec<_>>>()?;
    let index = |list: Option<flatbuffers::Vector<'_, i32>>| {
        list.into_iter().flatten().map(|index| usize::try_from(index).ok()).collect::<Option<Vec<usize>>>()
    };
    let (order, blocks) = (index(sparsity.traversal_order())?, index(sparsity.block_map())?);
    let rank = shape.len();
    let mut sorted = order.clone();
    sorted.sort_unstable();
    // A block has one level of each dimension at most.
    if levels.len() != order.len()
        || levels.len() > 2 * rank.min(8)
        || !sorted.into_iter().eq(0..rank + blocks.len())
        || blocks.iter().any(|&dim| dim >= rank)
    {
        return None;
    }
    // Of every level: the dimension of the tensor, and the step along it.
    let mut steps = vec![(0, 1); order.len()];
    let mut sizes = vec![1_usize; rank];
    for level in (0..order.len()).rev() {
        let place = order.iter().position(|&own| own == level)?;
        let dim = if level < rank { level } else { blocks[level - rank] };
        steps[place] = (dim, sizes[dim]);
        if level >= rank {
            let Level::Dense(size) = levels[place] else { return None };
            sizes[dim] = sizes[dim].checked_mul(size)?;
        }
    }
    // The positions so far: where a level's values begin, and the indices along the tensor's dimensions.
    let mut all: Vec<(usize, Vec<usize>)> = vec![(0, vec![0; rank])];
    for (level, &(dim, step)) in levels.iter().zip(&steps) {
        let mut next = Vec::new();
        for (at, places) in all {
            let range = match level {
                Level::Dense(size) => at.checked_mul(*size)?..at.checked_add(1)?.checked_mul(*size)?,
                Level::Sparse(segments, _) => *segments.get(at)?..*segments.get(at + 1)?,
            };
            for position in range.clone() {
                let index = match level {
                    Level::Dense(_) => position - range.start,
                    Level::Sparse(_, indices) => *indices.get(position)?,
                };
                let mut places = places.clone();
                places[dim] = index.checked_mul(step)?.checked_add(places[dim])?;
                if places[dim] >= shape[dim] || next.len() >= volume(shape) {
                    return None;
                }
                next.push((position, places));
            }
        }
        all = next;
    }
    if all.len() != count {
        return None;
    }
    let flat = |places: Vec<usize>| places.iter().zip(shape).fold(0, |at, (&place, &size)| at * size + place);
    Some(all.into_iter().map(|(_, places)| flat(places)).collect())
}
