//! Floats that begin with a cache line: no vector of them lies in two.

use std::ops::{Deref, DerefMut};

/// Floats of a cache line.
const LINE: usize = 16;

/// Some floats. They move with their place, so they cannot be cloned.
#[derive(Debug, Default)]
pub(crate) struct Aligned {
    floats: Vec<f32>,
    first: usize,
    count: usize,
}

impl Aligned {
    /// `count` zeros.
    pub fn zeros(count: usize) -> Self {
        let floats = vec![0.0; count + LINE - 1];
        let first = floats.as_ptr().align_offset(4 * LINE).min(LINE - 1);
        Self { floats, first, count }
    }
}

impl From<Vec<f32>> for Aligned {
    fn from(values: Vec<f32>) -> Self {
        let mut aligned = Self::zeros(values.len());
        aligned.copy_from_slice(&values);
        aligned
    }
}

impl Deref for Aligned {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        self.floats.get(self.first..self.first + self.count).unwrap_or_default()
    }
}

impl DerefMut for Aligned {
    fn deref_mut(&mut self) -> &mut [f32] {
        self.floats.get_mut(self.first..self.first + self.count).unwrap_or_default()
    }
}
