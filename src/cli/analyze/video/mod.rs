//! The videos among the inputs.

mod drawing;
mod drawn;
mod matroska;

use std::path::Path;
use std::time::Duration;

use super::args::Args;
use super::output::Output;
use super::plot;
use super::target::Job;
use crate::cli::inputs::Source;
use crate::cli::outcome::Failure;
use crate::cli::{files, terminal};
use crate::error::{Error, Result};
use crate::recognizer::{Following, Prefetched, Recognizer};
use crate::records::{Record, Summary};
use crate::video::Report;
use drawing::Drawing;

/// Reads a video; whether it was read and answered whole, and what other threads spent on it.
pub fn run(job: Job, args: &Args, recognizer: &mut Recognizer, output: &mut Output) -> Result<(bool, Prefetched), Failure> {
    let labels = recognizer.description().labels.clone();
    let Job { input, targets: [target, _], mut again, begun } = job;
    let mut summary = begun.map_or_else(|| Summary::new(input.name.clone(), &labels, output.units()), |begun| *begun);
    summary.smoothed = args.smooth;
    let mut spent = Prefetched::default();
    match input.frames(args.moving.options()) {
        Err(error) => summary.error = Some(error.to_string()),
        Ok(frames) => {
            let report = frames.report();
            let following = Following {
                known: summary.frames,
                smoothing: args.smooth.map(Duration::from_secs_f64),
                live: matches!(input.source, Source::Camera(_) | Source::Stream),
                ..Following::default()
            };
            let mut video = recognizer.analyze_video(frames, following)?;
            let mut drawn =
                target.as_deref().map(|path| Drawing::new(path, &input, args, report.clone(), &labels)).transpose()?;
            let bar = output.shows_frames().then(|| terminal::frames(summary.frames));
            for answered in video.by_ref() {
                let answered = match answered {
                    Ok(answered) => answered,
                    Err(error) if error.is_of_device() => return Err(error.into()),
                    Err(error) => {
                        summary.error = Some(error.to_string());
                        break;
                    }
                };
                let (frame, mut record) = Record::of_frame(&input.name, answered, args.smooth)?;
                output.prepare(&mut record)?;
                if let Some(bar) = &bar {
                    bar.set(args.moving.expected(&report));
                }
                if let Some(place) = again.take() {
                    output.forget(place)?;
                }
                if let Some(drawing) = &mut drawn
                    && let Err(error) = drawing.draw(&frame, &record, args)
                {
                    terminal::error(format!("--annotate: {error}"));
                    summary.failed += 1;
                    drawn = None;
                }
                summary.add(&record);
                output.write(&record, None)?;
                if let Some(bar) = &bar {
                    bar.step();
                }
            }
            spent = video.prefetched();
            if let Some(Err(error)) = drawn.map(Drawing::finish) {
                terminal::error(format!("--annotate: {error}"));
                summary.failed += 1;
            }
            ended(&mut summary, &report, &input.name);
        }
    }
    if let Some(path) = &args.plot
        && let Err(error) = plotted(path, &summary)
    {
        terminal::error(format!("--plot: {error}"));
        summary.failed += 1;
    }
    output.end(&summary, again)?;
    if summary.frames > 0
        && let Some(error) = &summary.error
    {
        terminal::warning(format!("{}: {error}", input.name));
    }
    Ok((summary.error.is_none() && summary.failed == 0, spent))
}

/// What is known after the last frame.
fn ended(summary: &mut Summary, report: &Report, name: &str) {
    if name.starts_with(crate::video::CAMERA) {
        summary.dropped = Some(report.dropped());
    }
    summary.end(report.remark());
}

fn plotted(path: &Path, summary: &Summary) -> Result<()> {
    if summary.frames == 0 {
        return Err(Error::Argument("no frame was read, so there is nothing to draw".into()));
    }
    files::replace(path, plot::over_time(summary).as_bytes())
}
