//! Measuring: the adapter's own ceilings, and how long a plan takes as its user feels it.

use web_time::Instant;

use crate::error::{Error, Result};
use crate::gpu::{Gpu, Plan, Recording, Scratch, Slice, Work};
use crate::kernels;
use crate::precision::Precision;

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

/// The adapter's own ceilings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peak {
    /// f32 multiply-adds, counted as two operations, in 10^9 a second.
    pub gflops: f64,
    /// Those of cooperative matrices, products of f16 and sums of f32; `None` where the adapter has none.
    pub gflops_matrix: Option<f64>,
    /// Bytes read and written by a copy, in 10^9 a second.
    pub gbytes: f64,
}

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
        let uploads: Vec<(Slice, &[u8])> = self.uploads.iter().map(|(slice, bytes)| (*slice, &bytes[..])).collect();
        self.plan.run(&uploads)?;
        let start = Instant::now();
        self.plan.run(&[])?;
        Ok(start.elapsed().as_secs_f64())
    }

    /// Seconds of the kernels alone, by the device's own clock where it has one and is no CPU.
    fn busy(&mut self) -> Result<f64> {
        if !self.plan.has_timestamps() {
            return self.seconds();
        }
        let uploads: Vec<(Slice, &[u8])> = self.uploads.iter().map(|(slice, bytes)| (*slice, &bytes[..])).collect();
        Ok(self.plan.profile(&uploads)?.iter().map(|timing| timing.seconds).sum())
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

/// Loads that measure [`Peak`].
#[derive(Debug)]
pub struct PeakLoads {
    fma: Load,
    matrix: Option<Load>,
    copy: Load,
}

/// The fastest that each of [`PeakLoads`] was seen to be, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PeakSeconds {
    /// Multiply-adds.
    pub fma: f64,
    /// Products of matrices.
    pub matrix: f64,
    /// Copies.
    pub copy: f64,
}

impl Default for PeakSeconds {
    fn default() -> Self {
        Self { fma: f64::INFINITY, matrix: f64::INFINITY, copy: f64::INFINITY }
    }
}

impl PeakSeconds {
    /// The faster of both, each.
    #[must_use]
    pub fn best(self, other: Self) -> Self {
        let Self { fma, matrix, copy } = other;
        Self { fma: self.fma.min(fma), matrix: self.matrix.min(matrix), copy: self.copy.min(copy) }
    }
}

/// A copy of so many bytes, or as many as one binding holds, `rounds` times.
fn copy_load(gpu: &Gpu, bytes: u64, rounds: u32) -> Result<Load> {
    let count = (bytes.min(gpu.max_binding()) / 16) as usize;
    let mut recording = Recording::default();
    let input = recording.slab("input", 16 * count as u64);
    let output = recording.slab("output", 16 * count as u64);
    recording.dispatch(kernels::peak_copy(count, rounds, input, output)?);
    Load::new(gpu, recording, Vec::new())
}

impl PeakLoads {
    /// Sized so that a run takes a few milliseconds on a GPU and a few hundredths of a second on a CPU.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn new(gpu: &Gpu) -> Result<Self> {
        let cpu = gpu.capabilities().cpu;
        let (invocations, rounds) = if cpu { (4096, 256) } else { (1 << 20, 512) };
        let mut recording = Recording::default();
        let input = recording.upload("factor and term", 32);
        let output = recording.slab("output", 16 * invocations as u64);
        recording.dispatch(kernels::peak_fma(invocations, rounds, input, output)?);
        let values = [[0.999_f32; 4], [0.001; 4]].concat();
        let fma = Load::new(gpu, recording, vec![(input, bytemuck::cast_slice(&values).to_vec())])?;

        let matrix = gpu.capabilities().matrices.then(|| {
            let (workgroups, rounds) = (1 << 12, 512);
            let mut recording = Recording::default();
            let input = recording.upload("factors", 1024);
            let output = recording.slab("output", 4096 * workgroups as u64);
            recording.dispatch(kernels::peak_matrix(workgroups, rounds, input, output)?);
            // No zeros: they would cost less power, and so less time.
            let values: Vec<f32> = (0..512).map(|i| (i * 7919 % 1000) as f32 / 1000.0 - 0.5).collect();
            let bytes = Precision::F16.bytes("factors", &values)?.into_owned();
            Load::new(gpu, recording, vec![(input, bytes)])
        });

        // What caches hold would be copied within them; but the networks need memory too.
        let (mut bytes, copies) = if cpu { (16 << 20, 1) } else { (256 << 20, 8) };
        let copy = loop {
            match copy_load(gpu, bytes, copies) {
                Err(Error::OutOfMemory { .. }) if bytes > 16 << 20 => bytes /= 2,
                copy => break copy?,
            }
        };
        Ok(Self { fma, matrix: matrix.transpose()?, copy })
    }

    /// Each once.
    ///
    /// # Errors
    /// As [`Plan::run`].
    pub fn seconds(&mut self) -> Result<PeakSeconds> {
        let matrix = self.matrix.as_mut().map_or(Ok(f64::INFINITY), Load::busy)?;
        Ok(PeakSeconds { fma: self.fma.busy()?, matrix, copy: self.copy.busy()? })
    }

    /// The ceilings by the fastest of some repeats.
    pub fn peak(&self, fastest: PeakSeconds) -> Peak {
        let flops = |load: &Load, seconds: f64| load.flops as f64 / seconds / 1e9;
        Peak {
            gflops: flops(&self.fma, fastest.fma),
            gflops_matrix: self.matrix.as_ref().map(|load| flops(load, fastest.matrix)),
            gbytes: self.copy.bytes as f64 / fastest.copy / 1e9,
        }
    }
}
