//! What a comparison reads of a report. Fields that a later version adds are no obstacle.

use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::bench::report::SCHEMA;

use crate::error::{Error, Result};
use crate::host::texts;

/// A report of one machine.
#[derive(Debug, Clone, Deserialize)]
pub struct Machine {
    /// Where it ran.
    pub adapter: Adapter,
    /// What that place can do at most.
    #[serde(default)]
    pub peak: Peak,
    /// One a network, batch and precision.
    pub results: Vec<Entry>,
    /// The day, in UTC.
    pub date: Option<String>,
    /// Of the fixed suite.
    pub score: Option<Score>,
    /// The file's path as it was given.
    #[serde(skip)]
    pub path: String,
}

/// Where it ran.
#[derive(Debug, Clone, Deserialize)]
pub struct Adapter {
    /// Its name.
    pub name: String,
    /// `vulkan`, `metal`, ...
    pub backend: String,
    /// Driver and version.
    #[serde(default)]
    pub driver: String,
}

/// Ceilings, where they were measured.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
pub struct Peak {
    /// 10^9 operations a second.
    pub gflops_f32: Option<f64>,
    /// 10^9 bytes a second.
    pub gbytes_per_s: Option<f64>,
}

/// One number for the machine, and its 95 % confidence interval.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Score {
    /// The reference has 100.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// One result.
#[derive(Debug, Clone, Deserialize)]
pub struct Entry {
    /// Network.
    pub net: String,
    /// Images answered together.
    pub batch: u32,
    /// `f32` or `f16`.
    pub precision: String,
    /// Images a second at the median.
    pub images_per_s: f64,
}

impl Machine {
    /// Backend and driver, the ceilings, the day: whatever of it there is.
    pub fn about(&self) -> String {
        let mut parts = vec![self.adapter.backend.clone()];
        parts.extend(Some(&self.adapter.driver).filter(|driver| !driver.is_empty()).cloned());
        parts.extend(self.peak.gflops_f32.map(|v| format!("{v:.0} GFLOP/s")));
        parts.extend(self.peak.gbytes_per_s.map(|v| format!("{v:.1} GB/s")));
        parts.extend(self.date.clone());
        parts.join(", ")
    }
}

/// The report in the file at `path`.
///
/// # Errors
/// [`Error::Io`]; [`Error::Argument`], which names the file, where it holds something else.
pub fn read(path: &Path) -> Result<Machine> {
    let text = texts::read(path)?;
    let path = path.display();
    let wrong = |reason: String| Error::Argument(format!("{path}: {reason}"));
    let value: Value = serde_json::from_str(&text).map_err(|error| wrong(format!("no JSON: {error}")))?;
    match value.get("schema").and_then(Value::as_str) {
        Some(SCHEMA) => {}
        Some(other) => return Err(wrong(format!("its schema is `{other}`; `moue bench --json` writes `{SCHEMA}`"))),
        None => return Err(wrong(format!("no report: it has no schema; `moue bench --json` writes `{SCHEMA}`"))),
    }
    let machine: Machine =
        serde_json::from_value(value).map_err(|error| wrong(format!("no report as `{SCHEMA}` has it: {error}")))?;
    if let Some(entry) = machine.results.iter().find(|entry| !(entry.images_per_s.is_finite() && entry.images_per_s > 0.0)) {
        return Err(wrong(format!("{} at batch {}: {} images a second", entry.net, entry.batch, entry.images_per_s)));
    }
    Ok(Machine { path: path.to_string(), ..machine })
}
