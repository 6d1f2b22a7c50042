//! `moue flow`.

mod args;
mod clip;
mod colours;
mod flo;
mod record;
mod target;

use std::path::Path;

use super::inputs::{self, Input, Wanted};
use super::outcome::{Failure, Outcome, Status};
use super::{files, npy, session, terminal};
use crate::error::{Error, Result};
use crate::flow::{Field, Flow};
use crate::reference;
pub use args::Args;
use record::{Made, Record, header};

/// Writes [`Args::output`], and a record of every flow on stdout.
pub fn run(args: &Args) -> Outcome {
    let parameters = args.parameters()?;
    terminal::stdout().check()?;
    let wanted = match args.inputs.len() {
        1 => Wanted::Videos { folders: args.moving.fps.is_some() },
        _ => Wanted::Pictures,
    };
    let inputs = inputs::expand(&args.inputs, wanted);
    let paths: Vec<_> = args.inputs.iter().map(|path| ("INPUT", Some(path.as_path()))).collect();
    let sources = [&paths[..], &[("--initial", args.initial.as_deref())]].concat();
    files::apart(&[("--output", Some(&args.output))], &sources)?;
    match &inputs[..] {
        [video] if video.is_video() => clip::run(args, parameters, video),
        [from, to] => pictures(args, parameters, [from, to]),
        [alone] if args.inputs.len() == 1 => match &alone.source {
            inputs::Source::None(reason) => {
                terminal::error(format!("{}: {reason}", alone.name));
                Ok(Status::Incomplete)
            }
            _ => Err(Failure::at(&alone.name, "it is one picture: give the other one, or a video")),
        },
        _ => Err(Failure::at("INPUT", "flow is between two pictures, or the frames of one video: name them one by one")),
    }
}

fn pictures(args: &Args, parameters: crate::flow::Parameters, inputs: [&Input; 2]) -> Outcome {
    if let Some((flag, _)) = args.moving.given().into_iter().find(|(_, given)| *given) {
        return Err(Failure::at(flag, "it is for videos, and the inputs are two pictures"));
    }
    let format = target::single(&args.output, args.format)?;
    files::check(&args.output).map_err(|error| Failure::at("--output", error))?;
    let initial = args.initial.as_deref().map(field).transpose().map_err(|error| Failure::at("--initial", error))?;
    let (form, [from, to]) = (args.form(), inputs.map(|input| input.name.clone()));
    let mut out = terminal::stdout();
    header(&mut out, form)?;
    let mut frames = Vec::new();
    for input in inputs {
        match input.read() {
            Ok(photo) => frames.push(reference::gray(&photo)),
            Err(error) => terminal::error(format!("{}: {error}", input.name)),
        }
    }
    let [first, second] = &frames[..] else {
        Record::failed(&from, Some(&to), "a picture could not be read".into()).write(&mut out, form)?;
        return Ok(Status::Incomplete);
    };
    let refused = |error: &Error| {
        terminal::error(format!("{from} -> {to}: {error}"));
        Record::failed(&from, Some(&to), error.to_string()).write(&mut terminal::stdout(), form)
    };
    let device = args.device.open()?;
    let patience = session::patience(&device);
    let mut flow = Flow::new(&device, parameters)?;
    let made = match &initial {
        None => flow.between(&[first, second], &[[0, 1]]),
        Some(initial) => flow.between_from(&[first, second], &[[0, 1]], std::slice::from_ref(initial)),
    };
    drop(patience);
    let field = match made {
        Err(error @ Error::Argument(_)) => {
            refused(&error)?;
            return Ok(Status::Incomplete);
        }
        made => made?.pop().ok_or_else(|| Error::Defect("a pair without a flow".into()))?,
    };
    let full = format.write(&args.output, &field, args.full).map_err(|error| Failure::at("--output", error))?;
    Record::pictures(&from, &to, &Made { field: &field, path: &args.output, full }).write(&mut out, form)?;
    Ok(Status::Complete)
}

/// The flow in a file.
fn field(path: &Path) -> Result<Field> {
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("flo")) {
        return flo::read(path);
    }
    let npy::Array { shape, values } = npy::read(path)?;
    let [height, width, 2] = shape[..] else {
        return Err(Error::Argument(format!("{} has the shape {shape:?}: [H, W, 2] is needed", path.display())));
    };
    let side = |side: usize| u32::try_from(side).map_err(|_| Error::Argument(format!("{} is too large", path.display())));
    Field::new(side(width)?, side(height)?, values.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect())
}
