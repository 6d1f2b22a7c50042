//! Which regions of a photograph are read.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use image::RgbImage;

use super::analysis::Found;
use super::lender::Lender;
use crate::error::{Error, Result};
use crate::face::{self, Detector, Face, Search, Tracker};
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
    search: Search,
    by: By,
    /// Threads that look for faces at the same time at most, where that was said.
    threads: Option<usize>,
}

#[derive(Clone)]
enum By {
    /// The caller's own.
    Detector(Arc<Mutex<Box<dyn Detector>>>),
    /// moue's own: that of all, and this thread's where threads can have their own.
    Networks { all: Lender, own: Option<Arc<Mutex<Option<face::Finder>>>> },
}

impl Finder {
    /// Without a detector of the caller's, the one that `lender` will have.
    pub fn new(
        faces: Faces,
        search: Search,
        detector: Option<Box<dyn Detector>>,
        lender: Lender,
        threads: Option<usize>,
    ) -> Self {
        let by = match detector {
            Some(detector) => By::Detector(Arc::new(Mutex::new(detector))),
            None => By::Networks { all: lender, own: None },
        };
        Self { faces, search, by, threads }
    }

    /// Other faces from now on.
    pub fn set(&mut self, faces: Faces) {
        self.faces = faces;
    }

    /// Faces looked for in another way from now on.
    pub fn set_search(&mut self, search: Search) {
        self.search = search;
    }

    /// Faces found by `finder` from now on.
    pub fn find_by(&mut self, finder: face::Finder) {
        let all = Lender::default();
        all.give(Ok(finder));
        self.by = By::Networks { all, own: None };
    }

    /// For another thread: with a detector of its own where there can be one.
    pub fn fork(&self) -> Self {
        let by = match &self.by {
            By::Detector(detector) => {
                let fork = detector.lock().unwrap_or_else(PoisonError::into_inner).fork();
                By::Detector(fork.map_or_else(|| Arc::clone(detector), |fork| Arc::new(Mutex::new(fork))))
            }
            By::Networks { all, .. } => By::Networks { all: all.clone(), own: Some(Arc::default()) },
        };
        Self { by, ..self.clone() }
    }

    /// Threads that look for faces at the same time at most.
    pub fn threads(&self) -> usize {
        self.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
    }

    /// The faces of `photo`, best score first.
    pub fn find(&self, photo: &RgbImage) -> Result<Vec<Found>> {
        pollster::block_on(self.find_here(photo, Wait::Here))
    }

    /// As [`Finder::find`]; with [`Wait::Elsewhere`] on another thread, which gets a copy of the photograph.
    pub async fn find_waiting(&self, photo: &RgbImage, wait: Wait) -> Result<Vec<Found>> {
        if wait == Wait::Here || self.faces == Faces::None || cfg!(target_family = "wasm") {
            return self.find_here(photo, wait).await;
        }
        let (finder, photo) = (self.clone(), photo.clone());
        offload(move || finder.find(&photo)).await
    }

    async fn find_here(&self, photo: &RgbImage, wait: Wait) -> Result<Vec<Found>> {
        if self.faces == Faces::None {
            return Ok(vec![Found::whole(photo.width(), photo.height())]);
        }
        let found = match &self.by {
            // A detector that panicked once is asked again: it answers for itself.
            By::Detector(detector) => guard::run(|| detector.lock().unwrap_or_else(PoisonError::into_inner).detect(photo))?,
            By::Networks { all, own: None } => self.by_networks(all.lend()?.get()?, photo, wait).await?,
            By::Networks { all, own: Some(own) } => self.on_this_thread(all, own, photo)?,
        };
        Ok(self.chosen(found))
    }

    /// The faces of the next frame that `tracker` follows: all of them, or the largest.
    pub async fn track(&self, tracker: &mut Tracker, frame: &RgbImage, time: Duration, wait: Wait) -> Result<Vec<Found>> {
        if self.faces == Faces::None {
            return Ok(vec![Found::whole(frame.width(), frame.height())]);
        }
        let By::Networks { all, .. } = &self.by else {
            return Err(Error::Argument("a detector of your own follows no faces: leave it out".into()));
        };
        let mut lent = all.lend()?;
        let finder = lent.get()?;
        finder.set(self.search)?;
        Ok(self.chosen(finder.track_waiting(tracker, frame, time, wait).await?))
    }

    /// Those of all faces that are read.
    fn chosen(&self, mut found: Vec<Face>) -> Vec<Found> {
        if self.faces == Faces::Largest {
            let largest = found.into_iter().max_by_key(|face| u64::from(face.rect.width) * u64::from(face.rect.height));
            found = largest.into_iter().collect();
        }
        found.into_iter().map(Found::from).collect()
    }

    async fn by_networks(&self, finder: &mut face::Finder, photo: &RgbImage, wait: Wait) -> Result<Vec<Face>> {
        finder.set(self.search)?;
        finder.find_waiting(photo, wait).await
    }

    /// By a finder of this thread's own; where there is one for all, in turns.
    fn on_this_thread(&self, all: &Lender, own: &Mutex<Option<face::Finder>>, photo: &RgbImage) -> Result<Vec<Face>> {
        let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
        if own.is_none() {
            let mut lent = all.lend()?;
            *own = lent.get()?.fork();
            if own.is_none() {
                return guard::run(|| pollster::block_on(self.by_networks(lent.get()?, photo, Wait::Here)));
            }
        }
        match own.as_mut() {
            Some(finder) => guard::run(|| pollster::block_on(self.by_networks(finder, photo, Wait::Here))),
            None => Ok(Vec::new()),
        }
    }
}
