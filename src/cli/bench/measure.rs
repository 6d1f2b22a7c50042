//! The clock: each network on a device of its own, its batches in turns.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::ceilings::Ceilings;
use super::kernels::{Kernel, kernels};
use super::report::{AdapterReport, BenchReport, Measurement, NotMeasured, SCHEMA};
use super::subject::{Source, Subject};
use super::suite::{Case, Effort, Suite};
use super::table;
use crate::bench::{Cost, Times};
use crate::cli::{memory, terminal};
use crate::device::Device;
use crate::error::Result;
use crate::gpu::{Gpu, Spent};

/// Rounds at most.
const MOST_ROUNDS: usize = 1000;
/// Runs with timestamps, each dispatch's fastest of which counts, and the time after which no other is begun.
const PROFILES: usize = 3;
const PROFILE_TIME: Duration = Duration::from_secs(3);

/// Every case of the suite; what cannot be measured is said and does not end the run.
///
/// # Errors
/// The device's, where not even its ceilings can be measured.
pub fn run(suite: &Suite, device: &Device, with_kernels: bool) -> Result<BenchReport> {
    let start = Instant::now();
    let timestamps = matches!(device, Device::Gpu(gpu) if gpu.capabilities().timestamps);
    if with_kernels && !timestamps {
        terminal::warning(format!("--kernels: `{}` has no timestamps, no kernel can be timed there", device.name()));
    }
    if tuned(device) > 0 {
        terminal::note(format!("kernels of {} layers are those that were measured to be fastest (--tune)", tuned(device)));
    }
    let mut ceilings = Ceilings::new(device)?;
    let (mut results, mut not_measured) = (Vec::new(), Vec::new());
    for (index, case) in suite.cases.iter().enumerate() {
        let batches: Vec<String> = case.batches.iter().map(u32::to_string).collect();
        let (place, of) = (index + 1, suite.cases.len());
        terminal::note(format!("[{place}/{of}] {}, {}, batch {}", case.net, case.precision.name(), batches.join(", ")));
        let mut fail = |batch: u32, error: String| {
            terminal::warning(format!("{}, {}, batch {batch}: {error}", case.net, case.precision.name()));
            not_measured.push(NotMeasured { net: case.net.clone(), batch, precision: case.precision.name().into(), error });
        };
        if suite.deadline.is_some_and(|deadline| start.elapsed() > deadline) {
            let error = format!("no time was left for it: `moue bench --net {}` measures it", case.net);
            case.batches.iter().for_each(|&batch| fail(batch, error.clone()));
            continue;
        }
        match measure(case, suite.effort, device, with_kernels && timestamps) {
            Ok(found) => {
                for measured in found {
                    match measured {
                        Ok(result) => {
                            terminal::note(table::progress(&result));
                            results.push(result);
                        }
                        Err((batch, error)) => fail(batch, error),
                    }
                }
            }
            Err(error) => case.batches.iter().for_each(|&batch| fail(batch, error.to_string())),
        }
        // What was measured so far is not lost with the device.
        if let Err(error) = ceilings.measure() {
            terminal::warning(format!("the ceilings of `{}`: {error}", device.name()));
        }
    }
    let peak = ceilings.peak();
    results.iter_mut().for_each(|result| result.against(&peak));
    Ok(BenchReport {
        schema: SCHEMA,
        adapter: describe(device),
        peak,
        results,
        not_measured,
        tuned_layers: tuned(device),
        peak_memory_kib: memory::peak(),
        moue: env!("CARGO_PKG_VERSION"),
        date: time::OffsetDateTime::now_utc().date().to_string(),
    })
}

fn tuned(device: &Device) -> usize {
    if let Device::Gpu(gpu) = device { gpu.choices().map_or(0, |tuning| tuning.len()) } else { 0 }
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

/// The same adapter opened anew: no pipeline of another network is there, and no memory.
fn anew(device: &Device) -> Result<Device> {
    match device {
        Device::Cpu => Ok(Device::Cpu),
        Device::Gpu(gpu) => {
            let fresh = Gpu::open(Some(&gpu.adapter().index.to_string()))?;
            if let Some(tuning) = gpu.choices() {
                fresh.tune(Arc::clone(tuning));
            }
            Ok(Device::Gpu(fresh))
        }
    }
}

type Measured = std::result::Result<Measurement, (u32, String)>;

/// One batch under the clock.
struct Track {
    batch: u32,
    /// Seconds to the first answer.
    first: f64,
    /// What an answer costs, and the pipelines that there were after the first answer.
    cost: Option<(Cost, usize)>,
    seconds: Vec<f64>,
    spent: Option<Spent>,
    failure: Option<String>,
}

/// Every batch of one network, or why it could not be measured.
fn measure(case: &Case, effort: Effort, device: &Device, with_kernels: bool) -> Result<Vec<Measured>> {
    let source = Source::new(&case.net)?;
    let device = anew(device)?;
    let start = Instant::now();
    let mut subject = source.prepare(&device, case.batches.iter().copied().max().unwrap_or(1), case.precision)?;
    let ready = start.elapsed().as_secs_f64();
    let mut tracks: Vec<Track> = case.batches.iter().map(|&batch| Track::begin(&mut subject, &device, batch, ready)).collect();
    rounds(&mut subject, &mut tracks, effort);
    let result = |track: Track| -> Measured {
        let Track { batch, first, cost, seconds, spent, failure } = track;
        if let Some(error) = failure {
            return Err((batch, error));
        }
        let mut result = Measurement::new(&case.net, batch, case.precision.name(), first, &Times::new(seconds));
        if let Some((cost, pipelines)) = cost {
            result.costs(&cost, pipelines);
        }
        if let Some(spent) = spent {
            result.spends(spent);
        }
        if with_kernels {
            result.kernels = Some(profile(&mut subject, batch).map_err(|error| (batch, error.to_string()))?);
        }
        Ok(result)
    };
    Ok(tracks.into_iter().map(result).collect())
}

impl Track {
    /// The first answer of a batch, `ready` seconds after the clock was started for the network.
    fn begin(subject: &mut Subject<'_>, device: &Device, batch: u32, ready: f64) -> Self {
        let mut first = || {
            subject.make_input(batch)?;
            let start = Instant::now();
            subject.run(batch)?;
            let seconds = start.elapsed().as_secs_f64();
            let pipelines = if let Device::Gpu(gpu) = device { gpu.pipelines() } else { 0 };
            Ok((seconds, subject.cost().map(|cost| (cost, pipelines))))
        };
        let begun: Result<_> = first();
        let failure = begun.as_ref().err().map(ToString::to_string);
        let (seconds, cost) = begun.unwrap_or_default();
        Self { batch, first: ready + seconds, cost, seconds: Vec::new(), spent: None, failure }
    }

    fn run(&mut self, subject: &mut Subject<'_>) {
        if self.failure.is_none() {
            let start = Instant::now();
            match subject.run(self.batch) {
                Ok(()) => {
                    self.seconds.push(start.elapsed().as_secs_f64());
                    self.spent = subject.spent();
                }
                Err(error) => self.failure = Some(error.to_string()),
            }
        }
    }
}

/// The batches in turns, so that what slows the machine down for a while slows all of them.
fn rounds(subject: &mut Subject<'_>, tracks: &mut [Track], effort: Effort) {
    let batches = tracks.len() as u32;
    let (enough, most_time) = (effort.enough * batches, effort.most_time * batches);
    let mut start = Instant::now();
    let mut done = 0;
    let mut warm = false;
    while done < MOST_ROUNDS && tracks.iter().any(|track| track.failure.is_none()) {
        let elapsed = start.elapsed();
        if (done >= effort.least && elapsed >= enough) || (done >= effort.floor && elapsed >= most_time) {
            break;
        }
        tracks.iter_mut().for_each(|track| track.run(subject));
        done += 1;
        // Clocks and caches settle in a round that does not count, unless one takes long.
        if !warm && start.elapsed() < most_time / 8 {
            tracks.iter_mut().for_each(|track| track.seconds.clear());
            (start, done) = (Instant::now(), 0);
        }
        warm = true;
    }
}

fn profile(subject: &mut Subject<'_>, batch: u32) -> Result<Vec<Kernel>> {
    // It is the last plan to have run that is timed.
    subject.run(batch)?;
    let start = Instant::now();
    let mut runs = vec![subject.profile()?];
    while runs.len() < PROFILES && start.elapsed() < PROFILE_TIME {
        runs.push(subject.profile()?);
    }
    Ok(kernels(&runs))
}
