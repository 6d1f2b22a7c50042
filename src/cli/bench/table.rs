//! The report, for people.

use std::io::{self, Write};

use crate::bench::ceilings::Peak;
use crate::bench::fixed::FIGURES;
use crate::bench::kernels::Kernel;
use crate::bench::measurement::Measurement;
use crate::bench::report::{AdapterReport, BenchReport};
use crate::bench::score::{Score, Value};
use crate::cli::terminal::Paint;

/// Operators that are listed one by one.
const MOST_KERNELS: usize = 15;

/// Where, the ceilings, a line a result, and the operators where they were timed. `cpu`: the adapter is one, and copies into textures are in no operator's time.
pub fn write(report: &BenchReport, cpu: bool, out: &mut impl Write) -> io::Result<()> {
    let paint = Paint::stdout();
    let AdapterReport { name, backend, driver } = &report.adapter;
    let driver = if driver.is_empty() { String::new() } else { format!(", {driver}") };
    writeln!(out, "{}  {backend}{driver}", paint.bold(name))?;
    if let Peak { gflops_f32: Some(gflops), gflops_f16_matrix, gbytes_per_s: Some(gbytes) } = report.peak {
        let matrix = gflops_f16_matrix.map_or(String::new(), |matrix| format!("{matrix:.1} GFLOP/s f16 by matrices, "));
        writeln!(out, "{}", paint.dim(format!("ceilings measured: {gflops:.1} GFLOP/s f32, {matrix}{gbytes:.1} GB/s")))?;
    }
    let titles = ["first ms", "median ms", "±", "min ms", "p90 ms", "images/s", "GFLOP/s", "GB/s", "of roof"];
    let titles: String = titles.iter().map(|title| format!("{title:>10}")).collect();
    writeln!(out, "{}", paint.dim(format!("{:<15}{:>6}  {:<4}{titles}", "net", "batch", "type")))?;
    for result in &report.results {
        let Measurement { net, batch, precision, first_ms, median_ms, min_ms, p90_ms, images_per_s, .. } = result;
        let known = result.half_width().map_or("-".into(), |width| format!("{:.1} %", 100.0 * width));
        let [first, median, min, p90] = [first_ms, median_ms, min_ms, p90_ms].map(|ms| format!("{ms:>10.2}"));
        let times = format!("{first}{median}{known:>10}{min}{p90}");
        let [gflops, gbytes] = [result.gflops, result.gbytes_per_s].map(|v| v.map_or("-".into(), |v| format!("{v:.1}")));
        let share = share(result.share_of_roof);
        writeln!(out, "{net:<15}{batch:>6}  {precision:<4}{times}{images_per_s:>10.1}{gflops:>10}{gbytes:>10}{share:>10}")?;
    }
    for missing in &report.not_measured {
        writeln!(out, "{:<15}{:>6}  {:<4}  not measured: {}", missing.net, missing.batch, missing.precision, missing.error)?;
    }
    for result in &report.results {
        if let Some(kernels) = result.kernels.as_deref().filter(|kernels| !kernels.is_empty()) {
            operators(result, kernels, out)?;
        }
    }
    let timed = report.results.iter().filter_map(|result| result.kernels.as_ref()).any(|kernels| !kernels.is_empty());
    if cpu && timed {
        writeln!(
            out,
            "{}",
            paint.dim("copies into textures, which this adapter makes between operators, are in no operator's time")
        )?;
    }
    if let (Some(suite), Some(score)) = (report.suite, &report.score) {
        summary(suite, report.quick, score, out)?;
    }
    if !report.remarks.is_empty() {
        writeln!(out)?;
        report.remarks.iter().try_for_each(|remark| writeln!(out, "- {remark}"))?;
    }
    Ok(())
}

/// The score, its interval and parts.
fn summary(suite: &str, quick: bool, score: &Score, out: &mut impl Write) -> io::Result<()> {
    let paint = Paint::stdout();
    let Score { whole: Value { value, low, high }, reference, parts, figures } = score;
    let quick = if quick { ", --quick" } else { "" };
    let head = paint.bold(format!("score {value:.1}"));
    writeln!(out)?;
    writeln!(
        out,
        "{head}  {low:.1} to {high:.1} by this run's repeats (95 %); {suite}{quick}, {} of {} figures",
        figures.len(),
        FIGURES.len()
    )?;
    let part =
        |name: &str, part: Option<Value>| format!("{name} {}", part.map_or("-".into(), |part| format!("{:.1}", part.value)));
    let parts = [
        part("latency", parts.latency),
        part("throughput", parts.throughput),
        part("memory", parts.memory),
        part("end to end", parts.end_to_end),
    ];
    writeln!(out, "{}", parts.join(", "))?;
    writeln!(out, "{}", paint.dim(format!("100 is {reference} of moue's benches/results")))
}

fn share(share: Option<f64>) -> String {
    share.map_or("-".into(), |value| format!("{:.0} %", 100.0 * value))
}

fn operators(result: &Measurement, kernels: &[Kernel], out: &mut impl Write) -> io::Result<()> {
    let paint = Paint::stdout();
    let sum: f64 = kernels.iter().map(|kernel| kernel.ms).sum();
    let Measurement { net, precision, batch, .. } = result;
    let images = result.kernels_images.unwrap_or(1);
    let direct = result.direct_gflop.map(|gflop| gflop * images as f64 / f64::from(*batch) / (sum / 1e3).max(1e-9));
    let direct = direct.map_or(String::new(), |gflops| format!(", {gflops:.1} GFLOP/s of direct convolution's multiply-adds"));
    writeln!(out)?;
    writeln!(out, "{}", paint.bold(format!("{net}, {precision}, a submission of {images}: {sum:.2} ms in kernels{direct}")))?;
    let (listed, rest) = kernels.split_at(kernels.len().min(MOST_KERNELS));
    let width =
        |name: fn(&Kernel) -> &str, least: usize| listed.iter().map(|k| name(k).chars().count()).max().unwrap_or(0).max(least);
    let (label, shader) = (width(|k| &k.label, 8), width(|k| k.shader, 6));
    let titles: String = ["ms", "", "GFLOP/s", "GB/s", "of roof"].iter().map(|title| format!("{title:>9}")).collect();
    writeln!(out, "{}", paint.dim(format!("  {:<label$}  {:<shader$}{titles}", "operator", "shader")))?;
    for kernel in listed {
        let Kernel { ms, gflops, gbytes_per_s, .. } = kernel;
        let part = format!("{:.1} %", 100.0 * ms / sum.max(1e-9));
        let share = share(kernel.share_of_roof);
        writeln!(
            out,
            "  {:<label$}  {:<shader$}{ms:>9.3}{part:>9}{gflops:>9.1}{gbytes_per_s:>9.1}{share:>9}",
            kernel.label, kernel.shader
        )?;
    }
    if !rest.is_empty() {
        let ms: f64 = rest.iter().map(|kernel| kernel.ms).sum();
        let part = format!("{:.1} %", 100.0 * ms / sum.max(1e-9));
        writeln!(out, "  {:<label$}  {:<shader$}{ms:>9.3}{part:>9}", format!("{} others", rest.len()), "(--json)")?;
    }
    Ok(())
}
