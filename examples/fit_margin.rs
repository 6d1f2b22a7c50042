//! The margin between a SeetaFace box and the crops of a folder of face pictures, cut by another detector.
//!
//!     cargo run --release --example fit_margin -- FOLDER [COUNT]
//!
//! Takes COUNT (600) pictures spread evenly over the folder and its subfolders, enlarges them four times, repeats their edges outwards by half of
//! their side, and finds the face in each. Of those with exactly one it prints quartiles of margin = (crop side / box side - 1) / 2, and of the
//! offset of the box's centre from the crop's, in box sides: positive is to the right, and down.
#![allow(clippy::print_stdout)]

use std::{error::Error, path::Path, path::PathBuf};

use image::{RgbImage, imageops};
use moue::{
    face::{Detector, SeetaFace},
    photo,
};

const ENLARGEMENT: u32 = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("which folder? fit_margin FOLDER [COUNT]")?;
    let count = arguments.next().map_or(Ok(600), |count| count.parse::<usize>())?;
    let mut pictures = Vec::new();
    collect(Path::new(&folder), &mut pictures)?;
    pictures.sort();
    let every = pictures.len().div_ceil(count.max(1)).max(1);

    let mut detector = SeetaFace::new()?;
    let (mut tried, mut several) = (0, 0);
    let mut figures: [Vec<f64>; 4] = Default::default();
    for path in pictures.iter().step_by(every) {
        let crop = photo::read(path)?;
        let (width, height) = (crop.width() * ENLARGEMENT, crop.height() * ENLARGEMENT);
        let crop = imageops::resize(&crop, width, height, imageops::FilterType::Triangle);
        let border = width.max(height) / 2;
        let faces = detector.detect(&with_border(&crop, border))?;
        tried += 1;
        let [face] = &faces[..] else {
            several += usize::from(faces.len() > 1);
            continue;
        };
        let side = f64::from(face.rect.width);
        let centre = |at: i32, box_side: u32, crop_side: u32| {
            (f64::from(at) + f64::from(box_side) / 2.0 - f64::from(border) - f64::from(crop_side) / 2.0) / side
        };
        figures[0].push((f64::from(width) / side - 1.0) / 2.0);
        figures[1].push(centre(face.rect.x, face.rect.width, width));
        figures[2].push(centre(face.rect.y, face.rect.height, height));
        figures[3].push(face.score);
    }
    println!("{tried} pictures: {} with one face, {several} with several", figures[0].len());
    for (name, values) in ["margin", "centre x", "centre y", "score"].into_iter().zip(&mut figures) {
        values.sort_by(f64::total_cmp);
        let at =
            |share: f64| values.get(((values.len().max(1) - 1) as f64 * share).round() as usize).copied().unwrap_or(f64::NAN);
        println!("{name:9} quartiles {:7.3} {:7.3} {:7.3}", at(0.25), at(0.5), at(0.75));
    }
    Ok(())
}

fn collect(folder: &Path, pictures: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() { collect(&path, pictures)? } else { pictures.push(path) }
    }
    Ok(())
}

/// `picture` with its edge pixels repeated `border` pixels outwards.
fn with_border(picture: &RgbImage, border: u32) -> RgbImage {
    let (width, height) = picture.dimensions();
    RgbImage::from_fn(width + 2 * border, height + 2 * border, |x, y| {
        *picture.get_pixel(x.saturating_sub(border).min(width - 1), y.saturating_sub(border).min(height - 1))
    })
}
