//! What is computed together.

use image::GrayImage;

use super::field::Field;

/// Frames, and the pairs of them between which there is flow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Job<'j> {
    /// New ones, all of one size.
    pub frames: &'j [&'j GrayImage],
    /// The frame that was kept is number 0, and the new ones come after it.
    pub after_kept: bool,
    /// Numbers of both frames.
    pub pairs: &'j [[usize; 2]],
    /// Where the flow of each pair begins.
    pub initial: Option<&'j [Field]>,
    /// The last frame is kept for the next time.
    pub keeps: bool,
}
