//! Face detection: a photograph in, boxes out.

mod seetaface;

use image::RgbImage;

use crate::error::Result;
use crate::operators::Rect;

pub use seetaface::SeetaFace;

/// A face of a photograph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Face {
    /// Where it is. The box may reach beyond the photograph's edges.
    pub rect: Rect,
    /// The detector's own score; higher is surer. Scores of different detectors do not compare.
    pub score: f64,
}

/// What finds faces.
pub trait Detector: Send {
    /// The faces of an upright photograph, best score first; none is no error.
    ///
    /// # Errors
    /// The detector's own failure. A photograph that is too small to show a face has none.
    fn detect(&mut self, photo: &RgbImage) -> Result<Vec<Face>>;

    /// Another detector that finds the same, for another thread. `None`, the default: there is only this one, and threads take turns.
    fn fork(&self) -> Option<Box<dyn Detector>> {
        None
    }
}
