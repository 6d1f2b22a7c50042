//! Weighted fusion of members x crops.

use super::{View, holds, one_a_item, same};
use crate::error::{Error, Result};
use crate::gpu::shader::{FUSE, fuse::Params};
use crate::gpu::{Dispatch, Slice, Work};

/// `probabilities` `[member x face x crop, classes]` and `weights` `[member]` to `fused` `[face, 1 + member, classes]` f32: the weighted mean
/// calibrated by `temperature`, then each member's mean over its crops.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree or a buffer is too small.
pub fn fuse(
    at: &str,
    probabilities: View,
    weights: Slice,
    members: usize,
    crops: usize,
    temperature: f64,
    fused: Slice,
) -> Result<Dispatch> {
    same(at, "pixels", probabilities.pixels(), 1)?;
    if members == 0 || crops == 0 || !probabilities.images.is_multiple_of(members * crops) {
        return Err(Error::shape(at, format!("{} images of {members} members and {crops} crops", probabilities.images)));
    }
    let (faces, classes) = (probabilities.images / (members * crops), probabilities.channels);
    probabilities.check(at)?;
    holds(at, weights, 4 * members as u64)?;
    holds(at, fused, (4 * faces * (1 + members) * classes) as u64)?;
    let params = Params {
        faces: faces as u32,
        members: members as u32,
        crops: crops as u32,
        classes: classes as u32,
        exponent: (1.0 / temperature) as f32,
    };
    let work = Work { flops: 2 * probabilities.vec4s() as u64 * 4, bytes: probabilities.size() };
    one_a_item(at, FUSE.of(probabilities.precision), params, vec![probabilities.slice, weights, fused], faces * classes, work)
}
