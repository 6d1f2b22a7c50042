//! Facial-expression reading on any GPU.
//!
//! The way of the data: pixels -> face crop -> representation (RGB, or LBP codes -> 3-D lookup) -> networks -> fusion -> labels.
//! Every step from the canonical crop to the fused answer is a WGSL compute kernel with a plain-Rust twin.

pub mod actions;
#[cfg(not(target_family = "wasm"))]
pub mod album;
#[cfg(any(feature = "cli", all(feature = "web", target_family = "wasm")))]
mod bench;
pub mod cpu;
pub mod device;
pub mod embed;
pub mod ensemble;
pub mod error;
pub mod face;
pub mod flow;
pub mod gpu;
pub mod graph;
pub mod groups;
mod host;
pub mod kernels;
pub mod lbp;
pub mod operators;
pub mod photo;
pub mod recognizer;
#[cfg(not(target_family = "wasm"))]
pub mod records;
pub mod reference;
pub mod runner;
#[cfg(feature = "serve")]
pub mod serve;
pub mod teach;
pub mod tensor;
pub mod timing;
#[cfg(not(target_family = "wasm"))]
pub mod two_stream;
#[cfg(not(target_family = "wasm"))]
pub mod video;
pub mod weights;
pub mod zoo;

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(all(feature = "web", target_family = "wasm"))]
mod web;

pub use device::Device;
pub use ensemble::{Ensemble, Reading};
pub use error::{Error, Result};
pub use operators::Rect;
pub use recognizer::{Analysis, Recognizer};
pub use tensor::Precision;
pub use weights::Model;
/// The version of wgpu whose devices [`recognizer::Builder::wgpu`] takes.
pub use wgpu;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
