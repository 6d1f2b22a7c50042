//! The pictures among the inputs, one after the other.

use std::path::Path;

use image::RgbImage;

use super::args::Args;
use super::output::Output;
use super::target::Job;
use crate::cli::outcome::Failure;
use crate::cli::terminal::Patience;
use crate::cli::{annotate, files, terminal};
use crate::error::{Error, Result};
use crate::recognizer::{Prefetch, Prefetched, Recognizer};
use crate::records::Record;

/// One record a picture; how many failed, and what other threads spent. `patience` ends with the first answer, `done` is called after each.
pub fn run(
    photos: Prefetch<Job>,
    args: &Args,
    recognizer: &mut Recognizer,
    output: &mut Output,
    patience: &mut Option<Patience>,
    done: impl Fn(),
) -> Result<(usize, Prefetched), Failure> {
    let labels = recognizer.description().labels.clone();
    let mut failures = 0;
    let mut stream = recognizer.analyze_stream(photos);
    while let Some(answer) = stream.next() {
        patience.take();
        let (job, photo, mut record) = Record::of(answer, |job: &Job| job.input.name.clone())?;
        output.prepare(&mut record)?;
        let mut failed = record.error.is_some();
        // Before the record: a run that is resumed takes what has one for done.
        if let (Some(photo), false) = (&photo, failed) {
            let [drawn, explained] = &job.targets;
            let drawn = drawn.as_ref().map(|path| draw(photo, &record, &labels, args.mesh.map(Into::into), path));
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
        done();
    }
    Ok((failures, stream.prefetched()))
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
