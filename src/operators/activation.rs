//! What becomes of every value at the end of a step that makes it.

use super::Unary;

/// A function at the end of a convolution, a dense layer, a batch-norm or a function of two tensors: those that cost less than another look at the tensor.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum Activation {
    /// The value itself.
    #[default]
    None,
    /// max(x, 0).
    Relu,
    /// x, at least the first and at most the second.
    Clip(f32, f32),
    /// x, below 0 times this slope.
    LeakyRelu(f32),
    /// x, below 0 times a slope a channel, which is given beside it.
    Prelu,
    /// x * (x / 6 + 1/2, at least 0 and at most 1).
    HardSwish,
    /// The first times x plus the second, at least 0 and at most 1.
    HardSigmoid(f32, f32),
}

impl Activation {
    /// The one that is `function`.
    pub fn of(function: Unary) -> Option<Self> {
        match function {
            Unary::Relu => Some(Self::Relu),
            Unary::Clip(least, most) => Some(Self::Clip(least, most)),
            Unary::LeakyRelu(slope) => Some(Self::LeakyRelu(slope)),
            Unary::HardSwish => Some(Self::HardSwish),
            Unary::HardSigmoid(alpha, beta) => Some(Self::HardSigmoid(alpha, beta)),
            _ => None,
        }
    }

    /// As a function of one value; none where it leaves values as they are or needs slopes.
    pub fn function(self) -> Option<Unary> {
        match self {
            Self::None | Self::Prelu => None,
            Self::Relu => Some(Unary::Relu),
            Self::Clip(least, most) => Some(Unary::Clip(least, most)),
            Self::LeakyRelu(slope) => Some(Unary::LeakyRelu(slope)),
            Self::HardSwish => Some(Unary::HardSwish),
            Self::HardSigmoid(alpha, beta) => Some(Unary::HardSigmoid(alpha, beta)),
        }
    }
}
