//! `moue two-stream`.

mod args;
mod record;

use std::sync::Arc;
use std::time::Duration;

use super::inputs::{self, Input, Source, Wanted};
use super::outcome::{Failure, Outcome, Status};
use super::{session, terminal};
use crate::device::Device;
use crate::error::{Error, Result};
use crate::face::{Finder, Search};
use crate::operators::Rect;
use crate::tensor::Precision;
use crate::two_stream::{Means, TwoStream, rectangle};
use crate::video::Frame;
use crate::weights::Model;
pub use args::Args;
use record::{Form, Head};

/// A line for the video, and one a frame, on stdout.
pub fn run(args: &Args) -> Outcome {
    terminal::stdout().check()?;
    let model = Model::load(&args.model).map_err(|error| Failure::at("--model", error))?;
    let wanted = Wanted::Videos { folders: args.moving.fps.is_some() };
    let inputs = inputs::expand(std::slice::from_ref(&args.input), wanted);
    let input = match &inputs[..] {
        [video] if video.is_video() => video,
        [alone] => {
            let reason = match &alone.source {
                Source::None(reason) => reason,
                _ => "it is a picture: give a video, whose frames move",
            };
            return Err(Failure::at(&alone.name, reason));
        }
        _ => return Err(Failure::at("INPUT", "give one video")),
    };
    let once = matches!(input.source, Source::Stream | Source::Camera(_));
    if once && (args.rect.is_none() || args.means.is_none()) {
        let reason = "it can be read once, and the face's rectangle and the channels' means come before: give --rect and --means, or a file";
        return Err(Failure::at(&input.name, reason));
    }
    if let Some(reason) = args.moving.empty() {
        return Err(Failure::at("--to", reason));
    }
    let device = args.device.open()?;
    let mut system = TwoStream::new(&model, &device, args.options()).map_err(|error| match error {
        Error::Model { .. } => Failure::at("--model", error),
        error => error.into(),
    })?;
    match answer(args, input, &device, &mut system) {
        Ok(status) => Ok(status),
        Err(Stop::Failure(failure)) => Err(failure),
        Err(Stop::Video(error)) if error.is_of_device() => Err(error.into()),
        Err(Stop::Video(error)) => {
            terminal::error(format!("{}: {error}", input.name));
            if args.json {
                Head::failed(&input.name, Some(error.to_string())).write(&mut terminal::stdout())?;
            }
            Ok(Status::Incomplete)
        }
    }
}

/// Why it ends early.
enum Stop {
    /// The video is at fault.
    Video(Error),
    Failure(Failure),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Video(error)
    }
}

impl From<std::io::Error> for Stop {
    fn from(error: std::io::Error) -> Self {
        Self::Failure(error.into())
    }
}

fn answer(args: &Args, input: &Input, device: &Device, system: &mut TwoStream) -> std::result::Result<Status, Stop> {
    let patience = session::patience(device);
    let rect = match args.rect {
        Some(rect) => rect,
        None => face(args, input, device)?,
    };
    let (means, frame_rate) = match args.means {
        Some(means) => (means, None),
        None => means(args, input, system, rect)?,
    };
    if args.json {
        Head::new(&input.name, frame_rate, rect, means).write(&mut terminal::stdout())?;
    }
    let frames = input.frames(args.moving.options())?;
    let report = frames.report();
    let bar = (!terminal::stdout().is_terminal()).then(|| terminal::frames(0));
    let labels = system.labels().to_vec();
    let form = Form { input: &input.name, labels: &labels, top: args.top, json: args.json, all: args.all };
    let mut read = 0_u64;
    for reading in system.read(frames, rect, means)? {
        form.write(&mut terminal::stdout(), &reading?)?;
        read += 1;
        if let Some(bar) = &bar {
            bar.set(args.moving.expected(&report));
            bar.step();
        }
    }
    drop((patience, bar));
    match report.remark() {
        Some(remark) => Err(Error::Video(remark).into()),
        None if read == 0 => Err(Error::Video("no frame was read".into()).into()),
        None => Ok(Status::Complete),
    }
}

/// The first pass: the rectangle of the face.
fn face(args: &Args, input: &Input, device: &Device) -> Result<Rect> {
    let mut finder = Finder::new(Arc::new(Model::faces()?), device, Precision::F32, Search::default())?;
    let found = rectangle(&mut finder, input.frames(args.moving.options())?, args.faces())?;
    found.ok_or_else(|| Error::Video("no face was found in it: give its rectangle by --rect X,Y,WIDTH,HEIGHT".into()))
}

/// The second pass: the means of the channels, and how many frames a second there are.
fn means(args: &Args, input: &Input, system: &TwoStream, rect: Rect) -> Result<(Means, Option<f64>)> {
    let mut times: Option<[Duration; 2]> = None;
    let mut count = 0_u64;
    let frames = input.frames(args.moving.options())?.inspect(|frame: &Result<Frame>| {
        if let Ok(frame) = frame {
            times.get_or_insert([frame.timestamp; 2])[1] = frame.timestamp;
            count += 1;
        }
    });
    let means = system.means(frames, rect)?;
    let seconds = times.map_or(0.0, |[first, last]| last.saturating_sub(first).as_secs_f64());
    Ok((means, (count > 1 && seconds > 0.0).then(|| (count - 1) as f64 / seconds)))
}
