//! The canonical crop of a model: what of a face it reads.

use serde::{Deserialize, Serialize};

use crate::operators::MAX_CROP;

/// Points that an alignment goes by where none are named.
const OUTLINE: usize = 4;
/// Landmarks of a face.
const LANDMARKS: u16 = 478;

/// The canonical crop of a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canonical {
    /// Height and width in pixels.
    pub size: [u32; 2],
    /// Margin around the detector's box, in parts of its side.
    #[serde(default)]
    pub margin: f64,
    /// Which of a face's 478 landmarks its alignment goes by; without them the top of its forehead, its chin, and its left and right edge before the ears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<Vec<u16>>,
    /// Where these points come to lie, x and y in parts of the crop: the face is turned, moved and scaled there. Without it, and for faces without landmarks, the box
    /// with its margin is read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alignment: Option<Vec<[f64; 2]>>,
    /// Colour of the crop.
    pub colour: Colour,
}

impl Canonical {
    /// The box with a fifth of its side around it, upright: what a model gets that does not say.
    pub fn upright(size: [u32; 2]) -> Self {
        Self { size, margin: 0.2, points: None, alignment: None, colour: Colour::Rgb }
    }

    /// Checks what JSON alone does not say.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.size.iter().any(|&side| side == 0 || side > MAX_CROP) {
            return Err(format!("its size lies between 1 and {MAX_CROP}, not {:?}", self.size));
        }
        if !(0.0..=8.0).contains(&self.margin) {
            return Err(format!("its margin lies between 0 and 8, not {}", self.margin));
        }
        let points = self.points.as_ref().map_or(OUTLINE, Vec::len);
        if let Some(&point) = self.points.iter().flatten().find(|&&point| point >= LANDMARKS) {
            return Err(format!("a face has {LANDMARKS} landmarks, 0 to {}: there is no {point}", LANDMARKS - 1));
        }
        match &self.alignment {
            Some(template) if template.len() != points => {
                Err(format!("its alignment has {} places for {points} points: one each", template.len()))
            }
            Some(template)
                if template.iter().flatten().any(|at| !(-1.0..=2.0).contains(at))
                    || template.iter().all(|point| Some(point) == template.first()) =>
            {
                Err(format!("the points of its alignment lie between -1 and 2, and apart: {template:?}"))
            }
            None if self.points.is_some() => Err("it names points without an alignment, which says where they lie".into()),
            _ => Ok(()),
        }
    }
}

/// In words.
impl std::fmt::Display for Canonical {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { size: [height, width], margin, points: _, alignment, colour: Colour::Rgb } = self;
        write!(f, "an RGB crop of {height} x {width} pixels with a margin of {margin}")?;
        if alignment.is_some() { write!(f, ", aligned by landmarks") } else { Ok(()) }
    }
}

/// Colour of the canonical crop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Colour {
    /// Three channels, red first.
    Rgb,
}
