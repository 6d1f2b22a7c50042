//! Products of matrices, one a channel: the heads of attention.

use super::{View, loops, one_a_item, same, tensors};
use crate::error::Result;
use crate::gpu::shader::{MATMUL, matmul::Params};
use crate::gpu::{Dispatch, Work};

/// `left` `[N, C, M, K]` times `right` `[N, C, K, P]` to `output` `[N, C, M, P]`.
///
/// # Errors
/// [`crate::Error::Shape`] where sizes disagree or a buffer is too small.
pub fn matmul(at: &str, left: View, right: View, output: View) -> Result<Dispatch> {
    let (rows, depth, columns) = (left.height, left.width, right.width);
    for (what, one, other) in [
        ("images", left.images, right.images),
        ("matrices", left.channels, right.channels),
        ("columns and rows", depth, right.height),
        ("output images", left.images, output.images),
        ("output matrices", left.channels, output.channels),
        ("output rows", rows, output.height),
        ("output columns", columns, output.width),
    ] {
        same(at, what, one, other)?;
    }
    let precision = tensors(at, &[left, right, output])?;
    loops(at, depth)?;
    let n = |value: usize| value as u32;
    let params = Params { images: n(left.images), rows: n(rows), depth: n(depth), columns: n(columns), c4: n(left.c4()) };
    let work = Work { flops: 8 * output.vec4s() as u64 * depth as u64, bytes: left.size() + right.size() + output.size() };
    one_a_item(at, MATMUL.of(precision), params, vec![left.slice, right.slice, output.slice], output.vec4s(), work)
}
