//! Pooling.

use super::{View, holds, loops, one_a_item, same, tensors};
use crate::error::{Error, Result};
use crate::gpu::shader::{
    self, BindingKind, FRACTIONAL_MAX_POOL, GLOBAL_AVERAGE, POOL, POOL_IMAGE, global_average::Params as GlobalParams,
    pool::Params,
};
use crate::gpu::{Dispatch, Slice, Work};
use crate::operators::{Pooling, Window, check_window};

/// Outputs side by side of one invocation of the shader for texels.
const RUN: usize = 4;

/// One pooling.
#[derive(Debug, Clone, Copy)]
pub struct Pool {
    /// What a window becomes.
    pub pooling: Pooling,
    /// The window.
    pub window: Window,
    /// Sizes round up.
    pub ceil: bool,
    /// How the input is read: [`super::reads`] says what is fast.
    pub reads: BindingKind,
}

/// `input` `[N, C, H, W]` to `output` `[N, C, OH, OW]`.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree, a window lies wholly in the padding, or a buffer is too small.
pub fn pool(at: &str, pool: Pool, input: View, output: View) -> Result<Dispatch> {
    let Pool { pooling, window, ceil, reads } = pool;
    let [height, width] = check_window(at, pooling, window, [input.height, input.width], ceil)?;
    same(at, "output rows", height, output.height)?;
    same(at, "output columns", width, output.width)?;
    same(at, "images", input.images, output.images)?;
    same(at, "channels", input.channels, output.channels)?;
    let precision = tensors(at, &[input, output])?;
    check_steps(at, window.kernel)?;
    let columns = window.stride[1].saturating_mul(RUN - 1).saturating_add(window.kernel[1]);
    // Windows that are spread along a row share no columns.
    let image = reads == BindingKind::Image && window.dilation[1] == 1 && check_steps(at, [window.kernel[0], columns]).is_ok();
    let n = |value: usize| value as u32;
    let params = Params {
        images: n(input.images),
        c4: n(input.c4()),
        in_height: n(input.height),
        in_width: n(input.width),
        out_height: n(height),
        out_width: n(width),
        kernel_height: n(window.kernel[0]),
        kernel_width: n(window.kernel[1]),
        stride_y: n(window.stride[0]),
        stride_x: n(window.stride[1]),
        pad_top: n(window.pad[0]),
        pad_left: n(window.pad[1]),
        pad_bottom: n(window.pad[2]),
        pad_right: n(window.pad[3]),
        dilation_y: n(window.dilation[0]),
        dilation_x: n(window.dilation[1]),
        average: u32::from(pooling != Pooling::Max),
        count_include_pad: u32::from(pooling == Pooling::Average { count_include_pad: true }),
    };
    let work = Work {
        flops: 4 * output.vec4s() as u64 * window.kernel[0] as u64 * window.kernel[1] as u64,
        bytes: input.size() + output.size(),
    };
    let (shader, width) = if image { (&POOL_IMAGE, width.div_ceil(RUN)) } else { (&POOL, width) };
    let items = output.images * height * width * output.c4();
    one_a_item(at, shader.of(precision), params, vec![output.slice, input.slice], items, work)
}

/// Checks that one invocation goes over a window of `kernel`.
pub(crate) fn check_steps(at: &str, kernel: [usize; 2]) -> Result<()> {
    loops(at, kernel[0].saturating_mul(kernel[1].saturating_add(1)))
}

/// `input` `[N, C, H, W]` to `output` `[N, C]`.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree or a buffer is too small.
pub fn global_average(at: &str, input: View, output: View) -> Result<Dispatch> {
    same(at, "images", input.images, output.images)?;
    same(at, "channels", input.channels, output.channels)?;
    same(at, "output pixels", output.pixels(), 1)?;
    let precision = tensors(at, &[input, output])?;
    loops(at, input.pixels())?;
    let params = GlobalParams { images: input.images as u32, c4: input.c4() as u32, pixels: input.pixels() as u32 };
    let work = Work { flops: 4 * input.vec4s() as u64, bytes: input.size() + output.size() };
    one_a_item(at, GLOBAL_AVERAGE.of(precision), params, vec![input.slice, output.slice], output.vec4s(), work)
}

/// `input` `[N, C, H, W]` to `output` `[N, C, OH, OW]`: the largest value of every window of `kernel`; `starts` has the first row of every window
/// and then the first column, u32, as [`crate::operators::fractional_starts`] gives them.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree or a buffer is too small.
pub fn fractional_max_pool(at: &str, kernel: [usize; 2], starts: Slice, input: View, output: View) -> Result<Dispatch> {
    same(at, "images", input.images, output.images)?;
    same(at, "channels", input.channels, output.channels)?;
    if kernel.contains(&0) || kernel[0] > input.height || kernel[1] > input.width {
        return Err(Error::shape(at, format!("a window of {kernel:?} in {} x {}", input.height, input.width)));
    }
    let precision = tensors(at, &[input, output])?;
    holds(at, starts, 4 * (output.height + output.width) as u64)?;
    check_steps(at, kernel)?;
    let n = |value: usize| value as u32;
    let params = shader::fractional_max_pool::Params {
        images: n(input.images),
        c4: n(input.c4()),
        in_height: n(input.height),
        in_width: n(input.width),
        out_height: n(output.height),
        out_width: n(output.width),
        kernel_height: n(kernel[0]),
        kernel_width: n(kernel[1]),
    };
    let work =
        Work { flops: 4 * output.vec4s() as u64 * kernel[0] as u64 * kernel[1] as u64, bytes: input.size() + output.size() };
    one_a_item(at, FRACTIONAL_MAX_POOL.of(precision), params, vec![input.slice, starts, output.slice], output.vec4s(), work)
}
