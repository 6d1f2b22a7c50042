//! One batch of one network under the clock.

use std::time::Duration;

use web_time::Instant;

use super::kernels::{Kernel, kernels};
use super::measurement::Measurement;
use super::signs::Signs;
use super::subject::{Source, Subject};
use super::suite::Case;
use super::watch::Watch;
use crate::device::Device;
use crate::error::Result;
use crate::gpu::{Cost, Spent, Wait};
use crate::timing::Times;

/// Runs with timestamps, each dispatch's fastest of which counts, and the time after which no other is begun.
const PROFILES: usize = 3;
const PROFILE_TIME: Duration = Duration::from_secs(3);

/// A case on a device of its own, its batches begun.
pub struct Player<'s> {
    /// What is measured.
    pub case: &'s Case,
    /// Each batch.
    pub tracks: Vec<Track>,
    subject: Subject<'s>,
    direct: Option<u64>,
    wait: Wait,
}

/// One batch.
pub struct Track {
    batch: u32,
    /// Seconds to the first answer.
    pub first: f64,
    /// What an answer costs, and the pipelines that there were after the first answer.
    cost: Option<(Cost, usize)>,
    /// In their order.
    pub seconds: Vec<f64>,
    spent: Option<Spent>,
    /// Why there are no more.
    pub failure: Option<String>,
}

/// A measurement, or its batch and why there is none.
pub type Measured = std::result::Result<Measurement, (u32, String)>;

impl<'s> Player<'s> {
    /// Puts `source` on a device of its own and answers each batch a first time.
    ///
    /// # Errors
    /// The device's.
    pub async fn new(case: &'s Case, source: &'s Source, device: &Device, wait: Wait) -> Result<Self> {
        let direct = source.direct_flops()?;
        // No pipeline of another network is there.
        let device = match device {
            Device::Reference | Device::Cpu(_) => device.clone(),
            Device::Gpu(gpu) => Device::Gpu(gpu.anew().await?),
        };
        let start = Instant::now();
        let mut subject = source.prepare(&device, case.batches.iter().copied().max().unwrap_or(1), case.precision)?;
        let ready = start.elapsed().as_secs_f64();
        let mut tracks = Vec::new();
        for &batch in &case.batches {
            tracks.push(Track::begin(&mut subject, &device, batch, ready, wait).await);
        }
        Ok(Self { case, tracks, subject, direct, wait })
    }

    /// Runs a batch once more under the clock.
    pub async fn run(&mut self, at: usize) {
        if let Some(track) = self.tracks.get_mut(at) {
            track.run(&mut self.subject, self.wait).await;
        }
    }

    /// Runs a batch once more, which does not count.
    pub async fn warm(&mut self, at: usize) {
        if let Some(track) = self.tracks.get_mut(at).filter(|track| track.failure.is_none())
            && let Err(error) = self.subject.run(track.batch, self.wait).await
        {
            track.failure = Some(error.to_string());
        }
    }

    /// The measurements so far, of batches that were repeated.
    pub fn measured(&self) -> Vec<Measured> {
        self.tracks.iter().map(|track| track.measured(self.case, self.direct)).collect()
    }

    /// Times the operators of a measurement of this case.
    pub async fn profile(&mut self, result: &mut Measurement, watch: &mut dyn Watch) {
        if let Err(error) = result.profiled(self.profiled(result.batch).await) {
            watch.warning(&format!("{}: its kernels could not be timed: {error}", result.name()));
        }
    }

    /// The operators of the last submission of a batch, and its images.
    async fn profiled(&mut self, batch: u32) -> Result<(usize, Vec<Kernel>)> {
        let Self { subject, wait, .. } = self;
        // It is the last plan to have run that is timed.
        subject.run(batch, *wait).await?;
        let start = Instant::now();
        let Some((images, first)) = subject.profile(*wait).await? else { return Ok((0, Vec::new())) };
        let mut runs = vec![first];
        while runs.len() < PROFILES && start.elapsed() < PROFILE_TIME {
            runs.extend(subject.profile(*wait).await?.map(|(_, timings)| timings));
        }
        Ok((images, kernels(&runs)))
    }
}

impl Track {
    /// The first answer of a batch, `ready` seconds after the clock was started for the network.
    async fn begin(subject: &mut Subject<'_>, device: &Device, batch: u32, ready: f64, wait: Wait) -> Self {
        let begun = Self::first(subject, device, batch, wait).await;
        let failure = begun.as_ref().err().map(ToString::to_string);
        let (seconds, cost) = begun.unwrap_or_default();
        Self { batch, first: ready + seconds, cost, seconds: Vec::new(), spent: None, failure }
    }

    async fn first(subject: &mut Subject<'_>, device: &Device, batch: u32, wait: Wait) -> Result<(f64, Option<(Cost, usize)>)> {
        subject.make_input(batch)?;
        let start = Instant::now();
        subject.run(batch, wait).await?;
        let seconds = start.elapsed().as_secs_f64();
        let pipelines = if let Device::Gpu(gpu) = device { gpu.pipelines() } else { 0 };
        Ok((seconds, subject.cost().map(|cost| (cost, pipelines))))
    }

    async fn run(&mut self, subject: &mut Subject<'_>, wait: Wait) {
        if self.failure.is_none() {
            let start = Instant::now();
            match subject.run(self.batch, wait).await {
                Ok(()) => {
                    self.seconds.push(start.elapsed().as_secs_f64());
                    self.spent = subject.spent();
                }
                Err(error) => self.failure = Some(error.to_string()),
            }
        }
    }

    fn measured(&self, case: &Case, direct: Option<u64>) -> Measured {
        if let Some(error) = &self.failure {
            return Err((self.batch, error.clone()));
        }
        if self.seconds.is_empty() {
            return Err((self.batch, "no time was left to repeat it".into()));
        }
        let (batch, precision) = (self.batch, case.precision.name());
        let mut result = Measurement::new(&case.net, batch, precision, self.first, &Times::new(self.seconds.clone()));
        result.signs = Signs::of(&self.seconds);
        result.direct_gflop = direct.map(|flops| flops as f64 * f64::from(batch) / 1e9);
        if let Some((cost, pipelines)) = &self.cost {
            result.costs(cost, *pipelines);
        }
        if let Some(spent) = self.spent {
            result.spends(spent);
        }
        Ok(result)
    }
}
