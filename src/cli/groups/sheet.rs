//! A picture of all groups, a row each: the medoid first, then the faces nearest to it.

use image::imageops::replace;
use image::{Rgb, RgbImage};

use super::report::Report;
use crate::album::Pictures;
use crate::cli::annotate::canvas::Canvas;
use crate::cli::annotate::text::{Font, Weight};
use crate::error::{Error, Result};

/// Side of a face.
pub const SIDE: u32 = 96;
const GAP: u32 = 6;
/// Columns that the words take.
const WORDS: u32 = 190;
/// Sides of a picture that other programs read.
const LONGEST: u32 = 32_000;

const PAPER: [u8; 3] = [24, 26, 31];
const INK: [u8; 3] = [236, 238, 242];
const FAINT: [u8; 3] = [160, 166, 178];
const EMPTY: Rgb<u8> = Rgb([44, 47, 54]);

/// `rows` are the faces that are shown of each group. A face without a picture is an empty square.
pub fn draw(report: &Report, rows: &[Vec<usize>], pictures: &Pictures) -> Result<RgbImage> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(1).max(1) as u32;
    let (width, height) = (WORDS + columns * (SIDE + GAP) + GAP, rows.len().max(1) as u32 * (SIDE + GAP) + GAP);
    if height > LONGEST {
        let most = LONGEST / (SIDE + GAP);
        return Err(Error::Argument(format!("--sheet: {} groups: at most {most} have a row, use a smaller --k", rows.len())));
    }
    let mut sheet = RgbImage::from_pixel(width, height, Rgb(PAPER));
    let place =
        |row: usize, column: usize| (i64::from(WORDS + column as u32 * (SIDE + GAP)), i64::from(GAP + row as u32 * (SIDE + GAP)));
    let empty = RgbImage::from_pixel(SIDE, SIDE, EMPTY);
    for (row, faces) in rows.iter().enumerate() {
        for (column, face) in faces.iter().enumerate() {
            let (x, y) = place(row, column);
            replace(&mut sheet, pictures.faces.get(face).unwrap_or(&empty), x, y);
        }
    }
    let (font, mut canvas) = (Font::new()?, Canvas::new(sheet));
    for row in 0..rows.len() {
        let top = place(row, 0).1 as f32;
        let [size, shows] = report.title(row);
        font.draw(&mut canvas, &size, 17.0, [14.0, top + 26.0], INK, Weight::Bold);
        for (line, part) in shows.split(", ").enumerate() {
            font.draw(&mut canvas, part, 15.0, [14.0, top + 50.0 + 20.0 * line as f32], FAINT, Weight::Regular);
        }
    }
    if rows.is_empty() {
        font.draw(&mut canvas, "no face", 17.0, [14.0, 50.0], INK, Weight::Regular);
    }
    Ok(canvas.into_picture())
}
