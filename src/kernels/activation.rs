//! What a kernel does to every value before it stores it.

use crate::operators::Activation;

impl Activation {
    /// The shaders' number of it, and its two constants.
    pub(super) fn code(self) -> (u32, f32, f32) {
        match self {
            Self::None => (0, 0.0, 0.0),
            Self::Relu => (1, 0.0, 0.0),
            Self::Clip(least, most) => (2, least, most),
            Self::LeakyRelu(slope) => (3, slope, 0.0),
            Self::Prelu => (4, 0.0, 0.0),
            Self::HardSwish => (5, 0.0, 0.0),
            Self::HardSigmoid(alpha, beta) => (6, alpha, beta),
            Self::Sigmoid => (7, 0.0, 0.0),
        }
    }

    /// Vec4s a channel / 4 of the buffer that holds a bias, and behind it the slopes of PReLU.
    pub(super) fn bias_parts(self) -> usize {
        if self == Self::Prelu { 2 } else { 1 }
    }
}
