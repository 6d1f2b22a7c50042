//! Kernels that move values: channel slices, logical order to the GPU's layout and back.

use super::{View, holds, one_a_item, same, tensors};
use crate::error::{Error, Result};
use crate::gpu::shader::{self, COPY, PACK, UNPACK};
use crate::gpu::{Dispatch, Slice, Work};

/// All channels of `images` images of `input`, from image `first.0`, to channels `out_channel..` of `output`, from image `first.1`.
///
/// # Errors
/// [`Error::Shape`] where the slice does not fit or a buffer is too small.
pub fn copy(at: &str, input: View, output: View, images: usize, first: (usize, usize), out_channel: usize) -> Result<Dispatch> {
    same(at, "rows", input.height, output.height)?;
    same(at, "columns", input.width, output.width)?;
    let precision = tensors(at, &[input, output])?;
    if out_channel + input.channels > output.channels || first.0 + images > input.images || first.1 + images > output.images {
        return Err(Error::shape(
            at,
            format!("{input:?} does not fit into {output:?} at channel {out_channel}, images {first:?}"),
        ));
    }
    // The part that ends the output zeroes the padding after it.
    let ends = out_channel + input.channels == output.channels;
    let written = if ends { 4 * output.c4() - out_channel } else { input.channels };
    let touched = (out_channel + written).div_ceil(4) - out_channel / 4;
    let count = images * input.pixels() * touched;
    let params = shader::copy::Params {
        images: images as u32,
        pixels: input.pixels() as u32,
        channels: input.channels as u32,
        written: written as u32,
        in_c4: input.c4() as u32,
        out_c4: output.c4() as u32,
        out_offset: out_channel as u32,
        in_first: first.0 as u32,
        out_first: first.1 as u32,
    };
    one_a_item(
        at,
        COPY.of(precision),
        params,
        vec![input.slice, output.slice],
        count,
        Work { flops: 0, bytes: 2 * precision.vec4() * count as u64 },
    )
}

/// One logical image `[C, H, W]` as it lies on the GPU.
pub fn packed(values: &[f32], [channels, height, width]: [usize; 3]) -> Vec<f32> {
    let (pixels, padded) = (height * width, channels.next_multiple_of(4));
    let mut packed = vec![0.0; pixels * padded];
    for (index, &value) in values.iter().take(channels * pixels).enumerate() {
        packed[index % pixels * padded + index / pixels] = value;
    }
    packed
}

/// A bias `[O]` as the kernels read it: whole vec4s.
pub fn packed_bias(values: &[f32]) -> Vec<f32> {
    packed(values, [values.len(), 1, 1])
}

/// Logical `[images, C, H, W]` f32 in `input` to `output`.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small.
pub fn pack(at: &str, input: Slice, output: View) -> Result<Dispatch> {
    let stride = output.channels * output.pixels();
    holds(at, input, (4 * output.images * stride) as u64)?;
    output.check(at)?;
    let params = shader::pack::Params {
        images: output.images as u32,
        pixels: output.pixels() as u32,
        channels: output.channels as u32,
        in_stride: stride as u32,
    };
    one_a_item(
        at,
        PACK.of(output.precision),
        params,
        vec![input, output.slice],
        output.vec4s(),
        Work { flops: 0, bytes: 16 * output.vec4s() as u64 + output.size() },
    )
}

/// `input` to logical `[images, C, H, W]` f32 in `output`, `stride` scalars from one image to the next.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small.
pub fn unpack(at: &str, input: View, output: Slice, stride: usize) -> Result<Dispatch> {
    if stride < input.channels * input.pixels() {
        return Err(Error::shape(at, format!("a stride of {stride} for {} values", input.channels * input.pixels())));
    }
    holds(at, output, (4 * input.images * stride) as u64)?;
    input.check(at)?;
    let params = shader::unpack::Params {
        images: input.images as u32,
        pixels: input.pixels() as u32,
        channels: input.channels as u32,
        out_stride: stride as u32,
    };
    let count = input.images * stride;
    one_a_item(
        at,
        UNPACK.of(input.precision),
        params,
        vec![input.slice, output],
        count,
        Work { flops: 0, bytes: 8 * count as u64 },
    )
}
