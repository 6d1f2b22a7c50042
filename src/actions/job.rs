//! What is computed together.

use image::RgbImage;

use super::unit::Stream;
use crate::error::Error;
use crate::operators::Region;

/// The flow from one crop to the next of a face.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pair {
    /// The face of the job, or of the step, that the second crop is of.
    pub face: usize,
    /// Slots of both crops.
    pub crops: [u32; 2],
    /// The slot of what is found.
    pub levels: u32,
}

/// Crops of faces through the still network; and, where slots are named, their flow from the crops before them, then stacks of flows through the network of motion.
#[derive(Debug, Default)]
pub(super) struct Job<'j> {
    pub faces: &'j [(&'j RgbImage, Region)],
    /// The slot of each face's crop; none of photographs.
    pub crops: &'j [u32],
    pub pairs: &'j [Pair],
    /// `[stacks, flows]`: slots, or [`crate::kernels::NO_FLOW`].
    pub stacks: &'j [u32],
}

/// What a job answers.
#[derive(Debug, Default)]
pub(super) struct Answers {
    /// One a face.
    pub still: Vec<Stream>,
    /// One a stack.
    pub motion: Vec<Stream>,
}

/// A crop that is kept was not found where it should lie.
pub(super) fn lost() -> Error {
    Error::Defect("a crop without a slot".into())
}
