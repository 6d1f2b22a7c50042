//! Numbers of t-SNE's descent.

/// Halvings of the interval in which a point's precision is sought.
pub const TSNE_HALVINGS: usize = 64;

/// Gains of a coordinate: what is added while it goes on down, what it is multiplied by where it turned, and the least.
pub const TSNE_GAINS: [f32; 3] = [0.2, 0.8, 0.01];

/// How a step of the descent goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TsneStep {
    /// What attraction is multiplied by.
    pub exaggeration: f32,
    /// The part of the last step that is kept.
    pub momentum: f32,
    /// The learning rate.
    pub rate: f32,
    /// The longest step.
    pub most: f32,
}
