//! `moue bench`.

mod compare;
mod load;
mod system;
mod table;

use std::path::{Path, PathBuf};

use load::Load;

use super::outcome::{Failure, Outcome, Status};
use super::run::Precision;
use super::session::DeviceArgs;
use super::{files, memory, terminal};
use crate::bench::measure;
use crate::bench::measurement::Measurement;
use crate::bench::names;
use crate::bench::report::BenchReport;
use crate::bench::suite::{Case, Suite};
use crate::bench::watch::Watch;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::gpu::Wait;
use crate::tensor;
use crate::weights::Model;

/// Measures this machine: a score, and networks from input on the host to result on the host
///
/// Without --net, --batch, --precision and --full: the fixed suite `moue.suite/1`, the same everywhere, and its score: how fast this machine is beside a
/// reference whose score is 100, with a 95 % confidence interval. It takes 90 seconds on a GPU and 3 minutes where the adapter is a CPU at most. Each figure is
/// repeated until its median is known within 3 %, or the time is up; what the repeats and the machine show beside that is said. Shares of the roof are of what the adapter itself can do, measured in the same run: multiply-adds and
/// bytes copied a second. More than 100 % is possible: what mostly reads is faster than a copy, which writes as much as it reads, and a cache is
/// faster than the memory.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, disable_help_subcommand = true)]
pub struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    /// Networks of `moue zoo` with random weights; `default`: the model that moue carries; `levi_hassner`: twenty networks, 6 GB, ten crops of a
    /// face, and `levi_hassner_centre`: one; `lbp`: codes and colours of a frame of 3840 x 2160 that lies on the device, 1 and 16 times where
    /// the adapter is a GPU; `photograph`: from the pixels of a portrait to the answer, and `video`: of a frame whose face is followed
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    net: Vec<String>,
    /// Images that are answered together [default: 1,8,64; 1,8 where the adapter is a CPU, there without --net 1 except for `default`; `lbp` 1,16,
    /// on a CPU 1; `levi_hassner`, `levi_hassner_centre`, `photograph`, `video` and all of `cpu` 1]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = clap::value_parser!(u32).range(1..=4096))]
    batch: Vec<u32>,
    /// Types of weights and tensors on the device [default: f32,f16; f32 where the adapter is a CPU]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_enum)]
    precision: Vec<Precision>,
    /// The fixed suite in a third of the time: its score has a wider interval
    #[arg(long, conflicts_with_all = ["net", "batch", "precision", "full"])]
    quick: bool,
    /// More than the suite, without a score: every network at 1, 8 and 64 images, and `levi_hassner_centre` where there is memory for it; a few networks,
    /// within 3 minutes, where the adapter is a CPU
    #[arg(long, conflicts_with_all = ["net", "batch"])]
    full: bool,
    #[command(flatten)]
    device: DeviceArgs,
    /// Time every operator by the device's own clock
    #[arg(long)]
    kernels: bool,
    /// Write the report as JSON, to stdout where no FILE follows; FILE is written anew after every network
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    json: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Compare(compare::Args),
}

/// A table on stdout, or the report as JSON.
pub fn run(args: &Args) -> Outcome {
    if let Some(Command::Compare(args)) = &args.command {
        return compare::run(args);
    }
    names::check(&args.net).map_err(|error| Failure::at("--net", error))?;
    let file = args.json.as_deref().filter(|path| path.as_os_str() != "-");
    if let Some(path) = file {
        files::check_replaced(path).map_err(|error| Failure::at("--json", error))?;
    }
    terminal::stdout().check()?;
    let device = args.device.open()?;
    let precisions: Vec<tensor::Precision> = args.precision.iter().map(|&precision| precision.into()).collect();
    for precision in &precisions {
        device.check(*precision).map_err(|error| Failure::at("--precision", error))?;
    }
    let chosen = args.full || !(args.net.is_empty() && args.batch.is_empty() && precisions.is_empty());
    let suite = if chosen || matches!(device, Device::Reference) {
        Suite::new(&args.net, &args.batch, &precisions, &device, memory::available())
    } else {
        Suite::fixed(&device, args.quick)
    };
    if let Some(sentence) = &suite.remark {
        terminal::note(sentence);
    }
    let mut watch = Terminal { file };
    let load = Load::watch();
    let measured = measure::run(&suite, &device, &Model::embedded, args.kernels, Wait::Here, &mut watch);
    let mut report = pollster::block_on(measured)?;
    report.remarks.extend(load.remarks());
    stamp(&mut report);
    if report.results.is_empty() {
        return Err(Failure::Refused("nothing could be measured".into()));
    }
    let written = file.map_or(Ok(()), |path| files::replace(path, json(&report)?.as_bytes()));
    let mut out = terminal::stdout();
    if args.json.is_some() && file.is_none() {
        std::io::Write::write_all(&mut out, json(&report)?.as_bytes())?;
    } else {
        let cpu = matches!(&device, Device::Gpu(gpu) if gpu.capabilities().cpu);
        table::write(&report, cpu, &mut out)?;
    }
    // What was measured is on stdout then.
    written.map_err(|error| Failure::at("--json", error))?;
    // What does not fit is a fault of a request, and a finding of the suite.
    let asked = !(args.net.is_empty() && args.batch.is_empty());
    Ok(if asked { Status::of(report.not_measured.len()) } else { Status::Complete })
}

fn json(report: &BenchReport) -> Result<String> {
    serde_json::to_string(report).map(|text| text + "\n").map_err(|error| Error::Defect(error.to_string()))
}

fn stamp(report: &mut BenchReport) {
    report.peak_memory_kib = memory::peak();
    report.system.os_version = system::version();
    report.date = time::OffsetDateTime::now_utc().date().to_string();
}

/// Says on stderr what is being measured, and what was; what was measured so far lies in `file`.
struct Terminal<'p> {
    file: Option<&'p Path>,
}

impl Watch for Terminal<'_> {
    fn case(&mut self, done: usize, all: usize, case: &Case) {
        terminal::note(format!("[{}/{all}] {}", done + 1, case.describe()));
    }

    fn result(&mut self, result: &Measurement) {
        terminal::note(format!("  {}", result.describe()));
    }

    fn so_far(&mut self, report: &mut BenchReport) {
        let Some(path) = self.file.filter(|path| files::is_plain(path) && !report.results.is_empty()) else { return };
        stamp(report);
        if let Err(error) = json(report).and_then(|text| files::replace(path, text.as_bytes())) {
            terminal::warning(format!("--json: {error}"));
        }
    }

    fn note(&mut self, text: &str) {
        terminal::note(text);
    }

    fn warning(&mut self, text: &str) {
        terminal::warning(text);
    }
}
