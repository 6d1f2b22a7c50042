//! What a photograph answers.

use std::sync::Arc;

use crate::actions::Actions;
use crate::ensemble::Reading;
use crate::face::{Blendshapes, Face, Landmarks, Pose, TrackId, align};
use crate::operators::{Rect, Region};
use crate::weights::description::Canonical;

/// The answer for one photograph.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Analysis {
    /// Width of the photograph in pixels.
    pub width: u32,
    /// Height of the photograph in pixels.
    pub height: u32,
    /// Its faces, best score first; none is no error.
    pub faces: Vec<AnalyzedFace>,
}

/// The answer for one face.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AnalyzedFace {
    /// The detector's box in pixels, without the model's margin; it may reach beyond the photograph. The whole photograph with
    /// [`Faces::None`](super::Faces::None).
    pub rect: Rect,
    /// The detector's score; `None` with [`Faces::None`](super::Faces::None).
    pub score: Option<f64>,
    /// The face's points; `None` with [`Faces::None`](super::Faces::None), and where the detector knows none.
    pub landmarks: Option<Arc<Landmarks>>,
    /// How the head is turned; `None` where there are no landmarks.
    pub pose: Option<Pose>,
    /// Its 52 blendshapes, where they were asked for.
    pub blendshapes: Option<Box<Blendshapes>>,
    /// Whose it is, where faces are followed: [`Recognizer::track`](super::Recognizer::track).
    pub track: Option<TrackId>,
    /// Its action units; `None` where they were not asked for, and of a face without landmarks.
    pub actions: Option<Box<Actions>>,
    /// Its vector, of [`DIMENSIONS`](crate::embed::DIMENSIONS) numbers; `None` where it was not asked for.
    pub embedding: Option<Vec<f32>>,
    /// Position of the most probable label in the model's labels; the first where several are equal.
    pub label_index: usize,
    /// The most probable label.
    pub label: Arc<str>,
    /// Fused probabilities, in the order of the model's labels; sum 1.
    pub probabilities: Vec<f32>,
    /// Each member's own probabilities, in the order of the model's members.
    pub members: Vec<Vec<f32>>,
}

impl AnalyzedFace {
    pub(super) fn new(found: Found, reading: Reading, labels: &[Arc<str>]) -> Self {
        let Reading { probabilities, members } = reading;
        let label_index = most_probable(&probabilities);
        let label = labels.get(label_index).cloned().unwrap_or_else(|| "".into());
        let pose = found.landmarks.as_deref().and_then(Pose::of);
        let Found { rect, score, landmarks, blendshapes, track } = found;
        Self {
            rect,
            score,
            landmarks,
            pose,
            blendshapes,
            track,
            actions: None,
            embedding: None,
            label_index,
            label,
            probabilities,
            members,
        }
    }
}

impl AnalyzedFace {
    /// Whether people would disagree about this face: its label has less than half. Of a model calibrated by votes, fewer than half of the people would give it.
    pub fn unsure(&self) -> bool {
        self.probabilities.get(self.label_index).is_none_or(|&share| share < 0.5)
    }
}

/// Position of the largest probability; the first where several are equal.
pub fn most_probable(probabilities: &[f32]) -> usize {
    let larger = |best: usize, at: usize| if probabilities[at] > probabilities[best] { at } else { best };
    (0..probabilities.len()).reduce(larger).unwrap_or(0)
}

/// A face to read: the detector's box, or the whole photograph.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Found {
    pub rect: Rect,
    pub score: Option<f64>,
    pub landmarks: Option<Arc<Landmarks>>,
    pub blendshapes: Option<Box<Blendshapes>>,
    pub track: Option<TrackId>,
}

impl Found {
    pub fn whole(width: u32, height: u32) -> Self {
        Self { rect: Rect::whole(width, height), score: None, landmarks: None, blendshapes: None, track: None }
    }

    /// The face that was read.
    pub fn of(face: &AnalyzedFace) -> Self {
        Self { rect: face.rect, score: face.score, landmarks: face.landmarks.clone(), blendshapes: None, track: None }
    }

    /// The aligned crop, where the model and the face's landmarks say where it is.
    pub fn aligned(&self, canonical: &Canonical) -> Option<Region> {
        let (template, landmarks) = (canonical.alignment.as_ref()?, self.landmarks.as_ref()?);
        let points = canonical.points.as_ref().map_or_else(|| landmarks.outline().to_vec(), |points| landmarks.these(points));
        align(&points, template, canonical.size).ok().map(Region::from)
    }

    /// What the networks read: the aligned crop, the box (of a face with landmarks the square around it) with the model's margin, or the whole photograph.
    pub fn region(&self, canonical: &Canonical) -> Region {
        if let Some(aligned) = self.aligned(canonical) {
            return aligned;
        }
        match (self.score, &self.landmarks) {
            (None, _) => self.rect.into(),
            // A tight box is not as wide as it is high: a crop of it would be stretched.
            (Some(_), Some(_)) => self.rect.squared().with_margin(canonical.margin).into(),
            (Some(_), None) => self.rect.with_margin(canonical.margin).into(),
        }
    }
}

impl From<Face> for Found {
    fn from(face: Face) -> Self {
        Self {
            rect: face.rect,
            score: Some(face.score),
            landmarks: face.landmarks,
            blendshapes: face.blendshapes,
            track: face.track,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::description::Colour;

    #[test]
    fn of_equal_probabilities_the_first_label_is_given() {
        assert_eq!(most_probable(&[0.2, 0.4, 0.4]), 1);
    }

    #[test]
    fn the_margin_belongs_to_boxes_that_were_found() {
        let canonical = Canonical { size: [48, 48], margin: 0.5, points: None, alignment: None, colour: Colour::Rgb };
        assert_eq!(Found::whole(10, 20).region(&canonical), Rect::whole(10, 20).into());
        let face = Face {
            rect: Rect { x: 10, y: 10, width: 4, height: 4 },
            score: 3.0,
            landmarks: None,
            blendshapes: None,
            track: None,
        };
        assert_eq!(Found::from(face).region(&canonical), Rect { x: 8, y: 8, width: 8, height: 8 }.into());
    }
}
