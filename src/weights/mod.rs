//! Files in, description and tensors out.

mod array;
mod assembly;
mod blocks;
pub mod caffe;
mod combine;
mod constant;
pub mod description;
pub(crate) mod file;
pub(crate) mod foreign;
mod group;
mod import;
mod model;
pub mod onnx;
mod reduction;
mod reorder;
mod seeded;
mod stream;
pub mod tflite;

pub use array::{Array, Type};
pub use combine::combine;
pub use description::{Canonical, Description, Fusion, Member, Order, Oversample, RepresentationStep, Rule};
pub(crate) use group::{Group, groups, weights_of};
pub(crate) use import::published_table;
pub use import::{Imported, Preprocess};
pub use model::{MemberWeights, Model};
pub use seeded::Seeded;
pub use stream::Stream;
