//! Labelled pictures through a model: a folder a class, and what several people saw in each.

mod samples;
mod votes;

use std::path::{Path, PathBuf};

use super::outcome::Failure;
use super::session::{self, DeviceArgs};
use super::{names, terminal};
use crate::ensemble::{Reading, Truth};
use crate::recognizer::{self, Answer};
use crate::weights::Model;
use samples::Sample;
use votes::{Said, Votes};

/// `--data`, and how its pictures are read.
#[derive(Debug, clap::Args)]
pub struct LabelledArgs {
    /// A folder with one folder of pictures a class, named as the model's labels
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// How many people gave each picture each label: a CSV table with a column `file`, the path below --data, and one a label; other columns are other answers.
    /// Pictures are left out that it lacks, or that show most people something else
    #[arg(long, value_name = "FILE.csv")]
    votes: Option<PathBuf>,
    /// Average five crops and their mirrors, whatever the model says
    #[arg(long)]
    oversample: bool,
    /// Each picture is a face crop, or its largest face is looked for
    #[arg(long, value_enum, default_value_t = Faces::None)]
    faces: Faces,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Faces {
    /// The whole picture is the face
    None,
    /// Its largest face, with the model's margin; without one it counts as wrong in `evaluate`, and `fuse` leaves it out
    Largest,
}

/// The pictures of a folder.
pub struct Labelled {
    samples: Vec<Sample>,
    oversample: bool,
    faces: Faces,
}

impl LabelledArgs {
    /// Finds the pictures of these labels.
    pub fn find(&self, labels: &[String]) -> Result<Labelled, Failure> {
        let mut samples = samples::find(&self.data, labels).map_err(|reason| Failure::at("--data", reason))?;
        if let Some(path) = &self.votes {
            let votes = Votes::read(path, labels).map_err(|reason| Failure::at("--votes", reason))?;
            self.vote(&mut samples, &votes).map_err(|reason| Failure::at("--votes", reason))?;
        }
        Ok(Labelled { samples, oversample: self.oversample, faces: self.faces })
    }
}

impl LabelledArgs {
    /// What `--data` names.
    pub fn data(&self) -> &Path {
        &self.data
    }

    /// Whether several people said what a picture shows.
    pub fn voted(&self) -> bool {
        self.votes.is_some()
    }

    /// Keeps the pictures that show what people said.
    fn vote(&self, samples: &mut Vec<Sample>, votes: &Votes) -> Result<(), String> {
        let (mut unknown, mut another, all) = (0, 0, samples.len());
        samples.retain_mut(|sample| match votes.of(&self.data, &sample.path) {
            Some(Said::Shows(truth)) => {
                sample.truth = truth.clone();
                true
            }
            Some(Said::Another) => {
                another += 1;
                false
            }
            None => {
                unknown += 1;
                false
            }
        });
        if samples.is_empty() {
            return Err(format!("none of the {all} pictures has votes for a label: its column `file` is the path below --data"));
        }
        if unknown + another > 0 {
            terminal::note(format!(
                "{unknown} pictures without votes and {another} that show most people something else are left out"
            ));
        }
        Ok(())
    }
}

impl Labelled {
    /// The labels, of `labels`, of which there is no picture.
    pub fn without_pictures<'l>(&self, labels: &'l [String]) -> Vec<&'l str> {
        let missing = |(class, _): &(usize, &String)| self.samples.iter().all(|sample| sample.truth.shares()[*class] == 0.0);
        labels.iter().enumerate().filter(missing).map(|(_, label)| label.as_str()).collect()
    }

    /// Reads every picture and hands what it shows and its reading on, none where there is no face in it. How many could not be read: each was
    /// named on stderr.
    pub fn read(
        self,
        model: Model,
        device: &DeviceArgs,
        mut answer: impl FnMut(&Truth, Option<&Reading>),
    ) -> Result<usize, Failure> {
        let faces = match self.faces {
            Faces::None => recognizer::Faces::None,
            Faces::Largest => recognizer::Faces::Largest,
        };
        let count = self.samples.len();
        let ((mut recognizer, photos), patience) = session::recognizer(model, device, |builder| {
            builder.faces(faces).oversample(self.oversample).build_and_prefetch(self.samples)
        })?;
        session::warn(&recognizer);
        let bar = terminal::progress(count, 0);
        let mut failures = 0;
        let mut patience = Some(patience);
        for Answer { source, analysis, .. } in recognizer.analyze_stream(photos) {
            patience.take();
            match analysis {
                Ok(analysis) => {
                    let face = analysis.faces.into_iter().next();
                    let reading = face.map(|face| Reading { probabilities: face.probabilities, members: face.members });
                    answer(&source.truth, reading.as_ref());
                }
                // Figures of what happened to be read before would be no measurement.
                Err(error) if error.is_of_device() => return Err(error.into()),
                Err(error) => {
                    failures += 1;
                    terminal::error(format!("{}: {error}", names::shown(&source.path)));
                }
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        if failures > 0 {
            terminal::note(format!("{failures} of {count} pictures could not be read and are not counted"));
        }
        Ok(failures)
    }
}
