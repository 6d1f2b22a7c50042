//! Labelled pictures through a model: a folder a class.

mod samples;

use std::path::PathBuf;

use super::outcome::Failure;
use super::session::{self, DeviceArgs};
use super::{names, terminal};
use crate::ensemble::Reading;
use crate::recognizer::{self, Answer};
use crate::weights::Model;
use samples::Sample;

/// `--data`, and how its pictures are read.
#[derive(Debug, clap::Args)]
pub struct LabelledArgs {
    /// A folder with one folder of pictures a class, named as the model's labels
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
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
        let samples = samples::find(&self.data, labels).map_err(|reason| Failure::at("--data", reason))?;
        Ok(Labelled { samples, oversample: self.oversample, faces: self.faces })
    }
}

impl Labelled {
    /// The labels, of `labels`, of which there is no picture.
    pub fn without_pictures<'l>(&self, labels: &'l [String]) -> Vec<&'l str> {
        let missing = |(class, _): &(usize, &String)| self.samples.iter().all(|sample| sample.class != *class);
        labels.iter().enumerate().filter(missing).map(|(_, label)| label.as_str()).collect()
    }

    /// Reads every picture and hands its class and reading on, none where there is no face in it. How many could not be read: each was
    /// named on stderr.
    pub fn read(
        self,
        model: Model,
        device: &DeviceArgs,
        mut answer: impl FnMut(usize, Option<&Reading>),
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
                    answer(source.class, reading.as_ref());
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
