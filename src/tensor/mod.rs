//! Logical tensors on the host: NCHW and OIHW, row-major, as in PyTorch and ONNX.

mod precision;

pub use precision::Precision;

use crate::error::{Error, Result};

/// A dense f32 tensor in logical order.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// Sizes, outermost first: `[N, C, H, W]`, `[N, C]` or of any other rank.
    pub shape: Vec<usize>,
    /// Row-major values.
    pub data: Vec<f32>,
}

impl Tensor {
    /// A tensor of `shape` holding `data`.
    ///
    /// # Errors
    /// [`Error::Shape`] where the two disagree.
    pub fn new(shape: Vec<usize>, data: Vec<f32>) -> Result<Self> {
        let count = shape.iter().try_fold(1_usize, |product, &n| product.checked_mul(n));
        if count != Some(data.len()) {
            return Err(Error::shape("tensor", format!("shape {shape:?} does not hold {} values", data.len())));
        }
        Ok(Self { shape, data })
    }

    /// Zeros.
    pub fn zeros(shape: Vec<usize>) -> Self {
        let count = shape.iter().product();
        Self { shape, data: vec![0.0; count] }
    }

    /// Sizes as `[N, C, H, W]`; H and W are 1 where the tensor has fewer dimensions, W is the product of those from the fourth on.
    pub fn nchw(&self) -> [usize; 4] {
        let at = |i: usize| self.shape.get(i).copied().unwrap_or(1);
        [at(0), at(1), at(2), self.shape.iter().skip(3).product()]
    }
}
