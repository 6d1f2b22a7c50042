//! How tensors and weights lie in memory.

use std::borrow::Cow;

use half::f16;

use crate::error::{Error, Result};
use crate::host::offload;

/// Values that are looked through by one thread.
const PART: usize = 1 << 20;

/// Type of the numbers of activations and weights on a GPU. Sums are f32 in both (but for the convolutions of f16 tensors that were measured to be faster with
/// sums of sixteen products in f16: see [`crate::kernels::Tiling`]), and so are biases, what else is small, and weights that are read one by one
/// (groups that are no whole vec4s, transposed convolutions) or stand for others (Winograd's method).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Precision {
    /// 32 bits.
    #[default]
    F32,
    /// 16 bits, of half the memory and half the traffic. A number keeps 11 bits. Weights beyond 65,504 are
    /// refused, inputs and answers from there on; a tensor inside that exceeds it holds 65,504 there.
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

    /// The largest number.
    pub fn most(self) -> f32 {
        match self {
            Self::F32 => f32::MAX,
            Self::F16 => 65_504.0,
        }
    }

    /// The first of `values` that no tensor in it may hold: what is not finite, and in f16 what is as large as its largest number, which stands for all beyond.
    pub fn refuses(self, values: &[f32]) -> Option<usize> {
        let parts: Vec<(usize, &[f32])> = (0..).step_by(PART).zip(values.chunks(PART)).collect();
        let found = match parts[..] {
            [_, _, ..] => offload::shared(parts, offload::COPIERS, |(first, part)| self.refuses_here(part).map(|at| first + at)),
            _ => vec![self.refuses_here(values)],
        };
        found.into_iter().flatten().next()
    }

    /// As [`Precision::refuses`], by the calling thread alone.
    pub(crate) fn refuses_here(self, values: &[f32]) -> Option<usize> {
        // Without its sign a number is larger than another where its bits are.
        let least = if self == Self::F32 { f32::INFINITY } else { self.most() }.to_bits();
        let refused = |value: &f32| value.to_bits() & (u32::MAX >> 1) >= least;
        // Many at a time, without a branch for each.
        let any = |block: &&[f32]| block.iter().fold(false, |any, value| any | refused(value));
        let block = values.chunks(1024).position(|block| any(&block))?;
        Some(1024 * block + values[1024 * block..].iter().position(refused)?)
    }

    /// `values`, as many as whole words hold, as they lie in memory.
    ///
    /// # Errors
    /// [`Error::Argument`] with `at` where one is larger than f16 holds.
    pub fn bytes<'v>(self, at: &str, values: &'v [f32]) -> Result<Cow<'v, [u8]>> {
        if self == Self::F32 {
            return Ok(Cow::Borrowed(bytemuck::cast_slice(values)));
        }
        if let Some(index) = values.iter().position(|value| value.abs() > self.most()) {
            return Err(Error::Argument(format!("{at}: value {index} is {}, f16 holds up to 65,504: use f32", values[index])));
        }
        let halves = values.iter().flat_map(|&value| f16::from_f32(value).to_le_bytes());
        Ok(Cow::Owned(halves.collect()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_refused_is_found_wherever_it_stands() {
        let mut values = vec![65_503.9_f32; 3000];
        assert_eq!((Precision::F32.refuses(&values), Precision::F16.refuses(&values)), (None, None));
        values.resize(PART + 3000, 1.0);
        for (at, value, both) in
            [(PART + 2999, f32::NAN, true), (2999, f32::NAN, true), (1024, f32::NEG_INFINITY, true), (1, -65_504.0, false)]
        {
            values[at] = value;
            assert_eq!(Precision::F16.refuses(&values), Some(at));
            assert_eq!(Precision::F32.refuses(&values).is_some_and(|found| found == at), both);
        }
        assert_eq!(Precision::F32.refuses(&[]), None);
    }

    #[test]
    fn f16_holds_what_it_says_and_refuses_what_it_does_not() {
        let values = [1.5, -65_504.0, 0.25, 0.1];
        let held = Precision::F16.values(&Precision::F16.bytes("w", &values).unwrap());
        assert!(held[..3] == values[..3] && (held[3] - 0.1).abs() < 1e-4);
        assert_eq!(Precision::F32.values(&Precision::F32.bytes("w", &values).unwrap()), values);
        let refused = Precision::F16.bytes("conv1 weights", &[0.0, 7e4]).unwrap_err().to_string();
        assert!(["conv1 weights", "value 1", "70000", "f32"].iter().all(|part| refused.contains(part)), "{refused}");
    }
}
