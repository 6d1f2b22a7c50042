//! `--verbose`: where the time went.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::cli::{memory, terminal};
use crate::error::Result;
use crate::gpu::Timing;
use crate::recognizer::{Prefetched, Recognizer};

/// Runs from the first input to the last record.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch {
    start: Instant,
    opened: Duration,
}

impl Stopwatch {
    /// The run begins.
    pub fn start() -> Self {
        Self { start: Instant::now(), opened: Duration::ZERO }
    }

    /// The device is open, its pipelines compiled.
    pub fn ready(self) -> Self {
        Self { opened: self.start.elapsed(), ..self }
    }

    /// The run is over: its stages and kernels on stderr.
    pub fn report(self, prefetched: Prefetched, recognizer: &mut Recognizer) -> Result<()> {
        let (wall, peak) = (self.start.elapsed(), memory::peak());
        let times = recognizer.times();
        let stages = [
            ("open", self.opened),
            ("decode", prefetched.decode),
            ("detect", prefetched.detect),
            ("plan", times.prepare),
            ("upload", times.upload),
            ("compute", times.compute),
            ("readback", times.readback),
        ];
        // Only where they were asked for.
        let acted = recognizer.actions().is_some().then(|| ("action units", recognizer.acted()));
        let stages: Vec<(&str, Duration)> = stages.into_iter().chain(acted).collect();
        let sum: Duration = stages.iter().map(|(_, time)| *time).sum();
        let after = wall.saturating_sub(self.opened).as_secs_f64();
        terminal::note(format!(
            "on {}: {:.0} ms, of which {:.0} ms until the device was open and its pipelines compiled; {} faces in {} submissions, {:.1} faces/s \
             from then on",
            recognizer.device_name(),
            millis(wall),
            millis(self.opened),
            times.faces,
            times.submissions,
            times.faces as f64 / after.max(1e-9)
        ));
        terminal::note(format!(
            "stages: decode and detect are sums over {} threads, which work while the others, one after another on one thread, do; shares are of \
             the sum of all",
            prefetched.threads
        ));
        for (name, time) in stages {
            terminal::note(line(name, millis(time), millis(sum)));
        }
        match recognizer.profile()? {
            Some((faces, timings)) => {
                kernels(
                    &format!(
                        "of a submission that holds {faces} faces, run once more with timestamps: the compute stage's parts"
                    ),
                    &timings,
                );
                if let Some(timings) = recognizer.profile_actions(faces)? {
                    kernels(&format!("of action units of {faces} followed faces, with timestamps"), &timings);
                }
            }
            None if times.submissions == 0 => terminal::note("kernels: no face was read"),
            None => terminal::note("kernels: no timestamps on this device"),
        }
        if let Some(kib) = peak {
            terminal::note(format!("peak memory {kib} KiB"));
        }
        Ok(())
    }
}

fn kernels(which: &str, timings: &[Timing]) {
    let mut kernels: BTreeMap<&str, (usize, f64)> = BTreeMap::new();
    for timing in timings {
        let (count, seconds) = kernels.entry(timing.shader).or_default();
        *count += 1;
        *seconds += timing.seconds;
    }
    let mut kernels: Vec<_> = kernels.into_iter().collect();
    kernels.sort_by(|(_, (_, a)), (_, (_, b))| b.total_cmp(a));
    let sum: f64 = kernels.iter().map(|(_, (_, seconds))| seconds).sum();
    terminal::note(format!("kernels {which}"));
    for (name, (count, seconds)) in kernels {
        terminal::note(format!("{}  {count} x", line(name, 1e3 * seconds, 1e3 * sum)));
    }
}

fn line(name: &str, millis: f64, sum: f64) -> String {
    format!("  {name:<20} {millis:>10.2} ms {:>5.1} %", 100.0 * millis / sum.max(1e-9))
}

fn millis(time: Duration) -> f64 {
    1e3 * time.as_secs_f64()
}
