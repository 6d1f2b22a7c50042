//! A face's points, joined.

use super::canvas::Canvas;
use crate::face::contours::{contours, tessellation};
use crate::face::{Landmarks, Square};

/// Which lines are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mesh {
    /// Lips, eyes, brows, irises and the oval.
    Contours,
    /// These, over every edge.
    Whole,
}

/// Draws a face's lines into a picture `factor` times as large as its photograph.
pub fn draw(canvas: &mut Canvas, face: &Landmarks, mesh: Mesh, factor: f32, colour: [u8; 3]) {
    let thickness = (Square::from_landmarks(face).side * factor / 250.0).clamp(1.0, 6.0);
    let points = face.points().map(|[x, y, _]| [x * factor, y * factor]);
    let mut lines = |edges: &mut dyn Iterator<Item = [u16; 2]>, thickness: f32, colour: [u8; 3], alpha: f32| {
        for [from, to] in edges {
            if let (Some(from), Some(to)) = (points.get(usize::from(from)), points.get(usize::from(to))) {
                canvas.line(*from, *to, thickness, colour, alpha);
            }
        }
    };
    if mesh == Mesh::Whole {
        lines(&mut tessellation(), 0.5 * thickness, [255, 255, 255], 0.5);
    }
    lines(&mut contours(), thickness, colour, 0.9);
}
