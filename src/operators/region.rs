//! What is read of a photograph for a face: a rectangle, or a turned crop.

use super::rect::Rect;
use super::similarity::Similarity;
use super::warp;
use crate::error::Result;

/// What is read of a photograph for a face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Region {
    /// An upright rectangle.
    Rect(Rect),
    /// A crop of any turn.
    Turned(Similarity),
}

impl From<Rect> for Region {
    fn from(rect: Rect) -> Self {
        Self::Rect(rect)
    }
}

impl From<Similarity> for Region {
    fn from(similarity: Similarity) -> Self {
        Self::Turned(similarity)
    }
}

impl Region {
    /// Left, top, width and height of the pixels of a `width` x `height` photograph that a crop of `size` reads: those within it, or the edge nearest to it.
    pub(crate) fn area(self, width: u32, height: u32, size: [u32; 2]) -> [u32; 4] {
        let axis = |start: i32, length: u32, limit: u32| {
            let last = i64::from(limit) - 1;
            let first = i64::from(start).clamp(0, last);
            let end = (i64::from(start) + i64::from(length) - 1).clamp(0, last);
            (first as u32, (end - first + 1) as u32)
        };
        match self {
            Self::Rect(rect) => {
                let ((left, width), (top, height)) = (axis(rect.x, rect.width, width), axis(rect.y, rect.height, height));
                [left, top, width, height]
            }
            Self::Turned(similarity) => similarity.area(width, height, size),
        }
    }

    /// The same of a part of the photograph that begins at `left`, `top`.
    pub(crate) fn within(self, left: u32, top: u32) -> Self {
        match self {
            Self::Rect(rect) => {
                Self::Rect(Rect { x: rect.x.saturating_sub_unsigned(left), y: rect.y.saturating_sub_unsigned(top), ..rect })
            }
            Self::Turned(similarity) => Self::Turned(similarity.within(left, top)),
        }
    }

    /// Whether a crop of `size` of a `width` x `height` photograph can be made.
    pub(crate) fn check(self, width: u32, height: u32, size: [u32; 2]) -> Result<()> {
        match self {
            Self::Rect(rect) => warp::check(width, height, rect, size),
            Self::Turned(similarity) => similarity.check(width, height, size),
        }
    }
}
