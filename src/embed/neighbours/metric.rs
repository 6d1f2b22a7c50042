//! What is near, and what devices say of it.

use crate::reference;

/// Queries of a submission at most.
pub(super) const MOST_QUERIES: usize = 1024;

/// A row and its score.
pub(super) type Candidate = (f32, u32);

/// What is near.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Metric {
    /// The length of the difference.
    #[default]
    Euclidean,
    /// 1 less the cosine of the angle: 0 of the same direction, 2 of the opposite one, 1 where a vector is 0.
    Cosine,
}

impl Metric {
    /// What is sorted by: the square of a Euclidean distance.
    pub(super) fn measure(self) -> fn(&[f32], &[f32]) -> f64 {
        match self {
            Self::Euclidean => reference::squared_distance,
            Self::Cosine => reference::cosine_distance,
        }
    }

    pub(super) fn distance(self, measure: f64) -> f64 {
        match self {
            Self::Euclidean => measure.sqrt(),
            Self::Cosine => measure,
        }
    }
}
