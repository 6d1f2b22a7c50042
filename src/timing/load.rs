//! Plans under the clock.

use web_time::Instant;

use crate::error::Result;
use crate::gpu::{Gpu, Plan, Recording, Scratch, Slice, Wait, Work};

/// A plan of dispatches that cost a known amount, ready to be timed.
#[derive(Debug)]
pub struct Load {
    plan: Plan,
    uploads: Vec<(Slice, Vec<u8>)>,
    /// Floating-point operations of a run.
    pub flops: u64,
    /// Bytes of a run.
    pub bytes: u64,
}

impl Load {
    /// Makes `recording` ready; its inputs are uploaded with every run.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn new(gpu: &Gpu, recording: Recording, uploads: Vec<(Slice, Vec<u8>)>) -> Result<Self> {
        Self::with(gpu, recording, uploads, &mut Scratch::default())
    }

    /// As [`Load::new`], in memory that other loads work in too: one runs at a time.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn with(gpu: &Gpu, recording: Recording, uploads: Vec<(Slice, Vec<u8>)>, scratch: &mut Scratch) -> Result<Self> {
        let Work { flops, bytes } = recording.work();
        Ok(Self { plan: Plan::with(gpu, recording, scratch)?, uploads, flops, bytes })
    }

    /// Seconds of one run from submission to completion, copies into textures included; its inputs are there already.
    ///
    /// # Errors
    /// As [`Plan::run`].
    pub fn seconds(&mut self) -> Result<f64> {
        pollster::block_on(self.waited(Wait::Here))
    }

    pub(super) async fn waited(&mut self, wait: Wait) -> Result<f64> {
        let uploads: Vec<(Slice, &[u8])> = self.uploads.iter().map(|(slice, bytes)| (*slice, &bytes[..])).collect();
        self.plan.answer(&uploads, wait).await?;
        let start = Instant::now();
        self.plan.answer(&[], wait).await?;
        Ok(start.elapsed().as_secs_f64())
    }

    /// Seconds of the kernels alone, by the device's own clock where it has one and is no CPU.
    pub(super) async fn busy(&mut self, wait: Wait) -> Result<f64> {
        if !self.plan.has_timestamps() {
            return self.waited(wait).await;
        }
        let uploads: Vec<(Slice, &[u8])> = self.uploads.iter().map(|(slice, bytes)| (*slice, &bytes[..])).collect();
        Ok(self.plan.timings(&uploads, wait).await?.iter().map(|timing| timing.seconds).sum())
    }

    /// Seconds from the first kernel's begin to the last one's end: by the device's own clock where it has one and is no CPU, whose copies into textures it
    /// would leave out.
    ///
    /// # Errors
    /// As [`Plan::run`].
    pub fn kernel_seconds(&mut self) -> Result<f64> {
        if !self.plan.has_timestamps() {
            return self.seconds();
        }
        let timings = self.plan.profile(&[])?;
        let begin = timings.iter().fold(f64::INFINITY, |first, timing| first.min(timing.begin));
        Ok(timings.iter().fold(begin, |last, timing| last.max(timing.begin + timing.seconds)) - begin)
    }
}
