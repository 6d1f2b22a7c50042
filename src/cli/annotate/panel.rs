//! The panel of one face: its label, and a bar a label.

use super::canvas::{Area, Canvas};
use super::text::{Font, Weight};
use crate::cli::palette;

pub(super) const GROUND: [u8; 3] = [17, 20, 27];
pub(super) const INK: [u8; 3] = [236, 240, 246];
pub(super) const QUIET: [u8; 3] = [176, 184, 196];

/// Lengths in units of a line of text.
const PADDING: f32 = 0.75;
const TITLE: f32 = 1.75;
const ROW: f32 = 1.22;
const BAR: f32 = 5.0;
const GAP: f32 = 0.55;

/// One face's panel, measured and ready to be placed.
#[derive(Debug)]
pub struct Panel<'a> {
    probabilities: &'a [f32],
    labels: &'a [String],
    best: usize,
    unit: f32,
    names: f32,
    numbers: f32,
    width: f32,
}

impl<'a> Panel<'a> {
    /// A panel with lines of text `unit` pixels high.
    pub fn new(probabilities: &'a [f32], labels: &'a [String], unit: f32, font: &Font) -> Self {
        let widest = |size: f32| labels.iter().map(|label| font.width(label, size)).fold(0.0, f32::max);
        let (names, numbers) = (widest(unit), font.width("100 %", unit));
        let rows = names + numbers + (BAR + 2.0 * GAP) * unit;
        let title = widest(1.35 * unit) + font.width("100 %", 1.35 * unit) + GAP * unit;
        let width = rows.max(title) + 2.0 * PADDING * unit;
        let best = (0..probabilities.len()).reduce(|a, b| if probabilities[b] > probabilities[a] { b } else { a }).unwrap_or(0);
        Self { probabilities, labels, best, unit, names, numbers, width }
    }

    /// Width and height in pixels.
    pub fn size(&self) -> [f32; 2] {
        [self.width, (2.0 * PADDING + TITLE + ROW * self.labels.len() as f32) * self.unit]
    }

    /// Colour of the label.
    pub fn colour(&self) -> [u8; 3] {
        palette::colour(self.name(self.best), self.best)
    }

    fn name(&self, label: usize) -> &str {
        self.labels.get(label).map_or("", String::as_str)
    }

    /// Draws it with its top-left corner at `corner`.
    pub fn draw(&self, canvas: &mut Canvas, corner: [f32; 2], font: &Font) {
        let u = self.unit;
        let area = Area::at(corner, self.size());
        canvas.shadow(area, 0.6 * u, 0.7 * u, 0.35);
        canvas.fill(area, 0.6 * u, GROUND, 0.85);
        canvas.stroke(area.grown(-0.5), 0.6 * u, 1.0, [255, 255, 255], 0.14);

        let (left, right) = (area.left + PADDING * u, area.right - PADDING * u);
        let middle = area.top + PADDING * u + 0.55 * u;
        let size = 1.35 * u;
        let number = |label: usize| format!("{:.0} %", 100.0 * self.probabilities.get(label).copied().unwrap_or(0.0));
        font.draw(canvas, self.name(self.best), size, [left, middle], self.colour(), Weight::Bold);
        let text = number(self.best);
        font.draw(canvas, &text, size, [right - font.width(&text, size), middle], INK, Weight::Bold);

        for label in 0..self.labels.len() {
            let middle = area.top + (PADDING + TITLE + ROW * (label as f32 + 0.5)) * u;
            let chosen = label == self.best;
            let (ink, weight) = if chosen { (INK, Weight::Bold) } else { (QUIET, Weight::Regular) };
            font.draw(canvas, self.name(label), u, [left, middle], ink, weight);
            let text = number(label);
            font.draw(canvas, &text, u, [right - font.width(&text, u), middle], ink, weight);
            self.bar(canvas, label, left + self.names + GAP * u, right - self.numbers - GAP * u, middle);
        }
    }

    fn bar(&self, canvas: &mut Canvas, label: usize, left: f32, right: f32, middle: f32) {
        let half = 0.24 * self.unit;
        let track = Area { left, top: middle - half, right, bottom: middle + half };
        canvas.fill(track, half, [255, 255, 255], 0.13);
        let value = self.probabilities.get(label).copied().unwrap_or(0.0).clamp(0.0, 1.0);
        let length = value * track.width();
        // Narrower than it is high, a round bar would be a speck: it starts as a dot of full height, fainter.
        let shown = Area { right: left + length.max(2.0 * half), ..track };
        let alpha = (length / (2.0 * half)).min(1.0);
        canvas.fill(shown, half, palette::colour(self.name(label), label), alpha);
    }
}
