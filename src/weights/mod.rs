//! Files in, description and tensors out.

mod activation;
mod array;
mod assembly;
mod blocks;
pub mod caffe;
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
mod quantise;
mod reduction;
mod reorder;
mod seeded;
mod stream;
pub mod tflite;

pub(crate) use activation::MAP;
pub use array::Array;
pub use combine::combine;
pub use description::{Canonical, Description, Fusion, Member, Order, Oversample, RepresentationStep, Rule};
pub use dtype::Type;
pub(crate) use group::{Group, groups, weights_of};
pub(crate) use import::published_table;
pub use import::{Imported, Preprocess};
pub use model::{MemberWeights, Model};
pub use seeded::Seeded;
pub use stream::Stream;
