//! The plain-Rust twin of every kernel, same name, f64 accumulation. The tests' truth, and what runs where there is no adapter.

mod conv;
mod conv_transpose;
mod dense;
mod elementwise;
mod fuse;
mod gray;
mod lbp;
mod lookup;
mod lrn;
mod matmul;
mod pool;
mod rearrange;
mod warp;

pub use conv::conv;
pub use conv_transpose::conv_transpose;
pub use dense::dense;
pub use elementwise::{activate, affine, arg_max, binary, concat, log_softmax, prelu, softmax, unary};
pub use fuse::{calibrate, fuse};
pub use gray::gray;
pub use lbp::lbp;
pub use lookup::{lookup, normalise_crops};
pub use lrn::lrn;
pub use matmul::matmul;
pub use pool::{fractional_max_pool, global_average, pool};
pub use rearrange::{rearrange, resample};
pub use warp::warp;
