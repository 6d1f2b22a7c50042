//! `moue fuse`.

mod plot;
mod report;
mod table;

use std::io::Write;
use std::path::PathBuf;

use super::labelled::LabelledArgs;
use super::outcome::{Failure, Outcome, Status};
use super::session::{DeviceArgs, ModelArgs};
use super::{files, terminal};
use crate::ensemble::Truth;
use crate::ensemble::fusion::{Quality, learn_temperature, learn_weights, mean, thousandths};
use crate::weights::{Description, Fusion, Rule};
use report::{Figures, MemberReport, Report};

/// Learns an ensemble's fusion weights and its temperature on labelled pictures
///
/// The weights are not negative, sum to 1, and make the labels as likely as they can be under the weighted mean of the members'
/// probabilities; then the temperature makes them as likely as it can under the calibrated answer. With --votes it is what each of several people said that is made
/// likely, and a probability becomes the share of people who would say so. Use pictures that the members were not
/// trained on, and judge the model on others again.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    labelled: LabelledArgs,
    #[command(flatten)]
    model: ModelArgs,
    /// The model with what was learned
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Draw the members' weights
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    #[command(flatten)]
    device: DeviceArgs,
}

/// Writes [`Args::output`]; what was learned, on stdout.
pub fn run(args: &Args) -> Outcome {
    if args.model.is_file(&args.output) {
        return Err(Failure::at("--output", format!("{} is the model itself: give another name", args.output.display())));
    }
    terminal::stdout().check()?;
    files::check(&args.output).map_err(|error| Failure::at("--output", error))?;
    args.plot.as_deref().map_or(Ok(()), files::check).map_err(|error| Failure::at("--plot", error))?;
    files::apart(&[("--output", Some(&args.output)), ("--plot", args.plot.as_deref())], &[("--model", args.model.file())])?;
    let mut model = args.model.load()?;
    let description = model.description.clone();
    if let Some(reason) = description.no_faces() {
        return Err(Failure::at("--model", reason));
    }
    if description.fusion.rule == Rule::MeanLogits {
        let reason = "it was taught: its members answer together, and `moue teach` learned how much each counts";
        return Err(Failure::at("--model", reason));
    }
    if let [member] = &description.members[..] {
        let reason = format!("its one member is `{}`, with weight 1: make an ensemble first, with `moue ensemble`", member.name);
        return Err(Failure::at("--model", reason));
    }
    let labelled = args.labelled.find(&description.labels)?;
    for label in labelled.without_pictures(&description.labels) {
        terminal::warning(format!("there is no picture of `{label}`: what is learned does not count it"));
    }
    let mut answers = Answers { members: vec![Vec::new(); description.members.len()], truths: Vec::new() };
    let mut faceless = 0;
    let failures = labelled.read(model.clone(), &args.device, |truth, reading| match reading {
        Some(reading) => answers.push(truth, &reading.members),
        None => faceless += 1,
    })?;
    if faceless > 0 {
        terminal::note(format!("{faceless} pictures without a face are left out"));
    }
    if answers.truths.is_empty() {
        return Err(Failure::at("--data", "no face was read, so nothing can be learned: give pictures that can be read"));
    }
    let (learned, report) = answers.learn(&description)?;
    model.description.fusion = learned;
    model.save(&args.output).map_err(|error| Failure::at("--output", error))?;
    show(args, &report)?;
    if !report.gains() {
        let best = report.best();
        terminal::warning(format!(
            "fused, the accuracy is {:.2} %, that of `{}` alone is {:.2} %: on these pictures the ensemble gains nothing",
            100.0 * report.after.accuracy,
            best.name,
            100.0 * best.accuracy
        ));
    }
    Ok(Status::of(failures))
}

fn show(args: &Args, report: &Report) -> Result<(), Failure> {
    let mut out = terminal::stdout();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(report)?)?;
    } else {
        table::write(&mut out, report)?;
    }
    if let Some(path) = &args.plot {
        files::write(path, plot::weights(report).as_bytes()).map_err(|error| Failure::at("--plot", error))?;
    }
    Ok(())
}

/// What every member answers `[member][face][class]`, and what is true.
struct Answers {
    members: Vec<Vec<Vec<f64>>>,
    truths: Vec<Truth>,
}

impl Answers {
    fn push(&mut self, truth: &Truth, members: &[Vec<f32>]) {
        self.truths.push(truth.clone());
        for (to, row) in self.members.iter_mut().zip(members) {
            to.push(row.iter().map(|&p| f64::from(p)).collect());
        }
    }

    fn learn(&self, description: &Description) -> Result<(Fusion, Report), Failure> {
        let own = &description.fusion;
        let weights = thousandths(&learn_weights(&self.members, &self.truths)?);
        let fused = mean(&self.members, &weights);
        let temperature = learn_temperature(&fused, &self.truths)?;
        let figures = |fused: &[Vec<f64>], temperature| Figures::of(&Quality::of(fused, &self.truths, temperature), temperature);
        let member = |(i, member): (usize, &crate::weights::Member)| {
            let alone = Quality::of(&self.members[i], &self.truths, 1.0);
            MemberReport {
                name: member.name.clone(),
                accuracy: alone.accuracy,
                nll: alone.nll,
                weight_before: own.weights[i],
                weight: weights[i],
            }
        };
        let report = Report {
            schema: "moue.fuse/1",
            images: self.truths.len(),
            members: description.members.iter().enumerate().map(member).collect(),
            before: figures(&mean(&self.members, &own.weights), own.temperature),
            after: figures(&fused, temperature),
            weights: weights.clone(),
            temperature,
        };
        Ok((Fusion { rule: own.rule, weights, temperature, offset: own.offset, motion: own.motion, floor: own.floor }, report))
    }
}
