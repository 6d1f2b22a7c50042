//! `moue analyze`.

mod answer;
mod csv;
mod human;
mod json;
mod record;
mod target;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

use image::RgbImage;

use answer::Reader;
use record::Record;

use super::outcome::{Failure, Outcome, Status};
use super::session::{self, DeviceArgs, ModelArgs};
use super::{annotate, files, inputs, terminal};
use crate::error::Result;

/// Reads the expressions of the faces in pictures
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Pictures, folders (with all below them), patterns, or `-` for standard input
    #[arg(required = true, value_name = "INPUT")]
    inputs: Vec<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    /// Give the K most probable labels only, best first
    #[arg(long, value_name = "K", value_parser = clap::value_parser!(u32).range(1..))]
    top: Option<u32>,
    /// One JSON object a picture, one a line
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// One line a face, with a header
    #[arg(long)]
    csv: bool,
    /// Draw boxes, labels and bars: into a picture file (for one picture), or into a folder (one PNG a picture)
    #[arg(long, value_name = "FILE|DIR")]
    annotate: Option<PathBuf>,
    /// Every face found, the largest, or the whole picture as one face, without looking for any
    #[arg(long, value_enum, default_value_t = Faces::All)]
    faces: Faces,
    /// Average five crops and their mirrors, whatever the model says: slower, steadier
    #[arg(long)]
    oversample: bool,
    #[command(flatten)]
    device: DeviceArgs,
}

/// Which faces of a picture are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Faces {
    /// Every face found.
    All,
    /// The largest box.
    Largest,
    /// The whole picture.
    None,
}

/// One record a picture, in the order of the inputs, each as soon as it is known.
pub fn run(args: &Args) -> Outcome {
    let inputs = inputs::expand(&args.inputs);
    let targets = match &args.annotate {
        Some(target) => target::plan(&inputs, target)?,
        None => vec![None; inputs.len()],
    };
    let (description, ensemble) = session::open(&args.model, &args.device)?;
    let labels = description.labels.clone();
    let mut reader = Reader::new(description, ensemble, args.faces, args.oversample)?;
    let mut out = std::io::stdout().lock();
    let top = args.top.map_or(labels.len(), |k| labels.len().min(k as usize));
    if args.csv {
        csv::header(&mut out, &labels)?;
    }
    let bar = if std::io::stdout().is_terminal() || inputs.len() < 2 { None } else { Some(terminal::progress(inputs.len())) };
    let mut failures = 0;
    for (input, target) in inputs.iter().zip(&targets) {
        let (photo, record) = reader.answer(input);
        let mut failed = record.error.is_some();
        write(args, &mut out, &record, &labels, top)?;
        if let (Some(photo), Some(path)) = (&photo, target)
            && let Err(error) = draw(photo, &record, &labels, path)
        {
            terminal::error(format!("--annotate: {error}"));
            failed = true;
        }
        failures += usize::from(failed);
        if let Some(bar) = &bar {
            bar.inc(1);
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    if failures > 0 && inputs.len() > 1 {
        terminal::note(format!("{failures} of {} inputs could not be answered", inputs.len()));
    }
    Ok(Status::of(failures))
}

fn draw(photo: &RgbImage, record: &Record, labels: &[String], path: &Path) -> Result<()> {
    let faces: Vec<_> =
        record.faces.iter().map(|face| annotate::Face { rect: face.rect, probabilities: &face.probabilities }).collect();
    let drawn = annotate::draw(photo, &faces, labels)?;
    files::make_parent(path)?;
    files::save(&drawn.into(), path)
}

fn write(args: &Args, out: &mut impl Write, record: &Record, labels: &[String], top: usize) -> Result<(), Failure> {
    if args.json {
        json::write(out, record, labels, args.top.map(|_| top))
    } else if args.csv {
        csv::write(out, record, labels, top).map_err(Failure::from)
    } else {
        human::write(out, record, labels, args.top.map(|_| top)).map_err(Failure::from)
    }
}
