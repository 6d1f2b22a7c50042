//! What one picture answers.

use crate::rect::Rect;

/// One picture's answer.
#[derive(Debug)]
pub struct Record {
    /// The input, as given.
    pub input: String,
    /// Width and height of the upright picture; none where it could not be read.
    pub size: Option<(u32, u32)>,
    /// Its faces, best first.
    pub faces: Vec<FaceRecord>,
    /// Why it could not be answered.
    pub error: Option<String>,
}

/// One face's answer.
#[derive(Debug)]
pub struct FaceRecord {
    /// The detector's box, without the model's margin.
    pub rect: Rect,
    /// The detector's score; none where nothing was looked for.
    pub score: Option<f64>,
    /// Fused probabilities, in the order of the labels.
    pub probabilities: Vec<f32>,
    /// Name and probabilities of each member.
    pub members: Vec<(String, Vec<f32>)>,
}

/// Position of the largest probability; the first where several are equal.
pub fn best(probabilities: &[f32]) -> usize {
    order(probabilities).first().copied().unwrap_or(0)
}

/// Positions of the probabilities, largest first; equal ones in the order of the labels.
pub fn order(probabilities: &[f32]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]));
    order
}

/// The label at a position; empty where the model has none.
pub fn label(labels: &[String], position: usize) -> &str {
    labels.get(position).map_or("", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_comes_first_and_equals_keep_their_order() {
        assert_eq!(order(&[0.1, 0.4, 0.1, 0.4]), [1, 3, 0, 2]);
        assert_eq!(best(&[0.2, 0.5, 0.3]), 1);
    }
}
