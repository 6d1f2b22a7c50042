//! Which canonical crops are possible.

use super::rect::Rect;
use crate::error::{Error, Result};

/// Longest side of a rectangle, in pixels: beyond it the kernel's 32-bit sums could overflow.
pub const MAX_SIDE: u32 = 65_535;

/// Longest side of a crop, in pixels.
pub const MAX_CROP: u32 = 4096;

/// The conditions of the canonical crop.
pub(crate) fn check(width: u32, height: u32, rect: Rect, size: [u32; 2]) -> Result<()> {
    if width == 0 || height == 0 || rect.width == 0 || rect.height == 0 || size.contains(&0) {
        return Err(Error::Argument(format!(
            "an empty picture, rectangle or size: {width} x {height} pixels, {rect:?}, crop {} x {}",
            size[1], size[0]
        )));
    }
    let longest = width.max(height).max(rect.width).max(rect.height);
    if longest > MAX_SIDE {
        return Err(Error::Argument(format!(
            "a side of {longest} pixels: at most {MAX_SIDE} are read, shrink the picture first"
        )));
    }
    if size[0].max(size[1]) > MAX_CROP {
        return Err(Error::Argument(format!("a crop of {} x {} pixels: at most {MAX_CROP} a side", size[1], size[0])));
    }
    Ok(())
}
