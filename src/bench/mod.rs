//! The suite that people run across GPUs: networks under the clock, as their user feels them, beside the adapter's own ceilings.

pub mod ceilings;
pub mod fixed;
mod frame;
pub mod kernels;
pub mod measure;
pub mod measurement;
pub mod names;
mod photograph;
mod remarks;
pub mod report;
pub mod score;
mod signs;
mod subject;
pub mod suite;
mod track;
mod turns;
pub mod watch;
