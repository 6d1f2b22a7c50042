//! Facial-expression reading on any GPU.
//!
//! The way of the data: pixels -> face crop -> representation (RGB, or LBP codes -> 3-D lookup) -> networks -> fusion -> labels.
//! Every step from the canonical crop to the fused answer is a WGSL compute kernel with a plain-Rust twin.

pub mod bench;
mod clock;
pub mod device;
pub mod ensemble;
pub mod error;
pub mod face;
pub mod fractional;
pub mod fusion;
pub mod gpu;
pub mod graph;
mod guard;
pub mod kernels;
pub mod lbp;
mod offload;
pub mod photo;
pub mod precision;
pub mod recognizer;
pub mod rect;
pub mod reference;
pub mod resample;
pub mod runner;
pub mod tensor;
pub mod tuning;
pub mod weights;
pub mod window;
pub mod zoo;

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(all(feature = "web", target_family = "wasm"))]
mod web;

pub use device::Device;
pub use ensemble::{Ensemble, Reading};
pub use error::{Error, Result};
pub use precision::Precision;
pub use recognizer::{Analysis, Recognizer};
pub use rect::Rect;
pub use weights::Model;
/// The version of wgpu whose devices [`recognizer::Builder::wgpu`] takes.
pub use wgpu;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
