//! The plain-Rust twin of every kernel, same name, f64 accumulation. The tests' truth, and what runs where there is no adapter.

mod conv;
mod conv_transpose;
mod crop;
mod dense;
mod detect;
mod elementwise;
mod flow;
mod fuse;
mod gray;
mod lbp;
mod lookup;
mod lrn;
mod matmul;
mod pool;
mod rearrange;
mod turn;
mod two_stream;
mod warp;

pub use conv::conv;
pub use conv_transpose::conv_transpose;
pub use crop::crop;
pub use dense::dense;
pub use detect::{decode, suppress};
pub use elementwise::{activate, affine, arg_max, binary, concat, log_softmax, prelu, softmax, unary};
pub use flow::{Equations, Polynomial, enlarge, equations, expand, flow_solve, shrink_across, shrink_down, window_down};
pub use fuse::{calibrate, fuse};
pub use gray::gray;
pub use lbp::lbp;
pub use lookup::{lookup, normalise_crops};
pub use lrn::lrn;
pub use matmul::matmul;
pub use pool::{fractional_max_pool, global_average, pool};
pub use rearrange::{rearrange, resample};
pub use turn::turn;
pub use two_stream::{ByteSums, equalise, flow_bytes, luma_table, mask_gray, planes, sum_bytes};
pub use warp::warp;
