//! Local response normalisation across channels.

use crate::error::{Error, Result};

/// x * (k + alpha / n * sum of x^2 over n channels around its own)^-beta: Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural
/// Networks", 2012, section 3.3, with alpha divided by n as in Caffe, ONNX and PyTorch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lrn {
    /// n; of an even number the longer half lies after the channel.
    pub size: usize,
    /// alpha.
    pub alpha: f64,
    /// beta, above 0.
    pub beta: f64,
    /// k, above 0 and no smaller than beta allows: k^-beta lies in f32.
    pub k: f64,
}

impl Lrn {
    /// Channels of the window before its own and after it.
    pub fn reach(&self) -> [usize; 2] {
        let before = self.size.saturating_sub(1) / 2;
        [before, self.size.saturating_sub(1) - before]
    }

    /// Checks that every value is possible: the power is taken of a number above 0, and is no infinity that a channel of zeros would make NaN of.
    ///
    /// # Errors
    /// [`Error::Shape`] saying which values are.
    pub fn check(&self, at: &str) -> Result<()> {
        let Self { size, alpha, beta, k } = *self;
        let possible = (1..=1 << 12).contains(&size)
            && (0.0..=1e6).contains(&alpha)
            && (1e-6..=100.0).contains(&beta)
            && (1e-12..=1e6).contains(&k)
            && -beta * k.log2() < 120.0;
        if !possible {
            let wanted = "size 1 to 4096, alpha 0 to 1e6, beta 1e-6 to 100, k 1e-12 to 1e6 and k^-beta below 2^120";
            return Err(Error::shape(
                at,
                format!("size {size}, alpha {alpha}, beta {beta} and k {k} cannot be computed: {wanted}"),
            ));
        }
        Ok(())
    }
}
