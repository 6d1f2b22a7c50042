//! The canonical crop of a region of either kind.

use image::RgbImage;

use super::turn::turn;
use super::warp::warp;
use crate::error::Result;
use crate::operators::Region;

/// The region of a photograph as a `size` = `[height, width]` picture.
///
/// # Errors
/// As [`warp`] and [`turn`].
pub fn crop(photo: &RgbImage, region: Region, size: [u32; 2]) -> Result<RgbImage> {
    match region {
        Region::Rect(rect) => warp(photo, rect, size),
        Region::Turned(similarity) => turn(photo, similarity, size),
    }
}
