//! Variants of the convolution: which there are, what each computes, and how its weights are packed.

use crate::error::{Error, Result};
use crate::gpu::Capabilities;
use crate::gpu::shader::{self, BindingKind, Shader};
use crate::operators::Window;
use crate::tensor::{Precision, Tensor};

/// Channels that a stem reads at most: those of an image, in one vec4.
pub(super) const STEM_CHANNELS: usize = 3;

/// The kernels that convolve; one table, each tested against the same twin. Those of the dense ones have another text for images; a kernel of its own for 1 x 1
/// was measured to be no faster on lavapipe, and tiles count taps and channels together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Variant {
    /// CPU adapters with subgroups of 8 lanes.
    Broadcast8,
    /// The same for few output channels: tiles of 4 output vec4s.
    Broadcast8x4,
    /// Tiles of 2 output vec4s.
    Broadcast8x2,
    /// CPU adapters with subgroups of 4 lanes.
    Broadcast4,
    /// CPU adapters without subgroups.
    Direct,
    /// GPUs: tiles in workgroup memory, of 128 x 128 to 32 x 32: see [`super::Tiling`].
    Tile,
    /// GPUs that share the processor's memory: tiles, by the rule of 64 x 64 and 32 x 32.
    SmallTile,
    /// GPUs with cooperative matrices, for tensors in f16: tiles of 128 x 128 to 32 x 32.
    Matrix,
    /// Groups that are not whole vec4s.
    Grouped,
    /// One channel a group.
    Depthwise,
    /// One channel a group, windows of 3 x 3 and 5 x 5 with stride 1 or 2: CPU adapters that read fast through storage textures.
    DepthwiseImage,
    /// The same for those that read faster through sampled textures.
    DepthwiseTexture,
}

impl Variant {
    /// Every variant.
    pub const ALL: [Self; 12] = [
        Self::Broadcast8,
        Self::Broadcast8x4,
        Self::Broadcast8x2,
        Self::Broadcast4,
        Self::Direct,
        Self::Tile,
        Self::SmallTile,
        Self::Matrix,
        Self::Grouped,
        Self::Depthwise,
        Self::DepthwiseImage,
        Self::DepthwiseTexture,
    ];

    /// The shader; of tiles the one of 64 x 64, of those for some windows the one of 3 x 3 with stride 1.
    pub fn shader(self) -> &'static Shader {
        match self {
            Self::Broadcast8 => &shader::CONV_BROADCAST_8,
            Self::Broadcast8x4 => &shader::CONV_BROADCAST_8X4,
            Self::Broadcast8x2 => &shader::CONV_BROADCAST_8X2,
            Self::Broadcast4 => &shader::CONV_BROADCAST_4,
            Self::Direct => &shader::CONV_DIRECT,
            Self::Tile | Self::SmallTile => &shader::CONV_TILE_64,
            Self::Matrix => &shader::CONV_MATRIX_64,
            Self::Grouped => &shader::CONV_GROUPED,
            Self::Depthwise => &shader::CONV_DEPTHWISE,
            Self::DepthwiseImage => &shader::CONV_DEPTHWISE_IMAGE_3,
            Self::DepthwiseTexture => &shader::CONV_DEPTHWISE_TEXTURE_3,
        }
    }

    /// The shader for a window; `None` where the variant does not compute it.
    pub(super) fn of_window(self, window: Window) -> Option<&'static Shader> {
        let [three, three_2, five, five_2] = match self {
            Self::DepthwiseImage => [
                &shader::CONV_DEPTHWISE_IMAGE_3,
                &shader::CONV_DEPTHWISE_IMAGE_3_2,
                &shader::CONV_DEPTHWISE_IMAGE_5,
                &shader::CONV_DEPTHWISE_IMAGE_5_2,
            ],
            Self::DepthwiseTexture => [
                &shader::CONV_DEPTHWISE_TEXTURE_3,
                &shader::CONV_DEPTHWISE_TEXTURE_3_2,
                &shader::CONV_DEPTHWISE_TEXTURE_5,
                &shader::CONV_DEPTHWISE_TEXTURE_5_2,
            ],
            _ => return Some(self.shader()),
        };
        match (window.kernel, window.stride, window.dilation) {
            ([3, 3], [1, 1], [1, 1]) => Some(three),
            ([3, 3], [2, 2], [1, 1]) => Some(three_2),
            ([5, 5], [1, 1], [1, 1]) => Some(five),
            ([5, 5], [2, 2], [1, 1]) => Some(five_2),
            _ => None,
        }
    }

    /// Rows and columns of the output that an invocation computes, where those are several.
    pub(super) fn block(self) -> Option<[usize; 2]> {
        matches!(self, Self::DepthwiseImage | Self::DepthwiseTexture).then_some([2, 4])
    }

    /// Whether it computes one channel a group.
    pub fn is_depthwise(self) -> bool {
        matches!(self, Self::Depthwise | Self::DepthwiseImage | Self::DepthwiseTexture)
    }

    /// The shader for images, tensors of at most [`STEM_CHANNELS`] channels, where it has one of its own: see [`super::Tiling`] for those of tiles.
    pub(super) fn stem(self) -> Option<&'static Shader> {
        match self {
            Self::Broadcast8 => Some(&shader::CONV_BROADCAST_8_STEM),
            Self::Broadcast4 => Some(&shader::CONV_BROADCAST_4_STEM),
            Self::Direct => Some(&shader::CONV_DIRECT_STEM),
            _ => None,
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
            Self::Broadcast4 | Self::Broadcast8x4 => Some(4),
            Self::Direct | Self::Broadcast8x2 => Some(2),
            Self::Tile | Self::SmallTile | Self::Matrix => Some(8),
            Self::Grouped | Self::Depthwise | Self::DepthwiseImage | Self::DepthwiseTexture => None,
        }
    }

    /// Pixels of one workgroup.
    pub(super) fn pixels(self) -> u32 {
        match self {
            Self::Broadcast8 | Self::Broadcast4 => 32,
            Self::Direct => 128,
            Self::DepthwiseImage | Self::DepthwiseTexture => 32,
            Self::Broadcast8x4 | Self::Broadcast8x2 => 64,
            Self::Tile | Self::SmallTile | Self::Matrix | Self::Grouped | Self::Depthwise => 64,
        }
    }

    /// Whether it works in tiles that [`super::Tiling`] divides.
    pub fn is_tiled(self) -> bool {
        matches!(self, Self::Tile | Self::SmallTile | Self::Matrix)
    }

    /// Whether the variant computes a convolution of these channels, window and groups of tensors in `precision` on an adapter of these capabilities.
    pub fn fits(
        self,
        capabilities: Capabilities,
        precision: Precision,
        [from, to]: [usize; 2],
        window: Window,
        groups: usize,
    ) -> bool {
        let runs = match self {
            Self::Broadcast8 | Self::Broadcast8x4 | Self::Broadcast8x2 => capabilities.lanes == 8,
            Self::Broadcast4 => capabilities.lanes == 4,
            Self::Matrix => capabilities.matrices,
            _ => true,
        };
        runs && self.holds(precision) && self.computes(from, to, groups) && self.of_window(window).is_some()
    }

    /// Whether it computes with tensors in `precision`.
    pub(super) fn holds(self, precision: Precision) -> bool {
        self != Self::Matrix || precision == Precision::F16
    }

    /// Whether the variant computes a convolution of these channels and groups.
    pub(super) fn computes(self, in_channels: usize, out_channels: usize, groups: usize) -> bool {
        match self {
            Self::Grouped => true,
            _ if self.is_depthwise() => groups == in_channels && groups == out_channels,
            _ => groups == 1 || ((in_channels / groups).is_multiple_of(4) && (out_channels / groups).is_multiple_of(4)),
        }
    }

    /// Output vec4s of a tile with 8 lanes: what is beyond the last channel is computed too, and a tile of 4 takes 0.6 of the time of one of 8, of 2 0.35
    /// (lavapipe, 1 x 1 convolutions of 8 to 64 channels).
    fn tile_of_8([from, to]: [usize; 2], groups: usize) -> usize {
        if from <= STEM_CHANNELS {
            return 8;
        }
        let outputs = (to / groups.max(1)).div_ceil(4);
        let cost = |&(tile, each): &(usize, usize)| outputs.div_ceil(tile) * each;
        [(8, 20), (4, 12), (2, 7)].into_iter().min_by_key(cost).map_or(8, |(tile, _)| tile)
    }

    /// The variant for an adapter and tensors in `precision`: a rule from its facts.
    pub fn choose(capabilities: Capabilities, precision: Precision, channels: [usize; 2], window: Window, groups: usize) -> Self {
        let fits = |variant: Self| variant.fits(capabilities, precision, channels, window, groups);
        let dense: &[Self] = match capabilities {
            Capabilities { cpu: true, lanes: 8, .. } => match Self::tile_of_8(channels, groups) {
                2 => &[Self::Broadcast8x2],
                4 => &[Self::Broadcast8x4],
                _ => &[Self::Broadcast8],
            },
            Capabilities { cpu: true, .. } => &[Self::Broadcast4, Self::Direct],
            Capabilities { integrated: true, .. } => &[Self::Matrix, Self::SmallTile],
            _ => &[Self::Matrix, Self::Tile],
        };
        let depthwise: &[Self] = match capabilities {
            Capabilities { cpu: true, lanes: 8, .. } => &[Self::DepthwiseImage, Self::Depthwise],
            Capabilities { cpu: true, .. } => &[Self::DepthwiseTexture, Self::Depthwise],
            _ => &[Self::Depthwise],
        };
        if let Some(variant) = depthwise.iter().copied().find(|&variant| groups > 1 && fits(variant)) {
            return variant;
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
                None if self.is_depthwise() => {
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
