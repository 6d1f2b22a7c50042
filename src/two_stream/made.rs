//! What is made of frames and flows.

use image::{GrayImage, RgbImage};

use super::layout::Layout;
use crate::error::{Error, Result};
use crate::reference::ByteSums;

/// A picture of the networks' size, and sums of its bytes.
#[derive(Debug)]
pub(super) struct Made {
    /// 0xBBGGRR, or 0xYYXX.
    pub words: Vec<u32>,
    pub sums: ByteSums,
}

/// What planes are made of.
pub(super) struct Planes<'p> {
    /// Pictures of the networks' size.
    pub pictures: Vec<&'p [u32]>,
    /// Of each plane 4 times the picture and the byte; none: all are 128.
    pub places: Vec<Option<u32>>,
    /// Of each plane its mean and factor.
    pub factors: Vec<[f32; 2]>,
    /// Planes of an image.
    pub each: usize,
}

/// The part of a frame where the face is, as words 0xBBGGRR; the whole frame with the frame's own rectangle.
pub(super) fn words(frame: &RgbImage, [left, top, width, height]: [u32; 4]) -> Vec<u32> {
    let (pixels, _) = frame.as_raw().as_chunks::<3>();
    let row = |y: u32| {
        let start = y as usize * frame.width() as usize + left as usize;
        pixels[start..start + width as usize].iter().map(|&[r, g, b]| u32::from_le_bytes([r, g, b, 0]))
    };
    (top..top + height).flat_map(row).collect()
}

/// Left, top, width and height of the face.
pub(super) fn part(layout: &Layout) -> [u32; 4] {
    let rect = layout.rect;
    [rect.x as u32, rect.y as u32, rect.width, rect.height]
}

/// A gray picture of the face's size.
pub(super) fn gray(layout: &Layout, bytes: Vec<u8>) -> Result<GrayImage> {
    let rect = layout.rect;
    GrayImage::from_raw(rect.width, rect.height, bytes).ok_or_else(|| Error::Defect("a face of another size".into()))
}
