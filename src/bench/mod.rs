//! The suite that people run across GPUs: networks under the clock, as their user feels them, beside the adapter's own ceilings.

pub mod ceilings;
mod frame;
pub mod kernels;
pub mod measure;
pub mod report;
mod subject;
pub mod suite;
