//! `--explain`: what the networks looked at, laid over the photograph, and below it over each face as every member saw it.

use image::imageops::{FilterType, resize};
use image::{Rgb, RgbImage};

use super::canvas::{Area, Canvas};
use super::enlargement;
use super::text::{Font, Weight};
use crate::cli::palette;
use crate::ensemble::{Explanation, Heat};
use crate::error::Result;

const GROUND: [u8; 3] = [17, 20, 27];
const INK: [u8; 3] = [236, 240, 246];
const QUIET: [u8; 3] = [176, 184, 196];
/// Colours of what speaks a little and most for the label.
const WARM: [[f32; 3]; 2] = [[255.0, 214.0, 64.0], [214.0, 24.0, 60.0]];
const MOST_COVER: f32 = 0.7;
/// Sides of a tile at least and at most, and what lies between two.
const TILE: [f32; 2] = [72.0, 168.0];
const GAP: f32 = 10.0;
/// Faces that have a row of tiles.
const MOST_ROWS: usize = 12;

/// One face, what it says and why.
#[derive(Debug)]
pub struct Explained<'a> {
    pub label: &'a str,
    pub label_index: usize,
    /// Of the label.
    pub probability: f32,
    pub explanation: &'a Explanation,
}

/// The picture under the faces' fused maps, and a row of tiles a face: fused, then every member with its name and weight.
///
/// # Errors
/// Where the font cannot be read.
pub fn explain(photo: &RgbImage, faces: &[Explained], members: &[(&str, f64)]) -> Result<RgbImage> {
    let factor = enlargement(photo.dimensions());
    let picture = resize(photo, photo.width() * factor, photo.height() * factor, FilterType::CatmullRom);
    if faces.is_empty() {
        return Ok(picture);
    }
    let font = Font::new()?;
    let columns = members.len() as f32 + 1.0;
    let tile = ((picture.width() as f32 - GAP) / columns - GAP).clamp(TILE[0], TILE[1]);
    let unit = (tile / 9.0).max(9.0);
    let row = tile + GAP + 4.0 * unit;
    let rows = faces.len().min(MOST_ROWS);
    let width = (picture.width() as f32).max(columns * (tile + GAP) + GAP);
    let height = picture.height() as f32 + GAP + rows as f32 * row;
    let mut sheet = RgbImage::from_pixel(width as u32, height as u32, Rgb(GROUND));
    image::imageops::replace(&mut sheet, &picture, 0, 0);
    let mut canvas = Canvas::new(sheet);
    for face in faces {
        overlay(&mut canvas, picture.dimensions(), factor, face.explanation);
    }
    for face in faces {
        frame(&mut canvas, factor, face);
    }
    for (at, face) in faces.iter().take(MOST_ROWS).enumerate() {
        let top = picture.height() as f32 + GAP + at as f32 * row;
        let colour = palette::colour(face.label, face.label_index);
        let title = format!("{} {:.0} %", face.label, 100.0 * face.probability);
        let mut place = |column: usize, heat: Option<&Heat>, title: &str, below: &str, colour: [u8; 3]| {
            let corner = [GAP + column as f32 * (tile + GAP), top];
            square(&mut canvas, corner, tile, &face.explanation.crop, heat);
            let size = (0.95 * unit).min(unit * tile / font.width(title, unit).max(1.0));
            font.draw(&mut canvas, title, size, [corner[0], corner[1] + tile + unit], colour, Weight::Bold);
            font.draw(&mut canvas, below, size, [corner[0], corner[1] + tile + 2.3 * unit], QUIET, Weight::Regular);
        };
        place(0, Some(&face.explanation.fused), &title, "fused", colour);
        for (column, ((name, weight), heat)) in members.iter().zip(&face.explanation.members).enumerate() {
            let below = if heat.is_some() { format!("weight {weight:.2}") } else { "no map".into() };
            place(column + 1, heat.as_ref(), name, &below, INK);
        }
    }
    Ok(canvas.into_picture())
}

/// A face's fused map over the picture, which is `factor` times as large as its photograph.
fn overlay(canvas: &mut Canvas, (width, height): (u32, u32), factor: u32, explanation: &Explanation) {
    let size = explanation.fused.size;
    let corners = corners(factor, explanation);
    let bound = |axis: usize, most: u32| {
        let places = corners.iter().map(|corner| f64::from(corner[axis]));
        let (low, high) = places.fold((f64::MAX, f64::MIN), |(low, high), at| (low.min(at), high.max(at)));
        low.clamp(0.0, f64::from(most)) as u32..high.ceil().clamp(0.0, f64::from(most)) as u32
    };
    let most = hottest(&explanation.fused);
    for y in bound(1, height) {
        for x in bound(0, width) {
            let photo = [x, y].map(|at| (f64::from(at) + 0.5) / f64::from(factor));
            let place = explanation.region.of_photo(size, photo);
            if (0.0..f64::from(size[1])).contains(&place[0]) && (0.0..f64::from(size[0])).contains(&place[1]) {
                warm(canvas, [i64::from(x), i64::from(y)], explanation.fused.at(place) / most);
            }
        }
    }
}

/// The corners of the crop in the picture.
fn corners(factor: u32, explanation: &Explanation) -> [[f32; 2]; 4] {
    let [height, width] = explanation.fused.size.map(f64::from);
    [[0.0, 0.0], [width, 0.0], [width, height], [0.0, height]]
        .map(|corner| explanation.region.to_photo(explanation.fused.size, corner).map(|at| (at * f64::from(factor)) as f32))
}

fn frame(canvas: &mut Canvas, factor: u32, face: &Explained) {
    let corners = corners(factor, face.explanation);
    let side = (corners[1][0] - corners[0][0]).hypot(corners[1][1] - corners[0][1]);
    let thickness = (side / 120.0).clamp(1.5, 5.0);
    for (from, to) in corners.iter().zip(corners.iter().cycle().skip(1)) {
        canvas.line(*from, *to, thickness, palette::colour(face.label, face.label_index), 1.0);
    }
}

/// The crop with a map over it.
fn square(canvas: &mut Canvas, [left, top]: [f32; 2], side: f32, crop: &RgbImage, heat: Option<&Heat>) {
    let pixels = side as u32;
    let large = resize(crop, pixels, pixels, FilterType::CatmullRom);
    let most = heat.map_or(1.0, hottest);
    for (x, y, pixel) in large.enumerate_pixels() {
        let at = [left as i64 + i64::from(x), top as i64 + i64::from(y)];
        canvas.blend(at[0], at[1], pixel.0, 1.0);
        if let Some(heat) = heat {
            let place = |at: u32, length: u32| (f64::from(at) + 0.5) / f64::from(pixels) * f64::from(length);
            warm(canvas, at, heat.at([place(x, heat.size[1]), place(y, heat.size[0])]) / most);
        }
    }
    let area = Area::at([left, top], [pixels as f32; 2]);
    canvas.stroke(area.grown(-0.5), 2.0, 1.0, [255, 255, 255], 0.18);
}

/// The largest value, of which others are parts; above 0.
fn hottest(heat: &Heat) -> f32 {
    heat.values.iter().copied().fold(f32::MIN_POSITIVE, f32::max)
}

/// What speaks for the label, as a part of what speaks most for it; what speaks against it is not coloured.
fn warm(canvas: &mut Canvas, [x, y]: [i64; 2], share: f32) {
    let share = share.clamp(0.0, 1.0);
    let [low, high] = WARM;
    let colour = std::array::from_fn(|channel| (low[channel] + (high[channel] - low[channel]) * share) as u8);
    canvas.blend(x, y, colour, MOST_COVER * share);
}
