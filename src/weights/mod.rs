//! Files in, description and tensors out.

mod actions;
mod activation;
mod array;
mod assembly;
mod blocks;
pub mod caffe;
mod canonical;
mod combine;
mod constant;
pub mod description;
mod dtype;
pub(crate) mod file;
pub(crate) mod foreign;
mod group;
mod import;
mod model;
pub mod onnx;
mod oversample;
mod quantise;
mod reduction;
mod reorder;
mod representation;
mod seeded;
mod stream;
pub mod tflite;

pub(crate) use activation::MAP;
pub use array::Array;
pub use combine::combine;
pub use description::{Canonical, Description, FlowStack, Fusion, Member, Order, Oversample, RepresentationStep, Rule, Task};
pub use dtype::Type;
pub(crate) use group::{Group, groups, weights_of};
pub(crate) use import::published_table;
pub use import::{Imported, Preprocess};
pub use model::{MemberWeights, Model};
pub use seeded::Seeded;
pub use stream::Stream;
