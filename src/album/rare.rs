//! Faces that show what few show.

use super::face::expression;
use crate::embed::Gallery;

/// An expression is rare where no more than this share of all faces shows it.
const MOST_SHARE: f64 = 0.1;
/// A face whose expression is less sure than that shows nothing rare: it may be a mistake.
const LEAST_SURE: f32 = 0.5;
/// Faces of one expression.
const OF_EACH: usize = 4;

/// The faces of rare expressions, of the rarest first and of each the surest, `most` at most; with the expression's position and how many faces show it.
pub fn rare(gallery: &Gallery, most: usize) -> Vec<(usize, usize, usize)> {
    let mut shown: Vec<Vec<(usize, f32)>> = vec![Vec::new(); gallery.expressions.len()];
    let mut known = 0;
    for (index, (label, p)) in (0..gallery.len()).filter_map(|index| Some((index, expression(gallery, index)?))) {
        known += 1;
        shown[label].push((index, p));
    }
    let few = |faces: &&mut Vec<(usize, f32)>| (faces.len() as f64) <= MOST_SHARE * f64::from(known);
    let mut order: Vec<(usize, Vec<(usize, f32)>)> = Vec::new();
    for (label, faces) in shown.iter_mut().enumerate() {
        if !faces.is_empty() && few(&faces) {
            faces.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            order.push((label, std::mem::take(faces)));
        }
    }
    order.sort_by_key(|(label, faces)| (faces.len(), *label));
    let of = |(label, faces): (usize, Vec<(usize, f32)>)| {
        let count = faces.len();
        let sure = faces.into_iter().filter(|(_, p)| *p >= LEAST_SURE).take(OF_EACH);
        sure.map(move |(index, _)| (index, label, count)).collect::<Vec<_>>()
    };
    order.into_iter().flat_map(of).take(most).collect()
}
