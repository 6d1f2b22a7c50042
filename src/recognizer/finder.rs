//! Which rectangles of a photograph are read.

use std::sync::{Arc, Mutex, PoisonError};

use image::RgbImage;

use super::analysis::Found;
use crate::error::Result;
use crate::face::{Detector, SeetaFace};
use crate::gpu::Wait;
use crate::host::guard;
use crate::host::offload::offload;

/// Which faces of a photograph are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Faces {
    /// Every face found.
    #[default]
    All,
    /// The face with the largest box.
    Largest,
    /// The whole photograph is one face: nothing is looked for.
    None,
}

/// Finds the faces to read. Clones share the detector and take turns with it.
#[derive(Clone)]
pub(super) struct Finder {
    faces: Faces,
    detector: Option<Arc<Mutex<Box<dyn Detector>>>>,
    /// Threads that look for faces at the same time at most, where that was said.
    threads: Option<usize>,
}

impl Finder {
    /// Without a detector of the caller's, SeetaFace.
    pub fn new(faces: Faces, detector: Option<Box<dyn Detector>>, threads: Option<usize>) -> Result<Self> {
        let detector: Option<Box<dyn Detector>> = match (faces, detector) {
            // Asked for nothing now, it is kept for what is asked for later.
            (_, Some(detector)) => Some(detector),
            (Faces::None, None) => None,
            (_, None) => Some(Box::new(SeetaFace::new()?)),
        };
        Ok(Self { faces, detector: detector.map(|detector| Arc::new(Mutex::new(detector))), threads })
    }

    /// Other faces from now on.
    pub fn set(&mut self, faces: Faces) -> Result<()> {
        if faces != Faces::None && self.detector.is_none() {
            *self = Self::new(faces, None, self.threads)?;
        }
        self.faces = faces;
        Ok(())
    }

    /// For another thread: with a detector of its own where there can be one.
    pub fn fork(&self) -> Self {
        let fork = self.detector.as_ref().and_then(|detector| detector.lock().unwrap_or_else(PoisonError::into_inner).fork());
        match fork {
            Some(detector) => Self { detector: Some(Arc::new(Mutex::new(detector))), faces: self.faces, threads: self.threads },
            None => self.clone(),
        }
    }

    /// Threads that look for faces at the same time at most.
    pub fn threads(&self) -> usize {
        self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// The rectangles of `photo`, best score first.
    pub fn find(&self, photo: &RgbImage) -> Result<Vec<Found>> {
        let Some(detector) = self.detector.as_ref().filter(|_| self.faces != Faces::None) else {
            return Ok(vec![Found::whole(photo.width(), photo.height())]);
        };
        // A detector that panicked once is asked again: it answers for itself.
        let mut found = guard::run(|| detector.lock().unwrap_or_else(PoisonError::into_inner).detect(photo))?;
        if self.faces == Faces::Largest {
            let largest = found.into_iter().max_by_key(|face| u64::from(face.rect.width) * u64::from(face.rect.height));
            found = largest.into_iter().collect();
        }
        Ok(found.into_iter().map(Found::from).collect())
    }

    /// As [`Finder::find`]; with [`Wait::Elsewhere`] on another thread, which gets a copy of the photograph.
    pub async fn find_waiting(&self, photo: &RgbImage, wait: Wait) -> Result<Vec<Found>> {
        if wait == Wait::Here || self.detector.is_none() || self.faces == Faces::None {
            return self.find(photo);
        }
        let (finder, photo) = (self.clone(), photo.clone());
        offload(move || finder.find(&photo)).await
    }
}
