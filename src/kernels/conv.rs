//! Convolution: its dispatch.

use super::tiling::{MOST_PARTIAL, Tiling};
use super::variant::{STEM_CHANNELS, Variant};
use super::{View, holds, loops, same, tensors};
use crate::error::{Error, Result};
use crate::gpu::shader::{self, conv_direct::Params};
use crate::gpu::{Dispatch, Slice, Work, grid};
use crate::operators::{Activation, Window};
use crate::tensor::Precision;

/// Packed weights on the GPU.
#[derive(Debug, Clone, Copy)]
pub struct ConvWeights {
    /// The variant they are packed for.
    pub variant: Variant,
    /// [`super::Packed::weights`].
    pub weights: Slice,
    /// [`super::Packed::bias`], and behind those of all members the slopes of PReLU where that is the activation: `[member, O/4]` vec4.
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
    /// At the end.
    pub activation: Activation,
    /// First output channel / 4: where the slice of a concatenation starts.
    pub out_c4_offset: usize,
    /// The first and the number of the channels that are read, whole vec4s, where the input holds those of others too: without groups.
    pub reads: Option<[usize; 2]>,
    /// How the tiled variants divide it; by their rule where `None`.
    pub tiling: Option<Tiling>,
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
            let (own, all) = (residual.channels, self.out_channels);
            if own != all && (own > all || !own.is_multiple_of(4)) {
                return Err(Error::shape(
                    at,
                    format!("a residual of {own} channels for {all}: as many, or fewer in whole vec4s"),
                ));
            }
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
        let Some(plain) = variant.of_window(window) else {
            return Err(Error::shape(at, format!("{variant:?} of {window}")));
        };
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
            None if variant.is_depthwise() => (kh * kw * input.c4(), vec4, 1, 1),
            None => (self.out_channels * kh * kw * group_in, 4, group_in, group_out),
        };
        // The grouped kernel computes four channels in turn, each with a loop over taps.
        loops(
            at,
            if variant == Variant::Grouped { 4 * kh * (kw * (group_in + 1) + 1) } else { kh * (kw * (params_in + 1) + 1) },
        )?;
        let weights_bytes = element as u64 * members as u64 * weights_stride as u64;
        holds(at, weights.weights, weights_bytes)?;
        holds(at, weights.bias, (16 * self.activation.bias_parts() * members * out_c4) as u64)?;
        let images = input.images / members;
        let pixels = (images * output.pixels()) as u64;
        let tiling = self.tiled(variant, input.images, [output.height, output.width], channels, usize::MAX);
        let stem = groups == 1 && self.reads.is_none() && channels <= STEM_CHANNELS;
        let shader = match tiling {
            None => variant.stem().filter(|_| stem).unwrap_or(plain).of(precision),
            Some(tiling) => {
                let shader = tiling.shader(variant, precision, stem);
                shader.ok_or_else(|| Error::shape(at, format!("there is no {tiling:?}")))?
            }
        };
        let shader = shader.alone.filter(|_| residual.is_none()).unwrap_or(shader);
        let parts = tiling.map_or(1, |tiling| tiling.parts);
        let grid = match variant.tile() {
            _ if let Some(Tiling { side, parts, .. }) = tiling => {
                let layers = members * groups * group_out.div_ceil(side) * parts;
                grid(pixels, side as u32, layers as u64)?
            }
            Some(tile) => grid(pixels, variant.pixels(), (members * groups * group_out.div_ceil(4 * tile)) as u64)?,
            None => {
                let [down, across] = variant.block().unwrap_or([1; 2]);
                let blocks = images * output.height.div_ceil(down) * output.width.div_ceil(across);
                grid((blocks * out_c4) as u64, variant.pixels(), members as u64)?
            }
        };
        let taps = (kh * kw * group_in) as u64;
        let outputs = output.images as u64 * output.pixels() as u64 * self.out_channels as u64;
        let n = |value: usize| value as u32;
        let (activation, [slope, least, most]) = self.activation.code();
        let params = Params {
            in_c4_offset: n(self.in_c4_offset()),
            out_c4_offset: n(self.out_c4_offset),
            groups: n(groups),
            group_in: n(params_in),
            group_out: n(params_out),
            weights_stride: n(weights_stride),
            bias_stride: n(out_c4),
            activation,
            slope,
            least,
            most,
            residual: n(residual.map_or(0, |view| view.c4())),
            parts: n(parts),
            ..params(members, images, input, output, window)
        };
        // What is read in the place of a residual that there is not lies as one does.
        let nothing = if shader.kind("residual").texels() { input.slice } else { weights.bias };
        let bound = residual.map_or(nothing, |r| r.slice);
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
