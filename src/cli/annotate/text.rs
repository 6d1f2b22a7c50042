//! Lines of text.

use ab_glyph::{Font as _, FontRef, Glyph, PxScale, ScaleFont, point};

use super::canvas::Canvas;
use crate::error::{Error, Result};

/// The typeface of the panels.
#[derive(Debug)]
pub struct Font {
    face: FontRef<'static>,
}

/// Weight of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    Regular,
    Bold,
}

impl Font {
    /// Ubuntu Light, as `epaint_default_fonts` carries it.
    pub fn new() -> Result<Self> {
        let face = FontRef::try_from_slice(epaint_default_fonts::UBUNTU_LIGHT)
            .map_err(|error| Error::Argument(format!("the font of the panels: {error}")))?;
        Ok(Self { face })
    }

    /// Width of a line, in pixels.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        self.glyphs(text, size).1
    }

    /// Draws a line whose small letters are centred on `middle`, from `left`.
    pub fn draw(&self, canvas: &mut Canvas, text: &str, size: f32, [left, middle]: [f32; 2], colour: [u8; 3], weight: Weight) {
        let baseline = middle + 0.25 * size;
        let strokes: &[f32] = match weight {
            Weight::Regular => &[0.0, 0.02],
            Weight::Bold => &[0.0, 0.03, 0.06],
        };
        for mut glyph in self.glyphs(text, size).0 {
            glyph.position = point(glyph.position.x + left, baseline);
            self.glyph(canvas, &glyph, strokes, size, colour);
        }
    }

    fn glyph(&self, canvas: &mut Canvas, glyph: &Glyph, strokes: &[f32], size: f32, colour: [u8; 3]) {
        let mut cover = std::collections::HashMap::<(i64, i64), f32>::new();
        for stroke in strokes {
            let mut shifted = glyph.clone();
            shifted.position.x += stroke * size;
            let Some(outline) = self.face.outline_glyph(shifted) else { continue };
            let bounds = outline.px_bounds();
            outline.draw(|x, y, share| {
                let at = (bounds.min.x as i64 + i64::from(x), bounds.min.y as i64 + i64::from(y));
                let kept = cover.entry(at).or_default();
                *kept = kept.max(share);
            });
        }
        for ((x, y), share) in cover {
            canvas.blend(x, y, colour, share);
        }
    }

    fn glyphs(&self, text: &str, size: f32) -> (Vec<Glyph>, f32) {
        let face = self.face.as_scaled(PxScale::from(size));
        let mut glyphs: Vec<Glyph> = Vec::new();
        let mut x = 0.0;
        for letter in text.chars() {
            let mut glyph = face.scaled_glyph(letter);
            if let Some(before) = glyphs.last() {
                x += face.kern(before.id, glyph.id);
            }
            glyph.position = point(x, 0.0);
            x += face.h_advance(glyph.id);
            glyphs.push(glyph);
        }
        (glyphs, x)
    }
}
