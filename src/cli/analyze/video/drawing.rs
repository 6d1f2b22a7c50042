//! What is drawn of a video: boxes, labels and bars in each frame, and the running chart below it.

use std::path::Path;

use super::drawn::Drawn;
use crate::cli::analyze::args::Args;
use crate::cli::annotate::{self, Chart};
use crate::cli::inputs::Input;
use crate::error::Result;
use crate::records::Record;
use crate::video::{Frame, Report};

/// A video that is drawn while it is read.
pub struct Drawing {
    drawn: Drawn,
    chart: Chart,
    labels: Vec<String>,
}

impl Drawing {
    /// # Errors
    /// Where the font cannot be read.
    pub fn new(path: &Path, input: &Input, args: &Args, report: Report, labels: &[String]) -> Result<Self> {
        Ok(Self { drawn: Drawn::new(path, input, args, report), chart: Chart::new(labels)?, labels: labels.to_vec() })
    }

    /// The next frame and its answer.
    pub fn draw(&mut self, frame: &Frame, record: &Record, args: &Args) -> Result<()> {
        let faces: Vec<_> = record
            .faces
            .iter()
            .map(|face| annotate::Face {
                rect: face.rect,
                probabilities: &face.probabilities,
                landmarks: face.landmarks.as_deref(),
            })
            .collect();
        let picture = annotate::draw(&frame.picture, &faces, &self.labels, args.mesh.map(Into::into))?;
        self.chart.add(frame.timestamp.as_secs_f64(), faces.iter().map(|face| face.probabilities));
        self.drawn.add(self.chart.below(&picture), frame.timestamp)
    }

    /// There is no other frame.
    pub fn finish(self) -> Result<()> {
        self.drawn.finish()
    }
}
