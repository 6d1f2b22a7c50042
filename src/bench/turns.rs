//! All figures of the fixed suite in turns, one repeat each: what changes on the machine meanwhile changes all of them alike.

use std::time::Duration;

use web_time::Instant;

use super::measurement::Measurement;
use super::report::BenchReport;
use super::subject::Source;
use super::suite::{Case, Turns};
use super::track::{Player, Track};
use super::watch::Watch;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::gpu::Wait;
use crate::tensor::Precision;
use crate::timing::Times;
use crate::weights::Model;

/// Rounds at most.
const MOST_ROUNDS: usize = 1000;
/// Repeats of which the median has an interval.
const LEAST: usize = 6;
/// Of the time, what making figures ready may take.
const READY: f64 = 0.6;
/// By so much the time may be exceeded by figures that have fewer than [`LEAST`] repeats.
const OVER: f64 = 1.1;
/// A figure that takes no longer is run once before the clock: another one's data lie in the caches.
const SMALL: Duration = Duration::from_millis(25);
/// Between two reports of what there is so far.
const PAUSE: Duration = Duration::from_secs(10);

/// Where and how it is measured.
pub struct Place<'p> {
    /// The device, of which every network gets its own.
    pub device: &'p Device,
    /// Gives the default model.
    pub default: &'p dyn Fn() -> Result<Model>,
    /// Whether operators are timed.
    pub with_kernels: bool,
    /// Who polls.
    pub wait: Wait,
    /// When the run began.
    pub start: Instant,
}

/// The measurements of `cases` in their order; `report` is told what could not be measured. Whether it went to its end.
pub async fn measure(cases: &[Case], turns: Turns, place: &Place<'_>, report: &mut BenchReport, watch: &mut dyn Watch) -> bool {
    let sources: Vec<Result<Source>> = nets(cases).iter().map(|net| Source::new(net, place.default)).collect();
    let mut players = Vec::new();
    for (index, case) in cases.iter().enumerate() {
        watch.rest().await;
        let made = if watch.stopped() {
            Err(Error::Argument("it was stopped before".into()))
        } else if place.start.elapsed() > turns.time.mul_f64(READY) {
            Err(Error::Argument(format!("no time was left for it: `moue bench --net {}` measures it", case.net)))
        } else {
            watch.case(index, cases.len(), case);
            ready(case, cases, &sources, place).await
        };
        match made {
            Ok(player) => players.push(player),
            Err(error) => watch.fail(report, case, &case.batches, &error.to_string()),
        }
    }
    let whole = rounds(&mut players, turns, place, report, watch).await;
    for player in &mut players {
        for measured in player.measured() {
            match measured {
                Ok(mut result) => {
                    if place.with_kernels && whole {
                        player.profile(&mut result, watch).await;
                    }
                    report.results.push(result);
                }
                Err((batch, error)) => watch.fail(report, player.case, &[batch], &error),
            }
        }
    }
    whole
}

/// Each network once: its weights on the host serve both precisions.
fn nets(cases: &[Case]) -> Vec<&str> {
    let mut nets: Vec<&str> = cases.iter().map(|case| case.net.as_str()).collect();
    nets.dedup();
    nets
}

async fn ready<'s>(case: &'s Case, cases: &[Case], sources: &'s [Result<Source>], place: &Place<'_>) -> Result<Player<'s>> {
    if case.precision != Precision::F32 {
        place.device.check(case.precision)?;
    }
    let at = nets(cases).iter().position(|net| *net == case.net);
    match at.and_then(|at| sources.get(at)) {
        Some(Ok(source)) => Player::new(case, source, place.device, place.wait).await,
        Some(Err(error)) => Err(error.clone()),
        None => Err(Error::Defect(format!("`{}` was not made", case.net))),
    }
}

/// Repeats until every figure is known well enough or the time is up; whether it was not stopped.
async fn rounds(
    players: &mut [Player<'_>],
    turns: Turns,
    place: &Place<'_>,
    report: &mut BenchReport,
    watch: &mut dyn Watch,
) -> bool {
    let mut said = Instant::now();
    let late = |track: &Track| {
        let elapsed = place.start.elapsed();
        let over = if track.seconds.len() < LEAST { OVER } else { 1.0 };
        elapsed >= turns.time.mul_f64(over)
    };
    for round in 0..MOST_ROUNDS {
        watch.rest().await;
        if watch.stopped() {
            return false;
        }
        let (mut ran, mut left) = (false, 0);
        for player in players.iter_mut() {
            for at in 0..player.tracks.len() {
                let Some(track) = player.tracks.get(at).filter(|track| !known(track, turns)) else { continue };
                left += 1;
                if late(track) {
                    continue;
                }
                // Clocks and caches settle in a first round that does not count, unless one repeat takes long.
                let small = if round == 0 { track.first < turns.time.as_secs_f64() / 100.0 } else { small(track) };
                if small {
                    player.warm(at).await;
                }
                player.run(at).await;
                ran = true;
            }
        }
        if !ran {
            break;
        }
        if said.elapsed() >= PAUSE {
            said = Instant::now();
            let seconds = turns.time.saturating_sub(place.start.elapsed()).as_secs();
            watch.note(&format!(
                "  round {}: {left} figures are not known within 3 % yet, at most {seconds} s are left",
                round + 1
            ));
            report.results = players.iter().flat_map(Player::measured).flatten().collect();
            report.finish();
            watch.so_far(report);
        }
    }
    report.results.clear();
    true
}

fn small(track: &Track) -> bool {
    track.seconds.last().is_none_or(|last| *last < SMALL.as_secs_f64())
}

/// Whether a figure needs no further repeats.
fn known(track: &Track, turns: Turns) -> bool {
    let count = track.seconds.len();
    track.failure.is_some() || (count >= turns.least && Measurement::is_steady(&Times::new(track.seconds.clone())))
}
