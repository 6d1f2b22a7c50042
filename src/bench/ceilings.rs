//! What the adapter can do at most, measured between the networks: a machine's clock rate is not the same from one minute to the next.

use serde::Serialize;

use crate::cpu::Peaks;
use crate::device::Device;
use crate::error::Result;
use crate::gpu::{Wait, Work};
use crate::tensor::Precision;
use crate::timing::{PeakLoads, PeakSeconds};

/// Repeats each time, of which the fastest counts.
const REPEATS: usize = 5;

/// Measured ceilings; none where they were not measured.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Peak {
    /// Multiply-adds, two operations each, in 10^9 a second.
    pub gflops_f32: Option<f64>,
    /// Those of cooperative matrices, products of f16 and sums of f32; none where the adapter has no such.
    pub gflops_f16_matrix: Option<f64>,
    /// Bytes read and written, in 10^9 a second.
    pub gbytes_per_s: Option<f64>,
}

impl Peak {
    /// Seconds that the ceilings alone would take for tensors in `precision`.
    pub fn seconds(&self, work: Work, precision: &str) -> Option<f64> {
        let (gflops, gbytes) = (self.gflops_f32?, self.gbytes_per_s?);
        let gflops = if precision == Precision::F16.name() { self.gflops_f16_matrix.unwrap_or(gflops) } else { gflops };
        Some((work.flops as f64 / gflops).max(work.bytes as f64 / gbytes) / 1e9)
    }
}

/// The fastest that a device was seen to be; those of the reference are not measured.
#[derive(Debug)]
pub enum Ceilings {
    /// Of the reference.
    None,
    /// Of the processor, and its operations and bytes a second so far.
    Cpu(Peaks, [f64; 2]),
    /// Of an adapter.
    Gpu(Box<PeakLoads>, PeakSeconds),
}

impl Ceilings {
    /// Measures them a first time.
    ///
    /// # Errors
    /// The device's.
    pub async fn new(device: &Device, wait: Wait) -> Result<Self> {
        let mut ceilings = match device {
            Device::Reference => Self::None,
            Device::Cpu(cpu) => Self::Cpu(Peaks::new(cpu), [0.0; 2]),
            Device::Gpu(gpu) => Self::Gpu(Box::new(PeakLoads::new(gpu)?), PeakSeconds::default()),
        };
        ceilings.measure(wait).await?;
        Ok(ceilings)
    }

    /// Measures them again.
    ///
    /// # Errors
    /// The device's.
    pub async fn measure(&mut self, wait: Wait) -> Result<()> {
        for _ in 0..REPEATS {
            match self {
                Self::None => {}
                Self::Cpu(peaks, fastest) => {
                    let found = peaks.measure();
                    fastest.iter_mut().zip(found).for_each(|(most, found)| *most = most.max(found));
                }
                Self::Gpu(loads, fastest) => *fastest = fastest.best(loads.waited(wait).await?),
            }
        }
        Ok(())
    }

    /// The best so far.
    pub fn peak(&self) -> Peak {
        match self {
            Self::Cpu(_, [gflops, gbytes]) => {
                Peak { gflops_f32: Some(*gflops), gflops_f16_matrix: None, gbytes_per_s: Some(*gbytes) }
            }
            Self::Gpu(loads, fastest) => {
                let peak = loads.peak(*fastest);
                Peak { gflops_f32: Some(peak.gflops), gflops_f16_matrix: peak.gflops_matrix, gbytes_per_s: Some(peak.gbytes) }
            }
            Self::None => Peak::default(),
        }
    }
}
