//! `moue bench`.

mod measure;
mod report;

use std::path::PathBuf;

use super::files;
use super::outcome::{Failure, Outcome, Status};
use super::session::DeviceArgs;

/// Measures networks from input on the host to result on the host
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Networks to run: `default` is the model that moue carries
    #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = ["default"], default_value = "default")]
    net: Vec<String>,
    /// Images a submission takes
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "1,8", value_parser = clap::value_parser!(u32).range(1..=4096))]
    batch: Vec<u32>,
    /// Types of the networks' arithmetic
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_parser = ["f32"], default_value = "f32")]
    precision: Vec<String>,
    #[command(flatten)]
    device: DeviceArgs,
    /// Write the report as JSON, to stdout where no FILE follows
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "-")]
    json: Option<PathBuf>,
}

/// A table on stdout, or the report as JSON.
pub fn run(args: &Args) -> Outcome {
    let report = measure::run(&args.net, &args.batch, &args.precision, &args.device)?;
    let mut out = std::io::stdout().lock();
    match &args.json {
        Some(path) => {
            let text = serde_json::to_string(&report)? + "\n";
            if path.as_os_str() == "-" {
                std::io::Write::write_all(&mut out, text.as_bytes())?;
            } else {
                files::write(path, text.as_bytes()).map_err(|error| Failure::at("--json", error))?;
                report.table(&mut out)?;
            }
        }
        None => report.table(&mut out)?,
    }
    Ok(Status::Complete)
}
