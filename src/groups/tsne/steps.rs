//! How a descent goes.

use crate::operators::TsneStep;

/// Steps that are sent off together.
pub(super) const TOGETHER: usize = 50;

/// A stretch of the descent.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stretch {
    /// Times [`TOGETHER`].
    pub times: usize,
    pub exaggeration: f32,
}

/// Those of a whole descent.
pub(super) const STRETCHES: [Stretch; 2] = [Stretch { times: 5, exaggeration: 12.0 }, Stretch { times: 10, exaggeration: 1.0 }];

impl Stretch {
    /// A step of it, on a map of so many points.
    pub fn step(self, points: usize) -> TsneStep {
        let rate = points as f32 / self.exaggeration;
        TsneStep { exaggeration: self.exaggeration, momentum: 0.8, rate, most: 5.0 }
    }
}
