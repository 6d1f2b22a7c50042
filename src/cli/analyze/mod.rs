//! `moue analyze`.

mod args;
mod csv;
mod human;
mod json;
mod output;
mod record;
mod resume;
mod stages;
mod target;

use std::path::Path;

use image::RgbImage;

pub use args::Args;
use output::Output;
use record::Record;
use resume::Resumed;
use stages::Stopwatch;
use target::Job;

use super::outcome::{Outcome, Status};
use super::{annotate, files, inputs, session, terminal};
use crate::error::Result;

/// One record a picture, in the order of the inputs, each as soon as it is known.
pub fn run(args: &Args) -> Outcome {
    let watch = Stopwatch::start();
    let inputs = inputs::expand(&args.inputs);
    let targets = match &args.annotate {
        Some(target) => target::plan(&inputs, target)?,
        None => vec![None; inputs.len()],
    };
    let count = inputs.len();
    let model = args.model.load()?;
    let description = model.description.clone();
    let mut resumed = args.resume.as_deref().map(|path| Resumed::open(path, &description)).transpose()?;
    let mut jobs: Vec<Job> = inputs.into_iter().zip(targets).map(|(input, target)| Job { input, target }).collect();
    let mut failures = 0;
    if let Some(resumed) = &mut resumed {
        jobs.retain(|job| match resumed.answered(&job.input.name) {
            Some(failed) => {
                failures += usize::from(failed);
                false
            }
            None => true,
        });
    }
    let skipped = count - jobs.len();
    if skipped > 0 {
        terminal::note(format!("{skipped} of {count} inputs were answered before"));
    }
    if jobs.is_empty() {
        return Ok(Status::of(failures));
    }

    let builder = session::builder(model, &args.device).faces(args.faces.into()).oversample(args.oversample);
    let (mut recognizer, photos) = builder.build_and_prefetch(jobs)?;
    session::warn(&recognizer);
    let watch = watch.ready();
    let mut output = Output::new(args, resumed, &description)?;
    let bar = output.shows_progress(count).then(|| terminal::progress(count, skipped));
    let mut stream = recognizer.analyze_stream(photos);
    for answer in stream.by_ref() {
        let (job, photo, record) = Record::of(answer)?;
        let mut failed = record.error.is_some();
        // Before the record: a run that is resumed takes what has one for done.
        if let (Some(photo), Some(path), false) = (&photo, &job.target, failed)
            && let Err(error) = draw(photo, &record, &description.labels, path)
        {
            terminal::error(format!("--annotate: {error}"));
            failed = true;
        }
        output.write(&record)?;
        failures += usize::from(failed);
        if let Some(bar) = &bar {
            bar.inc(1);
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    if failures > 0 && count > 1 {
        terminal::note(format!("{failures} of {count} inputs could not be answered"));
    }
    if args.verbose {
        let prefetched = stream.prefetched();
        drop(stream);
        watch.report(prefetched, &mut recognizer)?;
    }
    Ok(Status::of(failures))
}

fn draw(photo: &RgbImage, record: &Record, labels: &[String], path: &Path) -> Result<()> {
    let faces: Vec<_> =
        record.faces.iter().map(|face| annotate::Face { rect: face.rect, probabilities: &face.probabilities }).collect();
    let drawn = annotate::draw(photo, &faces, labels)?;
    files::make_room(path)?;
    files::save(&drawn.into(), path)
}
