//! Vectors of one length, one after the other, and how far they are from one another.

use crate::error::{Error, Result};

/// Sums that a distance is made of: as many as the widest vectors hold.
const LANES: usize = 16;

/// `[N, D]` f32, finite.
#[derive(Debug, Clone, Copy)]
pub struct Points<'a> {
    data: &'a [f32],
    dims: usize,
}

impl<'a> Points<'a> {
    /// `data` is `[N, dims]`, row after row.
    ///
    /// # Errors
    /// [`Error::Argument`] where the rows are not whole or a number is not finite.
    pub fn new(data: &'a [f32], dims: usize) -> Result<Self> {
        if dims == 0 || !data.len().is_multiple_of(dims) {
            return Err(Error::Argument(format!("{} numbers are no vectors of {dims}", data.len())));
        }
        if let Some(at) = data.iter().position(|value| !value.is_finite()) {
            return Err(Error::Argument(format!("vector {} holds {}: embed its face again", at / dims, data[at])));
        }
        Ok(Self { data, dims })
    }

    /// N.
    pub fn len(&self) -> usize {
        self.data.len() / self.dims
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.data.is_empty()
    }

    /// D.
    pub fn dims(&self) -> usize {
        self.dims
    }

    /// Vector `at`, below [`Points::len`].
    pub fn row(&self, at: usize) -> &'a [f32] {
        &self.data[at * self.dims..(at + 1) * self.dims]
    }

    /// All of them in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &'a [f32]> + use<'a> {
        self.data.chunks_exact(self.dims)
    }

    /// The mean of some of them, and how many they are; zeros of none.
    pub(super) fn mean(&self, members: impl IntoIterator<Item = usize>) -> Vec<f32> {
        let mut sum = vec![0.0_f64; self.dims];
        let mut count = 0_usize;
        for member in members {
            count += 1;
            sum.iter_mut().zip(self.row(member)).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        sum.into_iter().map(|sum| (sum / count.max(1) as f64) as f32).collect()
    }
}

/// The squared distance of two vectors of one length, summed in a fixed order.
#[inline]
pub(super) fn squared(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; LANES];
    let (chunks_a, chunks_b) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = chunks_a.remainder().iter().zip(chunks_b.remainder()).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
    for (a, b) in chunks_a.zip(chunks_b) {
        for lane in 0..LANES {
            let difference = a[lane] - b[lane];
            sums[lane] += difference * difference;
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What every method of grouping rests on: a length that no lane divides.
    #[test]
    fn distances_count_every_number() {
        let a: Vec<f32> = (0..37).map(|at| at as f32).collect();
        assert_eq!(squared(&a, &[0.0; 37]), (0..37).map(|at| at * at).sum::<i32>() as f32);
    }

    #[test]
    fn vectors_are_whole_and_finite() {
        assert!(Points::new(&[0.0; 7], 2).is_err() && Points::new(&[], 0).is_err());
        let said = Points::new(&[0.0, 1.0, f32::NAN, 0.0], 2).unwrap_err().to_string();
        assert!(said.contains("vector 1"), "{said}");
    }
}
