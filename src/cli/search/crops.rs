//! Faces of a gallery, cut out of their pictures and videos.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use image::imageops::{self, FilterType};
use image::{Rgb, RgbImage};

use crate::embed::Gallery;
use crate::error::{Error, Result};
use crate::photo;
use crate::video::{Frames, Options};

/// What is around a face, in parts of its longer side.
const MARGIN: f32 = 0.25;
/// Frames' times are rounded: this much earlier is the frame itself.
const EARLIER: f64 = 1e-4;

/// The square around a box of a picture, `side` pixels wide; gray beyond the picture.
pub fn square(picture: &RgbImage, [x, y, width, height]: [f32; 4], side: u32) -> RgbImage {
    let half = (0.5 + MARGIN) * width.max(height).max(1.0);
    let (left, top) = ((x + 0.5 * width - half).floor() as i64, (y + 0.5 * height - half).floor() as i64);
    let whole = (2.0 * half).ceil().clamp(1.0, 16_384.0) as u32;
    // Of a large face only the pixels that are shown: what is drawn is no larger than it was.
    let mut cut = RgbImage::from_pixel(whole, whole, Rgb([64; 3]));
    imageops::replace(&mut cut, picture, -left, -top);
    imageops::resize(&cut, side, side, if whole > side { FilterType::Triangle } else { FilterType::CatmullRom })
}

/// Faces by their numbers, each picture and moment read once; and what could not be read.
pub fn of(gallery: &Gallery, faces: impl IntoIterator<Item = usize>, side: u32) -> (BTreeMap<usize, RgbImage>, Vec<String>) {
    let mut wanted: BTreeMap<(u32, u64), Vec<usize>> = BTreeMap::new();
    for face in faces {
        let (Some(&image), Some(&time)) = (gallery.image.get(face), gallery.time.get(face)) else { continue };
        let own = wanted.entry((image, if time.is_nan() { u64::MAX } else { time.to_bits() })).or_default();
        if !own.contains(&face) {
            own.push(face);
        }
    }
    let (mut crops, mut missing) = (BTreeMap::new(), Vec::new());
    for ((image, time), faces) in wanted {
        let Some(image) = gallery.images.get(image as usize) else { continue };
        let path = Path::new(&image.path);
        let picture = if time == u64::MAX { photo::read(path) } else { frame(path, f64::from_bits(time)) };
        match picture {
            Ok(picture) => crops.extend(faces.into_iter().map(|face| (face, square(&picture, gallery.boxes[face], side)))),
            // Both name the file.
            Err(error @ (Error::Io { .. } | Error::Picture(_))) => missing.push(error.to_string()),
            Err(error) => missing.push(format!("{}: {error}", image.path)),
        }
    }
    (crops, missing)
}

/// The frame of a video that is shown at a time.
fn frame(path: &Path, time: f64) -> Result<RgbImage> {
    let from = Duration::try_from_secs_f64((time - EARLIER).max(0.0)).unwrap_or_default();
    let mut frames = Frames::open(path, Options { from, ..Options::default() })?;
    let frame = frames.next().ok_or_else(|| Error::Video(format!("nothing is shown at {time} s")))?;
    Ok(frame?.picture)
}
