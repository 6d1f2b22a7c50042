//! Photographs decoded and searched on other threads, ahead of whoever reads their faces.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use image::RgbImage;

use super::analysis::Found;
use super::finder::Finder;
use crate::error::Result;
use crate::host::{Clock, guard, offload};
use crate::photo;

/// Photographs that are taken from the sources and not yet from the window, at most.
const MOST_PHOTOS: usize = 64;
/// Pixels of the photographs in the window beyond which no other is begun: 100 MB.
pub(super) const MOST_PIXELS: u64 = 1 << 25;

/// Where a photograph comes from: a path, a closure that gives it, or the caller's own.
pub trait Source: Send + 'static {
    /// The photograph, upright, RGB. Called once, on another thread; a panic is caught.
    ///
    /// # Errors
    /// Whatever keeps it from being read: its answer.
    fn read(&mut self) -> Result<RgbImage>;
}

impl Source for PathBuf {
    fn read(&mut self) -> Result<RgbImage> {
        photo::read(self)
    }
}

impl<F: FnMut() -> Result<RgbImage> + Send + 'static> Source for F {
    fn read(&mut self) -> Result<RgbImage> {
        self()
    }
}

/// Photographs on their way: as many threads as the machine has cores, or fewer where that was asked, take sources, decode them and find their faces, at most 64 ahead and
/// about 2^25 pixels (and one photograph a thread) beyond what was taken; then they wait. Dropped, they stop after the photograph at hand.
pub struct Prefetch<S> {
    shared: Arc<Shared<S>>,
}

/// Time that the threads spent, in sum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Prefetched {
    /// Reading and decoding.
    pub decode: Duration,
    /// Finding faces.
    pub detect: Duration,
    /// Threads.
    pub threads: usize,
}

impl Prefetched {
    /// With what others spent.
    #[cfg(feature = "cli")]
    pub(crate) fn add(&mut self, other: Self) {
        self.decode += other.decode;
        self.detect += other.detect;
        self.threads = self.threads.max(other.threads);
    }
}

/// A source, and its photograph with the faces found in it.
pub(super) struct Ready<S> {
    pub source: S,
    pub photo: Result<(RgbImage, Result<Vec<Found>>)>,
}

struct Shared<S> {
    /// Held while a source is taken, so that they are numbered in their order. Before `state`, never after it.
    sources: Mutex<Box<dyn Iterator<Item = S> + Send>>,
    state: Mutex<State<S>>,
    changed: Condvar,
}

struct State<S> {
    /// One place a source taken, in order: empty until it is ready.
    window: VecDeque<Option<Ready<S>>>,
    /// Number of the source that the window's first place is for.
    first: usize,
    pixels: u64,
    ended: bool,
    stopped: bool,
    spent: Prefetched,
}

impl<S: Source> Prefetch<S> {
    pub(super) fn start<I>(finder: &Finder, sources: I) -> Result<Self>
    where
        I: IntoIterator<Item = S>,
        I::IntoIter: Send + 'static,
    {
        let sources = sources.into_iter();
        let most = finder.threads();
        let threads = most.min(sources.size_hint().1.unwrap_or(most));
        let state = State {
            window: VecDeque::new(),
            first: 0,
            pixels: 0,
            ended: threads == 0,
            stopped: false,
            spent: Prefetched { threads, ..Prefetched::default() },
        };
        let prefetch = Self {
            shared: Arc::new(Shared {
                sources: Mutex::new(Box::new(sources)),
                state: Mutex::new(state),
                changed: Condvar::new(),
            }),
        };
        for _ in 0..threads {
            let (shared, finder) = (Arc::clone(&prefetch.shared), finder.fork());
            offload::thread("moue prefetch", move || shared.work(&finder))?;
        }
        Ok(prefetch)
    }

    /// The next photograph, when it is ready; `None` after the last.
    pub(super) fn wait(&self) -> Option<Ready<S>> {
        let mut state = self.shared.state();
        loop {
            if let Some(ready) = state.take() {
                self.shared.changed.notify_all();
                return Some(ready);
            }
            if state.ended && state.window.is_empty() {
                return None;
            }
            state = self.shared.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// The next photograph, if it is ready.
    pub(super) fn ready(&self) -> Option<Ready<S>> {
        let ready = self.shared.state().take();
        self.shared.changed.notify_all();
        ready
    }

    pub(super) fn spent(&self) -> Prefetched {
        self.shared.state().spent
    }
}

impl<S> Drop for Prefetch<S> {
    fn drop(&mut self) {
        // Nobody waits for the threads: one may be reading a pipe that never ends.
        self.shared.state().stopped = true;
        self.shared.changed.notify_all();
    }
}

impl<S> std::fmt::Debug for Prefetch<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.shared.state();
        f.debug_struct("Prefetch").field("taken", &state.first).field("ahead", &state.window.len()).finish_non_exhaustive()
    }
}

impl<S> Shared<S> {
    fn state(&self) -> MutexGuard<'_, State<S>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S: Source> Shared<S> {
    fn work(&self, finder: &Finder) {
        while let Some((number, mut source)) = self.next() {
            let start = Clock::start();
            let photo = guard::run(|| source.read());
            let decode = start.elapsed();
            let start = Clock::start();
            let photo = photo.map(|photo| {
                let found = finder.find(&photo);
                (photo, found)
            });
            let detect = start.elapsed();
            let mut state = self.state();
            state.pixels += photo.as_ref().map_or(0, |(photo, _)| pixels(photo));
            state.spent.decode += decode;
            state.spent.detect += detect;
            let place = number - state.first;
            if let Some(place) = state.window.get_mut(place) {
                *place = Some(Ready { source, photo });
            }
            drop(state);
            self.changed.notify_all();
        }
    }

    /// The next source and its number, once there is room for its photograph.
    fn next(&self) -> Option<(usize, S)> {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let mut state = self.state();
        while !state.stopped && !state.ended && !state.has_room() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped || state.ended {
            return None;
        }
        drop(state);
        let source = guard::run(|| Ok(sources.next())).ok().flatten();
        let mut state = self.state();
        let Some(source) = source else {
            state.ended = true;
            drop(state);
            self.changed.notify_all();
            return None;
        };
        state.window.push_back(None);
        Some((state.first + state.window.len() - 1, source))
    }
}

impl<S> State<S> {
    fn has_room(&self) -> bool {
        self.window.len() < MOST_PHOTOS && self.pixels < MOST_PIXELS
    }

    fn take(&mut self) -> Option<Ready<S>> {
        let ready = self.window.pop_front_if(|place| place.is_some())??;
        self.first += 1;
        self.pixels -= ready.photo.as_ref().map_or(0, |(photo, _)| pixels(photo));
        Some(ready)
    }
}

/// Pixels of a photograph.
pub(super) fn pixels(photo: &RgbImage) -> u64 {
    u64::from(photo.width()) * u64::from(photo.height())
}
