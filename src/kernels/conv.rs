//! Convolution: which variant, how its weights are packed, and its dispatch.

use super::tiling::{MOST_PARTIAL, Tiling};
use super::{View, holds, loops, same, tensors};
use crate::error::{Error, Result};
use crate::gpu::shader::{self, BindingKind, Shader, conv_direct::Params};
use crate::gpu::{Capabilities, Dispatch, Slice, Work, grid};
use crate::precision::Precision;
use crate::tensor::Tensor;
use crate::window::Window;

/// Channels that a stem reads at most: those of an image, in one vec4.
const STEM_CHANNELS: usize = 3;

/// The kernels that convolve; one table, each tested against the same twin. Those of the dense ones have another text for images; a kernel of its own for 1 x 1
/// was measured to be no faster on lavapipe, and tiles count taps and channels together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variant {
    /// CPU adapters with subgroups of 8 lanes.
    Broadcast8,
    /// CPU adapters with subgroups of 4 lanes.
    Broadcast4,
    /// CPU adapters without subgroups.
    Direct,
    /// GPUs: tiles in workgroup memory, of 128 x 128 to 32 x 32: see [`Tiling`].
    Tile,
    /// GPUs that share the processor's memory: tiles, by the rule of 64 x 64 and 32 x 32.
    SmallTile,
    /// GPUs with cooperative matrices, for tensors in f16: tiles of 128 x 128 to 32 x 32.
    Matrix,
    /// Groups that are not whole vec4s.
    Grouped,
    /// One channel a group.
    Depthwise,
}

impl Variant {
    /// Every variant.
    pub const ALL: [Self; 8] = [
        Self::Broadcast8,
        Self::Broadcast4,
        Self::Direct,
        Self::Tile,
        Self::SmallTile,
        Self::Matrix,
        Self::Grouped,
        Self::Depthwise,
    ];

    /// The shader; of tiles the one of 64 x 64.
    pub fn shader(self) -> &'static Shader {
        match self {
            Self::Broadcast8 => &shader::CONV_BROADCAST_8,
            Self::Broadcast4 => &shader::CONV_BROADCAST_4,
            Self::Direct => &shader::CONV_DIRECT,
            Self::Tile | Self::SmallTile => &shader::CONV_TILE_64,
            Self::Matrix => &shader::CONV_MATRIX_64,
            Self::Grouped => &shader::CONV_GROUPED,
            Self::Depthwise => &shader::CONV_DEPTHWISE,
        }
    }

    /// The shader for images, tensors of at most [`STEM_CHANNELS`] channels, where it has one of its own: see [`Tiling`] for those of tiles.
    fn stem(self) -> Option<&'static Shader> {
        match self {
            Self::Broadcast8 => Some(&shader::CONV_BROADCAST_8_STEM),
            Self::Broadcast4 => Some(&shader::CONV_BROADCAST_4_STEM),
            Self::Direct => Some(&shader::CONV_DIRECT_STEM),
            Self::Tile | Self::SmallTile | Self::Matrix | Self::Grouped | Self::Depthwise => None,
        }
    }

    /// How it reads its weights.
    pub fn weights(self) -> BindingKind {
        self.shader().kind("weights")
    }

    /// How its weights lie in a network of `precision`: those that are read one by one stay f32.
    pub fn stored(self, precision: Precision) -> Precision {
        if self == Self::Grouped { Precision::F32 } else { precision }
    }

    /// Output channels / 4 of one tile of the packed weights; `None` where they are packed without tiles.
    pub(super) fn tile(self) -> Option<usize> {
        match self {
            Self::Broadcast8 => Some(8),
            Self::Broadcast4 => Some(4),
            Self::Direct => Some(2),
            Self::Tile | Self::SmallTile | Self::Matrix => Some(8),
            Self::Grouped | Self::Depthwise => None,
        }
    }

    /// Pixels of one workgroup.
    fn pixels(self) -> u32 {
        match self {
            Self::Broadcast8 | Self::Broadcast4 => 32,
            Self::Direct => 128,
            Self::Tile | Self::SmallTile | Self::Matrix | Self::Grouped | Self::Depthwise => 64,
        }
    }

    /// Whether it works in tiles that [`Tiling`] divides.
    pub fn is_tiled(self) -> bool {
        matches!(self, Self::Tile | Self::SmallTile | Self::Matrix)
    }

    /// Whether the variant computes a convolution of these channels and groups of tensors in `precision` on an adapter of these capabilities.
    pub fn fits(self, capabilities: Capabilities, precision: Precision, [from, to]: [usize; 2], groups: usize) -> bool {
        let runs = match self {
            Self::Broadcast8 => capabilities.lanes == 8,
            Self::Broadcast4 => capabilities.lanes == 4,
            Self::Matrix => capabilities.matrices,
            _ => true,
        };
        runs && self.holds(precision) && self.computes(from, to, groups)
    }

    /// Whether it computes with tensors in `precision`.
    fn holds(self, precision: Precision) -> bool {
        self != Self::Matrix || precision == Precision::F16
    }

    /// Whether the variant computes a convolution of these channels and groups.
    fn computes(self, in_channels: usize, out_channels: usize, groups: usize) -> bool {
        match self {
            Self::Grouped => true,
            Self::Depthwise => groups == in_channels && groups == out_channels,
            _ => groups == 1 || ((in_channels / groups).is_multiple_of(4) && (out_channels / groups).is_multiple_of(4)),
        }
    }

    /// The variant for an adapter and tensors in `precision`: a rule from its facts.
    pub fn choose(capabilities: Capabilities, precision: Precision, channels: [usize; 2], groups: usize) -> Self {
        let fits = |variant: Self| variant.fits(capabilities, precision, channels, groups);
        let dense: &[Self] = match capabilities {
            Capabilities { cpu: true, .. } => &[Self::Broadcast8, Self::Broadcast4, Self::Direct],
            Capabilities { integrated: true, .. } => &[Self::Matrix, Self::SmallTile],
            _ => &[Self::Matrix, Self::Tile],
        };
        if groups > 1 && fits(Self::Depthwise) {
            return Self::Depthwise;
        }
        dense.iter().copied().find(|&variant| fits(variant)).unwrap_or(Self::Grouped)
    }
}

/// Weights of every member, packed for one variant.
#[derive(Debug, Clone)]
pub struct Packed {
    /// For the shader's `weights`, in the precision of [`Variant::stored`].
    pub weights: Vec<f32>,
    /// `[member, O/4]` vec4.
    pub bias: Vec<f32>,
}

/// Packed weights on the GPU.
#[derive(Debug, Clone, Copy)]
pub struct ConvWeights {
    /// The variant they are packed for.
    pub variant: Variant,
    /// [`Packed::weights`].
    pub weights: Slice,
    /// [`Packed::bias`].
    pub bias: Slice,
}

/// One convolution of every member.
#[derive(Debug, Clone, Copy)]
pub struct Conv {
    /// Members that share the network; images are counted member by member.
    pub members: usize,
    /// Output channels.
    pub out_channels: usize,
    /// The window.
    pub window: Window,
    /// Groups; both channel counts are multiples of it.
    pub groups: usize,
    /// ReLU at the end.
    pub relu: bool,
    /// First output channel / 4: where the slice of a concatenation starts.
    pub out_c4_offset: usize,
    /// The first and the number of the channels that are read, whole vec4s, where the input holds those of others too: without groups.
    pub reads: Option<[usize; 2]>,
    /// How the tiled variants divide it; by their rule where `None`.
    pub tiling: Option<Tiling>,
}

impl Variant {
    /// Packs one weight `[O, C / groups, kh, kw]` and bias `[O]` a member.
    ///
    /// # Errors
    /// [`Error::Shape`] where the members differ or the channels do not divide into the groups.
    pub fn pack(self, at: &str, members: &[(&Tensor, &[f32])], groups: usize) -> Result<Packed> {
        let Some((first, _)) = members.first() else { return Err(Error::shape(at, "no member")) };
        let &[out_channels, group_in, kh, kw] = &first.shape[..] else {
            return Err(Error::shape(at, format!("a convolution's weight is [O, C / groups, kh, kw], not {:?}", first.shape)));
        };
        if groups == 0 || out_channels == 0 || !out_channels.is_multiple_of(groups) {
            return Err(Error::shape(at, format!("{out_channels} output channels do not divide into {groups} groups")));
        }
        let group_out = out_channels / groups;
        let mut packed = Packed { weights: Vec::new(), bias: Vec::new() };
        for (weight, bias) in members {
            if weight.shape != first.shape || bias.len() != out_channels {
                return Err(Error::shape(
                    at,
                    format!("members differ: weights {:?} and {:?}, bias {}", first.shape, weight.shape, bias.len()),
                ));
            }
            let value = |o: usize, c: usize, y: usize, x: usize| weight.data[((o * group_in + c) * kh + y) * kw + x];
            packed.bias.extend_from_slice(bias);
            packed.bias.resize(packed.bias.len().next_multiple_of(4), 0.0);
            match self.tile() {
                Some(tile) => {
                    for group in 0..groups {
                        for first_out in (0..group_out).step_by(4 * tile) {
                            for (y, x) in (0..kh).flat_map(|y| (0..kw).map(move |x| (y, x))) {
                                for c in 0..group_in.next_multiple_of(4) {
                                    packed.weights.extend((first_out..first_out + 4 * tile).map(|o| {
                                        if o < group_out && c < group_in { value(group * group_out + o, c, y, x) } else { 0.0 }
                                    }));
                                }
                            }
                        }
                    }
                }
                None if self == Self::Depthwise => {
                    for (y, x) in (0..kh).flat_map(|y| (0..kw).map(move |x| (y, x))) {
                        packed.weights.extend(
                            (0..out_channels.next_multiple_of(4)).map(|o| if o < out_channels { value(o, 0, y, x) } else { 0.0 }),
                        );
                    }
                }
                None => {
                    for o in 0..out_channels {
                        for (y, x) in (0..kh).flat_map(|y| (0..kw).map(move |x| (y, x))) {
                            packed.weights.extend((0..group_in).map(|c| value(o, c, y, x)));
                        }
                    }
                }
            }
        }
        Ok(packed)
    }
}

/// What every kind of convolution tells its shader of `images` of a member: sizes and the window; the rest is zero.
pub(super) fn params(members: usize, images: usize, input: View, output: View, window: Window) -> Params {
    let n = |value: usize| value as u32;
    Params {
        images: n(images),
        members: n(members),
        parts: 1,
        together: n(images),
        in_height: n(input.height),
        in_width: n(input.width),
        in_c4: n(input.c4()),
        out_height: n(output.height),
        out_width: n(output.width),
        out_c4: n(output.c4()),
        kernel_height: n(window.kernel[0]),
        kernel_width: n(window.kernel[1]),
        stride_y: n(window.stride[0]),
        stride_x: n(window.stride[1]),
        pad_top: n(window.pad[0]),
        pad_left: n(window.pad[1]),
        dilation_y: n(window.dilation[0]),
        dilation_x: n(window.dilation[1]),
        ..Params::default()
    }
}

impl Conv {
    /// Channels of `input` that are read.
    pub(super) fn in_channels(&self, input: View) -> usize {
        self.reads.map_or(input.channels, |[_, channels]| channels)
    }

    /// The first of them / 4.
    pub(super) fn in_c4_offset(&self) -> usize {
        self.reads.map_or(0, |[first, _]| first / 4)
    }

    /// Bytes of `input` that are read.
    pub(super) fn in_bytes(&self, input: View) -> u64 {
        View { channels: self.in_channels(input), ..input }.size()
    }

    /// Checks what does not depend on the method; the tensors' precision.
    pub(super) fn check(&self, at: &str, input: View, residual: Option<View>, output: View) -> Result<Precision> {
        let (members, groups, channels) = (self.members, self.groups, self.in_channels(input));
        if members == 0 || groups == 0 || !channels.is_multiple_of(groups) || !self.out_channels.is_multiple_of(groups) {
            return Err(Error::shape(at, format!("{channels} -> {} channels in {groups} groups", self.out_channels)));
        }
        if let Some([first, count]) = self.reads
            && (groups > 1 || !first.is_multiple_of(4) || !count.is_multiple_of(4) || first + count > input.channels)
        {
            let all = input.channels;
            return Err(Error::shape(at, format!("{count} channels at {first} of {all} in {groups} groups")));
        }
        same(at, "images of input and output", input.images, output.images)?;
        if !input.images.is_multiple_of(members) || self.out_c4_offset + self.out_channels.div_ceil(4) > output.c4() {
            return Err(Error::shape(
                at,
                format!("{} images of {members} members, channels {} at {}", input.images, self.out_channels, self.out_c4_offset),
            ));
        }
        let precision = tensors(at, &[input, output, residual.unwrap_or(input)])?;
        if let Some(residual) = residual {
            same(at, "residual channels", residual.channels, self.out_channels)?;
            same(at, "residual pixels", residual.images * residual.pixels(), output.images * output.pixels())?;
        }
        Ok(precision)
    }

    /// How `variant` divides it, where it is a tiled one: `images` of all members, `output` rows and columns, `channels` of the input.
    fn tiled(&self, variant: Variant, images: usize, output: [usize; 2], channels: usize, most_parts: usize) -> Option<Tiling> {
        if !variant.is_tiled() {
            return None;
        }
        let (members, groups) = (self.members.max(1), self.groups.max(1));
        let slabs =
            (self.window.kernel[0] * self.window.kernel[1] * (channels / groups).next_multiple_of(4)).div_ceil(variant.slab());
        let pixels = images / members * output[0] * output[1];
        // Sums of many parts take memory, by the rule and by what was measured: what has many pixels needs none.
        let most = MOST_PARTIAL / (16 * images * output[0] * output[1] * self.out_channels.div_ceil(4)).max(1);
        let most = most.min(most_parts).max(1);
        let rule = || Tiling::choose(variant, members * groups, [pixels, self.out_channels / groups], slabs, most);
        let tiling = self.tiling.unwrap_or_else(rule);
        Some(Tiling { parts: tiling.parts.min(most), ..tiling })
    }

    /// The tiles of the rule, with the sum in one part.
    pub(super) fn whole(&self, variant: Variant, images: usize, output: [usize; 2], channels: usize) -> Option<Tiling> {
        self.tiled(variant, images, output, channels, 1)
    }

    /// Bytes that the dispatches work with besides their tensors: sums of the parts of a split one; else 0.
    pub fn workspace(&self, variant: Variant, images: usize, output: [usize; 2], channels: usize) -> u64 {
        match self.tiled(variant, images, output, channels, usize::MAX) {
            Some(Tiling { parts: parts @ 2.., .. }) => {
                View::bytes(Precision::F32, parts * images, self.out_channels, output[0], output[1])
            }
            _ => 0,
        }
    }

    /// The dispatches: `input` `[members x images, C, H, W]` to `output`, which may have more channels than this convolution makes.
    ///
    /// # Errors
    /// [`Error::Shape`] where sizes disagree or a buffer is too small; `workspace` of [`Conv::workspace`] bytes is needed where that is not 0.
    pub fn dispatches(
        &self,
        at: &str,
        input: View,
        weights: ConvWeights,
        residual: Option<View>,
        output: View,
        workspace: Option<Slice>,
    ) -> Result<Vec<Dispatch>> {
        let variant = weights.variant;
        let (members, groups, window) = (self.members, self.groups, self.window);
        let out_c4 = self.out_channels.div_ceil(4);
        let precision = self.check(at, input, residual, output)?;
        let vec4 = precision.vec4() as usize;
        let channels = self.in_channels(input);
        if !variant.computes(channels, self.out_channels, groups)
            || !variant.holds(precision)
            || (self.reads.is_some() && variant.tile().is_none())
        {
            let (out, precision) = (self.out_channels, precision.name());
            return Err(Error::shape(at, format!("{variant:?} of {channels} -> {out} channels in {groups} groups, {precision}")));
        }
        let [out_height, out_width] = window.output(at, [input.height, input.width], false)?;
        same(at, "output rows", out_height, output.height)?;
        same(at, "output columns", out_width, output.width)?;
        let (kh, kw) = (window.kernel[0], window.kernel[1]);
        let (group_in, group_out) = (channels / groups, self.out_channels / groups);
        // Elements of the shader's `weights` of one member, and the sizes of a group in the units that the variant counts in.
        let (weights_stride, element, params_in, params_out) = match variant.tile() {
            Some(tile) => {
                let tiles = groups * group_out.div_ceil(4 * tile);
                (tiles * kh * kw * group_in.div_ceil(4) * 4 * tile, vec4, group_in.div_ceil(4), group_out.div_ceil(4))
            }
            None if variant == Variant::Depthwise => (kh * kw * input.c4(), vec4, 1, 1),
            None => (self.out_channels * kh * kw * group_in, 4, group_in, group_out),
        };
        // The grouped kernel computes four channels in turn, each with a loop over taps.
        loops(
            at,
            if variant == Variant::Grouped { 4 * kh * (kw * (group_in + 1) + 1) } else { kh * (kw * (params_in + 1) + 1) },
        )?;
        let weights_bytes = element as u64 * members as u64 * weights_stride as u64;
        holds(at, weights.weights, weights_bytes)?;
        holds(at, weights.bias, (16 * members * out_c4) as u64)?;
        let images = input.images / members;
        let pixels = (images * output.pixels()) as u64;
        let tiling = self.tiled(variant, input.images, [output.height, output.width], channels, usize::MAX);
        let stem = groups == 1 && self.reads.is_none() && channels <= STEM_CHANNELS;
        let shader = match tiling {
            None => variant.stem().filter(|_| stem).unwrap_or(variant.shader()).of(precision),
            Some(tiling) => {
                let shader = tiling.shader(variant, precision, stem);
                shader.ok_or_else(|| Error::shape(at, format!("there is no {tiling:?}")))?
            }
        };
        let parts = tiling.map_or(1, |tiling| tiling.parts);
        let grid = match variant.tile() {
            _ if let Some(Tiling { side, parts, .. }) = tiling => {
                let layers = members * groups * group_out.div_ceil(side) * parts;
                grid(pixels, side as u32, layers as u64)?
            }
            Some(tile) => grid(pixels, variant.pixels(), (members * groups * group_out.div_ceil(4 * tile)) as u64)?,
            None => grid(pixels * out_c4 as u64, variant.pixels(), members as u64)?,
        };
        let taps = (kh * kw * group_in) as u64;
        let outputs = output.images as u64 * output.pixels() as u64 * self.out_channels as u64;
        let n = |value: usize| value as u32;
        let params = Params {
            in_c4_offset: n(self.in_c4_offset()),
            out_c4_offset: n(self.out_c4_offset),
            groups: n(groups),
            group_in: n(params_in),
            group_out: n(params_out),
            weights_stride: n(weights_stride),
            bias_stride: n(out_c4),
            relu: u32::from(self.relu),
            residual: u32::from(residual.is_some()),
            parts: n(parts),
            ..params(members, images, input, output, window)
        };
        let bound = residual.map_or(weights.bias, |r| r.slice);
        let whole = Dispatch {
            label: at.to_owned(),
            shader,
            params: bytemuck::bytes_of(&params).to_vec(),
            buffers: vec![weights.bias, bound, output.slice, input.slice, weights.weights],
            grid,
            work: Work {
                flops: 2 * outputs * taps,
                bytes: self.in_bytes(input) + residual.map_or(0, |r| r.size()) + precision.vec4() / 4 * outputs + weights_bytes,
            },
        };
        if parts == 1 {
            return Ok(vec![whole]);
        }
        let bytes = self.workspace(variant, input.images, [output.height, output.width], channels);
        let Some(partial) = workspace else { return Err(Error::shape(at, "a split convolution has nowhere to put its parts")) };
        holds(at, partial, bytes)?;
        let partial = Slice { size: bytes, ..partial };
        let count = members * images * output.pixels() * out_c4;
        let reduce = Dispatch {
            label: at.to_owned(),
            shader: shader::CONV_REDUCE.of(precision),
            params: whole.params.clone(),
            buffers: vec![weights.bias, bound, output.slice, partial],
            grid: super::grid(count as u64, shader::CONV_REDUCE.workgroup[0], 1)?,
            work: Work { flops: 0, bytes: 2 * bytes },
        };
        Ok(vec![Dispatch { buffers: vec![partial, input.slice, weights.weights], ..whole }, reduce])
    }
}
