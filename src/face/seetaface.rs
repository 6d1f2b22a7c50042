//! SeetaFace's funnel-structured cascade (Wu et al., "Funnel-structured cascade for multi-view face detection with alignment awareness",
//! Neurocomputing 2017), as the crate `rustface` runs it, with the model that the crate carries.

use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{GrayImage, RgbImage, imageops::thumbnail};
use rustface::{FaceInfo, ImageData, Model};

use super::{Detector, Face};
use crate::error::{Error, Result};
use crate::operators::Rect;
use crate::reference::gray;

include!(concat!(env!("OUT_DIR"), "/seetaface.rs"));

/// Side of the detector's window, and of the smallest face it sees, in pixels. Smaller pictures would underflow its arithmetic.
const WINDOW: u32 = 40;

/// Longest side of a picture that is searched, in pixels; longer ones are shrunk to it, which bounds the time of a search.
const MAX_SIDE: u32 = 800;

/// Ratio of one scale of the searched pyramid to the one before.
const PYRAMID_FACTOR: f32 = 0.9;

/// Pixels from one window to the next.
const STEP: u32 = 2;

/// Least score of a face. A score sums those of all windows that agree on the face, so that it belongs to this factor and step: with them, faces
/// of real photographs score 3 and more, and what is none up to 2.2.
const LEAST_SCORE: f64 = 2.7;

/// Boxes that share more than this part of the smaller one's area show the same face.
const MOST_SHARED: f64 = 0.5;

/// Frontal faces of 40 pixels and more. Photographs with a side beyond 800 pixels are shrunk for the search: in them, faces of a twentieth of the
/// longer side and more are found. Boxes are square, from the forehead to the chin, and at least half of each lies within the photograph.
#[derive(Clone)]
pub struct SeetaFace {
    model: Model,
}

impl SeetaFace {
    /// The detector with its embedded model.
    ///
    /// # Errors
    /// [`Error::Argument`] where the embedded model is broken.
    pub fn new() -> Result<Self> {
        let model = rustface::read_model(SEETAFACE)
            .map_err(|error| Error::Argument(format!("the embedded SeetaFace model is broken: {error}. Build moue again")))?;
        Ok(Self { model })
    }
}

impl Detector for SeetaFace {
    fn detect(&mut self, photo: &RgbImage) -> Result<Vec<Face>> {
        let longest = photo.width().max(photo.height());
        let scale = f64::from(longest.min(MAX_SIDE)) / f64::from(longest.max(1));
        let [width, height] = [photo.width(), photo.height()].map(|side| (f64::from(side) * scale).round() as u32);
        if width.min(height) < WINDOW {
            return Ok(Vec::new());
        }
        let mut searched = gray(photo);
        if longest > MAX_SIDE {
            searched = thumbnail(&searched, width, height);
        }
        let mut faces = search(&self.model, &searched)?;
        faces.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut kept: Vec<Face> = Vec::new();
        for face in faces {
            if within(face.rect, width, height) >= 0.5 && kept.iter().all(|better| shared(better.rect, face.rect) <= MOST_SHARED)
            {
                kept.push(face);
            }
        }
        for face in &mut kept {
            face.rect = enlarged(face.rect, 1.0 / scale);
        }
        Ok(kept)
    }

    fn fork(&self) -> Option<Box<dyn Detector>> {
        Some(Box::new(self.clone()))
    }
}

fn search(model: &Model, picture: &GrayImage) -> Result<Vec<Face>> {
    // rustface's detector is not `Send`, and its arithmetic overflows on bright pictures where overflow is checked (debug builds): a new one for
    // each picture, behind a guard, costs a copy of the model and keeps the failure to its picture.
    let found = catch_unwind(AssertUnwindSafe(|| {
        let mut detector = rustface::create_detector_with_model(model.clone());
        detector.set_pyramid_scale_factor(PYRAMID_FACTOR);
        detector.set_slide_window_step(STEP, STEP);
        detector.set_score_thresh(LEAST_SCORE);
        detector.detect(&ImageData::new(picture.as_raw(), picture.width(), picture.height()))
    }));
    let found = found.map_err(|_| {
        Error::Picture(format!(
            "the face detector failed on it at {} x {} pixels: use `--faces none` on a picture cut to the face",
            picture.width(),
            picture.height()
        ))
    })?;
    let face = |info: &FaceInfo| {
        let bounds = info.bbox();
        let (width, height) = (bounds.width(), bounds.height());
        let sensible = (1..=2 * MAX_SIDE).contains(&width) && (1..=2 * MAX_SIDE).contains(&height);
        (sensible && info.score().is_finite()).then(|| Face {
            rect: Rect { x: bounds.x(), y: bounds.y(), width, height },
            score: info.score(),
            landmarks: None,
            blendshapes: None,
            track: None,
        })
    };
    Ok(found.iter().filter_map(face).collect())
}

fn overlap(a: Rect, b: Rect) -> f64 {
    let along = |a: i32, a_side: u32, b: i32, b_side: u32| {
        let [a, b] = [f64::from(a), f64::from(b)];
        ((a + f64::from(a_side)).min(b + f64::from(b_side)) - a.max(b)).max(0.0)
    };
    along(a.x, a.width, b.x, b.width) * along(a.y, a.height, b.y, b.height)
}

fn area(rect: Rect) -> f64 {
    f64::from(rect.width) * f64::from(rect.height)
}

/// The part of a box that lies within a `width` x `height` picture.
fn within(rect: Rect, width: u32, height: u32) -> f64 {
    overlap(rect, Rect::whole(width, height)) / area(rect)
}

/// The part of the smaller box that both share.
fn shared(a: Rect, b: Rect) -> f64 {
    overlap(a, b) / area(a).min(area(b))
}

fn enlarged(rect: Rect, factor: f64) -> Rect {
    let at = |v: i32| (f64::from(v) * factor).round() as i32;
    let side = |v: u32| ((f64::from(v) * factor).round() as u32).max(1);
    Rect { x: at(rect.x), y: at(rect.y), width: side(rect.width), height: side(rect.height) }
}
