//! A turned crop: a similarity transform from the pixels of a crop to those of a photograph, in whole numbers, so that every implementation reads the
//! same pixels with the same weights.

use super::warp::{MAX_CROP, MAX_SIDE};
use crate::error::{Error, Result};

/// Bits behind the point of positions in a photograph.
const BITS: u32 = 14;

/// Parts of a pixel that a position counts in.
pub(crate) const UNIT: i32 = 1 << BITS;

/// What one pixel of a crop is in the photograph at most, in pixels: products with places between samples stay within 32 bits.
const MOST_STEP: f64 = 1024.0;

/// Samples along each side of an output pixel at most: where a crop shrinks more, some pixels between them are not read.
const MOST_SAMPLES: u32 = 32;

/// Turn, scale and place of a crop in a photograph, in 1/16384 pixel of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Similarity {
    /// Where the crop's top left corner lies: x, y.
    pub(crate) origin: [i32; 2],
    /// What one pixel to the right in the crop is in the photograph: x, y. One down is (-y, x).
    pub(crate) step: [i32; 2],
}

impl Similarity {
    /// The transform that takes the crop's top left corner to `origin` and one pixel to its right by `step`, in pixels of the photograph, rounded.
    ///
    /// # Errors
    /// [`Error::Argument`] where they are no numbers or so large that a crop of 4096 pixels would reach beyond what is computed.
    pub fn new(origin: [f64; 2], step: [f64; 2]) -> Result<Self> {
        let most = f64::from(MAX_SIDE);
        let fixed = |value: f64| (value * f64::from(UNIT)).round() as i32;
        let similarity = Self { origin: origin.map(fixed), step: step.map(fixed) };
        let fits = origin.iter().all(|value| value.abs() < most) && step.iter().all(|value| value.abs() <= MOST_STEP);
        if !fits || similarity.step == [0; 2] {
            return Err(Error::Argument(format!(
                "a turned crop at {origin:?} of steps {step:?}: it lies within {MAX_SIDE} pixels, and shrinks by {MOST_STEP} at most"
            )));
        }
        Ok(similarity)
    }

    /// As [`Similarity::new`], of numbers that count in 1/16384 pixel.
    ///
    /// # Errors
    /// As [`Similarity::new`].
    pub fn fixed(origin: [i32; 2], step: [i32; 2]) -> Result<Self> {
        let pixels = |value: i32| f64::from(value) / f64::from(UNIT);
        Self::new(origin.map(pixels), step.map(pixels))
    }

    /// The square with its middle at `centre` whose sides are `side` long, turned so that its right points along `right`, as a crop of `pixels` a side.
    ///
    /// # Errors
    /// As [`Similarity::new`].
    pub fn square(centre: [f64; 2], side: f64, right: [f64; 2], pixels: u32) -> Result<Self> {
        let length = right[0].hypot(right[1]);
        let step = right.map(|part| part / length * side / f64::from(pixels));
        let half = f64::from(pixels) / 2.0;
        Self::new([centre[0] - half * (step[0] - step[1]), centre[1] - half * (step[0] + step[1])], step)
    }

    /// Where the point (x, y) of the crop lies in the photograph, in pixels.
    pub fn point(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let [a, b] = self.step.map(f64::from);
        let at = |origin: i32, along: f64| (f64::from(origin) + along) / f64::from(UNIT);
        [at(self.origin[0], a * x - b * y), at(self.origin[1], b * x + a * y)]
    }

    /// Pixels of the photograph a pixel of the crop.
    pub fn scale(&self) -> f64 {
        f64::from(self.step[0]).hypot(f64::from(self.step[1])) / f64::from(UNIT)
    }

    /// Samples along each side of an output pixel, so that no pixel of the photograph lies between two: 1 where the crop grows.
    pub(crate) fn samples(&self) -> u32 {
        let square = self.step.iter().map(|&part| u64::from(part.unsigned_abs()).pow(2)).sum::<u64>();
        (1..MOST_SAMPLES).find(|&n| (u64::from(n) << BITS).pow(2) >= square).unwrap_or(MOST_SAMPLES)
    }

    /// Left, top, width and height of the pixels of a `width` x `height` photograph that a crop of `size` = `[height, width]` reads; beyond the photograph
    /// its edge pixels repeat.
    pub(crate) fn area(&self, width: u32, height: u32, size: [u32; 2]) -> [u32; 4] {
        let [rows, columns] = size.map(f64::from);
        let corners = [[0.0, 0.0], [columns, 0.0], [0.0, rows], [columns, rows]].map(|corner| self.point(corner));
        let axis = |axis: usize, length: u32| {
            let all = corners.iter().map(|corner| corner[axis]);
            let (least, most) = all.fold((f64::MAX, f64::MIN), |(least, most), at| (at.min(least), at.max(most)));
            let last = f64::from(length.max(1) - 1);
            // A sample reads its own pixel and the next.
            let (first, end) = ((least - 1.0).floor().clamp(0.0, last), (most + 1.0).ceil().clamp(0.0, last));
            (first as u32, (end - first) as u32 + 1)
        };
        let ((left, width), (top, height)) = (axis(0, width), axis(1, height));
        [left, top, width, height]
    }

    /// The same transform into a part of the photograph that begins at `left`, `top`.
    pub(crate) fn within(&self, left: u32, top: u32) -> Self {
        let moved = |origin: i32, by: u32| origin.saturating_sub_unsigned(by << BITS);
        Self { origin: [moved(self.origin[0], left), moved(self.origin[1], top)], ..*self }
    }

    /// The conditions of the turned crop: its sums stay within 32 bits.
    pub(crate) fn check(&self, width: u32, height: u32, size: [u32; 2]) -> Result<()> {
        let longest = width.max(height);
        if width == 0 || height == 0 || size.contains(&0) || longest > MAX_SIDE || size[0].max(size[1]) > MAX_CROP {
            return Err(Error::Argument(format!(
                "a crop of {} x {} pixels of a photograph of {width} x {height}: at most {MAX_CROP} and {MAX_SIDE} a side",
                size[1], size[0]
            )));
        }
        let [a, b] = self.step.map(|part| i64::from(part.unsigned_abs()));
        let reach = (a + b) * i64::from(size[0].max(size[1]));
        if self.origin.iter().any(|origin| i64::from(origin.unsigned_abs()) + reach > i64::from(i32::MAX) - i64::from(UNIT)) {
            return Err(Error::Argument(format!("a crop that reaches beyond {MAX_SIDE} pixels: shrink the picture first")));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_square_lies_where_it_was_asked_for() {
        let square = Similarity::square([100.0, 50.0], 40.0, [0.0, 2.0], 20).unwrap();
        let near = |[x, y]: [f64; 2], want: [f64; 2]| assert!((x - want[0]).hypot(y - want[1]) < 1e-2, "{x}, {y}: {want:?}");
        near(square.point([10.0, 10.0]), [100.0, 50.0]);
        // Turned by a quarter to the right, the crop's top left is the photograph's top right.
        near(square.point([0.0, 0.0]), [120.0, 30.0]);
        near(square.point([20.0, 0.0]), [120.0, 70.0]);
        assert_eq!(square.samples(), 2);
        assert_eq!(square.area(1000, 1000, [20, 20]), [79, 29, 43, 43]);
    }
}
