//! Embeddings: numbers of a face whose distances mean likeness of expression (Marrero-Fernandez and others, arXiv 2001.06612), the galleries that hold them, and what is
//! asked of those.

mod file;
mod gallery;
mod made_up;
mod neighbours;
mod network;
pub mod scores;

pub use gallery::{DIMENSIONS, EXPRESSIONS, Face, Gallery, Image, ModelId};
pub use neighbours::{Index, MOST_NEIGHBOURS, Metric, Neighbour};
pub use network::{Embedder, Network};
