//! Kernels under the clock: how long a plan takes, what the adapter can do at most, and which kernel is the fastest for a layer.

mod load;
mod peak;
mod times;
pub mod tuning;

pub use load::Load;
pub use peak::{Peak, PeakLoads, PeakSeconds};
pub use times::Times;
