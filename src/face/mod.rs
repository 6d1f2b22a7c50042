//! Faces of a photograph: where they are, and their landmarks.

mod align;
mod assign;
pub mod blendshapes;
mod canonical;
pub mod contours;
mod finder;
mod gpu;
mod host;
pub mod landmarks;
mod networks;
mod pose;
mod pyramid;
mod search;
mod shape;
pub mod square;
mod tessellation;
mod tile;
pub mod track;

use std::sync::Arc;

use image::RgbImage;

use crate::error::Result;
use crate::operators::Rect;

pub use align::align;
pub use blendshapes::Blendshapes;
pub use finder::Finder;
pub use landmarks::{Eyes, FIVE, Landmarks, POINTS, SIXTY_EIGHT};
pub use pose::Pose;
pub use search::{Search, Thoroughness};
pub use square::Square;
pub use track::{Mesh, Origin, Plan, Seen, TrackId, Tracker, Tracking};

/// A face of a photograph.
#[derive(Debug, Clone, PartialEq)]
pub struct Face {
    /// Where it is. The box may reach beyond the photograph's edges.
    pub rect: Rect,
    /// The detector's own score; higher is surer. Scores of different detectors do not compare.
    pub score: f64,
    /// Its points, where the detector knows them.
    pub landmarks: Option<Arc<Landmarks>>,
    /// Its blendshapes, where they were asked for.
    pub blendshapes: Option<Box<Blendshapes>>,
    /// Whose it is, where faces are followed.
    pub track: Option<TrackId>,
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
