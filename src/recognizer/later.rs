//! Frames of a video that wait for what comes after them: their action units are known later.

use std::collections::VecDeque;

use image::RgbImage;

use super::analysis::{Analysis, AnalyzedFace, Found};
use crate::actions::{Actions, Followed, History, Reader};
use crate::error::Result;
use crate::face::TrackId;
use crate::gpu::Wait;
use crate::operators::Region;
use crate::weights::Canonical;

/// The frames of one video that wait, in order, each with what belongs to it.
#[derive(Debug)]
pub(crate) struct Later<T> {
    waiting: VecDeque<(T, Result<Analysis>)>,
    history: History,
}

impl<T> Default for Later<T> {
    fn default() -> Self {
        Self { waiting: VecDeque::new(), history: History::default() }
    }
}

impl<T> Later<T> {
    /// Reads the action units of new frames; what frames show that are whole now, those of before first. `ended`: there come no more.
    ///
    /// # Errors
    /// Those of [`Reader::follow`]: none of the frames that wait will have units, nor the new ones.
    pub async fn read(
        &mut self,
        reader: &mut Reader,
        new: &[(&RgbImage, &Result<Analysis>)],
        ended: bool,
        wait: Wait,
    ) -> Result<Vec<Vec<Actions>>> {
        let canonical = reader.description().canonical.clone();
        let mut frames: Vec<Vec<Followed<'_>>> = Vec::with_capacity(new.len());
        for (picture, analysis) in new {
            let faces = analysis.iter().flat_map(|analysis| &analysis.faces).filter_map(|face| followed(face, &canonical));
            frames.push(faces.map(|(track, region)| Followed { track, picture, region }).collect());
        }
        let mut whole = reader.advance(&mut self.history, &frames, wait).await?;
        if ended {
            whole.extend(reader.rest(&mut self.history, wait).await?);
        }
        Ok(whole)
    }

    /// The new frames wait too.
    pub fn wait(&mut self, new: impl IntoIterator<Item = (T, Result<Analysis>)>) {
        self.waiting.extend(new);
    }

    /// The frames that wait longest, one for each of what was read, with what their faces show.
    pub fn answer(&mut self, reader: &Reader, read: Vec<Vec<Actions>>) -> Vec<(T, Result<Analysis>)> {
        let canonical = &reader.description().canonical;
        let ready = self.waiting.drain(..read.len().min(self.waiting.len()));
        let answered = ready.zip(read).map(|((own, mut analysis), shown)| {
            let faces = analysis.as_mut().map_or(&mut [][..], |analysis| &mut analysis.faces);
            let followed = faces.iter_mut().filter(|face| followed(face, canonical).is_some());
            followed.zip(shown).for_each(|(face, actions)| face.actions = Some(Box::new(actions)));
            (own, analysis)
        });
        answered.collect()
    }

    /// All frames that wait, as they are.
    pub fn drain(&mut self) -> impl Iterator<Item = (T, Result<Analysis>)> {
        self.waiting.drain(..)
    }
}

/// Whose face it is and where the aligned crop lies, where action units can be read.
fn followed(face: &AnalyzedFace, canonical: &Canonical) -> Option<(TrackId, Region)> {
    Some((face.track?, Found::of(face).aligned(canonical)?))
}
