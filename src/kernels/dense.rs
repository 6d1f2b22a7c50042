//! Dense layer.

use std::ops::Range;

use super::{View, holds, loops, one_a_item, same};
use crate::error::{Error, Result};
use crate::gpu::shader::{DENSE, dense::Params};
use crate::gpu::{Dispatch, Slice, Work};
use crate::tensor::Tensor;

/// One dense layer of every member.
#[derive(Debug, Clone, Copy)]
pub struct Dense {
    /// Members that share the network.
    pub members: usize,
    /// Outputs that this dispatch makes, of all that the output has: large weights are split over several. It starts at a whole vec4, and ends
    /// at one or with the output.
    pub outputs: (usize, usize),
    /// `[member, C/4, 4, O/4]` vec4.
    pub weights: Slice,
    /// `[member, O/4]` vec4.
    pub bias: Slice,
    /// ReLU at the end.
    pub relu: bool,
}

/// Packs one weight `[O, C]` and bias `[O]` a member. `pixels` is the H x W of a flattened input that lies as [H, W, C/4]: its columns are
/// C x H x W in logical order. Gives the weights and the biases of the outputs `part`.
///
/// # Errors
/// [`Error::Shape`] where the members differ.
pub fn pack_dense(at: &str, members: &[(&Tensor, &[f32])], pixels: usize, part: Range<usize>) -> Result<(Vec<f32>, Vec<f32>)> {
    let Some((first, _)) = members.first() else { return Err(Error::shape(at, "no member")) };
    let &[out, columns] = &first.shape[..] else {
        return Err(Error::shape(at, format!("a dense layer's weight is [O, C], not {:?}", first.shape)));
    };
    if pixels == 0 || !columns.is_multiple_of(pixels) {
        return Err(Error::shape(at, format!("{columns} columns do not divide into {pixels} pixels")));
    }
    if part.is_empty() || part.end > out {
        return Err(Error::shape(at, format!("outputs {part:?} of {out}")));
    }
    let channels = columns / pixels;
    let padded = part.start..part.start + part.len().next_multiple_of(4);
    let mut weights = Vec::with_capacity(members.len() * pixels * channels.next_multiple_of(4) * padded.len());
    let mut biases = Vec::new();
    for (weight, bias) in members {
        if weight.shape != first.shape || bias.len() != out {
            return Err(Error::shape(
                at,
                format!("members differ: weights {:?} and {:?}, bias {}", first.shape, weight.shape, bias.len()),
            ));
        }
        for pixel in 0..pixels {
            for c in 0..channels.next_multiple_of(4) {
                weights.extend(
                    padded
                        .clone()
                        .map(|o| if o < part.end && c < channels { weight.data[o * columns + c * pixels + pixel] } else { 0.0 }),
                );
            }
        }
        biases.extend_from_slice(&bias[part.clone()]);
        biases.resize(biases.len().next_multiple_of(4), 0.0);
    }
    Ok((weights, biases))
}

/// `input` `[members x images, C, H, W]` (flattened as it lies) to `output` `[members x images, O]`.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree or a buffer is too small.
pub fn dense(at: &str, layer: Dense, input: View, output: View) -> Result<Dispatch> {
    let members = layer.members;
    same(at, "images of input and output", input.images, output.images)?;
    same(at, "output pixels", output.pixels(), 1)?;
    if members == 0 || !input.images.is_multiple_of(members) {
        return Err(Error::shape(at, format!("{} images of {members} members", input.images)));
    }
    input.check(at)?;
    output.check(at)?;
    let (first, end) = layer.outputs;
    if first >= end || end > output.channels || !first.is_multiple_of(4) || !(end.is_multiple_of(4) || end == output.channels) {
        return Err(Error::shape(at, format!("outputs {first}..{end} of {}", output.channels)));
    }
    let in_c4 = input.pixels() * input.c4();
    let out_c4 = (end - first).div_ceil(4);
    loops(at, in_c4)?;
    let weights = 16 * members * in_c4 * 4 * out_c4;
    holds(at, layer.weights, weights as u64)?;
    holds(at, layer.bias, (16 * members * out_c4) as u64)?;
    let params = Params {
        images: (input.images / members) as u32,
        members: members as u32,
        in_c4: in_c4 as u32,
        out_c4: out_c4 as u32,
        out_stride: output.c4() as u32,
        out_offset: (first / 4) as u32,
        relu: u32::from(layer.relu),
    };
    let work = Work {
        flops: 2 * (input.images * input.pixels() * input.channels * (end - first)) as u64,
        bytes: (weights + 16 * (input.vec4s() + output.images * out_c4)) as u64,
    };
    one_a_item(at, &DENSE, params, vec![input.slice, layer.weights, layer.bias, output.slice], output.images * out_c4, work)
}
