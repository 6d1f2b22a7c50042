//! The plain-Rust twin of every kernel, same name, f64 accumulation. The tests' truth, and what runs where there is no adapter.

mod gray;
mod lbp;
mod lookup;
mod warp;

pub use gray::gray;
pub use lbp::{MAX_RADIUS, lbp};
pub(crate) use lbp::{Diagonal, check as check_lbp};
pub use lookup::{Crop, lookup, normalise_crops};
pub(crate) use warp::check as check_warp;
pub use warp::{MAX_SIDE, warp};
