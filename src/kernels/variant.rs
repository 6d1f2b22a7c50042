//! Variants of the convolution: which there are, what each computes, and how its weights are packed.

use crate::error::{Error, Result};
use crate::gpu::Capabilities;
use crate::gpu::shader::{self, BindingKind, Shader};
use crate::tensor::{Precision, Tensor};

/// Channels that a stem reads at most: those of an image, in one vec4.
pub(super) const STEM_CHANNELS: usize = 3;

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

    /// The shader for images, tensors of at most [`STEM_CHANNELS`] channels, where it has one of its own: see [`super::Tiling`] for those of tiles.
    pub(super) fn stem(self) -> Option<&'static Shader> {
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
    pub(super) fn pixels(self) -> u32 {
        match self {
            Self::Broadcast8 | Self::Broadcast4 => 32,
            Self::Direct => 128,
            Self::Tile | Self::SmallTile | Self::Matrix | Self::Grouped | Self::Depthwise => 64,
        }
    }

    /// Whether it works in tiles that [`super::Tiling`] divides.
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
    pub(super) fn holds(self, precision: Precision) -> bool {
        self != Self::Matrix || precision == Precision::F16
    }

    /// Whether the variant computes a convolution of these channels and groups.
    pub(super) fn computes(self, in_channels: usize, out_channels: usize, groups: usize) -> bool {
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
