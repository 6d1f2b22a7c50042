//! `moue.bench/1`.

use std::io::{self, Write};

use serde::Serialize;

use crate::bench::Times;
use crate::cli::terminal::Paint;
use crate::gpu::Work;

/// What was measured, and where.
#[derive(Debug, Serialize)]
pub struct BenchReport {
    /// `moue.bench/1`.
    pub schema: &'static str,
    /// Where it ran.
    pub adapter: AdapterReport,
    /// What that place can do at most, measured in the same run.
    pub peak: Peak,
    /// One a network, batch and precision.
    pub results: Vec<Measurement>,
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

/// Measured ceilings; none where they were not measured.
#[derive(Debug, Default, Serialize)]
pub struct Peak {
    /// Multiply-adds, two operations each, in 10^9 a second.
    pub gflops_f32: Option<f64>,
    /// Bytes read and written, in 10^9 a second.
    pub gbytes_per_s: Option<f64>,
}

/// One network at one batch and precision. `*_ms`: wall time of a batch from input on the host to result on the host.
#[derive(Debug, Serialize)]
pub struct Measurement {
    /// Name of the network.
    pub net: String,
    /// Images a submission.
    pub batch: u32,
    /// `f32` or `f16`.
    pub precision: String,
    /// Median over the repetitions.
    pub median_ms: f64,
    /// The fastest.
    pub min_ms: f64,
    /// Nine of ten were at most this.
    pub p90_ms: f64,
    /// Images a second at the median.
    pub images_per_s: f64,
    /// Operations a second at the median, in 10^9; none where the network's operations are not counted.
    pub gflops: Option<f64>,
    /// `gflops` as a share of what the ceilings allow.
    pub share_of_roof: Option<f64>,
}

impl Measurement {
    /// Figures of the times of several repetitions.
    pub fn new(net: &str, batch: u32, precision: &str, times: &Times) -> Self {
        Self {
            net: net.into(),
            batch,
            precision: precision.into(),
            median_ms: 1e3 * times.median(),
            min_ms: 1e3 * times.fastest(),
            p90_ms: 1e3 * times.quantile(0.9),
            images_per_s: f64::from(batch) / times.median(),
            gflops: None,
            share_of_roof: None,
        }
    }

    /// Sets the operations a second, and their share of the roof: the time that the ceilings alone would take, over the median.
    pub fn against(&mut self, work: Work, peak: &Peak) {
        let seconds = self.median_ms / 1e3;
        self.gflops = Some(work.flops as f64 / seconds / 1e9);
        if let Peak { gflops_f32: Some(gflops), gbytes_per_s: Some(gbytes) } = peak {
            let roof = (work.flops as f64 / gflops).max(work.bytes as f64 / gbytes) / 1e9;
            self.share_of_roof = Some(roof / seconds);
        }
    }
}

impl BenchReport {
    /// The report, for people.
    pub fn table(&self, out: &mut impl Write) -> io::Result<()> {
        let paint = Paint::stdout();
        let AdapterReport { name, backend, driver } = &self.adapter;
        let driver = if driver.is_empty() { String::new() } else { format!(", {driver}") };
        writeln!(out, "{}  {backend}{driver}", paint.bold(name))?;
        if let Peak { gflops_f32: Some(gflops), gbytes_per_s: Some(gbytes) } = self.peak {
            writeln!(out, "{}", paint.dim(format!("ceilings measured: {gflops:.1} GFLOP/s f32, {gbytes:.1} GB/s")))?;
        }
        let head = ["net", "batch", "type", "median ms", "min ms", "p90 ms", "images/s", "GFLOP/s", "of roof"];
        let [net, batch, kind, rest @ ..] = head;
        let rest: String = rest.iter().map(|title| format!("{title:>11}")).collect();
        writeln!(out, "{}", paint.dim(format!("{net:<14}{batch:>6}  {kind:<4}{rest}")))?;
        for result in &self.results {
            let gflops = result.gflops.map_or("-".to_string(), |value| format!("{value:.1}"));
            let share = result.share_of_roof.map_or("-".to_string(), |value| format!("{:.0} %", 100.0 * value));
            writeln!(
                out,
                "{:<14}{:>6}  {:<4}{:>11.3}{:>11.3}{:>11.3}{:>11.1}{gflops:>11}{share:>11}",
                result.net, result.batch, result.precision, result.median_ms, result.min_ms, result.p90_ms, result.images_per_s
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_a_second_follow_from_the_median_batch() {
        let found = Measurement::new("default", 4, "f32", &Times::new(vec![0.007, 0.001, 0.005]));
        assert_eq!((found.min_ms, found.median_ms, found.p90_ms), (1.0, 5.0, 7.0));
        assert_eq!(found.images_per_s, 800.0);
    }
}
