//! Where the face of a video lies, and what it becomes.

use super::options::{Equalised, Options, Outside};
use crate::error::{Error, Result};
use crate::operators::{ByteTap, Ellipse, Rect, Spans, byte_columns, byte_rows};

/// What all frames of a video share.
#[derive(Debug)]
pub(super) struct Layout {
    /// Columns and rows of the frames.
    pub frame: [u32; 2],
    /// The face's rectangle, within them.
    pub rect: Rect,
    /// Rows of the ellipse in it.
    pub face: Spans,
    /// Rows of the whole frame, where its luma is equalised.
    pub whole: Option<Spans>,
    /// Columns and rows that the networks read.
    pub size: [usize; 2],
    /// Taps of its rows and of its columns.
    pub taps: [Vec<ByteTap>; 2],
    /// Where it is kept.
    pub kept: Spans,
}

impl Layout {
    /// Of frames of this size.
    ///
    /// # Errors
    /// [`Error::Argument`] where the rectangle lies beyond them.
    pub fn new(frame: [u32; 2], rect: Rect, size: [usize; 2], options: &Options) -> Result<Self> {
        let part = |start: i32, length: u32, limit: u32| {
            let end = (i64::from(start) + i64::from(length)).clamp(0, i64::from(limit));
            let start = i64::from(start).clamp(0, end);
            (start as i32, (end - start) as u32)
        };
        let ((x, width), (y, height)) = (part(rect.x, rect.width, frame[0]), part(rect.y, rect.height, frame[1]));
        if width == 0 || height == 0 {
            let reason = format!(
                "the rectangle {},{},{},{} lies beyond frames of {} x {} pixels: give one that lies within",
                rect.x, rect.y, rect.width, rect.height, frame[0], frame[1]
            );
            return Err(Error::Argument(reason));
        }
        let own = size.map(|side| side as u32);
        let kept = match options.outside {
            Outside::Kept => all(own),
            Outside::Zero => Ellipse { size: own, centre: own.map(|side| side / 2), axes: [own[0] / 2, own[1] * 2 / 5] }.spans(),
        };
        let [columns, rows] = [width, height].map(|side| side as usize);
        Ok(Self {
            frame,
            rect: Rect { x, y, width, height },
            face: Ellipse { size: [width, height], centre: [width / 2, height / 2], axes: [width * 2 / 5, height / 2] }.spans(),
            whole: (options.equalised == Equalised::Frame).then(|| all(frame)),
            size,
            taps: [byte_rows(rows, size[1]), byte_columns(columns, size[0])],
            kept,
        })
    }

    /// Columns and rows of the rectangle.
    pub fn face_size(&self) -> [usize; 2] {
        [self.rect.width, self.rect.height].map(|side| side as usize)
    }
}

fn all([width, height]: [u32; 2]) -> Spans {
    vec![[0, width]; height as usize]
}
