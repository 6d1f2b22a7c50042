//! `moue evaluate`.

mod plot;
mod samples;
mod score;
mod table;

use std::io::Write;
use std::path::PathBuf;

use image::RgbImage;

use super::outcome::{Failure, Outcome, Status};
use super::session::{DeviceArgs, ModelArgs};
use super::{files, guard, terminal};
use crate::ensemble::{Ensemble, Reading};
use crate::error::Result;
use crate::face::{Detector, SeetaFace};
use crate::rect::Rect;
use samples::Sample;
use score::Score;

/// Measures a model on labelled pictures
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A folder with one folder of pictures a class, named as the model's labels
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    model: ModelArgs,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Draw the confusion matrix
    #[arg(long, value_name = "FILE.svg")]
    plot: Option<PathBuf>,
    /// Average five crops and their mirrors, whatever the model says
    #[arg(long)]
    oversample: bool,
    /// Each picture is a face crop, or its largest face is looked for (none found counts as wrong)
    #[arg(long, value_enum, default_value_t = Faces::None)]
    faces: Faces,
    #[command(flatten)]
    device: DeviceArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Faces {
    None,
    Largest,
}

/// Pictures and pixels one submission takes, whichever is reached first.
const BATCH: usize = 64;
const BATCH_PIXELS: u64 = 1 << 25;

/// Accuracy, classes, confusion and members, on stdout.
pub fn run(args: &Args) -> Outcome {
    let model = args.model.load()?;
    let description = model.description.clone();
    let samples = samples::find(&args.data, &description.labels).map_err(|reason| Failure::at("--data", reason))?;
    let ensemble = Ensemble::new(model, args.device.open()?)?;
    let detector: Option<Box<dyn Detector>> = match args.faces {
        Faces::None => None,
        Faces::Largest => Some(Box::new(SeetaFace::new()?)),
    };
    let margin = description.canonical.margin;
    let mut run = Run { ensemble, detector, margin, oversample: args.oversample, score: Score::new(&description), failures: 0 };

    let bar = terminal::progress(samples.len());
    let mut batch = Batch::default();
    for sample in &samples {
        match run.open(sample) {
            Some((photo, Some(rect))) => batch.push(photo, rect, sample.class),
            Some((_, None)) => run.score.miss(sample.class),
            None => {}
        }
        if batch.is_full() {
            run.settle(&mut batch)?;
        }
        bar.inc(1);
    }
    run.settle(&mut batch)?;
    bar.finish_and_clear();
    report(args, &run.score)?;
    if run.failures > 0 {
        terminal::note(format!("{} of {} pictures could not be read and are not counted", run.failures, samples.len()));
    }
    Ok(Status::of(run.failures))
}

fn report(args: &Args, score: &Score) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string(&score.report())?)?;
    } else {
        table::write(&mut out, &score.report())?;
    }
    if let Some(path) = &args.plot {
        files::write(path, plot::confusion(&score.report()).as_bytes()).map_err(|error| Failure::at("--plot", error))?;
    }
    Ok(())
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

struct Run {
    ensemble: Ensemble,
    detector: Option<Box<dyn Detector>>,
    margin: f64,
    oversample: bool,
    score: Score,
    failures: usize,
}

impl Run {
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

    /// Reads a batch, counts its answers and empties it.
    fn settle(&mut self, batch: &mut Batch) -> Result<()> {
        if batch.faces.is_empty() {
            return Ok(());
        }
        let faces: Vec<_> = batch.faces.iter().map(|(photo, rect, _)| (photo, *rect)).collect();
        let readings: Vec<Reading> = self.ensemble.read(&faces, self.oversample)?;
        for ((_, _, class), reading) in batch.faces.iter().zip(&readings) {
            self.score.count(*class, reading);
        }
        *batch = Batch::default();
        Ok(())
    }
}
