//! The frames of a video one at a time, where there are no threads: followed and read as [`super::Video`] does it, answered once their motion is known.

use std::time::Duration;

use image::RgbImage;

use super::analysis::Analysis;
use super::later::Later;
use super::{Recognizer, only};
use crate::error::{Error, Result};
use crate::face::{Tracker, Tracking};
use crate::gpu::Wait;
use crate::host::Clock;

/// Who is who in a video, and its frames that are not answered yet, each with what belongs to it.
pub(crate) struct Frames<T> {
    pub tracker: Tracker,
    later: Later<T>,
    /// Whole, and not taken yet.
    ready: Vec<(T, Analysis)>,
}

impl<T> Default for Frames<T> {
    fn default() -> Self {
        Self { tracker: Tracker::new(Tracking::default()), later: Later::default(), ready: Vec::new() }
    }
}

impl<T> Frames<T> {
    /// What is whole, in the order of the frames.
    pub fn take(&mut self) -> Vec<(T, Analysis)> {
        std::mem::take(&mut self.ready)
    }

    fn keep(&mut self, answered: impl IntoIterator<Item = (T, Result<Analysis>)>) {
        // What could not be read did not come to wait.
        self.ready.extend(answered.into_iter().filter_map(|(own, analysis)| Some((own, analysis.ok()?))));
    }

    /// What waits has no units any more.
    fn give_up(&mut self) {
        let waiting: Vec<_> = self.later.drain().collect();
        self.keep(waiting);
    }
}

impl Recognizer {
    /// Reads the next frame, at its `time` since the first. `own`: what belongs to it, once it is read. [`Frames::take`] has what is whole then.
    ///
    /// # Errors
    /// As [`Recognizer::track`]: the frame can be given again, and of those that waited faces have no units.
    pub(crate) async fn follow_frame<T>(
        &mut self,
        frames: &mut Frames<T>,
        frame: &RgbImage,
        time: Duration,
        own: impl FnOnce(&Self, &Analysis) -> T,
    ) -> Result<()> {
        let wait = Wait::Elsewhere;
        let start = Clock::start();
        let found = self.finder.track(&mut frames.tracker, frame, time, wait).await;
        self.searched += start.elapsed();
        let analysis = only(self.read(vec![(frame, found)], wait).await)?;
        let Some(reader) = &mut self.actions else {
            return Err(Error::Argument("action units: there is no model that reads them".into()));
        };
        let start = Clock::start();
        let analysis = Ok(analysis);
        let read = frames.later.read(reader, &[(frame, &analysis)], false, wait).await;
        self.acted += start.elapsed();
        let read = read.inspect_err(|_| frames.give_up())?;
        let own = analysis.as_ref().map(|analysis| own(self, analysis));
        if let (Ok(own), Some(reader)) = (own, &self.actions) {
            frames.later.wait([(own, analysis)]);
            let answered = frames.later.answer(reader, read);
            frames.keep(answered);
        }
        Ok(())
    }

    /// There come no more frames: [`Frames::take`] has the rest then.
    ///
    /// # Errors
    /// The device's: the faces of what waited have no units.
    pub(crate) async fn finish_frames<T>(&mut self, frames: &mut Frames<T>) -> Result<()> {
        let Some(reader) = &mut self.actions else {
            frames.give_up();
            return Ok(());
        };
        let start = Clock::start();
        let read = frames.later.read(reader, &[], true, Wait::Elsewhere).await;
        self.acted += start.elapsed();
        let read = read.inspect_err(|_| frames.give_up())?;
        let answered = frames.later.answer(reader, read);
        frames.keep(answered);
        Ok(())
    }
}
