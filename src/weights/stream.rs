//! Numbers made of a seed: the same in Rust and in Python.

use crate::tensor::Tensor;

/// splitmix64 keyed by the seed and the tensor's name (FNV-1a): number `index` depends on nothing else.
#[derive(Debug, Clone, Copy)]
pub struct Stream(u64);

impl Stream {
    /// The numbers of the tensor `name`.
    pub fn new(seed: u64, name: &str) -> Self {
        let hash =
            name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self(seed ^ hash)
    }

    /// Number `index`, uniform in [0, 1), a multiple of 2^-24.
    pub fn unit(self, index: u64) -> f64 {
        let mut z = self.0.wrapping_add((index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        (z >> 40) as f64 / f64::from(1_u32 << 24)
    }

    /// Number `index`, uniform in [-1, 1).
    pub fn symmetric(self, index: u64) -> f64 {
        2.0 * self.unit(index) - 1.0
    }

    /// A tensor of `shape` of offset + scale x [`Stream::symmetric`], computed in f64.
    pub fn tensor(self, shape: &[usize], offset: f64, scale: f64) -> Tensor {
        let count: usize = shape.iter().product();
        let data = (0..count as u64).map(|index| (offset + scale * self.symmetric(index)) as f32).collect();
        Tensor { shape: shape.to_vec(), data }
    }
}
