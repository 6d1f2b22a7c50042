//! Which faces are looked for, where, and what is taken for one.

use super::networks::{Detects, Net};
use super::pyramid::{levels, turned, whole};
use super::tile::Tile;
use crate::error::{Error, Result};
use crate::operators::{Candidate, Rect};

/// How thoroughly faces are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Thoroughness {
    /// The whole photograph at once: large faces, such as those before a camera.
    Fast,
    /// Upright and tilted faces of 24 pixels and more, and of a 64th of the photograph's longer side, where that is more.
    #[default]
    Normal,
    /// Faces of 16 pixels and more in photographs of any size, lying and upside down too.
    Thorough,
}

/// Which faces are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Search {
    /// How thoroughly.
    pub thoroughness: Thoroughness,
    /// Width of the smallest face in pixels; by the thoroughness where `None`.
    pub min_face: Option<u32>,
    /// Least score of a face, 0 to 1; 0.8 where `None`, and more of faces that the detector is not sure of.
    pub min_score: Option<f64>,
    /// Whether their blendshapes are measured too.
    pub blendshapes: bool,
}

impl Search {
    /// Whether every setting is one.
    pub(crate) fn check(self) -> Result<()> {
        if self.min_score.is_some_and(|score| !(0.0..=1.0).contains(&score)) {
            return Err(Error::Argument("the least score of a face: a number from 0 to 1".into()));
        }
        if self.min_face.is_some_and(|face| !(8..=65_535).contains(&face)) {
            return Err(Error::Argument("the smallest face: 8 pixels or more".into()));
        }
        Ok(())
    }
}

/// Least score of a candidate, 0 to 1, in upright and in turned tiles: there more is seen that is none, and faces are seen in one of four.
pub(super) const LEAST_SCORE: [f32; 2] = [0.3, 0.6];
/// Least presence of a face, 0 to 1, where the detector's score is 0.5 and more, and where it is less: seen so weakly, one thing in many that is none is taken for
/// a face with 0.99.
const LEAST_PRESENCE: [f64; 2] = [0.8, 0.9995];
/// Score of the detector below which a candidate is looked at twice: one face of made pictures in twenty.
const WEAK: f32 = 0.75;
/// Smallest faces, in pixels, normally and thoroughly.
const LEAST: [f64; 2] = [24.0, 16.0];
/// The longer side of a photograph in smallest faces at most, where nobody asked for smaller ones: it bounds the tiles.
const LARGEST: f64 = 64.0;
/// The same of the detector of short range, which sees a tenth, and often less.
const LARGEST_FAST: f64 = 20.0;
/// Part of its width that a detector's box of a face may fall short of it: boxes swing.
pub(super) const SWING: f32 = 0.75;

/// The box of full range lies higher than that of short range, for which MediaPipe's square was made: by 0.04 in portraits, in which half of it is nearest to
/// MediaPipe's own landmarks.
const LOWERED: f32 = 0.02;

impl Search {
    /// Pixels of the smallest face that is looked for.
    pub(super) fn least(&self, width: u32, height: u32) -> f64 {
        let longest = f64::from(width.max(height));
        self.min_face.map_or_else(
            || match self.thoroughness {
                Thoroughness::Fast => longest / LARGEST_FAST,
                Thoroughness::Normal => (longest / LARGEST).max(LEAST[0]),
                Thoroughness::Thorough => LEAST[1],
            },
            f64::from,
        )
    }

    /// What the detector looks at, upright tiles first.
    pub(super) fn tiles(&self, width: u32, height: u32) -> (Detects, Vec<Tile>) {
        let least = self.least(width, height);
        let stand = |detects: Detects, rects: Vec<Rect>, quarters: u32| -> Vec<Tile> {
            let side = Net::Detector(detects).side();
            rects.into_iter().filter_map(|rect| turned(rect, [width, height], quarters, side)).collect()
        };
        match self.thoroughness {
            Thoroughness::Fast => (Detects::Short, stand(Detects::Short, vec![whole(width, height)], 0)),
            Thoroughness::Normal => (Detects::Full, stand(Detects::Full, levels(width, height, least), 0)),
            Thoroughness::Thorough => {
                let mut tiles = stand(Detects::Full, levels(width, height, least), 0);
                // Small ones that lie or stand on their heads as well would take twice as many.
                let larger = levels(width, height, least.max(LEAST[0]));
                tiles.extend((1..4).flat_map(|quarters| stand(Detects::Full, larger.clone(), quarters)));
                (Detects::Full, tiles)
            }
        }
    }

    /// By how much the mesh network looks below a candidate's box, in sides of it.
    pub(super) fn lowered(&self) -> f32 {
        if self.thoroughness == Thoroughness::Fast { 0.0 } else { LOWERED }
    }

    /// Whether the detector is so unsure of a candidate that it is looked at twice.
    pub(super) fn weak(candidate: &Candidate) -> bool {
        candidate.score < (WEAK / (1.0 - WEAK)).ln()
    }

    /// How sure the mesh network is to be that a candidate is a face: at the first look, and at the second where it is [`weak`](Self::weak).
    pub(super) fn presence(&self, candidate: &Candidate) -> [f64; 2] {
        let [least, weak] = LEAST_PRESENCE;
        let asked = self.min_score.unwrap_or(least);
        // A score before the sigmoid.
        [if candidate.score >= 0.0 { asked } else { asked.max(weak) }, asked]
    }
}
