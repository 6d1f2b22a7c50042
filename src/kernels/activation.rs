//! What a kernel does to every value before it stores it.

use crate::operators::Activation;

impl Activation {
    /// The shaders' number of it, and its constants: slope, least, most.
    pub(super) fn code(self) -> (u32, [f32; 3]) {
        let (least, most) = (f32::NEG_INFINITY, f32::INFINITY);
        match self {
            Self::None => (0, [1.0, least, most]),
            Self::Relu => (1, [0.0, least, most]),
            Self::Clip(least, most) => (1, [1.0, least, most]),
            Self::LeakyRelu(slope) => (1, [slope, least, most]),
            Self::Prelu => (2, [1.0, least, most]),
            Self::HardSwish => (3, [1.0 / 6.0, 0.5, 1.0]),
            Self::HardSigmoid(alpha, beta) => (4, [alpha, beta, 1.0]),
        }
    }

    /// Vec4s a channel / 4 of the buffer that holds a bias, and behind it the slopes of PReLU.
    pub(super) fn bias_parts(self) -> usize {
        if self == Self::Prelu { 2 } else { 1 }
    }
}
