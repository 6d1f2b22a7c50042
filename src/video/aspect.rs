//! Pixels that are not square, made square: as wide as they are shown, as ffmpeg's `scale=iw*sar:ih` does.

use image::RgbImage;
use image::imageops::{FilterType, resize};

/// The width of a picture whose pixels are `across` / `down` times as wide as high.
pub fn width(width: u32, [across, down]: [u32; 2]) -> u32 {
    if across == 0 || down == 0 {
        return width;
    }
    let wide = u64::from(width) * u64::from(across) / u64::from(down);
    u32::try_from(wide.max(1)).unwrap_or(u32::MAX)
}

/// The picture with square pixels.
pub fn square(picture: RgbImage, aspect: [u32; 2]) -> RgbImage {
    let wide = width(picture.width(), aspect);
    if wide == picture.width() { picture } else { resize(&picture, wide, picture.height(), FilterType::CatmullRom) }
}
