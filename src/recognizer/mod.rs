//! Photographs in, expressions out: a detector and an [`Ensemble`] made ready, for one photograph, several, a stream of them, or the frames of a video.

mod analysis;
mod builder;
mod finder;
#[cfg(all(feature = "web", target_family = "wasm"))]
mod frames;
mod later;
mod lender;
mod prefetch;
#[cfg(not(target_family = "wasm"))]
mod smooth;
mod stream;
#[cfg(not(target_family = "wasm"))]
mod video;

use std::sync::Arc;
use std::time::Duration;

use image::RgbImage;

pub use analysis::{Analysis, AnalyzedFace, most_probable};
pub use builder::Builder;
pub use finder::Faces;
pub use prefetch::{Prefetch, Prefetched, Source};
pub use stream::{Answer, Stream};
#[cfg(not(target_family = "wasm"))]
pub use video::{Answered, Following, Video};

#[cfg(all(feature = "web", target_family = "wasm"))]
pub(crate) use frames::Frames;

use analysis::Found;
use finder::Finder;

use crate::actions;
use crate::embed;
use crate::ensemble::{Ensemble, Explanation, Reading, Seen, Times};
use crate::error::{Error, Result};
use crate::face::{self, Search, Tracker};
use crate::gpu::{Timing, Wait};
use crate::host::Clock;
use crate::operators::Region;
use crate::weights::Description;
#[cfg(all(feature = "web", target_family = "wasm"))]
use crate::{device::Device, tensor::Precision, weights::Model};

/// Reads the expressions of the faces in photographs. It can be sent to another thread.
///
/// ```
/// # fn main() -> moue::Result<()> {
/// let mut recognizer = moue::Recognizer::builder().device_name("cpu").build()?;
/// let photo = moue::photo::read("examples/astronaut.png".as_ref())?;
/// for face in recognizer.analyze(&photo)?.faces {
///     println!("{}: {:.0} %", face.label, 100.0 * face.probabilities[face.label_index]);
/// }
/// # Ok(())
/// # }
/// ```
pub struct Recognizer {
    ensemble: Ensemble,
    finder: Finder,
    actions: Option<actions::Reader>,
    embedder: Option<embed::Embedder>,
    labels: Vec<Arc<str>>,
    oversample: bool,
    device: String,
    warning: Option<String>,
    searched: Duration,
    acted: Duration,
}

impl Recognizer {
    /// Another model for the same faces, on the device that this one runs on: it shares what finds them.
    #[cfg(all(feature = "web", target_family = "wasm"))]
    pub(crate) fn beside(&self, model: Model, device: &Device, precision: Precision) -> Result<Self> {
        let labels = model.description.labels.iter().map(|label| label.as_str().into()).collect();
        let mut ensemble = Ensemble::with(model, device.clone(), precision)?;
        ensemble.warm_up(1, false)?;
        Ok(Self {
            ensemble,
            finder: self.finder.clone(),
            actions: None,
            embedder: None,
            labels,
            oversample: false,
            device: self.device.clone(),
            warning: None,
            searched: Duration::ZERO,
            acted: Duration::ZERO,
        })
    }

    /// The model's description: its labels, members and margin.
    pub fn description(&self) -> &Description {
        self.ensemble.description()
    }

    /// The description of the model of action units, where they are read.
    pub fn actions(&self) -> Option<&Description> {
        self.actions.as_ref().map(actions::Reader::description)
    }

    /// What the model of embeddings is known by, where faces are embedded.
    pub fn embedding(&self) -> Option<&embed::ModelId> {
        self.embedder.as_ref().map(embed::Embedder::id)
    }

    /// Name of the adapter it runs on, `cpu` or `reference`.
    pub fn device_name(&self) -> &str {
        &self.device
    }

    /// What a user should know about the device: that there was no GPU, and that the processor computes.
    pub fn warning(&self) -> Option<&str> {
        self.warning.as_deref()
    }

    /// Reads the faces of an upright RGB photograph.
    ///
    /// # Errors
    /// [`Error::Picture`] where the detector fails on it, [`Error::Argument`] where it is empty or has more than 65,535 pixels a side;
    /// [`Error::DeviceLost`], [`Error::OutOfMemory`] and [`Error::Device`] where the device fails; [`Error::Defect`] where a detector panics.
    pub fn analyze(&mut self, photo: &RgbImage) -> Result<Analysis> {
        only(self.analyze_batch(&[photo]))
    }

    /// As [`Recognizer::analyze`], without keeping the executor waiting: detection, polling and the twins run on other threads. The future can be
    /// dropped at any time.
    ///
    /// # Errors
    /// As [`Recognizer::analyze`].
    pub async fn analyze_async(&mut self, photo: &RgbImage) -> Result<Analysis> {
        only(self.analyze_batch_async(&[photo]).await)
    }

    /// One answer a photograph, in their order. The faces of all share submissions; a photograph that cannot be read costs its own answer only.
    pub fn analyze_batch(&mut self, photos: &[&RgbImage]) -> Vec<Result<Analysis>> {
        pollster::block_on(self.batch(photos, Wait::Here))
    }

    /// As [`Recognizer::analyze_batch`], as little in the executor's way as [`Recognizer::analyze_async`].
    pub async fn analyze_batch_async(&mut self, photos: &[&RgbImage]) -> Vec<Result<Analysis>> {
        self.batch(photos, Wait::Elsewhere).await
    }

    /// Reads the next frame of those whose faces `tracker` follows, at its `time` since the first. Each face says whose it is.
    ///
    /// # Errors
    /// As [`Recognizer::analyze`]; [`Error::Argument`] with a detector of the caller's, which follows nobody.
    pub fn track(&mut self, tracker: &mut Tracker, frame: &RgbImage, time: Duration) -> Result<Analysis> {
        pollster::block_on(self.follow(tracker, frame, time, Wait::Here))
    }

    /// As [`Recognizer::track`], without keeping the executor waiting for a GPU.
    ///
    /// # Errors
    /// As [`Recognizer::track`].
    pub async fn track_async(&mut self, tracker: &mut Tracker, frame: &RgbImage, time: Duration) -> Result<Analysis> {
        self.follow(tracker, frame, time, Wait::Elsewhere).await
    }

    async fn follow(&mut self, tracker: &mut Tracker, frame: &RgbImage, time: Duration, wait: Wait) -> Result<Analysis> {
        let start = Clock::start();
        let found = self.finder.track(tracker, frame, time, wait).await;
        self.searched += start.elapsed();
        only(self.read_whole(vec![(frame, found)], wait).await)
    }

    /// Other faces from the next photograph on.
    pub fn set_faces(&mut self, faces: Faces) {
        self.finder.set(faces);
    }

    /// Faces looked for in another way from the next photograph on.
    ///
    /// # Errors
    /// [`Error::Argument`] where a setting is none.
    pub fn set_search(&mut self, search: Search) -> Result<()> {
        search.check()?;
        self.finder.set_search(search);
        Ok(())
    }

    /// Faces found by these networks from the next photograph on, instead of what found them before.
    pub fn set_finder(&mut self, finder: face::Finder) {
        self.finder.find_by(finder);
    }

    /// Action units read by this reader from the next photograph on, or none; what read them before.
    pub fn replace_actions(&mut self, reader: Option<actions::Reader>) -> Option<actions::Reader> {
        std::mem::replace(&mut self.actions, reader)
    }

    /// Faces embedded by this embedder from the next photograph on, or not; what embedded them before.
    pub fn replace_embedder(&mut self, embedder: Option<embed::Embedder>) -> Option<embed::Embedder> {
        std::mem::replace(&mut self.embedder, embedder)
    }

    /// Whether five crops and their mirrors are averaged from the next photograph on, whatever the model says.
    pub fn set_oversample(&mut self, oversample: bool) {
        self.oversample = oversample;
    }

    /// What the networks saw of a face of `photo`: its crop, and the picture of each representation.
    ///
    /// # Errors
    /// As [`Recognizer::analyze`].
    pub fn seen(&mut self, photo: &RgbImage, face: &AnalyzedFace) -> Result<Seen> {
        pollster::block_on(self.see(photo, face, Wait::Here))
    }

    /// As [`Recognizer::seen`], without keeping the executor waiting for a GPU.
    ///
    /// # Errors
    /// As [`Recognizer::analyze`].
    pub async fn seen_async(&mut self, photo: &RgbImage, face: &AnalyzedFace) -> Result<Seen> {
        self.see(photo, face, Wait::Elsewhere).await
    }

    async fn see(&mut self, photo: &RgbImage, face: &AnalyzedFace, wait: Wait) -> Result<Seen> {
        let region = Found::of(face).region(&self.description().canonical);
        self.ensemble.see(photo, region, wait).await
    }

    /// The canonical crop of a face of `photo`, which its networks read: the same bytes on every device, made by the twin.
    ///
    /// # Errors
    /// [`Error::Argument`] where the face does not lie in the photograph.
    pub fn crop(&self, photo: &RgbImage, face: &AnalyzedFace) -> Result<RgbImage> {
        let canonical = &self.description().canonical;
        let region = Found::of(face).region(canonical);
        self.ensemble.check(photo, region)?;
        crate::reference::crop(photo, region, canonical.size)
    }

    /// What the members of the model looked at in a face of `photo` when they answered its label: class-activation maps.
    ///
    /// # Errors
    /// As [`Recognizer::analyze`].
    pub fn explain(&mut self, photo: &RgbImage, face: &AnalyzedFace) -> Result<Explanation> {
        pollster::block_on(self.look(photo, face, Wait::Here))
    }

    /// As [`Recognizer::explain`], without keeping the executor waiting for a GPU.
    ///
    /// # Errors
    /// As [`Recognizer::analyze`].
    pub async fn explain_async(&mut self, photo: &RgbImage, face: &AnalyzedFace) -> Result<Explanation> {
        self.look(photo, face, Wait::Elsewhere).await
    }

    async fn look(&mut self, photo: &RgbImage, face: &AnalyzedFace, wait: Wait) -> Result<Explanation> {
        let region = Found::of(face).region(&self.description().canonical);
        self.ensemble.look(photo, region, face.label_index, wait).await
    }

    /// Time that finding faces took so far, without that of [`Recognizer::prefetch`]'s threads.
    pub fn searched(&self) -> Duration {
        self.searched
    }

    /// Time that action units took so far.
    pub fn acted(&self) -> Duration {
        self.acted
    }

    /// Where the time of the networks went so far.
    pub fn times(&self) -> Times {
        self.ensemble.times()
    }

    /// As [`Ensemble::profile`].
    ///
    /// # Errors
    /// The device's.
    pub fn profile(&mut self) -> Result<Option<(usize, Vec<Timing>)>> {
        self.ensemble.profile()
    }

    /// As [`actions::Reader::profile`]; `None` also where no action units are read.
    ///
    /// # Errors
    /// The device's.
    pub fn profile_actions(&mut self, faces: usize) -> Result<Option<Vec<Timing>>> {
        self.actions.as_mut().map_or(Ok(None), |reader| reader.profile(faces))
    }

    /// The one way of all forms: find, read together, share out.
    async fn batch(&mut self, photos: &[&RgbImage], wait: Wait) -> Vec<Result<Analysis>> {
        let start = Clock::start();
        let mut found = Vec::with_capacity(photos.len());
        for photo in photos {
            found.push((*photo, self.finder.find_waiting(photo, wait).await));
        }
        self.searched += start.elapsed();
        self.read_whole(found, wait).await
    }

    /// As [`Recognizer::read`], with the action units of each face by itself.
    async fn read_whole(&mut self, photos: Vec<(&RgbImage, Result<Vec<Found>>)>, wait: Wait) -> Vec<Result<Analysis>> {
        let pictures: Vec<&RgbImage> = photos.iter().map(|(photo, _)| *photo).collect();
        let mut analyses = self.read(photos, wait).await;
        let Some(reader) = &mut self.actions else { return analyses };
        let start = Clock::start();
        for (photo, analysis) in pictures.into_iter().zip(&mut analyses) {
            let Ok(own) = analysis else { continue };
            if let Err(error) = act(reader, photo, &mut own.faces, wait).await {
                *analysis = Err(error);
            }
        }
        self.acted += start.elapsed();
        analyses
    }

    /// The answers for photographs whose faces were found.
    async fn read(&mut self, photos: Vec<(&RgbImage, Result<Vec<Found>>)>, wait: Wait) -> Vec<Result<Analysis>> {
        let mut crops: Vec<Vec<(&RgbImage, Region)>> = Vec::with_capacity(photos.len());
        let mut answers: Vec<(&RgbImage, Result<Vec<Found>>)> = Vec::with_capacity(photos.len());
        for (photo, found) in photos {
            let wanted: Vec<_> = found.iter().flatten().map(|face| (photo, face.region(&self.description().canonical))).collect();
            let checked = wanted.iter().try_for_each(|&(photo, region)| self.ensemble.check(photo, region));
            let found = found.and_then(|found| checked.map(|()| found));
            crops.push(if found.is_ok() { wanted } else { Vec::new() });
            answers.push((photo, found));
        }
        let pictures: Vec<&RgbImage> = answers.iter().map(|(photo, _)| *photo).collect();
        let all = crops.concat();
        let readings = match self.ensemble.answer(&all, self.oversample, wait).await {
            Ok(readings) => readings.into_iter().map(Ok).collect(),
            // What one photograph was too large for must not cost the others their answers.
            Err(Error::OutOfMemory { .. } | Error::Limit { .. }) if answers.len() > 1 => self.one_by_one(&crops, wait).await,
            Err(error) => vec![Err(error); all.len()],
        };
        let mut readings = readings.into_iter();
        let share = |(photo, found): (&RgbImage, Result<Vec<Found>>)| {
            let found = found?;
            // Taken whole before the first error is returned: the next photograph's readings follow.
            let own: Vec<Result<Reading>> = readings.by_ref().take(found.len()).collect();
            let faces = found.into_iter().zip(own);
            let faces = faces.map(|(found, reading)| Ok(AnalyzedFace::new(found, reading?, &self.labels)));
            Ok(Analysis { width: photo.width(), height: photo.height(), faces: faces.collect::<Result<_>>()? })
        };
        let mut analyses: Vec<Result<Analysis>> = answers.into_iter().map(share).collect();
        if let Some(embedder) = &mut self.embedder {
            embed_all(embedder, &pictures, &mut analyses, wait).await;
        }
        analyses
    }

    async fn one_by_one(&mut self, crops: &[Vec<(&RgbImage, Region)>], wait: Wait) -> Vec<Result<Reading>> {
        let mut readings = Vec::new();
        for faces in crops {
            match self.ensemble.answer(faces, self.oversample, wait).await {
                Ok(own) => readings.extend(own.into_iter().map(Ok)),
                Err(error) => readings.extend(vec![Err(error); faces.len()]),
            }
        }
        readings
    }
}

impl std::fmt::Debug for Recognizer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recognizer")
            .field("model", &self.description().name)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}

/// Reads the action units of the faces of a photograph that are aligned.
async fn act(reader: &mut actions::Reader, photo: &RgbImage, faces: &mut [AnalyzedFace], wait: Wait) -> Result<()> {
    let canonical = &reader.description().canonical;
    let aligned = |face: &AnalyzedFace| Found::of(face).aligned(canonical);
    let regions: Vec<Option<Region>> = faces.iter().map(aligned).collect();
    let wanted: Vec<(&RgbImage, Region)> = regions.iter().flatten().map(|&region| (photo, region)).collect();
    let read = reader.photos(&wanted, wait).await?;
    let faces = faces.iter_mut().zip(&regions).filter(|(_, region)| region.is_some());
    faces.zip(read).for_each(|((face, _), actions)| face.actions = Some(Box::new(actions)));
    Ok(())
}

/// Embeds the faces of photographs together; where that fails, each photograph by itself.
async fn embed_all(embedder: &mut embed::Embedder, photos: &[&RgbImage], analyses: &mut [Result<Analysis>], wait: Wait) {
    let canonical = embedder.description().canonical.clone();
    let mut each: Vec<Vec<(&RgbImage, Region)>> = Vec::with_capacity(photos.len());
    for (&photo, analysis) in photos.iter().zip(analyses.iter_mut()) {
        let faces = analysis.as_ref().map_or(&[][..], |analysis| &analysis.faces);
        let regions: Vec<_> = faces.iter().map(|face| (photo, Found::of(face).region(&canonical))).collect();
        let checked = regions.iter().try_for_each(|&(photo, region)| embedder.check(photo, region));
        each.push(if checked.is_ok() { regions } else { Vec::new() });
        if let Err(error) = checked {
            *analysis = Err(error);
        }
    }
    let together = embedder.answer(&each.concat(), wait).await;
    let mut vectors = together.into_iter().flatten();
    for (analysis, regions) in analyses.iter_mut().zip(&each) {
        let mut own: Vec<Vec<f32>> = vectors.by_ref().take(regions.len()).collect();
        if own.len() < regions.len() {
            match embedder.answer(regions, wait).await {
                Ok(vectors) => own = vectors,
                Err(error) => *analysis = Err(error),
            }
        }
        let faces = analysis.as_mut().map_or(&mut [][..], |analysis| &mut analysis.faces);
        faces.iter_mut().zip(own).for_each(|(face, vector)| face.embedding = Some(vector));
    }
}

fn only(answers: Vec<Result<Analysis>>) -> Result<Analysis> {
    answers.into_iter().next().unwrap_or_else(|| Err(Error::Defect("a photograph without an answer".into())))
}
