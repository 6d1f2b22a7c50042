//! What one picture answers.

use image::RgbImage;

use super::target::Job;
use crate::error::Error;
use crate::recognizer::{AnalyzedFace, Answer};

/// One picture's answer.
#[derive(Debug)]
pub struct Record {
    /// The input, as given.
    pub input: String,
    /// Width and height of the upright picture; none where it could not be read.
    pub size: Option<(u32, u32)>,
    /// Its faces, best first.
    pub faces: Vec<AnalyzedFace>,
    /// Why it could not be answered.
    pub error: Option<String>,
}

impl Record {
    /// The record of an answer.
    ///
    /// # Errors
    /// The device is lost: that is no answer, and there will be none for the others.
    pub fn of(answer: Answer<Job>) -> Result<(Job, Option<RgbImage>, Self), Error> {
        let Answer { source, photo, analysis } = answer;
        let (faces, error) = match analysis {
            Ok(analysis) => (analysis.faces, None),
            Err(error @ Error::DeviceLost { .. }) => return Err(error),
            Err(error) => (Vec::new(), Some(error.to_string())),
        };
        let record = Self { input: source.input.name.clone(), size: photo.as_ref().map(RgbImage::dimensions), faces, error };
        Ok((source, photo, record))
    }
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
    }
}
