//! `moue.bench/1`.

use serde::Serialize;

use super::ceilings::Peak;
use super::measurement::Measurement;
use super::remarks::remarks;
use super::score::Score;

/// Name of the schema.
pub const SCHEMA: &str = "moue.bench/1";

/// What was measured, and where.
#[derive(Debug, Serialize)]
pub struct BenchReport {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// Where it ran.
    pub adapter: AdapterReport,
    /// What it ran on beside that.
    pub system: System,
    /// The fixed suite that was run; none where other networks were asked for.
    pub suite: Option<&'static str>,
    /// Whether it was run in a third of its time: intervals are wider then.
    pub quick: bool,
    /// What that place can do at most, measured in the same run.
    pub peak: Peak,
    /// One number for the machine, of the fixed suite.
    pub score: Option<Score>,
    /// One a network, batch and precision.
    pub results: Vec<Measurement>,
    /// What could not be measured, and why.
    pub not_measured: Vec<NotMeasured>,
    /// What was noticed that a reader should know, as sentences.
    pub remarks: Vec<String>,
    /// Layers of these results, by their sizes and numbers of images, whose kernels were chosen by measuring them (`--tune`), now or in an earlier run; 0 where
    /// the rules chose all of them.
    pub tuned_layers: usize,
    /// The most memory that the process had, where the system says.
    pub peak_memory_kib: Option<u64>,
    /// Version of moue.
    pub moue: &'static str,
    /// The day, in UTC.
    pub date: String,
}

/// Where it ran.
#[derive(Debug, Serialize)]
pub struct AdapterReport {
    /// Name as the driver gives it, or `cpu`.
    pub name: String,
    /// `vulkan`, `metal`, ..., or `reference`.
    pub backend: String,
    /// Driver and version.
    pub driver: String,
}

/// A network that could not be measured.
#[derive(Debug, Serialize)]
pub struct NotMeasured {
    /// Its name.
    pub net: String,
    /// Images that were to be answered together.
    pub batch: u32,
    /// `f32` or `f16`.
    pub precision: String,
    /// Why.
    pub error: String,
}

/// The system and nothing about who uses it.
#[derive(Debug, Serialize)]
pub struct System {
    /// `linux`, `macos`, `windows`, ...
    pub os: String,
    /// `x86_64`, `aarch64`, `wasm32`, ...
    pub arch: String,
    /// Its name and version as it says them, where it does.
    pub os_version: Option<String>,
    /// Name and version of the browser, in one.
    pub browser: Option<String>,
}

impl System {
    /// The one that this was compiled for; its version and browser are the caller's to set.
    pub fn here() -> Self {
        Self { os: std::env::consts::OS.into(), arch: std::env::consts::ARCH.into(), os_version: None, browser: None }
    }
}

impl BenchReport {
    /// Holds the results against the ceilings and says what their repeats show.
    pub fn finish(&mut self) {
        let Self { results, peak, .. } = self;
        results.iter_mut().for_each(|result| result.against(peak));
        self.remarks = remarks(results);
    }
}
