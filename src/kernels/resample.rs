//! Resized rows and columns.

use super::{View, holds, one_a_item, same, tensors};
use crate::error::Result;
use crate::gpu::shader::{RESAMPLE, resample::Params};
use crate::gpu::{Dispatch, Slice, Work};
use crate::operators::Tap;

/// What the kernel reads: the taps of the output's rows, then of its columns.
pub fn pack_taps(rows: &[Tap], columns: &[Tap]) -> Vec<u32> {
    rows.iter().chain(columns).flat_map(|tap| [tap.first as u32, tap.second as u32, tap.share.to_bits()]).collect()
}

/// `input` `[N, C, H, W]` to `output` `[N, C, OH, OW]` by `taps`, as [`pack_taps`] makes them of taps within H and W.
///
/// # Errors
/// [`crate::Error::Shape`] where sizes disagree or a buffer is too small.
pub fn resample(at: &str, taps: Slice, input: View, output: View) -> Result<Dispatch> {
    same(at, "images", input.images, output.images)?;
    same(at, "channels", input.channels, output.channels)?;
    let precision = tensors(at, &[input, output])?;
    holds(at, taps, 12 * (output.height + output.width) as u64)?;
    let params = Params {
        images: input.images as u32,
        c4: input.c4() as u32,
        in_height: input.height as u32,
        in_width: input.width as u32,
        out_height: output.height as u32,
        out_width: output.width as u32,
    };
    let work = Work { flops: 24 * output.vec4s() as u64, bytes: input.size() + output.size() };
    one_a_item(at, RESAMPLE.of(precision), params, vec![input.slice, taps, output.slice], output.vec4s(), work)
}
