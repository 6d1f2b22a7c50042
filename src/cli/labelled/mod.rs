//! Labelled pictures through a model: a folder a class.

mod samples;

use std::path::PathBuf;

use image::RgbImage;

use super::outcome::Failure;
use super::{guard, terminal};
use crate::ensemble::{Ensemble, Reading};
use crate::error::Result;
use crate::face::{Detector, SeetaFace};
use crate::rect::Rect;
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

/// Pictures and pixels one submission takes, whichever is reached first.
const BATCH: usize = 64;
const BATCH_PIXELS: u64 = 1 << 25;

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
    pub fn read(&self, ensemble: Ensemble, answer: impl FnMut(usize, Option<&Reading>)) -> Result<usize, Failure> {
        let detector: Option<Box<dyn Detector>> = match self.faces {
            Faces::None => None,
            Faces::Largest => Some(Box::new(SeetaFace::new()?)),
        };
        let margin = ensemble.description().canonical.margin;
        let mut run = Run { ensemble, detector, margin, oversample: self.oversample, answer, failures: 0 };
        let bar = terminal::progress(self.samples.len());
        let mut batch = Batch::default();
        for sample in &self.samples {
            match run.open(sample) {
                Some((photo, Some(rect))) => batch.push(photo, rect, sample.class),
                Some((_, None)) => (run.answer)(sample.class, None),
                None => {}
            }
            if batch.is_full() {
                run.settle(&mut batch)?;
            }
            bar.inc(1);
        }
        run.settle(&mut batch)?;
        bar.finish_and_clear();
        if run.failures > 0 {
            let (failures, all) = (run.failures, self.samples.len());
            terminal::note(format!("{failures} of {all} pictures could not be read and are not counted"));
        }
        Ok(run.failures)
    }
}

#[derive(Default)]
struct Batch {
    faces: Vec<(RgbImage, Rect, usize)>,
    pixels: u64,
}

impl Batch {
    fn push(&mut self, photo: RgbImage, rect: Rect, class: usize) {
        self.pixels += u64::from(photo.width()) * u64::from(photo.height());
        self.faces.push((photo, rect, class));
    }

    fn is_full(&self) -> bool {
        self.faces.len() >= BATCH || self.pixels >= BATCH_PIXELS
    }
}

struct Run<F> {
    ensemble: Ensemble,
    detector: Option<Box<dyn Detector>>,
    margin: f64,
    oversample: bool,
    answer: F,
    failures: usize,
}

impl<F: FnMut(usize, Option<&Reading>)> Run<F> {
    /// A sample's picture and the rectangle to read in it, where there is a face; nothing, and a line on stderr, where it cannot be read.
    fn open(&mut self, sample: &Sample) -> Option<(RgbImage, Option<Rect>)> {
        let opened = guard::run(|| {
            let photo = crate::photo::read(&sample.path)?;
            let rect = self.find(&photo)?;
            Ok((photo, rect))
        });
        match opened.and_then(|opened: Result<_>| opened.map_err(|error| error.to_string())) {
            Ok(opened) => Some(opened),
            Err(reason) => {
                self.failures += 1;
                terminal::error(format!("{}: {reason}", sample.path.display()));
                None
            }
        }
    }

    fn find(&mut self, photo: &RgbImage) -> Result<Option<Rect>> {
        let Some(detector) = &mut self.detector else {
            return Ok(Some(Rect::whole(photo.width(), photo.height())));
        };
        let largest = detector.detect(photo)?.into_iter().map(|face| face.rect);
        let largest = largest.max_by_key(|rect| u64::from(rect.width) * u64::from(rect.height));
        Ok(largest.map(|rect| rect.with_margin(self.margin)))
    }

    /// Reads a batch, hands its answers on and empties it.
    fn settle(&mut self, batch: &mut Batch) -> Result<()> {
        if batch.faces.is_empty() {
            return Ok(());
        }
        let faces: Vec<_> = batch.faces.iter().map(|(photo, rect, _)| (photo, *rect)).collect();
        let readings: Vec<Reading> = self.ensemble.read(&faces, self.oversample)?;
        for ((_, _, class), reading) in batch.faces.iter().zip(&readings) {
            (self.answer)(*class, Some(reading));
        }
        *batch = Batch::default();
        Ok(())
    }
}
