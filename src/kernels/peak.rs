//! The adapter's own ceilings, measured beside every benchmark: a chain of multiply-adds, one of cooperative matrices, and a copy.

use super::{holds, one_a_item};
use crate::error::Result;
use crate::gpu::shader::{PEAK_COPY, PEAK_FMA, PEAK_MATRIX, peak_copy, peak_fma, peak_matrix};
use crate::gpu::{Dispatch, Slice, Work};

/// Multiply-adds of one round of one invocation: 3 chains of 8 vec4s.
const ROUND: u64 = 3 * 8 * 4;

/// `rounds` of multiply-adds by `invocations`; `input` `[2]` vec4 begins with the factor and, its second, with the term, `output` `[invocations]` vec4.
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

/// Multiply-adds of one round of one workgroup: 4 warps, of each 4 chains of 8 products of 16 x 16 x 16.
const MATRIX_ROUND: u64 = 4 * 4 * 8 * 16 * 16 * 16;

/// `rounds` of products of the two 16 x 16 f16 matrices of `input`, which `workgroups` of four warps add up: `output` `[workgroups, 4, 16, 16]` f32.
///
/// # Errors
/// [`crate::Error::Shape`] where a buffer is too small.
pub fn peak_matrix(workgroups: usize, rounds: u32, input: Slice, output: Slice) -> Result<Dispatch> {
    holds("peak_matrix", input, 2 * 16 * 16 * 2)?;
    let bytes = 4 * 4 * 16 * 16 * workgroups as u64;
    holds("peak_matrix", output, bytes)?;
    let params = peak_matrix::Params { workgroups: workgroups as u32, rounds };
    let work = Work { flops: 2 * MATRIX_ROUND * u64::from(rounds) * workgroups as u64, bytes };
    let invocations = workgroups * PEAK_MATRIX.workgroup[0] as usize;
    one_a_item("peak_matrix", &PEAK_MATRIX, params, vec![input, output], invocations, work)
}

/// `count` vec4s from `input` to `output`, `rounds` times.
///
/// # Errors
/// [`crate::Error::Shape`] where a buffer is too small.
pub fn peak_copy(count: usize, rounds: u32, input: Slice, output: Slice) -> Result<Dispatch> {
    holds("peak_copy", input, 16 * count as u64)?;
    holds("peak_copy", output, 16 * count as u64)?;
    let params = peak_copy::Params { count: count as u32, rounds };
    let all = count * rounds as usize;
    one_a_item("peak_copy", &PEAK_COPY, params, vec![input, output], all, Work { flops: 0, bytes: 32 * all as u64 })
}
