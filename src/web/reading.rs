//! How an engine reads: by which models, one picture, the next frame of a stream, or that of a video.

use std::sync::Arc;
use std::time::Duration;

use image::RgbImage;

use super::answer::{Spent, Told};
use super::asked::{Asked, Points};
use super::{ACTIONS, Engine, FACES, about, answer};
use crate::actions::Reader;
use crate::error::{Error, Result};
use crate::face::{self, Search, Tracker};
use crate::recognizer::{Analysis, Frames, Recognizer};
use crate::weights::Model;

impl Engine {
    pub(super) fn take(&mut self, faces: &[u8]) -> Result<()> {
        let model = Model::parse(FACES, faces)?;
        let finder = about::finder(Some(&model));
        self.recognizer.set_finder(face::Finder::new(Arc::new(model), &self.device, self.precision, Search::default())?);
        self.finder = finder;
        // It shares what found faces until now.
        self.learner = None;
        Ok(())
    }

    pub(super) fn take_actions(&mut self, actions: &[u8]) -> Result<()> {
        let reader = Reader::new(Model::parse(ACTIONS, actions)?, &self.device)?;
        self.set_actions(false)?;
        self.actor = about::actor(Some(&reader));
        self.units.clone_from(&reader.description().labels);
        self.reader = Some(reader);
        Ok(())
    }

    /// Whether action units are read from now on.
    pub(super) fn set_actions(&mut self, wanted: bool) -> Result<()> {
        if !wanted {
            if let Some(reader) = self.recognizer.replace_actions(None) {
                self.reader = Some(reader);
            }
        } else if let Some(reader) = self.reader.take() {
            self.recognizer.replace_actions(Some(reader));
        } else if self.recognizer.actions().is_none() {
            return Err(Error::Argument("actions: no model of action units was given".into()));
        }
        Ok(())
    }

    /// Makes ready for a picture; which landmarks are given.
    fn prepare(&mut self, picture: Result<RgbImage>, asked: &str) -> Result<Option<Points>> {
        let asked = Asked::parse(asked)?;
        let points = asked.landmarks()?;
        self.recognizer.set_faces(asked.faces()?);
        self.recognizer.set_search(asked.search()?)?;
        self.recognizer.set_oversample(asked.oversample);
        self.set_actions(asked.actions()?)?;
        self.set_embedding(asked.embed)?;
        self.faces.clear();
        self.photo = picture?;
        Ok(points)
    }

    /// `following`: in a stream, who was followed, and the frame's time in milliseconds.
    pub(super) async fn analyzed(
        &mut self,
        picture: Result<RgbImage>,
        asked: &str,
        following: Option<(&mut Tracker, f64)>,
    ) -> Result<String> {
        let points = self.prepare(picture, asked)?;
        let before = Spent::by(&self.recognizer);
        let analysis = match following {
            Some((tracker, time)) => self.recognizer.track_async(tracker, &self.photo, time_of(time)?).await?,
            None => self.recognizer.analyze_async(&self.photo).await?,
        };
        let told = Told::new(points, before, Spent::by(&self.recognizer));
        let all = [(told, analysis)];
        let answer = answer::json(&all, &self.units);
        self.faces = all.into_iter().flat_map(|(_, analysis): (Told, Analysis)| analysis.faces).collect();
        Ok(answer)
    }

    pub(super) async fn later(
        &mut self,
        picture: Result<RgbImage>,
        asked: &str,
        frames: &mut Frames<Told>,
        time: f64,
    ) -> Result<String> {
        let points = self.prepare(picture, asked)?;
        let before = Spent::by(&self.recognizer);
        let faces = &mut self.faces;
        let own = |recognizer: &Recognizer, analysis: &Analysis| {
            faces.clone_from(&analysis.faces);
            Told::new(points, before, Spent::by(recognizer))
        };
        self.recognizer.follow_frame(frames, &self.photo, time_of(time)?, own).await?;
        Ok(answer::json(&frames.take(), &self.units))
    }
}

/// Of milliseconds.
fn time_of(time: f64) -> Result<Duration> {
    let time = Duration::try_from_secs_f64(time / 1e3);
    time.map_err(|_| Error::Argument("the time of a frame: milliseconds, 0 or more".into()))
}
