//! Stacks of dense flow, as networks read them.

use super::{View, holds, one_a_item, same};
use crate::error::{Error, Result};
use crate::gpu::shader::{self, FLOW_LEVELS, FLOW_STACK};
use crate::gpu::{Dispatch, Slice, Work};
use crate::operators::FlowLevels;

/// Stands in a stack where there is no flow.
pub const NO_FLOW: u32 = u32::MAX;

/// `flow` `[pairs, H, W, 2]` f32 in pixels to `levels` `[slots, H, W]` words, across + 256 down; `slots` `[pairs]` u32 says where each goes, and the caller has
/// checked that there are such.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small.
pub fn flow_levels(
    at: &str,
    pairs: usize,
    pixels: usize,
    how: &FlowLevels,
    flow: Slice,
    slots: Slice,
    levels: Slice,
) -> Result<Dispatch> {
    let count = pairs * pixels;
    holds(at, flow, 8 * count as u64)?;
    holds(at, slots, 4 * pairs as u64)?;
    holds(at, levels, 4 * pixels as u64)?;
    let params =
        shader::flow_levels::Params { pairs: pairs as u32, pixels: pixels as u32, times: how.times, plus: how.plus + 0.5 };
    let work = Work { flops: 4 * count as u64, bytes: 12 * count as u64 };
    one_a_item(at, &FLOW_LEVELS, params, vec![flow, slots, levels], count, work)
}

/// `levels` as of [`flow_levels`] to `output` `[images, 2 flows, H, W]`, (level - `mean`) x `scale`; `stacks` `[images, flows]` u32 says which slots, or [`NO_FLOW`],
/// and the caller has checked that there are such.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree or a buffer is too small.
pub fn flow_stack(
    at: &str,
    how: &FlowLevels,
    [mean, scale]: [f32; 2],
    levels: Slice,
    stacks: Slice,
    output: View,
) -> Result<Dispatch> {
    let flows = output.channels / 2;
    same(at, "channels", 2 * flows, output.channels)?;
    if flows == 0 {
        return Err(Error::shape(at, "a stack without flows".to_owned()));
    }
    holds(at, levels, 4 * output.pixels() as u64)?;
    holds(at, stacks, 4 * (output.images * flows) as u64)?;
    output.check(at)?;
    let params = shader::flow_stack::Params {
        images: output.images as u32,
        pixels: output.pixels() as u32,
        flows: flows as u32,
        missing: f32::from(how.missing),
        mean,
        scale,
    };
    let count = output.vec4s();
    let work = Work { flops: 8 * count as u64, bytes: 8 * count as u64 + output.size() };
    one_a_item(at, FLOW_STACK.of(output.precision), params, vec![levels, stacks, output.slice], count, work)
}
