//! `moue analyze`.

mod args;
mod csv;
mod emotions;
mod events;
mod human;
mod made;
mod openface;
mod output;
mod pictures;
mod plot;
mod pyfeat;
mod resume;
mod stages;
mod target;
mod units;
mod video;

use std::path::{Path, PathBuf};

pub use args::Args;
use args::Table;
use made::Made;
use output::Output;
use resume::{Before, Resumed};
use stages::Stopwatch;
use target::Job;

use super::inputs::{self, Input, Source, Wanted};
use super::outcome::{Failure, Outcome, Status};
use super::{files, session, terminal};
use crate::embed::Network;
use crate::recognizer::Builder;

/// One record a picture and a frame, in the order of the inputs, each as soon as it is known.
pub fn run(args: &Args) -> Outcome {
    let watch = Stopwatch::start();
    if args.resume.is_none() {
        terminal::stdout().check()?;
    }
    options(args)?;
    let inputs = inputs::expand(&args.inputs, Wanted::Videos { folders: args.moving.fps.is_some() });
    let videos = of_videos(args, &inputs)?;
    let pictures = inputs.iter().any(|input| !input.is_video());
    args.units.check(videos, pictures, args.resume.is_some())?;
    let jobs = planned(args, inputs)?;
    let count = jobs.len();
    let model = args.model.load()?;
    let description = model.description.clone();
    let action_model = args.units.model()?;
    let embedding = args.embed.then(Network::embedded).transpose().map_err(|error| Failure::at("--embed", error))?;
    let units = action_model.as_ref().map(|model| model.description.clone());
    let mut resumed = match &args.resume {
        Some(path) => {
            let made = Made::of(args, &model, action_model.as_ref(), embedding.as_ref())?;
            Some((Resumed::open(path, &description, units.as_ref(), &made)?, made))
        }
        None => None,
    };
    let (jobs, mut failures) = left(jobs, resumed.as_mut().map(|(resumed, _)| resumed));
    let skipped = count - jobs.len();
    if jobs.is_empty() {
        return Ok(Status::of(failures));
    }
    let mut groups = grouped(jobs).into_iter();
    let first = groups.next();
    // Pictures that come first are decoded while the device opens.
    let (photos, first) = match first {
        Some(Group::Pictures(jobs)) => (jobs, None),
        other => (Vec::new(), other),
    };
    let ((mut recognizer, photos), patience) = session::recognizer(model, &args.device, |builder| {
        let builder = builder.faces(args.faces.into()).search(args.search()).oversample(args.oversample);
        let builder = embedding.into_iter().fold(builder, Builder::embedding);
        args.units.build(builder, action_model).build_and_prefetch(photos)
    })?;
    session::warn(&recognizer);
    let watch = watch.ready();
    let mut output = Output::new(args, videos, resumed, &description, units.as_ref())?;
    if let (Some(seconds), Some(Table::OpenFace | Table::PyFeat)) = (args.smooth, args.csv) {
        terminal::note(format!("probabilities are smoothed over {seconds} s: this table has no column that says so"));
    }
    // Of a video the bar is over its frames.
    let bar = (!videos && output.shows_progress(count)).then(|| terminal::progress(count, skipped));
    let done = || bar.iter().for_each(|bar| bar.inc(1));
    let mut patience = Some(patience);
    let (failed, mut spent) = pictures::run(photos, args, &mut recognizer, &mut output, &mut patience, done)?;
    failures += failed;
    for group in first.into_iter().chain(groups) {
        let (failed, more) = match group {
            Group::Pictures(jobs) => {
                let photos = recognizer.prefetch(jobs)?;
                pictures::run(photos, args, &mut recognizer, &mut output, &mut patience, done)?
            }
            Group::Video(job) => {
                patience.take();
                let (whole, more) = video::run(*job, args, &mut recognizer, &mut output)?;
                done();
                (usize::from(!whole), more)
            }
        };
        failures += failed;
        spent.add(more);
    }
    if let Some(bar) = bar {
        bar.finish_and_clear();
    }
    output.finish()?;
    if let (Some(path), Some(persons)) = (&args.units.save_baseline, output.persons()) {
        persons.save(path)?;
    }
    if failures > 0 && count > 1 {
        terminal::note(format!("{failures} of {count} inputs could not be answered"));
    }
    if args.verbose {
        watch.report(spent, &mut recognizer)?;
    }
    Ok(Status::of(failures))
}

/// Refuses options that do not go together, whatever the inputs.
fn options(args: &Args) -> Result<(), Failure> {
    for (flag, target) in [("--annotate", &args.annotate), ("--explain", &args.explain), ("--plot", &args.plot)] {
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
    for (flag, asked) in [("--landmarks", args.landmarks.is_some()), ("--blendshapes", args.blendshapes), ("--embed", args.embed)]
    {
        if asked && !args.json && args.resume.is_none() {
            return Err(Failure::at(flag, "only JSON records have room for them: add --json"));
        }
    }
    if args.units.actions.is_some() && args.faces == args::Faces::None {
        return Err(Failure::at(
            "--actions",
            "units are read of faces that are found, by their landmarks: leave out --faces none",
        ));
    }
    if let Some(reason) = args.moving.empty() {
        return Err(Failure::at("--to", reason));
    }
    Ok(())
}

/// Whether there are videos among the inputs; refuses options that these leave nothing to, or too much.
fn of_videos(args: &Args, inputs: &[Input]) -> Result<bool, Failure> {
    let count = inputs.iter().filter(|input| input.is_video()).count();
    let nothing = inputs.iter().any(|input| matches!(input.source, Source::None(_)));
    let own = [("--plot", args.plot.is_some()), ("--smooth", args.smooth.is_some())];
    let asked = [own.as_slice(), &args.moving.given()].concat();
    if let Some((flag, _)) = asked.iter().find(|(_, asked)| *asked && count == 0 && !nothing) {
        return Err(Failure::at(flag, "it is for videos, and none of the inputs is one"));
    }
    if args.csv == Some(Table::OpenFace) && inputs.len() > 1 {
        return Err(Failure::at("--csv=openface", "its rows do not say which input they are of: give one"));
    }
    if let Some(path) = &args.plot {
        if count > 1 {
            return Err(Failure::at("--plot", format!("{count} videos do not fit into one picture: give one")));
        }
        files::check_replaced(path).map_err(|error| Failure::at("--plot", error))?;
        files::apart(
            &[("--annotate", args.annotate.as_deref()), ("--plot", Some(path))],
            &inputs.iter().map(|input| ("INPUT", file(input))).collect::<Vec<_>>(),
        )?;
    }
    if count > 0 && args.explain.is_some() {
        return Err(Failure::at(
            "--explain",
            "what the networks looked at is drawn into pictures, and not into videos: give pictures",
        ));
    }
    if count > 0 && args.annotate.is_some() && args.resume.is_some() {
        return Err(Failure::at("--annotate", "a video is drawn from its beginning: leave out --resume"));
    }
    let camera = inputs.iter().any(|input| matches!(input.source, Source::Camera(_)));
    if camera && args.resume.is_some() {
        return Err(Failure::at("--resume", "what a camera showed is over: leave it out, and send --json into a file"));
    }
    Ok(count > 0)
}

fn file(input: &Input) -> Option<&Path> {
    match &input.source {
        Source::File(path) | Source::Video(path) => Some(path),
        _ => None,
    }
}

/// The inputs, each with the places of its pictures.
fn planned(args: &Args, inputs: Vec<Input>) -> Result<Vec<Job>, Failure> {
    let places = |flag: &str, target: &Option<PathBuf>| match target {
        Some(target) => {
            let planned = target::plan(flag, &inputs, target)?;
            target::check(flag, &planned, target)?;
            Ok::<_, Failure>(planned)
        }
        None => Ok(vec![None; inputs.len()]),
    };
    let places = places("--annotate", &args.annotate)?.into_iter().zip(places("--explain", &args.explain)?);
    let places: Vec<[Option<PathBuf>; 2]> = places.map(|(drawn, explained)| [drawn, explained]).collect();
    Ok(inputs.into_iter().zip(places).map(|(input, targets)| Job { input, targets, again: None, begun: None }).collect())
}

/// What an earlier run has left to do, and how much of what it did could not be answered whole and is not tried again. What failed comes first: what is new is
/// appended behind.
fn left(jobs: Vec<Job>, mut resumed: Option<&mut Resumed>) -> (Vec<Job>, usize) {
    let count = jobs.len();
    let (mut failed, mut new, mut begun, mut spoiled) = (Vec::new(), Vec::new(), 0, Vec::new());
    for mut job in jobs {
        match resumed.as_mut().and_then(|resumed| resumed.before(&job.input.name)) {
            Some(Before::Answered) => {}
            Some(Before::Spoiled) => spoiled.push(job.input.name),
            Some(Before::Failed(place)) => {
                job.again = Some(place);
                failed.push(job);
            }
            Some(Before::Begun(summary)) => {
                begun += 1;
                terminal::note(format!("{}: goes on behind {} frames that were answered before", job.input.name, summary.frames));
                job.begun = Some(summary);
                new.push(job);
            }
            None => new.push(job),
        }
    }
    let again = failed.len();
    failed.append(&mut new);
    let skipped = count - failed.len();
    if skipped > 0 || again > 0 || begun > 0 {
        let retried = if again > 0 { format!("; {again} could not be, and are tried again") } else { String::new() };
        terminal::note(format!("{skipped} of {count} inputs were answered before{retried}"));
    }
    for name in &spoiled {
        terminal::warning(format!("{name}: it could not be read whole before: remove its records from the file to try it again"));
    }
    (failed, spoiled.len())
}

/// What is read in one go.
enum Group {
    Pictures(Vec<Job>),
    Video(Box<Job>),
}

/// Videos one by one, and the pictures between them together.
fn grouped(jobs: Vec<Job>) -> Vec<Group> {
    let mut groups = Vec::new();
    for job in jobs {
        match groups.last_mut() {
            _ if job.input.is_video() => groups.push(Group::Video(Box::new(job))),
            Some(Group::Pictures(jobs)) => jobs.push(job),
            _ => groups.push(Group::Pictures(vec![job])),
        }
    }
    groups
}
