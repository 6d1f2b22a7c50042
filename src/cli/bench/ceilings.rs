//! What the adapter can do at most, measured between the networks: a machine's clock rate is not the same from one minute to the next.

use super::report::Peak;
use crate::bench::PeakLoads;
use crate::device::Device;
use crate::error::Result;

/// Repeats each time, of which the fastest counts.
const REPEATS: usize = 5;

/// The fastest that an adapter was seen to be; those of the reference are not measured.
#[derive(Debug)]
pub struct Ceilings {
    loads: Option<PeakLoads>,
    /// Seconds.
    fma: f64,
    copy: f64,
}

impl Ceilings {
    /// Measures them a first time.
    ///
    /// # Errors
    /// The device's.
    pub fn new(device: &Device) -> Result<Self> {
        let loads = match device {
            Device::Cpu => None,
            Device::Gpu(gpu) => Some(PeakLoads::new(gpu)?),
        };
        let mut ceilings = Self { loads, fma: f64::INFINITY, copy: f64::INFINITY };
        ceilings.measure()?;
        Ok(ceilings)
    }

    /// Measures them again.
    ///
    /// # Errors
    /// The device's.
    pub fn measure(&mut self) -> Result<()> {
        if let Some(loads) = &mut self.loads {
            for _ in 0..REPEATS {
                let [fma, copy] = loads.seconds()?;
                (self.fma, self.copy) = (self.fma.min(fma), self.copy.min(copy));
            }
        }
        Ok(())
    }

    /// The best so far.
    pub fn peak(&self) -> Peak {
        match &self.loads {
            Some(loads) => {
                let peak = loads.peak(self.fma, self.copy);
                Peak { gflops_f32: Some(peak.gflops), gbytes_per_s: Some(peak.gbytes) }
            }
            None => Peak::default(),
        }
    }
}
