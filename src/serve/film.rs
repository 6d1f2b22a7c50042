//! The thread that reads videos, one after the other, by a recognizer of its own on the device that reads pictures.

use std::fs::File;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use super::jobs::{Job, Progress};
use super::service::Service;
use crate::embed;
use crate::error::{Error, Result};
use crate::host::guard;
use crate::recognizer::{Following, Recognizer};
use crate::records::{Record, Summary, json};
use crate::video::{Frames, Kind};
use crate::weights::Model;

/// What records call it: its client has no name for it that anybody else should see.
const NAME: &str = "video";

/// Reads until nothing more comes.
pub fn work(model: &Model, service: &Service) {
    while let Some(job) = service.jobs.next() {
        let read = guard::run(|| read(model, service, &job));
        if !job.keeps {
            job.video.remove();
        }
        let frames = if let Progress::Reading(frames, _) = job.progress() { frames } else { 0 };
        // Where it lies is nobody's business.
        let error = read.err().map(|error| error.to_string().replace(&job.video.path.display().to_string(), NAME));
        let said = match job.progress() {
            Progress::Done(_, said) => said,
            _ => None,
        };
        let frames = if let Progress::Done(frames, _) = job.progress() { frames } else { frames };
        job.set(Progress::Done(frames, error.or(said)));
    }
}

fn read(model: &Model, service: &Service, job: &Arc<Job>) -> Result<()> {
    let path = &job.video.path;
    // Nothing is guessed by a name that a client chose.
    if Kind::of(path).map_err(|error| Error::io(path, error))?.is_none() {
        return Err(Error::Video(format!("{NAME}: it is no video of a kind that is read")));
    }
    let frames = Frames::open(path, job.options)?;
    let mut recognizer = recognizer(model, service, job)?;
    let report = frames.report();
    let following = Following { smoothing: job.smooth.map(Duration::from_secs_f64), ..Following::default() };
    let units = service.units.as_deref().filter(|_| job.asked.how.actions.is_some());
    let mut summary = Summary::new(NAME.into(), &service.labels, units);
    summary.smoothed = job.smooth;
    let mut file = File::create(&job.result.path).map_err(|error| Error::io(&job.result.path, error))?;
    let full = |_| Error::Video(format!("{NAME}: there is no room for more records"));
    for answered in recognizer.analyze_video(frames, following)? {
        if job.is_stopped() {
            return Ok(());
        }
        let answered = match answered {
            Ok(answered) => answered,
            Err(error) if error.is_of_device() => return Err(error),
            Err(error) => {
                summary.error = Some(error.to_string().replace(&path.display().to_string(), NAME));
                break;
            }
        };
        let (_, record) = Record::of_frame(NAME, answered, job.smooth)?;
        summary.add(&record);
        service.shared.metrics.picture(record.faces.len(), record.error.as_ref().map(|_| "frame"));
        job.result.write(&mut file, &service.line(&record, &job.asked)).map_err(full)?;
        job.set(Progress::Reading(summary.frames, report.expected()));
        if summary.frames >= service.limits.frames {
            summary.error = Some(format!("it has more than the {} frames that are read of one", service.limits.frames));
            break;
        }
    }
    summary.end(report.remark());
    let mut line = Vec::new();
    json::video(&mut line, &summary, None::<&()>).map_err(|error| Error::Defect(error.to_string()))?;
    job.result.write(&mut file, &line).map_err(full)?;
    file.flush().map_err(|error| Error::io(&job.result.path, error))?;
    job.set(Progress::Done(summary.frames, summary.error));
    Ok(())
}

fn recognizer(model: &Model, service: &Service, job: &Job) -> Result<Recognizer> {
    let how = job.asked.how;
    let device = service.device().ok_or_else(|| Error::NoAdapter("the device is not open".into()))?;
    let mut builder = Recognizer::builder().model(model.clone()).device(device).faces(how.faces).search(how.search);
    builder = builder.oversample(how.oversample);
    if let Some(threshold) = how.actions {
        builder = builder.actions(Model::actions()?).threshold(threshold);
    }
    if how.embed {
        builder = builder.embedding(embed::Network::embedded()?);
    }
    builder.build()
}
