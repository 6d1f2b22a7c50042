//! The only owner of wgpu objects: adapters, limits, buffers, pipelines, readback, timing.

mod adapter;
mod buffer;
mod choices;
#[cfg(not(target_family = "wasm"))]
mod chosen;
mod cost;
#[cfg(not(target_family = "wasm"))]
mod cuda;
mod device;
mod direct;
#[cfg(not(target_family = "wasm"))]
mod environment;
mod failure;
mod found;
mod mapping;
mod mirror;
mod owned;
mod pipelines;
mod plan;
mod recording;
mod scratch;
pub mod shader;
mod slot;
mod step;
mod texel;

pub use adapter::Adapter;
#[cfg(all(feature = "web", target_family = "wasm"))]
pub(crate) use adapter::is_integrated;
pub use buffer::Buffer;
pub use choices::{Choice, Choices, Tuning};
pub use cost::Cost;
pub use device::{Capabilities, Gpu, Hardware};
#[cfg(not(target_family = "wasm"))]
pub use environment::environment;
#[cfg(not(target_family = "wasm"))]
pub use found::{adapters, no_adapter};
pub use mapping::Wait;
pub use plan::{MOST_IN_FLIGHT, Plan, Spent, Timing};
pub use recording::{BufferId, Dispatch, MOST_LAYERS, Recording, Slice, Work, grid};
pub use scratch::Scratch;
