//! What a descent ends with.

/// A map, and what it was made of.
#[derive(Debug, Clone)]
pub struct Map {
    /// `[N]`: x and y, around 0.
    pub places: Vec<[f32; 2]>,
    /// What it was made with: lower than asked where there are few points.
    pub perplexity: f32,
    /// Who was drawn to whom, for [`super::judge`].
    pub(super) edges: Vec<Vec<(u32, f32)>>,
    /// The nearest of each vector, nearest first.
    pub(super) near: Vec<Vec<(u32, f32)>>,
}
