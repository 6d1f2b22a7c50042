//! What a detector looks at: a square of the photograph, upright or turned by quarters.

use image::RgbImage;

use crate::error::Result;
use crate::operators::{Rect, Similarity};
use crate::reference;

/// A square of the photograph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Tile {
    Upright(Rect),
    Turned(Similarity),
}

impl Tile {
    /// Its corner in the photograph, and what one pixel to the right of `side` is there.
    pub fn place(self, side: u32) -> [f32; 4] {
        match self {
            Self::Upright(rect) => [rect.x as f32, rect.y as f32, rect.width as f32 / side as f32, 0.0],
            Self::Turned(similarity) => {
                let ([x, y], [right, below]) = (similarity.point([0.0; 2]), similarity.point([1.0, 0.0]));
                [x, y, right - x, below - y].map(|value| value as f32)
            }
        }
    }

    /// Its pixels, `side` of them a side.
    pub fn cut(self, photo: &RgbImage, side: u32) -> Result<RgbImage> {
        match self {
            Self::Upright(rect) => reference::warp(photo, rect, [side; 2]),
            Self::Turned(similarity) => reference::turn(photo, similarity, [side; 2]),
        }
    }
}
