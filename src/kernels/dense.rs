//! Dense layer.

use super::conv::{Conv, ConvWeights};
use super::variant::Variant;
use super::{View, holds, loops, same, tensors};
use crate::error::{Error, Result};
use crate::gpu::shader::{self, BindingKind, Shader, dense_stream::Params};
use crate::gpu::{Capabilities, Dispatch, Slice, Work, grid};
use crate::operators::{Activation, Window};
use crate::tensor::Tensor;

/// The kernels of dense layers; one table, each tested against the same twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DenseVariant {
    /// CPU adapters with subgroups of 8 lanes: weights as texels.
    Texel8,
    /// CPU adapters with subgroups of 4 lanes.
    Texel4,
    /// CPU adapters without subgroups.
    Direct,
    /// GPUs: weights streamed from a buffer; for more than [`MOST_STREAMED`] images the tiles of a convolution.
    Stream,
}

impl DenseVariant {
    /// Every variant.
    pub const ALL: [Self; 4] = [Self::Texel8, Self::Texel4, Self::Direct, Self::Stream];

    /// The shader for `images`, and for how many of them it reads the weights once.
    fn shader(self, images: usize) -> (usize, &'static Shader) {
        let together = [1, 4, 8].into_iter().find(|&most| most >= images).unwrap_or(8);
        match (self, together) {
            (Self::Texel8, 1) => (1, &shader::DENSE_TEXEL_8X1),
            (Self::Texel8, 4) => (4, &shader::DENSE_TEXEL_8X4),
            (Self::Texel8, _) => (8, &shader::DENSE_TEXEL_8X8),
            (Self::Texel4, 1) => (1, &shader::DENSE_TEXEL_4X1),
            (Self::Texel4, 4) => (4, &shader::DENSE_TEXEL_4X4),
            (Self::Texel4, _) => (8, &shader::DENSE_TEXEL_4X8),
            (Self::Direct, 1) => (1, &shader::DENSE_DIRECT_1),
            (Self::Direct, 4) => (4, &shader::DENSE_DIRECT_4),
            (Self::Direct, _) => (8, &shader::DENSE_DIRECT_8),
            (Self::Stream, 1) => (1, &shader::DENSE_STREAM_1),
            (Self::Stream, 4) => (4, &shader::DENSE_STREAM_4),
            (Self::Stream, _) => (8, &shader::DENSE_STREAM_8),
        }
    }

    /// How it reads its weights.
    pub fn weights(self) -> BindingKind {
        self.shader(1).1.kind("weights")
    }

    /// Outputs / 4 that the invocations of a workgroup share the input of.
    fn lanes(self) -> usize {
        match self {
            Self::Texel8 => 8,
            Self::Texel4 => 4,
            Self::Direct | Self::Stream => 1,
        }
    }

    /// Outputs / 4 of a tile of the weights of a layer of `outputs`.
    pub fn tile(self, outputs: usize) -> usize {
        if self == Self::Stream { STREAM_TILE } else { dense_tile(outputs) }
    }

    /// Whether it runs on an adapter of these capabilities.
    pub fn fits(self, capabilities: Capabilities) -> bool {
        match self {
            Self::Texel8 => capabilities.lanes == 8,
            Self::Texel4 => capabilities.lanes == 4,
            Self::Direct | Self::Stream => true,
        }
    }

    /// The variant for an adapter: a rule from its facts.
    pub fn choose(capabilities: Capabilities) -> Self {
        let order: &[Self] = if capabilities.cpu { &[Self::Texel8, Self::Texel4, Self::Direct] } else { &[Self::Stream] };
        order.iter().copied().find(|variant| variant.fits(capabilities)).unwrap_or(Self::Stream)
    }
}

/// Outputs / 4 of a tile of [`DenseVariant::Stream`]: those of a convolution's packed weights too.
const STREAM_TILE: usize = 8;
/// Images of a member that weights are streamed for.
pub const MOST_STREAMED: usize = 8;

/// One dense layer of every member.
#[derive(Debug, Clone, Copy)]
pub struct Dense {
    /// The kernel.
    pub variant: DenseVariant,
    /// The tiled convolution that [`DenseVariant::Stream`] leaves many images to.
    pub tiles: Variant,
    /// Members that share the network.
    pub members: usize,
    /// Outputs that this dispatch makes, of all that the output has: large weights are split over several. It starts at a whole vec4, and ends
    /// at one or with the output.
    pub outputs: (usize, usize),
    /// Outputs / 4 of a tile of the weights.
    pub tile: usize,
    /// `[member, O/4 / tile, C/4, 4, tile]` vec4.
    pub weights: Slice,
    /// `[member, O/4]` vec4, and with PReLU behind them as many slopes.
    pub bias: Slice,
    /// At the end.
    pub activation: Activation,
}

/// Outputs / 4 of a tile at most: what a workgroup computes together.
const MOST_TILE: usize = 32;

/// Outputs / 4 of a tile of a layer of `outputs`, such that the last tile is as full as it can be.
fn dense_tile(outputs: usize) -> usize {
    let c4 = outputs.div_ceil(4).max(1);
    c4.div_ceil(c4.div_ceil(MOST_TILE))
}

/// Packs rows `[O, C]` of a weight that begin with a tile: `[O/4 / tile, C/4, 4, tile]` vec4. `pixels` is the H x W of a flattened input that lies as
/// [H, W, C/4]: its columns are C x H x W in logical order.
///
/// # Errors
/// [`Error::Shape`] where it is no matrix or the columns do not divide into the pixels.
pub fn pack_dense(at: &str, weight: &Tensor, pixels: usize, tile: usize) -> Result<Vec<f32>> {
    let &[out, columns] = &weight.shape[..] else {
        return Err(Error::shape(at, format!("a dense layer's weight is [O, C], not {:?}", weight.shape)));
    };
    if pixels == 0 || tile == 0 || !columns.is_multiple_of(pixels) {
        return Err(Error::shape(at, format!("{columns} columns do not divide into {pixels} pixels, in tiles of {tile}")));
    }
    let channels = columns / pixels;
    let padded = channels.next_multiple_of(4);
    let mut packed = vec![0.0; out.div_ceil(4 * tile) * pixels * padded * 4 * tile];
    for (o, row) in weight.data.chunks_exact(columns.max(1)).enumerate() {
        let base = o / (4 * tile) * pixels * padded * 4 * tile + o % (4 * tile);
        for (index, &value) in row.iter().enumerate() {
            packed[base + (index % pixels * padded + index / pixels) * 4 * tile] = value;
        }
    }
    Ok(packed)
}

impl Dense {
    /// What many images are to a tiled convolution: one of 1 x 1 whose pixels are the images.
    fn tiled(&self) -> Conv {
        Conv {
            members: self.members,
            out_channels: self.outputs.1 - self.outputs.0,
            window: Window::square(1, 1),
            groups: 1,
            activation: self.activation,
            out_c4_offset: self.outputs.0 / 4,
            reads: None,
            tiling: None,
        }
    }

    fn is_tiled(&self, images: usize) -> bool {
        self.variant == DenseVariant::Stream && images / self.members.max(1) > MOST_STREAMED
    }

    /// Bytes that the dispatches work with besides their tensors, for `images` of all members and a flattened input of `in_c4` vec4s.
    pub fn workspace(&self, images: usize, in_c4: usize) -> u64 {
        if self.is_tiled(images) { self.tiled().workspace(self.tiles, images, [1, 1], 4 * in_c4) } else { 0 }
    }
}

/// `input` `[members x images, C, H, W]` (flattened as it lies) to `output` `[members x images, O]`.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree or a buffer is too small; `workspace` of [`Dense::workspace`] bytes is needed where that is not 0.
pub fn dense(at: &str, layer: Dense, input: View, output: View, workspace: Option<Slice>) -> Result<Vec<Dispatch>> {
    let members = layer.members;
    same(at, "images of input and output", input.images, output.images)?;
    same(at, "output pixels", output.pixels(), 1)?;
    if members == 0 || !input.images.is_multiple_of(members) {
        return Err(Error::shape(at, format!("{} images of {members} members", input.images)));
    }
    let precision = tensors(at, &[input, output])?;
    let (first, end) = layer.outputs;
    if first >= end || end > output.channels || !first.is_multiple_of(4) || !(end.is_multiple_of(4) || end == output.channels) {
        return Err(Error::shape(at, format!("outputs {first}..{end} of {}", output.channels)));
    }
    let in_c4 = input.pixels() * input.c4();
    let out_c4 = (end - first).div_ceil(4);
    loops(at, in_c4)?;
    if layer.tile == 0 || (layer.variant == DenseVariant::Stream && layer.tile != STREAM_TILE) {
        return Err(Error::shape(at, format!("tiles of {} outputs / 4", layer.tile)));
    }
    let weights = precision.vec4() * members as u64 * in_c4 as u64 * 4 * out_c4.next_multiple_of(layer.tile) as u64;
    holds(at, layer.weights, weights)?;
    holds(at, layer.bias, (16 * layer.activation.bias_parts() * members * out_c4) as u64)?;
    let (activation, [slope, least, most]) = layer.activation.code();
    let params = Params {
        images: (input.images / members) as u32,
        members: members as u32,
        in_c4: in_c4 as u32,
        out_c4: out_c4 as u32,
        out_stride: output.c4() as u32,
        out_offset: (first / 4) as u32,
        tile: layer.tile as u32,
        activation,
        slope,
        least,
        most,
    };
    let work = Work {
        flops: 2 * input.images as u64 * input.pixels() as u64 * input.channels as u64 * (end - first) as u64,
        bytes: weights + input.size() + precision.vec4() * output.images as u64 * out_c4 as u64,
    };
    let images = input.images / members;
    if layer.is_tiled(input.images) {
        let flat = View { channels: 4 * in_c4, height: 1, width: 1, ..input };
        let weights = ConvWeights { variant: layer.tiles, weights: layer.weights, bias: layer.bias };
        return layer.tiled().dispatches(at, flat, weights, None, output, workspace);
    }
    let (together, shader) = layer.variant.shader(images);
    let shader = shader.of(precision);
    let blocks = members * images.div_ceil(together);
    let invocations = match layer.variant {
        DenseVariant::Stream => blocks * out_c4.div_ceil(STREAM_TILE) * shader.workgroup[0] as usize,
        variant => blocks * out_c4.next_multiple_of(variant.lanes()),
    };
    Ok(vec![Dispatch {
        label: at.to_owned(),
        shader,
        params: bytemuck::bytes_of(&params).to_vec(),
        buffers: vec![input.slice, layer.weights, layer.bias, output.slice],
        grid: grid(invocations as u64, shader.workgroup[0], 1)?,
        work,
    }])
}
