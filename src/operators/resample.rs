//! Where a resized row or column reads: ONNX's Resize, in the f32 arithmetic of ONNX Runtime, so that ties fall as they do there.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// How a resize reads between pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResizeMode {
    /// One pixel.
    Nearest,
    /// The two pixels on both sides, along rows and along columns.
    Linear,
}

/// Where a resized pixel lies in the input: ONNX's coordinate_transformation_mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "ONNX's names")]
pub enum Coordinates {
    #[default]
    HalfPixel,
    HalfPixelSymmetric,
    PytorchHalfPixel,
    AlignCorners,
    Asymmetric,
    TfHalfPixelForNn,
}

/// Which pixel is nearest: ONNX's nearest_mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "ONNX's names")]
pub enum Rounding {
    #[default]
    RoundPreferFloor,
    RoundPreferCeil,
    Floor,
    Ceil,
}

/// All three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resampling {
    /// Nearest or linear.
    pub mode: ResizeMode,
    /// Where a pixel lies.
    pub coordinates: Coordinates,
    /// Which is nearest.
    pub rounding: Rounding,
}

/// What one output row reads: (1 - share) of input row `first`, `share` of input row `second`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tap {
    /// Input row.
    pub first: usize,
    /// The row after it, or the same.
    pub second: usize,
    /// Of the second.
    pub share: f32,
}

/// The taps of `to` rows over `from` rows (or columns). `scale` is to / from unless the file says another.
///
/// # Errors
/// [`Error::Shape`] for sizes of 0 or beyond 65,536, and a scale that is not positive.
pub fn taps(at: &str, how: Resampling, from: usize, to: usize, scale: Option<f32>) -> Result<Vec<Tap>> {
    let sizes = 1..=1 << 16;
    let scale = scale.unwrap_or(to as f32 / from.max(1) as f32);
    if !(sizes.contains(&from) && sizes.contains(&to) && scale > 0.0 && scale.is_finite()) {
        return Err(Error::shape(
            at,
            format!("{from} to {to} rows or columns by {scale}: sizes lie between 1 and 65536, a scale above 0"),
        ));
    }
    let last = (from - 1) as f32;
    let tap = |i: usize| {
        let x = place(how.coordinates, i as f32, scale, from as f32, to as f32);
        match how.mode {
            ResizeMode::Nearest => {
                let row = nearest(how.rounding, x).clamp(0.0, last) as usize;
                Tap { first: row, second: row, share: 0.0 }
            }
            ResizeMode::Linear => {
                let x = x.clamp(0.0, last);
                let first = (x as usize).min(from - 1);
                Tap { first, second: (first + 1).min(from - 1), share: x - first as f32 }
            }
        }
    };
    Ok((0..to).map(tap).collect())
}

/// The input coordinate of output coordinate `i`.
fn place(coordinates: Coordinates, i: f32, scale: f32, from: f32, to: f32) -> f32 {
    match coordinates {
        Coordinates::HalfPixel => (i + 0.5) / scale - 0.5,
        Coordinates::HalfPixelSymmetric => {
            let adjustment = to / (scale * from);
            from / 2.0 * (1.0 - adjustment) + (i + 0.5) / scale - 0.5
        }
        Coordinates::PytorchHalfPixel if to > 1.0 => (i + 0.5) / scale - 0.5,
        Coordinates::AlignCorners if to > 1.0 => i * (from - 1.0) / (to - 1.0),
        Coordinates::PytorchHalfPixel | Coordinates::AlignCorners => 0.0,
        Coordinates::Asymmetric => i / scale,
        Coordinates::TfHalfPixelForNn => (i + 0.5) / scale,
    }
}

fn nearest(rounding: Rounding, x: f32) -> f32 {
    match rounding {
        Rounding::RoundPreferFloor if x == x.trunc() + 0.5 => x.floor(),
        Rounding::RoundPreferFloor | Rounding::RoundPreferCeil => x.round(),
        Rounding::Floor => x.floor(),
        Rounding::Ceil => x.ceil(),
    }
}
