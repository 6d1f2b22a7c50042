//! A frame, and how large it may be.

use std::time::Duration;

use image::RgbImage;

use crate::error::{Error, Result};
use crate::operators::MAX_SIDE;

/// Most pixels of a frame: 7680 x 4320 fits.
pub const MAX_PIXELS: u64 = 1 << 25;

/// A frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Its number among all frames of the video, from 0.
    pub index: u64,
    /// Its time as the file says it, in the file's own units; of a numbered picture its number. `None` where the file says none.
    pub pts: Option<i64>,
    /// Its time since the first frame of the video.
    pub timestamp: Duration,
    /// Upright, with square pixels, RGB.
    pub picture: RgbImage,
}

/// Whether a frame of this size is read.
///
/// # Errors
/// [`Error::Video`] with the remedy.
pub fn fits(name: &str, width: u32, height: u32) -> Result<()> {
    let side = MAX_SIDE;
    if width.min(height) == 0 || width.max(height) > side || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(Error::Video(format!(
            "{name}: frames of {width} x {height} pixels: at most {MAX_PIXELS} pixels and {side} on a side are read, make a smaller copy of it first"
        )));
    }
    Ok(())
}
