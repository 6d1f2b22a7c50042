//! Faces of pictures and videos, into the file.

use image::RgbImage;

use super::args::Args;
use super::store::{Job, Store};
use crate::cli::outcome::Failure;
use crate::cli::terminal::{self, Patience};
use crate::embed::{Face, Image};
use crate::error::Result;
use crate::face::Landmarks;
use crate::recognizer::{AnalyzedFace, Answer, Following, Recognizer, Source};

impl Source for Job {
    fn read(&mut self) -> Result<RgbImage> {
        self.input.read()
    }
}

/// Reads all of them; how many could not be read: each was named on stderr.
pub fn run(
    args: &Args,
    jobs: Vec<Job>,
    recognizer: &mut Recognizer,
    store: &mut Store,
    patience: Patience,
    done: impl Fn(),
) -> std::result::Result<usize, Failure> {
    let (videos, pictures): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| job.input.is_video());
    let mut failures = 0;
    let mut patience = Some(patience);
    let photos = recognizer.prefetch(pictures)?;
    for Answer { source, analysis, .. } in recognizer.analyze_stream(photos) {
        patience.take();
        match analysis {
            Ok(analysis) => {
                let image = Image { width: analysis.width, height: analysis.height, ..source.image };
                store.add(image, analysis.faces.iter().map(|face| row(face, None)).collect())?;
            }
            Err(error) if error.is_of_device() => return Err(error.into()),
            Err(error) => {
                failures += 1;
                terminal::error(format!("{}: {error}", source.input.name));
            }
        }
        done();
    }
    for job in videos {
        patience.take();
        let name = job.input.name.clone();
        match video(args, job, recognizer) {
            Ok((image, faces)) => store.add(image, faces)?,
            Err(error) if error.is_of_device() => return Err(error.into()),
            Err(error) => {
                failures += 1;
                terminal::error(format!("{name}: {error}"));
            }
        }
        done();
    }
    Ok(failures)
}

/// All faces of a video; one that cannot be read whole has none.
fn video(args: &Args, job: Job, recognizer: &mut Recognizer) -> Result<(Image, Vec<Face>)> {
    let Job { input, mut image } = job;
    let frames = input.frames(args.moving.options())?;
    let report = frames.report();
    let mut faces = Vec::new();
    for answered in recognizer.analyze_video(frames, Following::default())? {
        let answered = answered?;
        (image.width, image.height) = answered.frame.picture.dimensions();
        let time = answered.frame.timestamp.as_secs_f64();
        faces.extend(answered.analysis?.faces.iter().map(|face| row(face, Some(time))));
    }
    if let Some(remark) = report.remark() {
        terminal::warning(format!("{}: {remark}", input.name));
    }
    Ok((image, faces))
}

/// A face as it stands in a gallery, of a picture and a label that are not known yet.
pub fn row(face: &AnalyzedFace, time: Option<f64>) -> Face {
    let eyes = face.landmarks.as_deref().map(Landmarks::eyes);
    let smile = face.blendshapes.as_deref().map(|shapes| {
        let corners = shapes.iter().filter(|(name, _)| ["mouthSmileLeft", "mouthSmileRight"].contains(name));
        0.5 * corners.map(|(_, value)| value).sum::<f32>()
    });
    let rect = face.rect;
    Face {
        embedding: face.embedding.clone().unwrap_or_default(),
        bounds: [rect.x as f32, rect.y as f32, rect.width as f32, rect.height as f32],
        time,
        image: 0,
        label: None,
        probabilities: face.probabilities.clone(),
        eyes_open: eyes.map(|eyes| 0.5 * (eyes.left + eyes.right)),
        smile,
    }
}
