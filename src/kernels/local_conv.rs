//! Locally connected layer: a convolution whose every output pixel has weights of its own.

use super::conv::params;
use super::{View, holds, loops, same, tensors};
use crate::error::{Error, Result};
use crate::gpu::shader::{self, BindingKind, Shader, conv_direct::Params};
use crate::gpu::{Capabilities, Dispatch, Slice, Work, grid};
use crate::operators::{Activation, Window};
use crate::tensor::Tensor;

/// The kernels of locally connected layers; one table, each tested against the same twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LocalConvVariant {
    /// CPU adapters with subgroups of 8 lanes: input and weights as texels of storage textures.
    Image,
    /// Other CPU adapters: input and weights as texels.
    Texture,
    /// GPUs: weights streamed from a buffer.
    Stream,
}

/// Outputs / 4 that a workgroup of [`LocalConvVariant::Stream`] computes.
const STREAM_OUTPUTS: usize = 8;

impl LocalConvVariant {
    /// Every variant.
    pub const ALL: [Self; 3] = [Self::Image, Self::Texture, Self::Stream];

    /// The shader for `images`, and for how many of them it reads the weights once.
    fn shader(self, images: usize) -> (usize, &'static Shader) {
        let together = [1, 4, 8].into_iter().find(|&most| most >= images).unwrap_or(8);
        let shader = match (self, together) {
            (Self::Image, 1) => &shader::LOCAL_CONV_IMAGE_1,
            (Self::Image, 4) => &shader::LOCAL_CONV_IMAGE_4,
            (Self::Image, _) => &shader::LOCAL_CONV_IMAGE_8,
            (Self::Texture, 1) => &shader::LOCAL_CONV_TEXTURE_1,
            (Self::Texture, 4) => &shader::LOCAL_CONV_TEXTURE_4,
            (Self::Texture, _) => &shader::LOCAL_CONV_TEXTURE_8,
            (Self::Stream, 1) => &shader::LOCAL_CONV_STREAM_1,
            (Self::Stream, 4) => &shader::LOCAL_CONV_STREAM_4,
            (Self::Stream, _) => &shader::LOCAL_CONV_STREAM_8,
        };
        (together, shader)
    }

    /// How it reads its weights.
    pub fn weights(self) -> BindingKind {
        self.shader(1).1.kind("weights")
    }

    /// Whether it runs on an adapter of these capabilities.
    pub fn fits(self, capabilities: Capabilities) -> bool {
        self != Self::Image || capabilities.lanes == 8
    }

    /// The variant for an adapter: a rule from its facts.
    pub fn choose(capabilities: Capabilities) -> Self {
        match capabilities.cpu {
            false => Self::Stream,
            true if Self::Image.fits(capabilities) => Self::Image,
            true => Self::Texture,
        }
    }
}

/// One locally connected layer of every member.
#[derive(Debug, Clone, Copy)]
pub struct LocalConv {
    /// The kernel.
    pub variant: LocalConvVariant,
    /// Members that share the network; images are counted member by member.
    pub members: usize,
    /// Output channels that this dispatch makes, of all that the output has: large weights are split over several. It starts at a whole vec4, and ends
    /// at one or with the output.
    pub outputs: (usize, usize),
    /// Kernel, stride, pads, dilation.
    pub window: Window,
    /// `[member, OH, OW, kh, kw, C/4, 4, O/4]` vec4, O being those outputs.
    pub weights: Slice,
    /// `[member, OH, OW, O/4]` vec4, and with PReLU behind them `[member, O/4]` slopes.
    pub bias: Slice,
    /// At the end.
    pub activation: Activation,
}

/// Packs the weight `[O, OH, OW, C, kh, kw]` and the bias `[O, OH, OW]` of some outputs of a member: `[OH, OW, kh, kw, C/4, 4, O/4]` and `[OH, OW, O/4]` vec4.
///
/// # Errors
/// [`Error::Shape`] where the weight has other dimensions or the bias does not fit it.
pub fn pack_local_conv(at: &str, weight: &Tensor, bias: &[f32]) -> Result<(Vec<f32>, Vec<f32>)> {
    let &[outputs, rows, columns, channels, kh, kw] = &weight.shape[..] else {
        let shape = &weight.shape;
        return Err(Error::shape(at, format!("a locally connected layer's weight is [O, OH, OW, C, kh, kw], not {shape:?}")));
    };
    let (area, taps) = (rows * columns, kh * kw);
    if bias.len() != outputs * area {
        return Err(Error::shape(at, format!("a bias of {} values for [{outputs}, {rows}, {columns}]", bias.len())));
    }
    let (depth, width) = (channels.next_multiple_of(4), outputs.next_multiple_of(4));
    let mut weights = vec![0.0; area * taps * depth * width];
    for (index, own) in weight.data.chunks_exact((channels * taps).max(1)).enumerate() {
        let (o, place) = (index / area, index % area);
        for (position, &value) in own.iter().enumerate() {
            let (channel, tap) = (position / taps, position % taps);
            weights[((place * taps + tap) * depth + channel) * width + o] = value;
        }
    }
    let mut biases = vec![0.0; area * width];
    for (index, &value) in bias.iter().enumerate() {
        biases[index % area * width + index / area] = value;
    }
    Ok((weights, biases))
}

impl LocalConv {
    /// The dispatch: `input` `[members x images, C, H, W]` to `output` `[members x images, O, OH, OW]`.
    ///
    /// # Errors
    /// [`Error::Shape`] where sizes disagree or a buffer is too small.
    pub fn dispatch(&self, at: &str, input: View, output: View) -> Result<Dispatch> {
        let (members, window, (first, end)) = (self.members, self.window, self.outputs);
        same(at, "images of input and output", input.images, output.images)?;
        if members == 0 || !input.images.is_multiple_of(members) {
            return Err(Error::shape(at, format!("{} images of {members} members", input.images)));
        }
        if first >= end || end > output.channels || !first.is_multiple_of(4) || !(end.is_multiple_of(4) || end == output.channels)
        {
            return Err(Error::shape(at, format!("outputs {first}..{end} of {}", output.channels)));
        }
        let precision = tensors(at, &[input, output])?;
        let [rows, columns] = window.output(at, [input.height, input.width], false)?;
        same(at, "output rows", rows, output.height)?;
        same(at, "output columns", columns, output.width)?;
        let ([kh, kw], c4, out_c4) = (window.kernel, input.c4(), (end - first).div_ceil(4));
        loops(at, kh * (kw * (c4 + 1) + 1))?;
        let (weights_stride, bias_stride) = (output.pixels() * kh * kw * c4 * 4 * out_c4, output.pixels() * out_c4);
        holds(at, self.weights, precision.vec4() * (members * weights_stride) as u64)?;
        let slopes = if self.activation == Activation::Prelu { out_c4 } else { 0 };
        holds(at, self.bias, (16 * members * (bias_stride + slopes)) as u64)?;
        let images = input.images / members;
        let (together, shader) = self.variant.shader(images);
        let shader = shader.of(precision);
        let blocks = members * output.pixels() * images.div_ceil(together);
        let invocations = match self.variant {
            LocalConvVariant::Stream => blocks * out_c4.div_ceil(STREAM_OUTPUTS) * shader.workgroup[0] as usize,
            _ => blocks * out_c4,
        };
        let n = |value: usize| value as u32;
        let (activation, [slope, least, most]) = self.activation.code();
        let params = Params {
            out_c4_offset: n(first / 4),
            group_out: n(out_c4),
            weights_stride: n(weights_stride),
            bias_stride: n(bias_stride),
            activation,
            slope,
            least,
            most,
            ..params(members, images, input, output, window)
        };
        // What lies beyond the edges has weights that are not read.
        let read = window.inside(0, input.height, rows) * window.inside(1, input.width, columns);
        let read = read * members as u64 * (4 * c4 * out_c4) as u64 * precision.vec4();
        let made = output.images as u64 * output.pixels() as u64;
        Ok(Dispatch {
            label: at.to_owned(),
            shader,
            params: bytemuck::bytes_of(&params).to_vec(),
            buffers: vec![self.bias, output.slice, input.slice, self.weights],
            grid: grid(invocations as u64, shader.workgroup[0], 1)?,
            work: Work {
                flops: 2 * made * (end - first) as u64 * (input.channels * kh * kw) as u64,
                bytes: input.size() + made * out_c4 as u64 * precision.vec4() + read + (16 * members * bias_stride) as u64,
            },
        })
    }
}
