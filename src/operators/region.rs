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
    /// Where the point [x, y] of a crop of `size` (height, width) lies in the photograph, both in pixels.
    pub fn to_photo(self, size: [u32; 2], [x, y]: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Rect(rect) => {
                let axis =
                    |at: f64, length: u32, start: i32, from: u32| f64::from(start) + at / f64::from(length) * f64::from(from);
                [axis(x, size[1], rect.x, rect.width), axis(y, size[0], rect.y, rect.height)]
            }
            Self::Turned(similarity) => similarity.point([x, y]),
        }
    }

    /// Where a point of the photograph lies in a crop of `size`: undoes [`to_photo`](Self::to_photo).
    pub fn of_photo(self, size: [u32; 2], [x, y]: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Rect(rect) => {
                let axis =
                    |at: f64, length: u32, start: i32, from: u32| (at - f64::from(start)) / f64::from(from) * f64::from(length);
                [axis(x, size[1], rect.x, rect.width), axis(y, size[0], rect.y, rect.height)]
            }
            Self::Turned(similarity) => {
                let ([left, top], [right, down]) = (similarity.point([0.0, 0.0]), similarity.point([1.0, 0.0]));
                let ([a, b], [x, y]) = ([right - left, down - top], [x - left, y - top]);
                let square = a * a + b * b;
                [(a * x + b * y) / square, (a * y - b * x) / square]
            }
        }
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_of_the_crop_comes_back_from_the_photograph() {
        let turned = Similarity::new([12.5, -3.0], [1.75, -0.5]).unwrap();
        for region in [Region::Rect(Rect { x: -4, y: 7, width: 96, height: 120 }), Region::Turned(turned)] {
            for point in [[0.0, 0.0], [47.5, 3.25], [12.0, 48.0]] {
                let there = region.to_photo([48, 48], point);
                let back = region.of_photo([48, 48], there);
                assert!(back.iter().zip(point).all(|(a, b)| (a - b).abs() < 1e-6), "{region:?} {point:?} {there:?} {back:?}");
            }
        }
        let rect = Region::Rect(Rect { x: -4, y: 7, width: 96, height: 120 });
        assert_eq!(rect.to_photo([48, 48], [24.0, 48.0]), [44.0, 127.0]);
    }
}
