//! Where the time of readings goes.

use std::time::Duration;

use crate::gpu::Spent;

/// Where the time of an ensemble's readings went so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Times {
    /// Faces read.
    pub faces: usize,
    /// Submissions to the device.
    pub submissions: usize,
    /// Recording plans: allocating buffers, compiling pipelines.
    pub prepare: Duration,
    /// Packing the faces' pixels and handing them to the device.
    pub upload: Duration,
    /// From submission to completion, or from the completion of the one before; on `cpu`, all of it. Faces that follow are packed meanwhile.
    pub compute: Duration,
    /// Taking the probabilities out of the device's memory.
    pub readback: Duration,
}

impl Times {
    pub(super) fn add(&mut self, faces: usize, spent: Spent) {
        self.faces += faces;
        self.submissions += 1;
        self.upload += spent.upload;
        self.compute += spent.compute;
        self.readback += spent.readback;
    }
}
