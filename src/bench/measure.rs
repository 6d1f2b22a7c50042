//! The clock: each network on a device of its own, its batches in turns.

use std::pin::Pin;
use std::time::Duration;

use web_time::Instant;

use super::ceilings::Ceilings;
use super::kernels::{Kernel, kernels};
use super::report::{AdapterReport, BenchReport, Measurement, NotMeasured, SCHEMA};
use super::subject::{Source, Subject};
use super::suite::{Case, Effort, Suite};
use crate::device::Device;
use crate::error::Result;
use crate::gpu::{Cost, Spent, Wait};
use crate::timing::Times;
use crate::weights::Model;

/// Rounds at most.
const MOST_ROUNDS: usize = 1000;
/// Runs with timestamps, each dispatch's fastest of which counts, and the time after which no other is begun.
const PROFILES: usize = 3;
const PROFILE_TIME: Duration = Duration::from_secs(3);

/// Who looks on while a suite is measured.
pub trait Watch {
    /// A case is begun.
    fn case(&mut self, done: usize, all: usize, case: &Case);
    /// A measurement, without shares of the roof still.
    fn result(&mut self, result: &Measurement);
    /// The report after a case; its date and memory are the watcher's to set.
    fn so_far(&mut self, _report: &mut BenchReport) {}
    /// What a user should know.
    fn note(&mut self, text: &str);
    /// What went wrong.
    fn warning(&mut self, text: &str);
    /// Before every network: whoever looks on from the same thread gets a turn.
    fn rest(&mut self) -> Pin<Box<dyn Future<Output = ()> + '_>> {
        Box::pin(std::future::ready(()))
    }
    /// Whether the rest is to be left out.
    fn stopped(&self) -> bool {
        false
    }
}

/// Every case of the suite on `device`; what cannot be measured is said and does not end the run. `default` gives the model of that name. The report's
/// date and memory are the caller's to set.
///
/// # Errors
/// The device's, where not even its ceilings can be measured.
pub async fn run(
    suite: &Suite,
    device: &Device,
    default: &dyn Fn() -> Result<Model>,
    with_kernels: bool,
    wait: Wait,
    watch: &mut dyn Watch,
) -> Result<BenchReport> {
    let start = Instant::now();
    let timestamps = match device {
        Device::Reference => false,
        Device::Cpu(_) => true,
        Device::Gpu(gpu) => gpu.capabilities().timestamps,
    };
    if with_kernels && !timestamps {
        watch.warning(&format!("--kernels: `{}` has no timestamps, no kernel can be timed there", device.name()));
    }
    if let Device::Gpu(gpu) = device
        && let Some(known) = gpu.choices().map(|choices| choices.len()).filter(|&known| known > 0)
    {
        watch.note(&format!("{known} choices of kernels that were measured on this adapter are taken where they apply (--tune)"));
    }
    let mut ceilings = Ceilings::new(device, wait).await?;
    let mut report = BenchReport {
        schema: SCHEMA,
        adapter: describe(device),
        peak: ceilings.peak(),
        results: Vec::new(),
        not_measured: Vec::new(),
        tuned_layers: 0,
        peak_memory_kib: None,
        moue: env!("CARGO_PKG_VERSION"),
        date: String::new(),
    };
    for (index, case) in suite.cases.iter().enumerate() {
        watch.rest().await;
        let left_out = if watch.stopped() {
            Some("it was stopped before".to_owned())
        } else if suite.deadline.is_some_and(|deadline| start.elapsed() > deadline) {
            Some(format!("no time was left for it: `moue bench --net {}` measures it", case.net))
        } else {
            watch.case(index, suite.cases.len(), case);
            None
        };
        if let Some(error) = left_out {
            fail(&mut report, watch, case, &case.batches, &error);
            continue;
        }
        match measure(case, suite.effort, device, default, with_kernels && timestamps, wait, watch).await {
            Ok(found) => {
                for measured in found {
                    match measured {
                        Ok(result) => {
                            watch.result(&result);
                            report.results.push(result);
                        }
                        Err((batch, error)) => fail(&mut report, watch, case, &[batch], &error),
                    }
                }
            }
            Err(error) => fail(&mut report, watch, case, &case.batches, &error.to_string()),
        }
        // What was measured so far is not lost with the device.
        if let Err(error) = ceilings.measure(wait).await {
            watch.warning(&format!("the ceilings of `{}`: {error}", device.name()));
        }
        report.peak = ceilings.peak();
        report.results.iter_mut().for_each(|result| result.against(&report.peak));
        report.tuned_layers = taken(device);
        watch.so_far(&mut report);
    }
    for (case, reason) in &suite.left_out {
        fail(&mut report, watch, case, &case.batches, reason);
    }
    Ok(report)
}

/// Says why some batches are not measured.
fn fail(report: &mut BenchReport, watch: &mut dyn Watch, case: &Case, batches: &[u32], error: &str) {
    let precision = case.precision.name();
    for &batch in batches {
        watch.warning(&format!("{}, {precision}, batch {batch}: {error}", case.net));
        report.not_measured.push(NotMeasured {
            net: case.net.clone(),
            batch,
            precision: precision.into(),
            error: error.to_owned(),
        });
    }
}

fn taken(device: &Device) -> usize {
    if let Device::Gpu(gpu) = device { gpu.choices().map_or(0, |choices| choices.taken()) } else { 0 }
}

fn describe(device: &Device) -> AdapterReport {
    match device {
        Device::Reference => AdapterReport { name: device.name().into(), backend: "reference".into(), driver: String::new() },
        Device::Cpu(cpu) => AdapterReport { name: device.name().into(), backend: "cpu".into(), driver: cpu.words() },
        Device::Gpu(gpu) => {
            let adapter = gpu.adapter();
            AdapterReport { name: adapter.name.clone(), backend: adapter.backend.clone(), driver: adapter.driver.clone() }
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
async fn measure(
    case: &Case,
    effort: Effort,
    device: &Device,
    default: &dyn Fn() -> Result<Model>,
    with_kernels: bool,
    wait: Wait,
    watch: &mut dyn Watch,
) -> Result<Vec<Measured>> {
    let source = Source::new(&case.net, default)?;
    let direct = source.direct_flops()?;
    // No pipeline of another network is there, and no memory.
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
    rounds(&mut subject, &mut tracks, effort, wait).await;
    let mut measured = Vec::new();
    for Track { batch, first, cost, seconds, spent, failure } in tracks {
        if let Some(error) = failure {
            measured.push(Err((batch, error)));
            continue;
        }
        let mut result = Measurement::new(&case.net, batch, case.precision.name(), first, &Times::new(seconds));
        result.direct_gflop = direct.map(|flops| flops as f64 * f64::from(batch) / 1e9);
        if let Some((cost, pipelines)) = cost {
            result.costs(&cost, pipelines);
        }
        if let Some(spent) = spent {
            result.spends(spent);
        }
        if with_kernels && let Err(error) = result.profiled(profile(&mut subject, batch, wait).await) {
            let precision = case.precision.name();
            watch.warning(&format!("{}, {precision}, batch {batch}: its kernels could not be timed: {error}", case.net));
        }
        measured.push(Ok(result));
    }
    Ok(measured)
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
}

/// The batches in turns, so that what slows the machine down for a while slows all of them.
async fn rounds(subject: &mut Subject<'_>, tracks: &mut [Track], effort: Effort, wait: Wait) {
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
        for track in tracks.iter_mut() {
            track.run(subject, wait).await;
        }
        done += 1;
        // Clocks and caches settle in a round that does not count, unless one takes long.
        if !warm && start.elapsed() < most_time / 8 {
            tracks.iter_mut().for_each(|track| track.seconds.clear());
            (start, done) = (Instant::now(), 0);
        }
        warm = true;
    }
}

/// The operators of the last submission of a batch, and its images.
async fn profile(subject: &mut Subject<'_>, batch: u32, wait: Wait) -> Result<(usize, Vec<Kernel>)> {
    // It is the last plan to have run that is timed.
    subject.run(batch, wait).await?;
    let start = Instant::now();
    let Some((images, first)) = subject.profile(wait).await? else { return Ok((0, Vec::new())) };
    let mut runs = vec![first];
    while runs.len() < PROFILES && start.elapsed() < PROFILE_TIME {
        runs.extend(subject.profile(wait).await?.map(|(_, timings)| timings));
    }
    Ok((images, kernels(&runs)))
}
