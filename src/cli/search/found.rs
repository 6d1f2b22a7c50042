//! What was found, for the table and the sheet.

use crate::embed::{Face, Gallery, Neighbour};
use crate::recognizer::most_probable;

/// A face of the query, and what is near it.
pub struct Found {
    pub face: Face,
    pub nearest: Vec<Neighbour>,
}

/// The most probable expression of a face; empty where it is not known.
pub fn expression(gallery: &Gallery, probabilities: &[f32]) -> String {
    let known = !probabilities.is_empty() && probabilities.iter().all(|p| !p.is_nan());
    let at = most_probable(probabilities);
    gallery.expressions.get(at).filter(|_| known).cloned().unwrap_or_default()
}
