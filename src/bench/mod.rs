//! Measuring: the adapter's own ceilings, how long a plan takes as its user feels it, and the suite that people run across GPUs.

#[cfg(any(feature = "cli", all(feature = "web", target_family = "wasm")))]
mod ceilings;
#[cfg(any(feature = "cli", all(feature = "web", target_family = "wasm")))]
mod frame;
#[cfg(any(feature = "cli", all(feature = "web", target_family = "wasm")))]
pub(crate) mod kernels;
mod load;
#[cfg(any(feature = "cli", all(feature = "web", target_family = "wasm")))]
pub(crate) mod measure;
#[cfg(any(feature = "cli", all(feature = "web", target_family = "wasm")))]
pub(crate) mod report;
#[cfg(any(feature = "cli", all(feature = "web", target_family = "wasm")))]
mod subject;
#[cfg(any(feature = "cli", all(feature = "web", target_family = "wasm")))]
pub(crate) mod suite;

use crate::gpu::{Recording, Work};

pub use load::{Load, Peak, PeakLoads, PeakSeconds};

/// Times in seconds of interleaved repeats.
#[derive(Debug, Clone, PartialEq)]
pub struct Times(Vec<f64>);

impl Times {
    /// Times of at least one repeat.
    pub fn new(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        Self(seconds)
    }

    /// How many repeats there were.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The value below which `share` of the repeats lie.
    pub fn quantile(&self, share: f64) -> f64 {
        let at = (share * self.0.len().saturating_sub(1) as f64).round() as usize;
        self.0.get(at).copied().unwrap_or(f64::NAN)
    }

    /// The middle repeat.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The fastest repeat.
    pub fn fastest(&self) -> f64 {
        self.quantile(0.0)
    }
}

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
