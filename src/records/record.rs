//! What one picture, or one frame, answers.

use std::time::Duration;

use image::RgbImage;

use crate::actions::Unit;
use crate::error::Error;
use crate::recognizer::{Analysis, AnalyzedFace, Answer, Answered};
use crate::video::Frame;

/// One picture's answer, or one frame's.
#[derive(Debug)]
pub struct Record {
    /// The input, as given.
    pub input: String,
    /// Which frame it is, of a video.
    pub at: Option<At>,
    /// Width and height of the upright picture; none where it could not be read.
    pub size: Option<(u32, u32)>,
    /// Its faces, best first.
    pub faces: Vec<AnalyzedFace>,
    /// Why it could not be answered.
    pub error: Option<String>,
}

/// A frame's place in its video.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct At {
    /// Its number, from 0.
    pub frame: u64,
    /// Its time as the file says it.
    pub pts: Option<i64>,
    /// Its time since the first frame.
    pub timestamp: Duration,
    /// Over how many seconds its faces' probabilities were smoothed.
    pub smoothed: Option<f64>,
}

impl Record {
    /// The record of a frame.
    ///
    /// # Errors
    /// The device is lost.
    pub fn of_frame(input: &str, answered: Answered, smoothed: Option<f64>) -> Result<(Frame, Self), Error> {
        let Answered { frame, analysis, .. } = answered;
        let (faces, error) = told(analysis)?;
        let at = At { frame: frame.index, pts: frame.pts, timestamp: frame.timestamp, smoothed };
        let record = Self { input: input.to_owned(), at: Some(at), size: Some(frame.picture.dimensions()), faces, error };
        Ok((frame, record))
    }

    /// The record of an answer, whose input has this `name`.
    ///
    /// # Errors
    /// The device is lost: that is no answer, and there will be none for the others.
    pub fn of<S>(answer: Answer<S>, name: impl Fn(&S) -> String) -> Result<(S, Option<RgbImage>, Self), Error> {
        let Answer { source, photo, analysis } = answer;
        let (faces, error) = told(analysis)?;
        let size = photo.as_ref().map(RgbImage::dimensions);
        let record = Self { input: name(&source), at: None, size, faces, error };
        Ok((source, photo, record))
    }
}

/// The faces, or why there are none.
fn told(analysis: Result<Analysis, Error>) -> Result<(Vec<AnalyzedFace>, Option<String>), Error> {
    match analysis {
        Ok(analysis) => Ok((analysis.faces, None)),
        Err(error @ Error::DeviceLost { .. }) => Err(error),
        Err(error) => Ok((Vec::new(), Some(error.to_string()))),
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

/// The unit of this number that a face shows, for a model of action units of these labels.
pub fn of_unit(face: Option<&AnalyzedFace>, labels: Option<&[String]>, number: u8) -> Option<Unit> {
    let name = number.to_string();
    let at = labels?.iter().position(|label| *label == name)?;
    face?.actions.as_ref()?.units.get(at).copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_comes_first_and_equals_keep_their_order() {
        assert_eq!(order(&[0.1, 0.4, 0.1, 0.4]), [1, 3, 0, 2]);
    }
}
