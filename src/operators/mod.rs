//! What operators compute and where they read, in numbers that kernels, twins and graphs share.

mod activation;
mod crop;
mod fractional;
mod functions;
mod lbp;
mod lrn;
mod pooling;
mod rearrange;
mod rect;
mod resample;
mod warp;
mod window;
mod winograd;

pub use activation::Activation;
pub use crop::Crop;
pub use fractional::fractional_starts;
pub use functions::{Binary, Unary};
pub use lbp::MAX_RADIUS;
pub(crate) use lbp::{Diagonal, check as check_lbp};
pub use lrn::Lrn;
pub use pooling::Pooling;
pub use pooling::check as check_window;
pub use rearrange::{Axis, Beyond, MOST_AXES, Rearrange};
pub use rect::Rect;
pub use resample::{Coordinates, Resampling, ResizeMode, Rounding, Tap, taps};
pub(crate) use warp::check as check_warp;
pub use warp::{MAX_CROP, MAX_SIDE};
pub use window::Window;
pub use winograd::WinogradSize;
