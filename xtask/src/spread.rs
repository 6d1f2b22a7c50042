//! How far the score of one machine spreads from run to run, quiet and beside a load, and whether the runs beside the load say so.

use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde_json::Value;

use crate::{kept, system};

/// Runs of each kind where nobody says.
pub const RUNS: usize = 10;

/// Words of a remark on other load.
const OTHERS: &str = "other programs kept busy";

/// One run.
struct Run {
    score: [f64; 3],
    figures: usize,
    unsteady: usize,
    seconds: f64,
    loaded: bool,
    remarks: Vec<String>,
}

/// `runs` runs of `moue bench` with `options`, then as many beside a thread that counts.
pub fn spread(root: &Path, target: &Path, runs: usize, options: &[&str]) -> ExitCode {
    match measure(root, target, runs, options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("error: {reason}");
            ExitCode::from(2)
        }
    }
}

fn measure(root: &Path, target: &Path, runs: usize, options: &[&str]) -> Result<(), String> {
    if !system::run(kept::cargo().args(["build", "--release", "--package", "moue"]).current_dir(root))? {
        return Err("moue did not build".into());
    }
    let program = target.join("release").join(format!("moue{}", std::env::consts::EXE_SUFFIX));
    println!("| | score | its interval | figures, not within 3 % | seconds | other load is said |\n|---|---|---|---|---|---|");
    let mut found = Vec::new();
    for (kind, loaded) in [("quiet", false), ("beside a load", true)] {
        let done = AtomicBool::new(!loaded);
        let all = std::thread::scope(|scope| {
            scope.spawn(|| {
                let mut count = 0_u64;
                while !done.load(Ordering::Relaxed) {
                    count = std::hint::black_box(count.wrapping_add(1));
                }
            });
            let all = (1..=runs).map(|run| {
                let found = once(&program, options)?;
                let Run { score: [value, low, high], figures, unsteady, seconds, loaded, .. } = &found;
                let said = if *loaded { "yes" } else { "no" };
                println!(
                    "| {kind}, {run} | {value:.1} | {low:.1} to {high:.1} | {figures}, {unsteady} | {seconds:.0} | {said} |"
                );
                Ok(found)
            });
            let all: Result<Vec<Run>, String> = all.collect();
            done.store(true, Ordering::Relaxed);
            all
        })?;
        found.push((kind, all));
    }
    println!();
    for (kind, runs) in &found {
        println!("{}", summary(kind, runs));
    }
    for (kind, runs) in &found {
        println!("\n{kind}, what the first of them says:");
        runs.iter().take(1).flat_map(|run| &run.remarks).for_each(|remark| println!("- {remark}"));
    }
    Ok(())
}

fn once(program: &Path, options: &[&str]) -> Result<Run, String> {
    let start = Instant::now();
    let text = system::output(Command::new(program).args(["bench", "--json"]).args(options).env("MOUE_TUNING", ""));
    let seconds = start.elapsed().as_secs_f64();
    let text = text.ok_or("moue bench failed: run it to see why")?;
    read(&text, seconds)
}

fn read(text: &str, seconds: f64) -> Result<Run, String> {
    let report: Value = serde_json::from_str(text).map_err(|error| format!("what moue bench wrote is no JSON: {error}"))?;
    let number = |key: &str| report["score"][key].as_f64().ok_or("moue bench has no score: --net, --full and others have none");
    let score = [number("value")?, number("low")?, number("high")?];
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let remarks: Vec<String> = list(&report["remarks"]).iter().filter_map(|remark| remark.as_str().map(str::to_owned)).collect();
    Ok(Run {
        score,
        figures: list(&report["score"]["figures"]).len(),
        unsteady: list(&report["results"]).iter().filter(|result| result["steady"] == false).count(),
        seconds,
        loaded: remarks.iter().any(|remark| remark.contains(OTHERS)),
        remarks,
    })
}

fn summary(kind: &str, runs: &[Run]) -> String {
    let mut values: Vec<f64> = runs.iter().map(|run| run.score[0]).collect();
    values.sort_by(f64::total_cmp);
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    let deviation = (squares / values.len().saturating_sub(1).max(1) as f64).sqrt();
    let width = runs.iter().map(|run| (run.score[2] - run.score[1]) / 2.0 / run.score[0]).sum::<f64>() / runs.len().max(1) as f64;
    let (least, most) = (values.first().copied().unwrap_or(f64::NAN), values.last().copied().unwrap_or(f64::NAN));
    let said = runs.iter().filter(|run| run.loaded).count();
    format!(
        "{kind}: {} runs, {least:.1} to {most:.1}, mean {mean:.1}, standard deviation {:.1} % of it; half an interval {:.1} % in the mean; {said} say that other \
         programs were busy",
        runs.len(),
        100.0 * deviation / mean,
        100.0 * width
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_and_runs_are_summed_up() {
        let report = r#"{"score":{"value":90,"low":81,"high":99,"figures":[{},{}]},"results":[{"steady":false},{"steady":true}],
            "remarks":["other programs kept busy 1.0 of 2 processors meanwhile"]}"#;
        let run = || read(report, 3.0).unwrap_or_else(|reason| panic!("{reason}"));
        assert_eq!((run().figures, run().unsteady, run().loaded), (2, 1, true));
        let slower = Run { score: [110.0, 99.0, 121.0], loaded: false, ..run() };
        let text = summary("quiet", &[run(), slower]);
        assert!(text.contains("2 runs, 90.0 to 110.0, mean 100.0, standard deviation 14.1 %"), "{text}");
        assert!(text.contains("half an interval 10.0 %") && text.contains("1 say"), "{text}");
        assert!(read(r#"{"score":null}"#, 1.0).is_err());
    }
}
