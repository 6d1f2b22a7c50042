//! `moue analyze`.

mod args;
mod csv;
mod human;
mod json;
mod made;
mod output;
mod record;
mod resume;
mod stages;
mod target;

use std::path::{Path, PathBuf};

use image::RgbImage;

pub use args::Args;
use made::Made;
use output::Output;
use record::Record;
use resume::{Before, Resumed};
use stages::Stopwatch;
use target::Job;

use super::outcome::{Failure, Outcome, Status};
use super::{annotate, files, inputs, session, terminal};
use crate::error::{Error, Result};
use crate::recognizer::Recognizer;

/// One record a picture, in the order of the inputs, each as soon as it is known.
pub fn run(args: &Args) -> Outcome {
    let watch = Stopwatch::start();
    if args.resume.is_none() {
        terminal::stdout().check()?;
    }
    for (flag, target) in [("--annotate", &args.annotate), ("--explain", &args.explain)] {
        if target.is_some() && *target == args.resume {
            return Err(Failure::at(flag, "the pictures and the records of --resume do not fit into one file: name two"));
        }
    }
    if args.annotate.is_some() && args.annotate == args.explain {
        return Err(Failure::at(
            "--explain",
            "its pictures and those of --annotate would have the same names: name another place",
        ));
    }
    for (flag, asked) in [("--landmarks", args.landmarks.is_some()), ("--blendshapes", args.blendshapes)] {
        if asked && !args.json && args.resume.is_none() {
            return Err(Failure::at(flag, "only JSON records have room for them: add --json"));
        }
    }
    let inputs = inputs::expand(&args.inputs);
    let planned = |flag: &str, target: &Option<PathBuf>| match target {
        Some(target) => {
            let planned = target::plan(flag, &inputs, target)?;
            target::check(flag, &planned, target)?;
            Ok::<_, Failure>(planned)
        }
        None => Ok(vec![None; inputs.len()]),
    };
    let targets = planned("--annotate", &args.annotate)?.into_iter().zip(planned("--explain", &args.explain)?);
    let targets: Vec<[Option<PathBuf>; 2]> = targets.map(|(drawn, explained)| [drawn, explained]).collect();
    let count = inputs.len();
    let model = args.model.load()?;
    let description = model.description.clone();
    let mut resumed = match &args.resume {
        Some(path) => {
            let made = Made::of(args, &model)?;
            Some((Resumed::open(path, &description, &made)?, made))
        }
        None => None,
    };
    // Those that failed before come first: what is new is appended behind them.
    let (mut jobs, mut new) = (Vec::new(), Vec::new());
    for (input, targets) in inputs.into_iter().zip(targets) {
        match resumed.as_mut().and_then(|(resumed, _)| resumed.before(&input.name)) {
            Some(Before::Answered) => {}
            Some(Before::Failed(place)) => jobs.push(Job { input, targets, again: Some(place) }),
            None => new.push(Job { input, targets, again: None }),
        }
    }
    let again = jobs.len();
    jobs.append(&mut new);
    let skipped = count - jobs.len();
    if skipped > 0 || again > 0 {
        let retried = if again > 0 { format!("; {again} could not be, and are tried again") } else { String::new() };
        terminal::note(format!("{skipped} of {count} inputs were answered before{retried}"));
    }
    if jobs.is_empty() {
        return Ok(Status::Complete);
    }
    let mut failures = 0;

    let ((mut recognizer, photos), patience) = session::recognizer(model, &args.device, |builder| {
        builder.faces(args.faces.into()).search(args.search()).oversample(args.oversample).build_and_prefetch(jobs)
    })?;
    session::warn(&recognizer);
    let watch = watch.ready();
    let mut output = Output::new(args, resumed, &description)?;
    let bar = output.shows_progress(count).then(|| terminal::progress(count, skipped));
    let mut stream = recognizer.analyze_stream(photos);
    let mut patience = Some(patience);
    while let Some(answer) = stream.next() {
        patience.take();
        let (job, photo, record) = Record::of(answer)?;
        let mut failed = record.error.is_some();
        // Before the record: a run that is resumed takes what has one for done.
        if let (Some(photo), false) = (&photo, failed) {
            let [drawn, explained] = &job.targets;
            let drawn = drawn.as_ref().map(|path| draw(photo, &record, &description.labels, args.mesh.map(Into::into), path));
            let explained = explained.as_ref().map(|path| explain(photo, &record, stream.recognizer(), path));
            for (flag, made) in [("--annotate", drawn), ("--explain", explained)] {
                match made {
                    Some(Err(error @ Error::DeviceLost { .. })) => return Err(error.into()),
                    Some(Err(error)) => {
                        terminal::error(format!("{flag}: {error}"));
                        failed = true;
                    }
                    Some(Ok(())) | None => {}
                }
            }
        }
        output.write(&record, job.again)?;
        failures += usize::from(failed);
        if let Some(bar) = &bar {
            bar.inc(1);
        }
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    output.finish()?;
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

fn draw(photo: &RgbImage, record: &Record, labels: &[String], mesh: Option<annotate::Mesh>, path: &Path) -> Result<()> {
    let faces: Vec<_> = record
        .faces
        .iter()
        .map(|face| annotate::Face { rect: face.rect, probabilities: &face.probabilities, landmarks: face.landmarks.as_deref() })
        .collect();
    let drawn = annotate::draw(photo, &faces, labels, mesh)?;
    files::make_room(path)?;
    files::save(&drawn.into(), path)
}

fn explain(photo: &RgbImage, record: &Record, recognizer: &mut Recognizer, path: &Path) -> Result<()> {
    let explanations = record.faces.iter().map(|face| recognizer.explain(photo, face)).collect::<Result<Vec<_>>>()?;
    let faces = record.faces.iter().zip(&explanations).map(|(face, explanation)| annotate::Explained {
        label: &face.label,
        label_index: face.label_index,
        probability: face.probabilities.get(face.label_index).copied().unwrap_or(0.0),
        explanation,
    });
    let faces: Vec<_> = faces.collect();
    let description = recognizer.description();
    let members: Vec<(&str, f64)> =
        description.members.iter().map(|member| member.name.as_str()).zip(description.fusion.weights.iter().copied()).collect();
    let drawn = annotate::explain(photo, &faces, &members)?;
    files::make_room(path)?;
    files::save(&drawn.into(), path)
}
