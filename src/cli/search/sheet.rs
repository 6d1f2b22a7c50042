//! What was found, as one picture: a block a face of the query, the face itself and then its neighbours, nearest first.

use std::path::Path;

use image::{Rgb, RgbImage, imageops};

use super::found::{Found, expression};
use crate::album::{self, Missing, Wanted};
use crate::cli::annotate::canvas::Canvas;
use crate::cli::annotate::text::{Font, Weight};
use crate::embed::Gallery;
use crate::error::Result;

/// Pixels: a face, the line below it, what is between two.
const SIDE: u32 = 144;
const LINE: u32 = 40;
const GAP: u32 = 10;
/// Faces of a row.
const ROW: u32 = 8;
const BACKGROUND: [u8; 3] = [24, 26, 30];
const TEXT: [u8; 3] = [232, 234, 238];
const FAINT: [u8; 3] = [160, 166, 176];

/// The picture, and what could not be read for it.
pub fn draw(photo: &RgbImage, gallery: &Gallery, folder: &Path, found: &[Found]) -> Result<(RgbImage, Vec<String>)> {
    let font = Font::new()?;
    let faces = found.iter().flat_map(|one| one.nearest.iter().map(|near| near.index)).collect();
    let pictures = album::pictures(gallery, folder, &Wanted { faces, side: SIDE, ..Wanted::default() }, || ());
    let missing = pictures.missing.iter().map(|lost| gone(gallery, lost)).collect();
    let cell = [SIDE + GAP, SIDE + LINE + GAP];
    let rows: u32 = found.iter().map(rows_of).sum();
    let columns = found.iter().map(|one| one.nearest.len() as u32).max().unwrap_or(0).clamp(1, ROW);
    let (width, height) = (GAP + (columns + 1) * cell[0] + GAP, GAP + rows * cell[1] + (found.len() as u32 - 1) * GAP);
    let mut sheet = RgbImage::from_pixel(width, height, Rgb(BACKGROUND));
    let mut texts: Vec<(u32, u32, String, [u8; 3], Weight)> = Vec::new();
    let mut top = GAP;
    for one in found {
        imageops::replace(&mut sheet, &album::face_of(photo, one.face.bounds, SIDE), i64::from(GAP), i64::from(top));
        texts.push((GAP, top + SIDE, expression(gallery, &one.face.probabilities), TEXT, Weight::Bold));
        texts.push((GAP, top + SIDE + LINE / 2, "query".into(), FAINT, Weight::Regular));
        for (place, near) in (0..).zip(&one.nearest) {
            let left = GAP + (1 + place % ROW) * cell[0] + GAP;
            let top = top + place / ROW * cell[1];
            if let Some(crop) = pictures.faces.get(&near.index) {
                imageops::replace(&mut sheet, crop, i64::from(left), i64::from(top));
            }
            let own = expression(gallery, gallery.expression(near.index));
            let label = gallery.label_of(near.index).filter(|label| *label != own);
            texts.push((left, top + SIDE, label.map_or(own.clone(), |label| format!("{label} ({own})")), TEXT, Weight::Regular));
            texts.push((left, top + SIDE + LINE / 2, format!("{}.  {:.3}", place + 1, near.distance), FAINT, Weight::Regular));
        }
        top += rows_of(one) * cell[1] + GAP;
    }
    let mut canvas = Canvas::new(sheet);
    for (left, top, text, colour, weight) in texts {
        let mut text = text;
        while font.width(&text, 16.0) > SIDE as f32 && text.pop().is_some() {}
        font.draw(&mut canvas, &text, 16.0, [left as f32, (top + LINE / 4) as f32], colour, weight);
    }
    Ok((canvas.into_picture(), missing))
}

/// Names the file, once.
fn gone(gallery: &Gallery, lost: &Missing) -> String {
    let path = gallery.images.get(lost.image).map_or("", |image| &image.path);
    let reason = lost.error.to_string();
    if reason.contains(path) { reason } else { format!("{path}: {reason}") }
}

fn rows_of(found: &Found) -> u32 {
    (found.nearest.len() as u32).div_ceil(ROW).max(1)
}
