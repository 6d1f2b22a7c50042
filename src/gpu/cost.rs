//! What computing costs on the device, as it is recorded.

use super::recording::{Recording, Work};

/// What an answer cost on the device.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// Submissions it went through in.
    pub submissions: usize,
    /// Images of the largest of them.
    pub images: usize,
    /// Dispatches of the longest of them.
    pub dispatches: usize,
    /// Bytes of the buffers that the dispatches of one write, at most.
    pub slab_bytes: u64,
    /// Of all of them: operations, and bytes read and written.
    pub work: Work,
}

impl Cost {
    /// Of one submission of `images`.
    pub fn of(recording: &Recording, images: usize) -> Self {
        let (dispatches, slab_bytes) = (recording.dispatches().len(), recording.slabs().0);
        Self { submissions: 1, images, dispatches, slab_bytes, work: recording.work() }
    }

    /// Adds what came after it.
    pub fn add(&mut self, other: Self) {
        self.submissions += other.submissions;
        self.images = self.images.max(other.images);
        self.dispatches = self.dispatches.max(other.dispatches);
        self.slab_bytes = self.slab_bytes.max(other.slab_bytes);
        self.work.flops += other.work.flops;
        self.work.bytes += other.work.bytes;
    }
}
