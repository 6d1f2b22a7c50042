//! What is drawn.

use crate::cli::palette;
use crate::embed::Gallery;

/// A map, and the colours of its faces.
pub struct Drawn<'a> {
    pub gallery: &'a Gallery,
    pub title: String,
    /// x and y, 0 to 1.
    pub places: Vec<[f32; 2]>,
    /// Of each face the position of its expression.
    pub labels: Vec<Option<usize>>,
}

impl Drawn<'_> {
    /// The colour of an expression.
    pub fn colour(&self, label: Option<usize>) -> String {
        let [r, g, b] = label.map_or([140, 146, 156], |label| palette::colour(&self.gallery.expressions[label], label));
        format!("#{r:02x}{g:02x}{b:02x}")
    }
}
