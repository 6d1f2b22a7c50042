//! What the adapter can do at most, measured between the networks: a machine's clock rate is not the same from one minute to the next.

use super::report::Peak;
use super::{PeakLoads, PeakSeconds};
use crate::device::Device;
use crate::error::Result;
use crate::gpu::Wait;

/// Repeats each time, of which the fastest counts.
const REPEATS: usize = 5;

/// The fastest that an adapter was seen to be; those of the reference are not measured.
#[derive(Debug)]
pub struct Ceilings {
    loads: Option<PeakLoads>,
    fastest: PeakSeconds,
}

impl Ceilings {
    /// Measures them a first time.
    ///
    /// # Errors
    /// The device's.
    pub async fn new(device: &Device, wait: Wait) -> Result<Self> {
        let loads = match device {
            Device::Cpu => None,
            Device::Gpu(gpu) => Some(PeakLoads::new(gpu)?),
        };
        let mut ceilings = Self { loads, fastest: PeakSeconds::default() };
        ceilings.measure(wait).await?;
        Ok(ceilings)
    }

    /// Measures them again.
    ///
    /// # Errors
    /// The device's.
    pub async fn measure(&mut self, wait: Wait) -> Result<()> {
        if let Some(loads) = &mut self.loads {
            for _ in 0..REPEATS {
                self.fastest = self.fastest.best(loads.waited(wait).await?);
            }
        }
        Ok(())
    }

    /// The best so far.
    pub fn peak(&self) -> Peak {
        match &self.loads {
            Some(loads) => {
                let peak = loads.peak(self.fastest);
                Peak { gflops_f32: Some(peak.gflops), gflops_f16_matrix: peak.gflops_matrix, gbytes_per_s: Some(peak.gbytes) }
            }
            None => Peak::default(),
        }
    }
}
