//! Values from other places of the same image: transpose, slice and pad, and reshape along with them.

use super::{View, one_a_item, same, tensors};
use crate::error::Result;
use crate::gpu::shader::{REARRANGE, rearrange::Params};
use crate::gpu::{Dispatch, Work};
use crate::operators::{Axis, Beyond, Rearrange};

/// `input` to `output`, whose logical order is that of `to`'s axes.
///
/// # Errors
/// [`crate::Error::Shape`] where sizes disagree or a buffer is too small.
pub fn rearrange(at: &str, to: &Rearrange, input: View, output: View) -> Result<Dispatch> {
    same(at, "images", input.images, output.images)?;
    same(at, "values of the output", to.count(), output.channels * output.pixels())?;
    to.check(at, input.channels * input.pixels())?;
    let precision = tensors(at, &[input, output])?;
    let axis = |i: usize| to.axes.len().checked_sub(i + 1).map(|i| to.axes[i]);
    let low = |of: fn(Axis) -> i64| [0, 1, 2, 3].map(|i| axis(i).map_or(0, of) as i32);
    let high = |of: fn(Axis) -> i64| [4, 5, 6, 7].map(|i| axis(i).map_or(0, of) as i32);
    let size = |axis: Axis| axis.size as i64;
    let (before, within) = (|axis: Axis| axis.before as i64, |axis: Axis| axis.within as i64);
    let params = Params {
        images: input.images as u32,
        in_channels: input.channels as u32,
        in_pixels: input.pixels() as u32,
        out_channels: output.channels as u32,
        out_pixels: output.pixels() as u32,
        rank: to.axes.len() as u32,
        beyond: match to.beyond {
            Beyond::Constant(_) => 0,
            Beyond::Reflect => 1,
            Beyond::Edge => 2,
        },
        value: if let Beyond::Constant(value) = to.beyond { value } else { 0.0 },
        first: to.first as i32,
        size_low: low(size).map(|n| n as u32),
        size_high: high(size).map(|n| n as u32),
        stride_low: low(|axis| axis.stride),
        stride_high: high(|axis| axis.stride),
        before_low: low(before),
        before_high: high(before),
        within_low: low(within),
        within_high: high(within),
        ..Params::default()
    };
    let work = Work { flops: 0, bytes: 2 * output.size() };
    one_a_item(at, REARRANGE.of(precision), params, vec![input.slice, output.slice], output.vec4s(), work)
}
