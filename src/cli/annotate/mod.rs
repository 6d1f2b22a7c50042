//! `--annotate`: a box, the label and a bar a label for every face, drawn into the picture.

pub(super) mod canvas;
mod chart;
mod explain;
mod layout;
mod mesh;
mod panel;
pub(super) mod text;

use image::RgbImage;
use image::imageops::{FilterType, resize};

use crate::error::Result;
use crate::face::Landmarks;
use crate::operators::Rect;
use canvas::{Area, Canvas};
pub use chart::Chart;
pub use explain::{Explained, explain};
use layout::Scene;
pub use mesh::Mesh;
use panel::Panel;
use text::Font;

/// Pictures whose short side is below this are enlarged to about [`COMFORT`], so that text has room.
const TINY: u32 = 256;
const COMFORT: u32 = 560;
/// Longest side an enlarged picture may have.
const LONGEST: u32 = 4096;

/// One face and what it says.
#[derive(Debug)]
pub struct Face<'a> {
    /// Its box in the picture.
    pub rect: Rect,
    /// Probabilities, in the order of the labels.
    pub probabilities: &'a [f32],
    /// Its points, where they are known.
    pub landmarks: Option<&'a Landmarks>,
}

/// The picture with every face's box and panel, and its lines where `mesh` asks for them and its points are known. A tiny picture comes back enlarged by a whole number.
///
/// # Errors
/// Where the font of the panels cannot be read.
pub fn draw(photo: &RgbImage, faces: &[Face], labels: &[String], mesh: Option<Mesh>) -> Result<RgbImage> {
    let factor = enlargement(photo.dimensions());
    let picture = match factor {
        1 => photo.clone(),
        _ => resize(photo, photo.width() * factor, photo.height() * factor, FilterType::CatmullRom),
    };
    if faces.is_empty() {
        return Ok(picture);
    }
    let font = Font::new()?;
    let size = [picture.width() as f32, picture.height() as f32];
    let boxes: Vec<Area> = faces.iter().map(|face| Area::of(face.rect, factor as f32).within(size)).collect();
    let unit = unit(size, &boxes, &font, labels);
    let panels: Vec<Panel> = faces.iter().map(|face| Panel::new(face.probabilities, labels, unit, &font)).collect();
    let places = Scene::new(&picture, &boxes, panels.iter().map(Panel::size).collect(), unit).arrange();

    let mut canvas = Canvas::new(picture);
    for (face, panel) in faces.iter().zip(&panels) {
        if let Some((landmarks, mesh)) = face.landmarks.zip(mesh) {
            mesh::draw(&mut canvas, landmarks, mesh, factor as f32, panel.colour());
        }
    }
    for ((face, panel), place) in boxes.iter().zip(&panels).zip(&places) {
        frame(&mut canvas, *face, *place, panel.colour(), unit);
    }
    for (panel, place) in panels.iter().zip(&places) {
        panel.draw(&mut canvas, [place.left, place.top], &font);
    }
    Ok(canvas.into_picture())
}

fn enlargement((width, height): (u32, u32)) -> u32 {
    let (short, long) = (width.min(height).max(1), width.max(height).max(1));
    if short >= TINY { 1 } else { COMFORT.div_ceil(short).min(LONGEST / long).max(1) }
}

/// Height of a line of text in pixels: an eighth of the usual face, within what the picture and the number of faces allow.
fn unit(size: [f32; 2], boxes: &[Area], font: &Font, labels: &[String]) -> f32 {
    let short = size[0].min(size[1]);
    let mut heights: Vec<f32> = boxes.iter().map(Area::height).collect();
    heights.sort_by(f32::total_cmp);
    let usual = heights[heights.len() / 2] / 8.0;
    let [width, height] = Panel::new(&[], labels, 100.0, font).size().map(|side| side / 100.0);
    let crowd = (0.35 * size[0] * size[1] / (boxes.len() as f32 * width * height)).sqrt();
    let fits = (0.6 * size[0] / width).min(0.8 * size[1] / height);
    usual.clamp((short / 60.0).max(12.0), (short / 34.0).max(12.0)).min(crowd).min(fits).max(9.0)
}

/// The box of a face, and a line to its panel where that is not beside it.
fn frame(canvas: &mut Canvas, face: Area, panel: Area, colour: [u8; 3], unit: f32) {
    let thickness = (unit / 7.0).max(1.5);
    let radius = (0.05 * face.width().min(face.height())).min(unit);
    let (from, to) = face.nearest(panel);
    let apart = (from[0] - to[0]).hypot(from[1] - to[1]) > 1.5 * unit && panel.overlap(&face) == 0.0;
    let dark = [10, 12, 16];
    if apart {
        canvas.line(from, to, thickness + 2.0, dark, 0.45);
    }
    canvas.stroke(face, radius, thickness + 0.2 * unit, dark, 0.45);
    if apart {
        canvas.line(from, to, thickness, colour, 1.0);
    }
    canvas.stroke(face, radius, thickness, colour, 1.0);
}
