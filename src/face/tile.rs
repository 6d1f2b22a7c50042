//! What a detector looks at: a square of the photograph, upright or turned by quarters.

use image::RgbImage;

use crate::error::Result;
use crate::operators::{Rect, Region};
use crate::reference;

/// Beyond every box.
const FAR: f32 = 1e9;

/// A square of the photograph.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tile {
    pub region: Region,
    /// Whether the photograph goes on beyond its left, top, right and bottom edge: a box that leaves it there is cut, and whole in another tile.
    pub inner: [bool; 4],
}

impl Tile {
    /// A square that nothing is cut by.
    pub fn alone(region: impl Into<Region>) -> Self {
        Self { region: region.into(), inner: [false; 4] }
    }

    /// Whether it does not stand upright.
    pub fn turned(&self) -> bool {
        matches!(self.region, Region::Turned(_))
    }

    /// Its corner in the photograph, and what one pixel to the right of `side` is there; where its boxes may end, in its pixels.
    pub fn place(self, side: u32) -> [f32; 8] {
        let [x, y, a, b] = match self.region {
            Region::Rect(Rect { x, y, width, .. }) => [x as f32, y as f32, width as f32 / side as f32, 0.0],
            Region::Turned(similarity) => {
                let ([x, y], [right, below]) = (similarity.point([0.0; 2]), similarity.point([1.0, 0.0]));
                [x, y, right - x, below - y].map(|value| value as f32)
            }
        };
        let [left, top, right, bottom] = self.inner;
        let first = |inner: bool| if inner { 0.0 } else { -FAR };
        let last = |inner: bool| if inner { side as f32 } else { FAR };
        [x, y, a, b, first(left), first(top), last(right), last(bottom)]
    }

    /// Its pixels, `side` of them a side.
    pub fn cut(self, photo: &RgbImage, side: u32) -> Result<RgbImage> {
        reference::crop(photo, self.region, [side; 2])
    }
}
