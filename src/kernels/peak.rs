//! The adapter's own ceilings, measured beside every benchmark: a chain of multiply-adds and a copy.

use super::{holds, one_a_item};
use crate::error::Result;
use crate::gpu::shader::{PEAK_COPY, PEAK_FMA, peak_copy, peak_fma};
use crate::gpu::{Dispatch, Slice, Work};

/// Multiply-adds of one round of one invocation: 3 chains of 8 vec4s.
const ROUND: u64 = 3 * 8 * 4;

/// `rounds` of multiply-adds by `invocations`; `input` `[2]` vec4 is the factor and the term, `output` `[invocations]` vec4.
///
/// # Errors
/// [`crate::Error::Shape`] where a buffer is too small.
pub fn peak_fma(invocations: usize, rounds: u32, input: Slice, output: Slice) -> Result<Dispatch> {
    holds("peak_fma", input, 32)?;
    holds("peak_fma", output, 16 * invocations as u64)?;
    let params = peak_fma::Params { invocations: invocations as u32, rounds };
    let work = Work { flops: 2 * ROUND * u64::from(rounds) * invocations as u64, bytes: 16 * invocations as u64 };
    one_a_item("peak_fma", &PEAK_FMA, params, vec![input, output], invocations, work)
}

/// `count` vec4s from `input` to `output`.
///
/// # Errors
/// [`crate::Error::Shape`] where a buffer is too small.
pub fn peak_copy(count: usize, input: Slice, output: Slice) -> Result<Dispatch> {
    holds("peak_copy", input, 16 * count as u64)?;
    holds("peak_copy", output, 16 * count as u64)?;
    let params = peak_copy::Params { count: count as u32 };
    one_a_item("peak_copy", &PEAK_COPY, params, vec![input, output], count, Work { flops: 0, bytes: 32 * count as u64 })
}
