//! Transposed convolution.

use super::conv::params;
use super::{View, holds, loops, same, tensors};
use crate::error::{Error, Result};
use crate::gpu::shader::{CONV_TRANSPOSE, conv_direct::Params};
use crate::gpu::{Dispatch, Slice, Work, grid};
use crate::operators::Window;
use crate::tensor::Tensor;

/// One transposed convolution of every member. `window` is that of the convolution it turns around: from the output to the input.
#[derive(Debug, Clone, Copy)]
pub struct ConvTranspose {
    /// Members that share the network; images are counted member by member.
    pub members: usize,
    /// Output channels.
    pub out_channels: usize,
    /// Kernel, stride, pads, dilation.
    pub window: Window,
    /// Groups; both channel counts are multiples of it.
    pub groups: usize,
    /// `[member, O, kh, kw, C / groups]`.
    pub weights: Slice,
    /// `[member, O/4]` vec4.
    pub bias: Slice,
}

/// Packs one weight `[C, O / groups, kh, kw]` and bias `[O]` a member.
///
/// # Errors
/// [`Error::Shape`] where the members differ or the channels do not divide into the groups.
pub fn pack_conv_transpose(at: &str, members: &[(&Tensor, &[f32])], groups: usize) -> Result<(Vec<f32>, Vec<f32>)> {
    let (mut weights, mut biases) = (Vec::new(), Vec::new());
    for (weight, bias) in members {
        let &[channels, group_out, kh, kw] = &weight.shape[..] else {
            return Err(Error::shape(
                at,
                format!("a transposed convolution's weight is [C, O / groups, kh, kw], not {:?}", weight.shape),
            ));
        };
        if groups == 0
            || !channels.is_multiple_of(groups)
            || bias.len() != group_out * groups
            || weight.shape != members[0].0.shape
        {
            return Err(Error::shape(at, format!("weight {:?}, bias {}, {groups} groups", weight.shape, bias.len())));
        }
        let group_in = channels / groups;
        for o in 0..group_out * groups {
            for tap in 0..kh * kw {
                weights.extend(
                    (0..group_in)
                        .map(|c| weight.data[((o / group_out * group_in + c) * group_out + o % group_out) * kh * kw + tap]),
                );
            }
        }
        biases.extend_from_slice(bias);
        biases.resize(biases.len().next_multiple_of(4), 0.0);
    }
    Ok((weights, biases))
}

impl ConvTranspose {
    /// The dispatch: `input` `[members x images, C, H, W]` to `output` `[members x images, O, OH, OW]`; OH and OW may be larger than the windows reach.
    ///
    /// # Errors
    /// [`Error::Shape`] where sizes disagree or a buffer is too small.
    pub fn dispatch(&self, at: &str, input: View, output: View) -> Result<Dispatch> {
        let (members, groups, window) = (self.members, self.groups, self.window);
        if members == 0
            || groups == 0
            || !input.channels.is_multiple_of(groups)
            || !self.out_channels.is_multiple_of(groups)
            || !input.images.is_multiple_of(members)
        {
            let (images, channels) = (input.images, input.channels);
            return Err(Error::shape(
                at,
                format!("{channels} -> {} channels in {groups} groups, {images} images of {members} members", self.out_channels),
            ));
        }
        same(at, "images of input and output", input.images, output.images)?;
        same(at, "output channels", self.out_channels, output.channels)?;
        let precision = tensors(at, &[input, output])?;
        let [kh, kw] = window.kernel;
        let (group_in, group_out) = (input.channels / groups, self.out_channels / groups);
        let weights_stride = self.out_channels * kh * kw * group_in;
        if window.stride.contains(&0) {
            return Err(Error::shape(at, "a stride of 0"));
        }
        loops(at, 4 * kh * (kw * (group_in + 1) + 1))?;
        let weights_bytes = 4 * members as u64 * weights_stride as u64;
        holds(at, self.weights, weights_bytes)?;
        holds(at, self.bias, (16 * members * output.c4()) as u64)?;
        let images = input.images / members;
        let n = |value: usize| value as u32;
        let params = Params {
            groups: n(groups),
            group_in: n(group_in),
            group_out: n(group_out),
            weights_stride: n(weights_stride),
            bias_stride: n(output.c4()),
            ..params(members, images, input, output, window)
        };
        Ok(Dispatch {
            label: at.to_owned(),
            shader: CONV_TRANSPOSE.of(precision),
            params: bytemuck::bytes_of(&params).to_vec(),
            buffers: vec![self.bias, self.bias, output.slice, input.slice, self.weights],
            grid: grid((images * output.pixels() * output.c4()) as u64, CONV_TRANSPOSE.workgroup[0], members as u64)?,
            work: Work {
                flops: 2 * input.images as u64 * input.pixels() as u64 * input.channels as u64 * (group_out * kh * kw) as u64,
                bytes: input.size() + output.size() + weights_bytes,
            },
        })
    }
}
