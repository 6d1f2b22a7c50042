//! The rectangle of a video's face, by moue's own finder.

use super::rectangle::{Counted, Followed};
use crate::error::Result;
use crate::face::{Finder, Tracker, Tracking};
use crate::operators::Rect;
use crate::video::Frame;

/// Which rectangle is that of the video's face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Faces {
    /// Of every tenth frame: one whose middle lies within a known rectangle is the same face, and the one that was counted most is taken.
    #[default]
    Counted,
    /// Of every frame: faces are followed, and the one that was seen most is taken.
    Followed,
}

/// The rectangle of the face that is seen most in a video: the least left and top, the largest width and height of the squares around it. `None`: no face is.
///
/// # Errors
/// Those of `frames` and of the finder.
pub fn rectangle(finder: &mut Finder, frames: impl IntoIterator<Item = Result<Frame>>, faces: Faces) -> Result<Option<Rect>> {
    match faces {
        Faces::Counted => {
            let mut counted = Counted::default();
            for frame in frames.into_iter().step_by(Counted::EVERY) {
                finder.find(&frame?.picture)?.iter().for_each(|face| counted.add(face.rect.squared()));
            }
            Ok(counted.rect())
        }
        Faces::Followed => {
            let (mut followed, mut tracker) = (Followed::default(), Tracker::new(Tracking::default()));
            for frame in frames {
                let frame = frame?;
                for face in finder.track(&mut tracker, &frame.picture, frame.timestamp)? {
                    if let Some(track) = face.track {
                        followed.add(track, face.rect.squared());
                    }
                }
            }
            Ok(followed.rect())
        }
    }
}
