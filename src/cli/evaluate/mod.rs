//! `moue evaluate`.

mod plot;
mod samples;
mod score;
mod table;

use std::io::Write;
use std::path::PathBuf;

use super::outcome::{Failure, Outcome, Status};
use super::session::{self, DeviceArgs, ModelArgs};
use super::{files, terminal};
use crate::ensemble::Reading;
use crate::recognizer::{self, Answer};
use score::Score;

/// Measures a model on labelled pictures
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A folder with one folder of pictures a class, named as the model's labels
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    model: ModelArgs,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Draw the confusion matrix
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// Average five crops and their mirrors, whatever the model says
    #[arg(long)]
    oversample: bool,
    /// Each picture is a face crop, or its largest face is looked for (none found counts as wrong)
    #[arg(long, value_enum, default_value_t = Faces::None)]
    faces: Faces,
    #[command(flatten)]
    device: DeviceArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Faces {
    None,
    Largest,
}

/// Accuracy, classes, confusion and members, on stdout.
pub fn run(args: &Args) -> Outcome {
    let model = args.model.load()?;
    let mut score = Score::new(&model.description);
    let samples = samples::find(&args.data, &model.description.labels).map_err(|reason| Failure::at("--data", reason))?;
    let count = samples.len();
    let faces = match args.faces {
        Faces::None => recognizer::Faces::None,
        Faces::Largest => recognizer::Faces::Largest,
    };
    let builder = session::builder(model, &args.device).faces(faces).oversample(args.oversample);
    let (mut recognizer, photos) = builder.build_and_prefetch(samples)?;
    session::warn(&recognizer);
    let bar = terminal::progress(count, 0);
    let mut failures = 0;
    for Answer { source, analysis, .. } in recognizer.analyze_stream(photos) {
        match analysis {
            Ok(analysis) => match analysis.faces.into_iter().next() {
                Some(face) => {
                    score.count(source.class, &Reading { probabilities: face.probabilities, members: face.members });
                }
                None => score.miss(source.class),
            },
            // Figures of what happened to be read before would be no measurement.
            Err(error) if error.is_of_device() => return Err(error.into()),
            Err(error) => {
                failures += 1;
                terminal::error(format!("{}: {error}", source.path.display()));
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    report(args, &score)?;
    if failures > 0 {
        terminal::note(format!("{failures} of {count} pictures could not be read and are not counted"));
    }
    Ok(Status::of(failures))
}

fn report(args: &Args, score: &Score) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&score.report())?)?;
    } else {
        table::write(&mut out, &score.report())?;
    }
    if let Some(path) = &args.plot {
        files::write(path, plot::confusion(&score.report()).as_bytes()).map_err(|error| Failure::at("--plot", error))?;
    }
    Ok(())
}
