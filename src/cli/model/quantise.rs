//! `moue model quantise`.

use std::path::PathBuf;

use crate::cli::outcome::{Failure, Outcome, Status};
use crate::cli::session::{carried_or_file, same_file};
use crate::cli::{files, terminal};
use crate::error::Error;
use crate::weights::{Model, Type};

/// Makes a model file half as large, or less
///
/// Weights of convolutions, locally connected and dense layers become integers of eight bits times a scale for each output channel; a weight changes by half a
/// scale at most. The rest stays as it is. The file is a model as any other: it runs on the same kernels, in the same time. `moue evaluate --model FILE` says what it costs.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A model file, or `default` for the model that moue carries
    #[arg(value_name = "MODEL")]
    model: PathBuf,
    /// The model file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

/// Writes [`Args::output`].
pub fn run(args: &Args) -> Outcome {
    if same_file(&args.model, &args.output) {
        return Err(Failure::at("--output", format!("{} is the model itself: give another name", args.output.display())));
    }
    let failed = |error: Error| Failure::at("--output", error);
    files::check(&args.output).map_err(failed)?;
    let model = carried_or_file(&args.model).map_err(|error| Failure::at("MODEL", error))?;
    let quantised = model.quantised()?;
    quantised.save(&args.output).map_err(failed)?;
    let eight_bits = quantised.arrays().filter(|(_, array)| array.ty == Type::I8).count();
    let (before, after) = (megabytes(&model), megabytes(&quantised));
    terminal::note(format!(
        "{}: {eight_bits} tensors in eight bits; {after:.2} MB of weights, before {before:.2}",
        args.output.display()
    ));
    Ok(Status::Complete)
}

/// Of all tensors, with their scales.
fn megabytes(model: &Model) -> f64 {
    let bytes = model.arrays().map(|(_, array)| array.length() + array.scales().map_or(0, size_of_val));
    bytes.sum::<usize>() as f64 / 1e6
}
