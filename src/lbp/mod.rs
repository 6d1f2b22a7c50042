//! Local Binary Patterns in colour: the distance between codes, its embedding in three dimensions, and the 256 x 3 table that an image of codes
//! is looked up in. Levi & Hassner, ICMI 2015.
//!
//! The colours come from nonmetric multidimensional scaling, which is free up to rotation and reflection. Whoever trains takes [`computed`]
//! tables; whoever runs the weights that the authors published needs the [`published`] ones.

mod emd;
mod mds;
mod metric;
mod monotone;
mod procrustes;
mod published;
mod table;

pub use emd::{distance, distances};
pub use mds::{Embedding, embed};
pub use metric::Metric;
pub use procrustes::Similarity;
pub use published::published;
pub use table::{Table, computed};
