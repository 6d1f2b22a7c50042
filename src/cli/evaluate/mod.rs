//! `moue evaluate`.

mod actions;
mod embedding;
mod plot;
mod score;
mod table;
mod votes;

use std::io::Write;
use std::path::PathBuf;

use super::labelled::LabelledArgs;
use super::outcome::{Failure, Outcome, Status};
use super::session::{DeviceArgs, ModelArgs};
use super::{files, terminal};
use score::Score;
use votes::Votes;

/// Measures a model on labelled pictures
///
/// With --actions the one of action units: --data is then a CSV table with a row a picture, a column `file` (its path, beside the table or below --pictures) and a column a
/// unit, as AU01 or AU1: intensities of 0 to 5, or 0 and 1; AU01_c is presence, AU01_r intensity, as OpenFace and py-feat have them. What is empty, or 9, nobody could see,
/// and is left out. Other columns are passed over. Of each picture the largest face is read.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    labelled: LabelledArgs,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    units: actions::UnitArgs,
    #[command(flatten)]
    embedding: embedding::EmbeddingArgs,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Draw the confusion matrix; with --actions the figures of each unit
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArgs,
}

/// Accuracy, classes, confusion and members, on stdout.
pub fn run(args: &Args) -> Outcome {
    terminal::stdout().check()?;
    args.plot.as_deref().map_or(Ok(()), files::check).map_err(|error| Failure::at("--plot", error))?;
    files::apart(&[("--plot", args.plot.as_deref())], &[("--model", args.model.file())])?;
    if args.embedding.asked() {
        if args.units.asked() || args.plot.is_some() {
            return Err(Failure::at(
                "--embedding",
                "it goes with --data, --gallery, --json and --device: leave out --actions and --plot",
            ));
        }
        return embedding::run(&args.embedding, args.labelled.data(), &args.device, args.json);
    }
    let model = args.model.load()?;
    if let Some(reason) = model.description.no_faces() {
        return Err(Failure::at("--model", reason));
    }
    if args.units.asked() {
        let output = actions::Output { json: args.json, plot: args.plot.as_deref() };
        return actions::run(&args.units, args.labelled.data(), model, &args.device, output);
    }
    let labelled = args.labelled.find(&model.description.labels)?;
    let mut score = Score::new(&model.description);
    let mut votes = args.labelled.voted().then(|| Votes::new(&model.description));
    let failures = labelled.read(model, &args.device, |truth, reading| {
        if let Some(class) = truth.most() {
            match reading {
                Some(reading) => score.count(class, reading),
                None => score.miss(class),
            }
        }
        if let Some(votes) = &mut votes {
            votes.count(truth, reading);
        }
    })?;
    report(args, &score, votes.as_ref())?;
    Ok(Status::of(failures))
}

fn report(args: &Args, score: &Score, votes: Option<&Votes>) -> Result<(), Failure> {
    let mut out = terminal::stdout();
    let mut report = score.report();
    report.votes = votes.map(Votes::report);
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&report)?)?;
    } else {
        table::write(&mut out, &report)?;
    }
    if let Some(path) = &args.plot {
        files::write(path, plot::confusion(&report).as_bytes()).map_err(|error| Failure::at("--plot", error))?;
    }
    Ok(())
}
