//! How tensors and weights lie in memory.

use half::f16;

/// Type of the numbers of activations and weights on a GPU. Sums are f32 in both, and so are biases, what else is small, and weights that are read one by one
/// (groups that are no whole vec4s, transposed convolutions) or stand for others (Winograd's method).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits, of half the memory and half the traffic. A number keeps 11 bits; what exceeds 65,504 becomes that.
    F16,
}

impl Precision {
    /// Bytes of four channels, as they lie beside each other.
    pub fn vec4(self) -> u64 {
        match self {
            Self::F32 => 16,
            Self::F16 => 8,
        }
    }

    /// `values`, as many as whole words hold, as they lie in memory.
    pub fn bytes(self, values: &[f32]) -> Vec<u8> {
        match self {
            Self::F32 => bytemuck::cast_slice(values).to_vec(),
            Self::F16 => values.iter().flat_map(|&value| f16::from_f32(value.clamp(-65504.0, 65504.0)).to_le_bytes()).collect(),
        }
    }

    /// The inverse of [`Precision::bytes`].
    pub fn values(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            Self::F32 => bytemuck::pod_collect_to_vec(bytes),
            Self::F16 => bytes.chunks_exact(2).map(|two| f16::from_le_bytes([two[0], two[1]]).to_f32()).collect(),
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
        }
    }
}
