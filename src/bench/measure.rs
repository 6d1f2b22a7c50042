//! The clock: each network on a device of its own. Those that were asked for come one after another, their batches in turns; those of the fixed suite in turns.

use web_time::Instant;

use super::ceilings::Ceilings;
use super::fixed::SUITE;
use super::report::{AdapterReport, BenchReport, SCHEMA, System};
use super::score::Score;
use super::subject::Source;
use super::suite::{Case, Effort, Suite};
use super::track::{Measured, Player};
use super::turns::{self, Place};
use super::watch::Watch;
use crate::device::Device;
use crate::error::Result;
use crate::gpu::Wait;
use crate::weights::Model;

/// Rounds at most.
const MOST_ROUNDS: usize = 1000;

/// Every case of the suite on `device`; what cannot be measured is said and does not end the run. `default` gives the model of that name. The report's
/// date, memory and system are the caller's to set.
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
    let ceilings = Ceilings::new(device, wait).await?;
    let place = Place { device, default, with_kernels: with_kernels && timestamps, wait, start };
    let mut report = BenchReport {
        schema: SCHEMA,
        adapter: describe(device),
        system: System::here(),
        suite: suite.turns.map(|_| SUITE),
        quick: suite.turns.is_some_and(|turns| turns.quick),
        peak: ceilings.peak(),
        score: None,
        results: Vec::new(),
        not_measured: Vec::new(),
        remarks: Vec::new(),
        tuned_layers: 0,
        peak_memory_kib: None,
        moue: env!("CARGO_PKG_VERSION"),
        date: String::new(),
    };
    match suite.turns {
        Some(turns) => {
            let whole = turns::measure(&suite.cases, turns, &place, &mut report, watch).await;
            after(ceilings, &place, &mut report, watch).await;
            if whole {
                report.score = Score::of(&report.results);
                report.remarks.extend(report.score.as_ref().and_then(Score::remark));
            } else {
                report.remarks.push("it was stopped before its end, and has no score".into());
            }
        }
        None => one_by_one(suite, ceilings, &place, &mut report, watch).await,
    }
    for (case, reason) in &suite.left_out {
        watch.fail(&mut report, case, &case.batches, reason);
    }
    Ok(report)
}

/// Each case by itself.
async fn one_by_one(suite: &Suite, mut ceilings: Ceilings, place: &Place<'_>, report: &mut BenchReport, watch: &mut dyn Watch) {
    for (index, case) in suite.cases.iter().enumerate() {
        watch.rest().await;
        let left_out = if watch.stopped() {
            Some("it was stopped before".to_owned())
        } else if suite.deadline.is_some_and(|deadline| place.start.elapsed() > deadline) {
            Some(format!("no time was left for it: `moue bench --net {}` measures it", case.net))
        } else {
            watch.case(index, suite.cases.len(), case);
            None
        };
        if let Some(error) = left_out {
            watch.fail(report, case, &case.batches, &error);
            continue;
        }
        match measure(case, suite.effort, place, watch).await {
            Ok(found) => {
                for measured in found {
                    match measured {
                        Ok(result) => {
                            watch.result(&result);
                            report.results.push(result);
                        }
                        Err((batch, error)) => watch.fail(report, case, &[batch], &error),
                    }
                }
            }
            Err(error) => watch.fail(report, case, &case.batches, &error.to_string()),
        }
        ceilings = after(ceilings, place, report, watch).await;
        watch.so_far(report);
    }
}

/// Measures the ceilings again, and holds what was measured so far against them.
async fn after(mut ceilings: Ceilings, place: &Place<'_>, report: &mut BenchReport, watch: &mut dyn Watch) -> Ceilings {
    // What was measured so far is not lost with the device.
    if let Err(error) = ceilings.measure(place.wait).await {
        watch.warning(&format!("the ceilings of `{}`: {error}", place.device.name()));
    }
    report.peak = ceilings.peak();
    report.tuned_layers = taken(place.device);
    report.finish();
    ceilings
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

/// Every batch of one network, or why it could not be measured.
async fn measure(case: &Case, effort: Effort, place: &Place<'_>, watch: &mut dyn Watch) -> Result<Vec<Measured>> {
    let source = Source::new(&case.net, place.default)?;
    let mut player = Player::new(case, &source, place.device, place.wait).await?;
    rounds(&mut player, effort).await;
    let mut measured = player.measured();
    if place.with_kernels {
        for result in measured.iter_mut().flatten() {
            player.profile(result, watch).await;
        }
    }
    Ok(measured)
}

/// The batches in turns, so that what slows the machine down for a while slows all of them.
async fn rounds(player: &mut Player<'_>, effort: Effort) {
    let batches = player.tracks.len() as u32;
    let (enough, most_time) = (effort.enough * batches, effort.most_time * batches);
    let mut start = Instant::now();
    let mut done = 0;
    let mut warm = false;
    while done < MOST_ROUNDS && player.tracks.iter().any(|track| track.failure.is_none()) {
        let elapsed = start.elapsed();
        if (done >= effort.least && elapsed >= enough) || (done >= effort.floor && elapsed >= most_time) {
            break;
        }
        for at in 0..player.tracks.len() {
            player.run(at).await;
        }
        done += 1;
        // Clocks and caches settle in a round that does not count, unless one takes long.
        if !warm && start.elapsed() < most_time / 8 {
            player.tracks.iter_mut().for_each(|track| track.seconds.clear());
            (start, done) = (Instant::now(), 0);
        }
        warm = true;
    }
}
