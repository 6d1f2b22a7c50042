//! The flow of a video: from each frame to the next.

use image::GrayImage;

use super::Args;
use super::record::{Form, Made, Record, header};
use super::target::Target;
use crate::cli::inputs::{Input, Source};
use crate::cli::outcome::{Failure, Outcome, Status};
use crate::cli::{session, terminal};
use crate::error::{Error, Result};
use crate::flow::{Flow, Parameters};
use crate::reference;
use crate::video::Frame;

/// Frames that are sent together: of a camera each as it comes.
const TOGETHER: usize = 16;

/// Writes the flows of a video.
pub fn run(args: &Args, parameters: Parameters, input: &Input) -> Outcome {
    if args.initial.is_some() {
        return Err(Failure::at("--initial", "it is for two pictures, and the input is a video"));
    }
    if let Some(reason) = args.moving.empty() {
        return Err(Failure::at("--to", reason));
    }
    let mut target = Target::new(&args.output, args.format)?;
    let form = args.form();
    header(&mut terminal::stdout(), form)?;
    let mut frames = match input.frames(args.moving.options()) {
        Ok(frames) => frames,
        Err(error) => return failed(input, &error, form),
    };
    let report = frames.report();
    let device = args.device.open()?;
    let mut patience = session::patience(&device);
    let mut flow = Flow::new(&device, parameters)?;
    let together = if matches!(input.source, Source::Camera(_)) { 1 } else { TOGETHER };
    let bar = (!terminal::stdout().is_terminal()).then(|| terminal::frames(0));
    let (mut last, mut ended): (Option<Frame>, Result<()>) = (None, Ok(()));
    let (mut whole, mut flows) = (false, 0_u64);
    while !whole && ended.is_ok() {
        let mut part = Vec::new();
        while part.len() < together && !whole {
            match frames.next() {
                None => whole = true,
                Some(Ok(frame)) => part.push(frame),
                Some(Err(error)) => (whole, ended) = (true, Err(error)),
            }
        }
        let gray: Vec<GrayImage> = part.iter().map(|frame| reference::gray(&frame.picture)).collect();
        let fields = match flow.push(&gray.iter().collect::<Vec<_>>()) {
            Err(error) if error.is_of_device() => return Err(error.into()),
            Err(error) => {
                ended = Err(error);
                break;
            }
            Ok(fields) => fields,
        };
        patience = None;
        let mut fields = fields.into_iter();
        for frame in part {
            if let Some(before) = last.replace(frame)
                && let (Some(field), Some(now)) = (fields.next(), &last)
            {
                let (path, full) = target.add(before.index, &field, args.full).map_err(|error| Failure::at("--output", error))?;
                flows += 1;
                let made = Made { field: &field, path: &path, full };
                Record::frames(&input.name, [&before, now], &made).write(&mut terminal::stdout(), form)?;
            }
            if let Some(bar) = &bar {
                bar.set(args.moving.expected(&report));
                bar.step();
            }
        }
    }
    drop((patience, bar));
    target.finish().map_err(|error| Failure::at("--output", error))?;
    if let Err(error) = ended {
        return failed(input, &error, form);
    }
    match report.remark() {
        Some(remark) => failed(input, &Error::Video(remark), form),
        None if flows == 0 => {
            failed(input, &Error::Video("fewer than two frames were read, and flow is between two".into()), form)
        }
        None => Ok(Status::Complete),
    }
}

fn failed(input: &Input, error: &Error, form: Form) -> Outcome {
    terminal::error(format!("{}: {error}", input.name));
    Record::failed(&input.name, None, error.to_string()).write(&mut terminal::stdout(), form)?;
    Ok(Status::Incomplete)
}
