//! Local response normalisation across channels.

use super::{View, loops, one_a_item, same, tensors};
use crate::error::Result;
use crate::gpu::shader::{BindingKind, LRN, LRN_IMAGE, lrn::Params};
use crate::gpu::{Dispatch, Work};
use crate::operators::Lrn;

/// `input` `[N, C, H, W]` normalised to `output`; [`super::reads`] says how it is read fast.
///
/// # Errors
/// [`crate::Error::Shape`] where sizes disagree, a value is impossible or a buffer is too small.
pub fn lrn(at: &str, lrn: Lrn, reads: BindingKind, input: View, output: View) -> Result<Dispatch> {
    lrn.check(at)?;
    same(at, "images", input.images, output.images)?;
    same(at, "channels", input.channels, output.channels)?;
    same(at, "rows", input.height, output.height)?;
    same(at, "columns", input.width, output.width)?;
    let precision = tensors(at, &[input, output])?;
    let [before, after] = lrn.reach();
    let vec4s = (lrn.size + 3).div_ceil(4) + 1;
    loops(at, vec4s)?;
    let params = Params {
        count: input.vec4s() as u32,
        c4: input.c4() as u32,
        before: before as u32,
        after: after as u32,
        alpha: (lrn.alpha / lrn.size as f64) as f32,
        beta: lrn.beta as f32,
        k: lrn.k as f32,
    };
    let count = input.vec4s() as u64;
    let work = Work { flops: 4 * count * (2 * lrn.size as u64 + 4), bytes: 2 * input.size() };
    let shader = if reads == BindingKind::Image { &LRN_IMAGE } else { &LRN };
    one_a_item(at, shader.of(precision), params, vec![input.slice, output.slice], input.vec4s(), work)
}
