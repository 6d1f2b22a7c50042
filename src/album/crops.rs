//! Pictures of faces, and small ones of photographs: each photograph is decoded once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use image::RgbImage;
use image::imageops::{FilterType, crop_imm, resize};

use crate::embed::{Gallery, Image};
use crate::error::{Error, Result};
use crate::host::offload::shared;
use crate::operators::Rect;
use crate::photo;
use crate::video::{Frames, Options};

/// How much of a face's box is shown around it, on every side.
const MARGIN: f64 = 0.2;
/// Photographs that are decoded at a time at most: each may take a hundred megabytes.
const MOST_AT_ONCE: usize = 4;
/// A frame is a face's where their times differ by less, in seconds.
const ONE_TIME: f64 = 1e-3;

/// What is wanted of a gallery.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Faces.
    pub faces: BTreeSet<usize>,
    /// The side of their pictures, squares.
    pub side: u32,
    /// Whole photographs.
    pub images: BTreeSet<usize>,
    /// The longer side of their pictures.
    pub longer: u32,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Pictures {
    /// By face.
    pub faces: BTreeMap<usize, RgbImage>,
    /// By photograph.
    pub images: BTreeMap<usize, RgbImage>,
    /// Photographs that are no longer there, or cannot be read.
    pub missing: Vec<Missing>,
}

/// A photograph that is not there.
#[derive(Debug)]
pub struct Missing {
    /// Its position in [`Gallery::images`].
    pub image: usize,
    /// Why.
    pub error: Error,
}

/// Reads the photographs of a gallery, and frames of its videos. Paths that lead nowhere from where the program runs are looked for from `folder`, where the
/// gallery's file lies. `step` is told after each.
pub fn pictures(gallery: &Gallery, folder: &Path, wanted: &Wanted, step: impl Fn() + Sync) -> Pictures {
    let mut faces: BTreeMap<usize, Vec<usize>> = wanted.images.iter().map(|&image| (image, Vec::new())).collect();
    for &face in wanted.faces.iter().filter(|face| **face < gallery.len()) {
        faces.entry(gallery.image[face] as usize).or_default().push(face);
    }
    let found = shared(faces.into_iter().collect(), MOST_AT_ONCE, |(image, faces)| {
        let found = of_image(gallery, folder, wanted, image, &faces);
        step();
        (image, found)
    });
    let mut pictures = Pictures::default();
    for (image, found) in found {
        match found {
            Ok((faces, whole)) => {
                pictures.faces.extend(faces);
                pictures.images.extend(whole.map(|whole| (image, whole)));
            }
            Err(error) => pictures.missing.push(Missing { image, error }),
        }
    }
    pictures
}

type Found = (Vec<(usize, RgbImage)>, Option<RgbImage>);

fn of_image(gallery: &Gallery, folder: &Path, wanted: &Wanted, at: usize, faces: &[usize]) -> Result<Found> {
    let image = gallery.images.get(at).ok_or_else(|| Error::Argument(format!("the gallery has no picture {at}")))?;
    let path = place(image, folder);
    let cut = |picture: &RgbImage, face: usize| (face, face_of(picture, gallery.boxes[face], wanted.side));
    if image.video {
        return Ok((frames(&path, gallery, faces, cut)?, None));
    }
    let picture = photo::read(&path)?;
    let whole = wanted.images.contains(&at).then(|| within(&picture, wanted.longer));
    Ok((faces.iter().map(|&face| cut(&picture, face)).collect(), whole))
}

fn place(image: &Image, folder: &Path) -> PathBuf {
    let path = PathBuf::from(&image.path);
    let beside = folder.join(&path);
    if !path.exists() && beside.exists() { beside } else { path }
}

/// Faces of a video, each from the frame of its time.
fn frames(
    path: &Path,
    gallery: &Gallery,
    faces: &[usize],
    cut: impl Fn(&RgbImage, usize) -> (usize, RgbImage),
) -> Result<Vec<(usize, RgbImage)>> {
    let mut rest: Vec<usize> = faces.to_vec();
    rest.sort_by(|&a, &b| gallery.time[a].total_cmp(&gallery.time[b]));
    let first = rest.first().map_or(0.0, |&face| gallery.time[face] - ONE_TIME).max(0.0);
    let from = Duration::try_from_secs_f64(first).unwrap_or_default();
    let mut rest = rest.into_iter().peekable();
    let mut found = Vec::new();
    for frame in Frames::open(path, Options { from, ..Options::default() })? {
        let frame = frame?;
        let now = frame.timestamp.as_secs_f64();
        while let Some(face) = rest.next_if(|&face| gallery.time[face] <= now + ONE_TIME) {
            found.push(cut(&frame.picture, face));
        }
        if rest.peek().is_none() {
            break;
        }
    }
    Ok(found)
}

/// The square around a face's box, moved into the picture where it reaches beyond, as a picture of `side`.
pub fn face_of(picture: &RgbImage, [x, y, width, height]: [f32; 4], side: u32) -> RgbImage {
    let rect = Rect { x: x.round() as i32, y: y.round() as i32, width: width.max(1.0) as u32, height: height.max(1.0) as u32 };
    let square = rect.squared().with_margin(MARGIN);
    let longest = picture.width().min(picture.height());
    let length = square.width.clamp(1, longest);
    let axis = |start: i32, own: u32, all: u32| {
        let middle = i64::from(start) + i64::from(own) / 2;
        (middle - i64::from(length) / 2).clamp(0, i64::from(all - length)) as u32
    };
    let (left, top) = (axis(square.x, square.width, picture.width()), axis(square.y, square.height, picture.height()));
    let part = crop_imm(picture, left, top, length, length).to_image();
    resize(&part, side, side, if length > side { FilterType::Triangle } else { FilterType::CatmullRom })
}

fn within(picture: &RgbImage, longer: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    let factor = (f64::from(longer) / f64::from(width.max(height))).min(1.0);
    let size = |side: u32| ((f64::from(side) * factor).round() as u32).max(1);
    resize(picture, size(width), size(height), FilterType::Triangle)
}
