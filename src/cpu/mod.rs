//! The operators on the processor, fast: channels last, by vector instructions that are chosen when it runs, on as many threads as are given. The twins in
//! `reference` say what is right.

mod aligned;
mod conv;
mod conv_transpose;
mod depthwise;
mod elementwise;
mod finish;
mod functions;
mod local_conv;
mod lrn;
mod matmul;
mod moves;
#[cfg(any(feature = "cli", all(feature = "web", target_family = "wasm")))]
mod peak;
mod pixels;
mod pool;
mod product;
mod separable;
mod softmax;
mod threads;
mod turn;
mod warp;
mod winograd;

pub(crate) use aligned::Aligned;
pub(crate) use conv::Conv;
pub(crate) use conv_transpose::ConvTranspose;
pub(crate) use depthwise::Depthwise;
pub(crate) use elementwise::{activate, affine, binary, prelu, unary};
pub(crate) use finish::Finish;
pub(crate) use local_conv::LocalConv;
pub(crate) use lrn::lrn;
pub(crate) use matmul::matmul;
pub(crate) use moves::{Moves, Resize, Sizes, copy};
#[cfg(any(feature = "cli", all(feature = "web", target_family = "wasm")))]
pub(crate) use peak::Peaks;
pub(crate) use pixels::{Pixels, PixelsMut, channels_first, channels_last};
pub(crate) use pool::{fractional_max_pool, global_average, pool};
pub(crate) use product::Packed;
pub(crate) use separable::Separable;
pub(crate) use softmax::{arg_max, log_softmax, softmax};
pub use threads::Cpu;
pub use turn::{crop, turn};
pub use warp::warp;
pub(crate) use winograd::{Winograd, cheapest, computes};
