//! Where Local Binary Patterns of 8 neighbours read, in exact arithmetic.
//!
//! A diagonal neighbour sits at R / sqrt 2, where bilinear weights are numbers of Q(sqrt 2): four times the
//! difference to the centre is a + b sqrt 2 with integers a and b, and its sign is decided in integers.

use crate::error::{Error, Result};

/// Largest radius: beyond it the kernel's 32-bit sums could overflow.
pub const MAX_RADIUS: u32 = 512;

/// Bilinear weights of a diagonal neighbour, times four, as pairs (a, b) of a + b sqrt 2: near-near, near-far (twice), far-far.
/// The near sample lies `near` pixels from the centre on each axis, the far one a pixel further.
pub(crate) struct Diagonal {
    pub near: i32,
    pub near_near: [i32; 2],
    pub near_far: [i32; 2],
    pub far_far: [i32; 2],
}

impl Diagonal {
    pub fn new(radius: u32) -> Self {
        let r = radius as i32;
        let k = (r * r / 2).isqrt();
        Self {
            near: k,
            near_near: [(2 + 2 * k) * (2 + 2 * k) + 2 * r * r, -2 * (2 + 2 * k) * r],
            near_far: [-2 * k * (2 + 2 * k) - 2 * r * r, r * (2 + 4 * k)],
            far_far: [4 * k * k + 2 * r * r, -4 * k * r],
        }
    }
}

/// The conditions of LBP codes of a `width` x `height` picture.
pub(crate) fn check(width: u32, height: u32, radius: u32) -> Result<()> {
    if !(1..=MAX_RADIUS).contains(&radius) {
        return Err(Error::Argument(format!("LBP radius {radius}: give a whole number from 1 to {MAX_RADIUS}")));
    }
    if width <= 2 * radius || height <= 2 * radius {
        return Err(Error::Argument(format!(
            "LBP radius {radius} needs a picture of at least {min} x {min} pixels, this one has {width} x {height}: use a smaller radius",
            min = 2 * radius + 1
        )));
    }
    Ok(())
}
