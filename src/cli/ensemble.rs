//! `moue ensemble`.

use std::path::PathBuf;

use super::outcome::{Failure, Outcome, Status};
use super::session::{carried_or_file, same_file};
use super::{files, terminal};
use crate::weights::{Oversample, combine};

/// Makes several models one
///
/// The members of all models, which have the same labels and the same canonical crop; the order of the labels is the first one's. What is equal is stored and
/// computed once: networks, representations, tables, weights; names that clash get a number. The temperature becomes 1, as those of
/// the models were learned for other answers: `moue fuse` learns it anew, and the weights with it.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Model files, or `default` for the model that moue carries
    #[arg(value_name = "MEMBER", required = true)]
    members: Vec<PathBuf>,
    /// The model file to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// A number a model, separated by commas, made to sum 1; within a model its own weights stay in proportion [default: equal]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    weights: Option<Vec<f64>>,
    /// Views and crops of the new model; needed where the models differ [default: as they have it]
    #[arg(long, value_enum, value_name = "MODE")]
    oversample: Option<Mode>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Mode {
    /// The centre
    None,
    /// The centre, of the face and of its mirror image
    Mirrored,
    /// Four corners and the centre, of the face and of its mirror image
    #[value(name = "five_mirrored")]
    FiveMirrored,
}

impl From<Mode> for Oversample {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::None => Self::None,
            Mode::Mirrored => Self::Mirrored,
            Mode::FiveMirrored => Self::FiveMirrored,
        }
    }
}

/// Writes [`Args::output`].
pub fn run(args: &Args) -> Outcome {
    if args.members.len() < 2 {
        return Err(Failure::at("MEMBER", "an ensemble is made of two models at least: name another"));
    }
    let weights = args.weights.clone().unwrap_or_else(|| vec![1.0; args.members.len()]);
    if weights.len() != args.members.len() {
        let (numbers, models) = (weights.len(), args.members.len());
        return Err(Failure::at("--weights", format!("{numbers} numbers for {models} models: give one a model")));
    }
    if weights.iter().any(|w| !w.is_finite() || *w < 0.0) || weights.iter().all(|&w| w == 0.0) {
        return Err(Failure::at("--weights", "give numbers that are not negative, and not 0 all of them"));
    }
    if let Some(path) = args.members.iter().find(|path| same_file(path, &args.output)) {
        return Err(Failure::at("--output", format!("{} is one of the models: give another name", path.display())));
    }
    files::check(&args.output).map_err(|error| Failure::at("--output", error))?;
    let models = args
        .members
        .iter()
        .map(|path| carried_or_file(path))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Failure::at("MEMBER", error))?;
    let name = args.output.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let combined = combine(&name, &models, &weights, args.oversample.map(Oversample::from))?;
    combined.save(&args.output).map_err(|error| Failure::at("--output", error))?;
    let next = match combined.description.no_faces() {
        Some(reason) => reason,
        None => "its temperature is 1, `moue fuse` learns it and the weights".into(),
    };
    let (members, models) = (combined.description.members.len(), models.len());
    terminal::note(format!("{members} members of {models} models in {}; {next}", args.output.display()));
    Ok(Status::Complete)
}
