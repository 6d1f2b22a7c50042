//! The clock around a whole reading.

use std::time::{Duration, Instant};

use image::{Rgb, RgbImage};

use super::report::{AdapterReport, BenchReport, Measurement, Peak};
use crate::bench::{self, Times};
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
/// Repeats of which the fastest gives a ceiling.
const PEAK_REPEATS: usize = 7;
/// Side of the picture a face is read from, in pixels.
const SIDE: u32 = 256;

/// Every combination of network, batch and precision.
pub fn run(nets: &[String], batches: &[u32], precisions: &[String], device: &DeviceArgs) -> Result<BenchReport, Failure> {
    let device = device.open()?;
    let (adapter, peak) = describe(&device)?;
    let mut ensemble = Ensemble::new(Model::embedded()?, device)?;
    let mut results = Vec::new();
    for net in nets {
        for precision in precisions {
            for &batch in batches {
                let mut result = Measurement::new(net, batch, precision, &times(&mut ensemble, batch)?);
                // The work of one submission; a larger batch goes through in several.
                if let Some(layout) = ensemble.layout(batch as usize)?.filter(|layout| layout.faces == batch as usize) {
                    result.against(layout.work, &peak);
                }
                results.push(result);
            }
        }
    }
    Ok(BenchReport { schema: "moue.bench/1", adapter, peak, results })
}

/// Where it runs, and the ceilings of that place; those of the reference are not measured.
fn describe(device: &Device) -> Result<(AdapterReport, Peak)> {
    match device {
        Device::Cpu => {
            let adapter = AdapterReport { name: device.name().into(), backend: "reference".into(), driver: String::new() };
            Ok((adapter, Peak::default()))
        }
        Device::Gpu(gpu) => {
            let adapter = gpu.adapter();
            let peak = bench::peak(gpu, PEAK_REPEATS)?;
            let peak = Peak { gflops_f32: Some(peak.gflops), gbytes_per_s: Some(peak.gbytes) };
            let adapter =
                AdapterReport { name: adapter.name.clone(), backend: adapter.backend.clone(), driver: adapter.driver.clone() };
            Ok((adapter, peak))
        }
    }
}

/// Seconds of each repetition of reading `batch` faces.
fn times(ensemble: &mut Ensemble, batch: u32) -> Result<Times> {
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
    Ok(Times::new(seconds))
}
