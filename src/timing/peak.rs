//! What an adapter can do at most.

use super::load::Load;
use crate::error::{Error, Result};
use crate::gpu::{Gpu, Recording, Wait};
use crate::kernels;
use crate::tensor::Precision;

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
    /// Sized so that the slowest of them, the multiply-adds, takes a tenth of a second on a GPU of 1 TFLOP/s, and a few hundredths of a second on a CPU.
    ///
    /// # Errors
    /// As [`crate::gpu::Plan::new`].
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
        if cfg!(target_family = "wasm") {
            // A browser says too late that there is no memory for another try.
            bytes = bytes.min(64 << 20);
        }
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
    /// As [`crate::gpu::Plan::run`].
    pub fn seconds(&mut self) -> Result<PeakSeconds> {
        pollster::block_on(self.waited(Wait::Here))
    }

    /// As [`PeakLoads::seconds`], without blocking where `wait` says so.
    ///
    /// # Errors
    /// As [`crate::gpu::Plan::run`].
    pub(crate) async fn waited(&mut self, wait: Wait) -> Result<PeakSeconds> {
        let matrix = match &mut self.matrix {
            Some(load) => load.busy(wait).await?,
            None => f64::INFINITY,
        };
        Ok(PeakSeconds { fma: self.fma.busy(wait).await?, matrix, copy: self.copy.busy(wait).await? })
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
