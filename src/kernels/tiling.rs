//! How the tiled convolutions divide their work over workgroups: a rule from sizes, and what is worth measuring.

use super::variant::Variant;
use crate::gpu::Capabilities;
use crate::gpu::shader::{self, Shader};
use crate::tensor::Precision;

/// How a tiled variant divides a convolution over workgroups, and what it adds up in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tiling {
    /// Pixels and output channels of a workgroup: 128, 64 or 32 of both.
    pub side: usize,
    /// Parts of the sum over taps and input channels, each computed by workgroups of its own, and added up by another dispatch where there are several. Tiles of
    /// 128 have one.
    pub parts: usize,
    /// Products and sums of 16 input channels of a tap in f16, sums of those in f32; else all in f32. For tensors in f16, on adapters with such arithmetic; a
    /// sum of 16 beyond 65,504 is infinite. Cooperative matrices have sums of their own.
    pub half: bool,
}

/// Parts at most, and slabs that each has at least.
const MOST_PARTS: usize = 16;
const LEAST_SLABS: usize = 4;
/// Bytes of the sums of all parts at most.
pub(super) const MOST_PARTIAL: usize = 1 << 26;

/// What the rule knows of a GPU, from an H200: its clocks are not another's, but their ratios are those of the tiles.
mod clocks {
    /// Multiprocessors, and those of a GPU that shares the processor's memory.
    pub const CORES: f64 = 128.0;
    pub const FEW_CORES: f64 = 16.0;
    /// Another dispatch, and bytes of sums that all of the GPU moves in a clock.
    pub const DISPATCH: f64 = 10_000.0;
    pub const BYTES: f64 = 1000.0;
}

impl Variant {
    /// Sides of its tiles; of each the clocks of a slab where many tiles share a core, and those that a slab waits for memory where no other tile computes.
    fn sides(self) -> &'static [(usize, f64, f64)] {
        match self {
            Self::Matrix => &[(128, 1550.0, 1000.0), (64, 585.0, 620.0), (32, 250.0, 530.0)],
            Self::SmallTile => &[(64, 950.0, 600.0), (32, 360.0, 600.0)],
            _ => &[(128, 3900.0, 0.0), (64, 950.0, 600.0), (32, 360.0, 600.0)],
        }
    }

    /// Input channels of a slab.
    pub(super) fn slab(self) -> usize {
        if self == Self::Matrix { 32 } else { 16 }
    }
}

impl Tiling {
    /// By a rule from the sizes of one member, pixels and channels: the one that should take the fewest clocks. `layers`: members times groups; `most_parts`: that
    /// there is memory for.
    pub(super) fn choose(variant: Variant, layers: usize, sizes: [usize; 2], slabs: usize, most_parts: usize) -> Self {
        let [pixels, channels] = sizes;
        let cores = if variant == Variant::SmallTile { clocks::FEW_CORES } else { clocks::CORES };
        let cost = |&(side, slab, wait): &(usize, f64, f64), parts: usize| {
            // Sizes of hostile networks may be large: no integer holds their products.
            let [layers, all_parts] = [layers, parts].map(|count| count as f64);
            let tiles = layers * all_parts * pixels.div_ceil(side) as f64 * channels.div_ceil(side) as f64;
            let products = slabs.div_ceil(parts) as f64 * ((tiles / cores).max(1.0) * slab + wait);
            let sums = clocks::DISPATCH + 4.0 * (all_parts + 1.0) * layers * pixels as f64 * channels as f64 / clocks::BYTES;
            if parts > 1 { products + sums } else { products }
        };
        let most = MOST_PARTS.min(slabs / LEAST_SLABS).min(most_parts).max(1);
        let all = variant.sides().iter().flat_map(|side| {
            let parts = if side.0 > 64 { 1 } else { most };
            (1..=parts).map(move |parts| (Self { side: side.0, parts, half: false }, cost(side, parts)))
        });
        all.min_by(|a, b| a.1.total_cmp(&b.1)).map_or(Self { side: 64, parts: 1, half: false }, |(tiling, _)| tiling)
    }

    /// Those that are measured for a tiled variant and tensors in `precision` on an adapter of these capabilities: all sizes, whatever the rule would take.
    pub fn candidates(capabilities: Capabilities, variant: Variant, precision: Precision) -> impl Iterator<Item = Self> {
        let sizes = [(128, 1), (64, 1), (32, 1), (64, 2), (64, 4), (64, 8), (32, 2), (32, 4), (32, 8)];
        let halves = capabilities.arithmetic_f16 && Self::can_be_half(variant, precision);
        let all = sizes.into_iter().map(|(side, parts)| Self { side, parts, half: false });
        all.clone().chain(all.filter(move |_| halves).map(|whole| Self { half: true, ..whole }))
    }

    /// Whether there are such for `variant` and tensors in `precision`.
    fn can_be_half(variant: Variant, precision: Precision) -> bool {
        matches!(variant, Variant::Tile | Variant::SmallTile) && precision == Precision::F16
    }

    /// What computes it of tensors in `precision`, where anything does; of a `stem` by a shader of its own, where there is one.
    pub(crate) fn shader(self, variant: Variant, precision: Precision, stem: bool) -> Option<&'static Shader> {
        let matrix = variant == Variant::Matrix;
        let half = self.half;
        if half && !Self::can_be_half(variant, precision) {
            return None;
        }
        let shader = match (self.side, self.parts) {
            (128, 1) if matrix => &shader::CONV_MATRIX_128,
            (64, 1) if matrix => &shader::CONV_MATRIX_64,
            (32, 1) if matrix => &shader::CONV_MATRIX_32,
            (64, 2..) if matrix => &shader::CONV_MATRIX_SPLIT_64,
            (32, 2..) if matrix => &shader::CONV_MATRIX_SPLIT_32,
            (128, 1) if half => &shader::CONV_HALF_128,
            (64, 1) if half => &shader::CONV_HALF_64,
            (32, 1) if half => &shader::CONV_HALF_32,
            (64, 2..) if half => &shader::CONV_HALF_SPLIT_64,
            (32, 2..) if half => &shader::CONV_HALF_SPLIT_32,
            (128, 1) if stem => &shader::CONV_TILE_128_STEM,
            (64, 1) if stem => &shader::CONV_TILE_64_STEM,
            (32, 1) if stem => &shader::CONV_TILE_32_STEM,
            (64, 2..) if stem => &shader::CONV_SPLIT_64_STEM,
            (32, 2..) if stem => &shader::CONV_SPLIT_32_STEM,
            (128, 1) => &shader::CONV_TILE_128,
            (64, 1) => &shader::CONV_TILE_64,
            (32, 1) => &shader::CONV_TILE_32,
            (64, 2..) => &shader::CONV_SPLIT_64,
            (32, 2..) => &shader::CONV_SPLIT_32,
            _ => return None,
        };
        Some(shader.of(precision))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_tiles_are_large_and_few_are_split() {
        let of = |variant, pixels, channels, slabs| Tiling::choose(variant, 1, [pixels, channels], slabs, MOST_PARTS);
        // VGG16's fourth stage, of 64 images and of one.
        assert_eq!(of(Variant::Matrix, 64 * 784, 512, 144), Tiling { side: 128, parts: 1, half: false });
        assert_eq!(of(Variant::Tile, 64 * 784, 512, 288), Tiling { side: 64, parts: 1, half: false });
        for variant in [Variant::Matrix, Variant::Tile] {
            let one = of(variant, 784, 512, 144);
            assert!(one.side == 64 && one.parts > 1, "{one:?}");
        }
        assert_eq!(Tiling::choose(Variant::Tile, 1, [784, 512], 288, 1).parts, 1, "memory for one part");
        // A sum of one slab has no parts, and no size overflows.
        assert_eq!(of(Variant::Tile, 1, 1, 1).parts, 1);
        assert_eq!(Tiling::choose(Variant::Tile, usize::MAX, [usize::MAX; 2], 1, MOST_PARTS).parts, 1);
    }
}
