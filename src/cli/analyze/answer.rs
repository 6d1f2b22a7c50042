//! One picture in, one record out.

use image::RgbImage;

use super::Faces;
use super::record::{FaceRecord, Record};
use crate::cli::guard;
use crate::cli::inputs::Input;
use crate::ensemble::Ensemble;
use crate::error::Result;
use crate::face::{Detector, SeetaFace};
use crate::rect::Rect;
use crate::weights::Description;

/// The detector and the ensemble of a run.
pub struct Reader {
    description: Description,
    ensemble: Ensemble,
    detector: Option<Box<dyn Detector>>,
    faces: Faces,
    oversample: bool,
}

impl Reader {
    /// Makes the detector, where one is needed.
    pub fn new(description: Description, ensemble: Ensemble, faces: Faces, oversample: bool) -> Result<Self> {
        let detector: Option<Box<dyn Detector>> = match faces {
            Faces::None => None,
            Faces::All | Faces::Largest => Some(Box::new(SeetaFace::new()?)),
        };
        Ok(Self { description, ensemble, detector, faces, oversample })
    }

    /// The record of one input, and its picture where it could be read. Never fails: what went wrong is in the record.
    pub fn answer(&mut self, input: &Input) -> (Option<RgbImage>, Record) {
        let mut record = Record { input: input.name.clone(), size: None, faces: Vec::new(), error: None };
        let photo = match settle(guard::run(|| input.read())) {
            Ok(photo) => photo,
            Err(reason) => {
                record.error = Some(reason);
                return (None, record);
            }
        };
        record.size = Some(photo.dimensions());
        match settle(guard::run(|| self.read(&photo))) {
            Ok(faces) => {
                record.faces = faces;
                (Some(photo), record)
            }
            Err(reason) => {
                record.error = Some(reason);
                (None, record)
            }
        }
    }

    /// The faces' rectangles without and with the model's margin, and their scores.
    fn find(&mut self, photo: &RgbImage) -> Result<Vec<(Rect, Rect, Option<f64>)>> {
        let Some(detector) = &mut self.detector else {
            let whole = Rect::whole(photo.width(), photo.height());
            return Ok(vec![(whole, whole, None)]);
        };
        let mut found = detector.detect(photo)?;
        if self.faces == Faces::Largest {
            let largest = found.into_iter().max_by_key(|face| u64::from(face.rect.width) * u64::from(face.rect.height));
            found = largest.into_iter().collect();
        }
        let margin = self.description.canonical.margin;
        Ok(found.into_iter().map(|face| (face.rect, face.rect.with_margin(margin), Some(face.score))).collect())
    }

    fn read(&mut self, photo: &RgbImage) -> Result<Vec<FaceRecord>> {
        let found = self.find(photo)?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let crops: Vec<_> = found.iter().map(|&(_, crop, _)| (photo, crop)).collect();
        let readings = self.ensemble.read(&crops, self.oversample)?;
        let names = || self.description.members.iter().map(|member| member.name.clone());
        let face = |((rect, _, score), reading): ((Rect, Rect, Option<f64>), crate::ensemble::Reading)| FaceRecord {
            rect,
            score,
            probabilities: reading.probabilities,
            members: names().zip(reading.members).collect(),
        };
        Ok(found.into_iter().zip(readings).map(face).collect())
    }
}

fn settle<T>(done: std::result::Result<Result<T>, String>) -> std::result::Result<T, String> {
    done.and_then(|result| result.map_err(|error| error.to_string()))
}
