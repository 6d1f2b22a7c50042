//! Kernels that go over a tensor once: unary, binary with broadcast, affine, softmax.

use super::{View, holds, loops, one_a_item, same, tensors};
use crate::error::{Error, Result};
use crate::gpu::shader::{self, AFFINE, ARG_MAX, BINARY, PRELU, SOFTMAX, UNARY};
use crate::gpu::{Dispatch, Slice, Work};
use crate::operators::{Activation, Binary, Unary};
use crate::tensor::Precision;

/// Channels whose numbers, from 0 on, an f16 holds exactly.
const MOST_IN_F16: usize = 2049;

impl Unary {
    /// The shader's number of it, and its two constants.
    fn code(self) -> (u32, f32, f32) {
        match self {
            Self::Relu => (0, 0.0, 0.0),
            Self::Sigmoid => (1, 0.0, 0.0),
            Self::Tanh => (2, 0.0, 0.0),
            Self::Exp => (3, 0.0, 0.0),
            Self::Sqrt => (4, 0.0, 0.0),
            Self::Abs => (5, 0.0, 0.0),
            Self::LeakyRelu(slope) => (6, slope, 0.0),
            Self::Elu(alpha) => (7, alpha, 0.0),
            Self::Clip(least, most) => (8, least, most),
            Self::HardSigmoid(alpha, beta) => (9, alpha, beta),
            Self::HardSwish => (10, 0.0, 0.0),
            Self::Log => (11, 0.0, 0.0),
            Self::Erf => (12, 0.0, 0.0),
            Self::Gelu => (13, 0.0, 0.0),
            Self::GeluTanh => (14, 0.0, 0.0),
            Self::Softplus => (15, 0.0, 0.0),
        }
    }
}

fn same_shape(at: &str, left: View, right: View) -> Result<()> {
    same(at, "images", left.images, right.images)?;
    same(at, "channels", left.channels, right.channels)?;
    same(at, "rows", left.height, right.height)?;
    same(at, "columns", left.width, right.width)
}

/// A function of every value of `input`.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree or a buffer is too small.
pub fn unary(at: &str, function: Unary, input: View, output: View) -> Result<Dispatch> {
    same_shape(at, input, output)?;
    let precision = tensors(at, &[input, output])?;
    let (operation, a, b) = function.code();
    let params = shader::unary::Params { count: input.vec4s() as u32, operation, a, b };
    let work = Work { flops: 4 * input.vec4s() as u64, bytes: 2 * input.size() };
    one_a_item(at, UNARY.of(precision), params, vec![input.slice, output.slice], input.vec4s(), work)
}

/// `left` and `right` to `output`; along each of C, H, W a side may have length 1, and along N a part of the output's: a side with one image a
/// member is the same for every image of that member. Then the activation, PReLU by `slopes` `[member, C/4]` vec4.
///
/// # Errors
/// [`Error::Shape`] where sizes neither agree nor are 1, or a buffer is too small or missing.
pub fn binary(
    at: &str,
    function: Binary,
    [left, right]: [View; 2],
    output: View,
    activation: Activation,
    slopes: Option<(usize, Slice)>,
) -> Result<Dispatch> {
    let strides = |side: View| -> Result<[u32; 4]> {
        let stride = |what: &str, length: usize, of: usize, stride: usize| {
            if length == of {
                Ok(stride as u32)
            } else if length == 1 {
                Ok(0)
            } else {
                Err(Error::shape(at, format!("{what}: {length} does not broadcast to {of}")))
            }
        };
        Ok([
            (side.pixels() * side.c4()) as u32,
            stride("rows", side.height, output.height, side.width * side.c4())?,
            stride("columns", side.width, output.width, side.c4())?,
            stride("channels", side.channels, output.channels, 1)?,
        ])
    };
    let precision = tensors(at, &[left, right, output])?;
    let repeat = |side: View| match output.images.checked_div(side.images) {
        Some(repeat) if repeat * side.images == output.images => Ok(repeat as u32),
        _ => Err(Error::shape(at, format!("{} images do not repeat to {}", side.images, output.images))),
    };
    let (code, [slope, least, most]) = activation.code();
    let members = slopes.map_or(1, |(members, _)| members);
    if members == 0 || !output.images.is_multiple_of(members) || (activation == Activation::Prelu && slopes.is_none()) {
        return Err(Error::shape(at, format!("{activation:?} of {} images of {members} members", output.images)));
    }
    if let Some((members, slopes)) = slopes {
        holds(at, slopes, (16 * members * output.c4()) as u64)?;
    }
    let params = shader::binary::Params {
        images: output.images as u32,
        height: output.height as u32,
        width: output.width as u32,
        c4: output.c4() as u32,
        left: strides(left)?,
        right: strides(right)?,
        left_single: u32::from(left.channels == 1 && output.channels > 1),
        right_single: u32::from(right.channels == 1 && output.channels > 1),
        operation: match function {
            Binary::Add => 0,
            Binary::Mul => 1,
            Binary::Sub => 2,
            Binary::Div => 3,
            Binary::Max => 4,
            Binary::Min => 5,
            Binary::Pow => 6,
        },
        activation: code,
        slope,
        least,
        most,
        members: members as u32,
        channels: output.channels as u32,
        left_repeat: repeat(left)?,
        right_repeat: repeat(right)?,
        ..Default::default()
    };
    let work = Work { flops: 4 * output.vec4s() as u64, bytes: left.size() + right.size() + output.size() };
    // What is not read must hold a vec4 all the same: a slab does, of whose end a tensor in f16 may leave half.
    let anything = Slice { size: right.slice.size.next_multiple_of(16), ..right.slice };
    let slopes = slopes.map_or(anything, |(_, slopes)| slopes);
    let bound = vec![left.slice, right.slice, output.slice, slopes];
    one_a_item(at, BINARY.of(precision), params, bound, output.vec4s(), work)
}

/// x * scale + shift a channel, `scale` and `shift` `[member, C/4]` vec4; then the activation, of PReLU the slopes behind `shift`.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree or a buffer is too small.
pub fn affine(
    at: &str,
    members: usize,
    [scale, shift]: [Slice; 2],
    activation: Activation,
    input: View,
    output: View,
) -> Result<Dispatch> {
    same_shape(at, input, output)?;
    let precision = tensors(at, &[input, output])?;
    if members == 0 || !input.images.is_multiple_of(members) {
        return Err(Error::shape(at, format!("{} images of {members} members", input.images)));
    }
    holds(at, scale, (16 * members * input.c4()) as u64)?;
    holds(at, shift, (16 * activation.bias_parts() * members * input.c4()) as u64)?;
    let (activation, [slope, least, most]) = activation.code();
    let params = shader::affine::Params {
        images: (input.images / members) as u32,
        members: members as u32,
        pixels: input.pixels() as u32,
        c4: input.c4() as u32,
        activation,
        slope,
        least,
        most,
    };
    let work = Work { flops: 8 * input.vec4s() as u64, bytes: 2 * input.size() };
    one_a_item(at, AFFINE.of(precision), params, vec![input.slice, scale, shift, output.slice], input.vec4s(), work)
}

/// x where it is not below 0, elsewhere times `slope` `[member, C/4]` vec4.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree or a buffer is too small.
pub fn prelu(at: &str, members: usize, slope: Slice, input: View, output: View) -> Result<Dispatch> {
    same_shape(at, input, output)?;
    let precision = tensors(at, &[input, output])?;
    if members == 0 || !input.images.is_multiple_of(members) {
        return Err(Error::shape(at, format!("{} images of {members} members", input.images)));
    }
    holds(at, slope, (16 * members * input.c4()) as u64)?;
    let params = shader::prelu::Params {
        images: (input.images / members) as u32,
        members: members as u32,
        pixels: input.pixels() as u32,
        c4: input.c4() as u32,
    };
    let work = Work { flops: 4 * input.vec4s() as u64, bytes: 2 * input.size() };
    one_a_item(at, PRELU.of(precision), params, vec![input.slice, slope, output.slice], input.vec4s(), work)
}

/// Softmax over the channels of every pixel.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree or a buffer is too small.
pub fn softmax(at: &str, input: View, output: View) -> Result<Dispatch> {
    over_channels(at, false, input, output)
}

/// The logarithm of [`softmax`], also where that is too small for a number.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree or a buffer is too small.
pub fn log_softmax(at: &str, input: View, output: View) -> Result<Dispatch> {
    over_channels(at, true, input, output)
}

fn over_channels(at: &str, logarithm: bool, input: View, output: View) -> Result<Dispatch> {
    same_shape(at, input, output)?;
    let precision = tensors(at, &[input, output])?;
    loops(at, 2 * input.channels + input.c4())?;
    let pixels = input.images * input.pixels();
    let params =
        shader::softmax::Params { pixels: pixels as u32, channels: input.channels as u32, logarithm: u32::from(logarithm) };
    let work = Work { flops: 16 * input.vec4s() as u64, bytes: 2 * input.size() };
    one_a_item(at, SOFTMAX.of(precision), params, vec![input.slice, output.slice], pixels, work)
}

/// The channel of the largest value of every pixel, the first of several: `input` `[N, C, H, W]` to `output` `[N, 1, H, W]`.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree, a buffer is too small, or f16 does not hold the numbers of all channels.
pub fn arg_max(at: &str, input: View, output: View) -> Result<Dispatch> {
    same_shape(at, View { channels: 1, ..input }, output)?;
    let precision = tensors(at, &[input, output])?;
    loops(at, input.channels)?;
    if precision == Precision::F16 && input.channels > MOST_IN_F16 {
        return Err(Error::shape(
            at,
            format!("the largest of {} channels: f16 holds numbers up to 2048, use f32", input.channels),
        ));
    }
    let pixels = input.images * input.pixels();
    let params = shader::arg_max::Params { pixels: pixels as u32, channels: input.channels as u32 };
    let work = Work { flops: 4 * input.vec4s() as u64, bytes: input.size() + output.size() };
    one_a_item(at, ARG_MAX.of(precision), params, vec![input.slice, output.slice], pixels, work)
}
