//! Vectors in groups and on a map: k-means, mixtures of Gaussians, HDBSCAN, medoids, t-SNE. Knows no face: what it is given is `[N, D]`.

#[cfg(feature = "groups")]
mod density;
mod group;
mod kmeans;
mod mixture;
mod nearest;
mod parallel;
mod points;
mod random;
mod tsne;

#[cfg(feature = "groups")]
pub use density::density;
pub use group::{Group, groups};
pub use kmeans::{KMeans, kmeans};
pub use mixture::{Mixture, mixture};
pub use nearest::nearest;
pub use points::Points;
pub use tsne::{Judgement, MOST_EXACT, Map, PERPLEXITY, judge, tsne};
