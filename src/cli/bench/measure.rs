//! The clock around a whole reading.

use std::time::{Duration, Instant};

use image::{Rgb, RgbImage};

use super::report::{AdapterReport, BenchReport, Measurement, Peak};
use crate::cli::outcome::Failure;
use crate::cli::session::DeviceArgs;
use crate::device::Device;
use crate::ensemble::Ensemble;
use crate::error::Result;
use crate::rect::Rect;
use crate::weights::Model;

/// Repetitions before the clock, and at least and at most under it.
const WARM_UP: usize = 2;
const LEAST: usize = 10;
const MOST: usize = 1000;
/// Once this long has been measured, [`LEAST`] is enough.
const ENOUGH: Duration = Duration::from_secs(3);
/// Side of the picture a face is read from, in pixels.
const SIDE: u32 = 256;

/// Every combination of network, batch and precision.
pub fn run(nets: &[String], batches: &[u32], precisions: &[String], device: &DeviceArgs) -> Result<BenchReport, Failure> {
    let device = device.open()?;
    let adapter = describe(&device);
    let mut ensemble = Ensemble::new(Model::embedded()?, device)?;
    let mut results = Vec::new();
    for net in nets {
        for precision in precisions {
            for &batch in batches {
                results.push(Measurement::new(net, batch, precision, times(&mut ensemble, batch)?));
            }
        }
    }
    Ok(BenchReport { schema: "moue.bench/1", adapter, peak: Peak::default(), results })
}

fn describe(device: &Device) -> AdapterReport {
    match device {
        Device::Cpu => AdapterReport { name: device.name().into(), backend: "reference".into(), driver: String::new() },
        Device::Gpu(gpu) => {
            let adapter = gpu.adapter();
            AdapterReport { name: adapter.name.clone(), backend: adapter.backend.clone(), driver: adapter.driver.clone() }
        }
    }
}

/// Seconds of each repetition of reading `batch` faces.
fn times(ensemble: &mut Ensemble, batch: u32) -> Result<Vec<f64>> {
    let picture = RgbImage::from_fn(SIDE, SIDE, |x, y| Rgb([(x ^ y) as u8, (3 * x + y) as u8, (x * y / 7) as u8]));
    let faces = vec![(&picture, Rect::whole(SIDE, SIDE)); batch as usize];
    for _ in 0..WARM_UP {
        ensemble.read(&faces, false)?;
    }
    let begin = Instant::now();
    let mut seconds = Vec::new();
    while seconds.len() < LEAST || (seconds.len() < MOST && begin.elapsed() < ENOUGH) {
        let start = Instant::now();
        ensemble.read(&faces, false)?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    Ok(seconds)
}
