//! Videos that were sent, and what became of them. Their files lie in a folder of the service's own, and go when they are asked to, when their time is over, or with
//! the service.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::hash::{BuildHasher, Hasher};
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::asked::Asked;
use super::config::Limits;
use crate::video::Options;

/// How often is looked for what is over.
const ROUND: Duration = Duration::from_secs(20);

/// All videos.
pub struct Jobs {
    folder: TempDir,
    limits: Limits,
    /// Bytes of their files.
    bytes: Arc<AtomicU64>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    jobs: BTreeMap<String, Arc<Job>>,
    waiting: VecDeque<Arc<Job>>,
    /// Videos that are being sent.
    coming: usize,
    closed: bool,
}

/// How far a video is.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// Others are read first.
    Waiting,
    /// It is read: frames so far, and of how many.
    Reading(u64, Option<u64>),
    /// It was read: frames, and why it was not read whole.
    Done(u64, Option<String>),
}

/// A video.
pub struct Job {
    /// What its client calls it by: nobody guesses it.
    pub id: String,
    /// What is asked of its frames.
    pub asked: Asked,
    /// Which frames are read, and how their probabilities are smoothed.
    pub options: Options,
    /// Seconds of the smoothing.
    pub smooth: Option<f64>,
    /// Its file.
    pub video: Stored,
    /// The file of its records.
    pub result: Stored,
    /// Whether its file stays after it was read, until others need the place.
    pub keeps: bool,
    progress: Mutex<(Progress, Instant)>,
    stopped: AtomicBool,
}

/// A file whose bytes are counted, and given back with it.
pub struct Stored {
    /// Where it is.
    pub path: PathBuf,
    own: AtomicU64,
    all: Arc<AtomicU64>,
    most: u64,
}

impl Stored {
    /// Appends to its file, as long as there is room.
    ///
    /// # Errors
    /// There is none, or the system's.
    pub fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        let more = bytes.len() as u64;
        if self.all.fetch_add(more, Ordering::Relaxed) + more > self.most {
            self.all.fetch_sub(more, Ordering::Relaxed);
            return Err(io::Error::from(io::ErrorKind::StorageFull));
        }
        self.own.fetch_add(more, Ordering::Relaxed);
        file.write_all(bytes)
    }

    /// Whether nothing was written.
    pub fn is_empty(&self) -> bool {
        self.own.load(Ordering::Relaxed) == 0
    }

    /// Removes the file; where others have it open, its room is free when they close it.
    pub fn remove(&self) {
        let _ = std::fs::remove_file(&self.path);
        self.all.fetch_sub(self.own.swap(0, Ordering::Relaxed), Ordering::Relaxed);
    }
}

impl Drop for Stored {
    fn drop(&mut self) {
        self.remove();
    }
}

impl Job {
    /// How far it is.
    pub fn progress(&self) -> Progress {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// It is so far now.
    pub fn set(&self, progress: Progress) {
        *self.progress.lock().unwrap_or_else(PoisonError::into_inner) = (progress, Instant::now());
    }

    /// Whether nobody wants it any more.
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Nobody wants it any more.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    fn is_over(&self, keep: Duration) -> bool {
        let (progress, since) = &*self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        matches!(progress, Progress::Done(..)) && since.elapsed() >= keep
    }
}

impl State {
    /// The oldest that is kept for who may look at it again goes.
    fn give_way(&mut self) {
        let since = |job: &Job| job.progress.lock().unwrap_or_else(PoisonError::into_inner).1;
        let kept = self.jobs.values().filter(|job| job.keeps && job.is_over(Duration::ZERO));
        if let Some(id) = kept.min_by_key(|job| since(job)).map(|job| job.id.clone()) {
            self.jobs.remove(&id);
        }
    }
}

impl Jobs {
    /// With a folder of its own.
    ///
    /// # Errors
    /// The system gives none.
    pub fn new(limits: Limits) -> io::Result<Self> {
        let folder = tempfile::Builder::new().prefix("moue-serve-").tempdir()?;
        Ok(Self { folder, limits, bytes: Arc::default(), state: Mutex::default(), changed: Condvar::new() })
    }

    /// A place for a video that comes; none where there are as many as may be. It is given up by [`Jobs::leave`] or taken by [`Jobs::take`].
    pub fn come(&self) -> bool {
        let mut state = self.state();
        self.sweep(&mut state);
        if state.jobs.len() + state.coming >= self.limits.videos {
            state.give_way();
        }
        let room = !state.closed && state.jobs.len() + state.coming < self.limits.videos;
        state.coming += usize::from(room);
        room
    }

    /// It does not come.
    pub fn leave(&self) {
        let mut state = self.state();
        state.coming = state.coming.saturating_sub(1);
    }

    /// A file of the folder, and the name that nobody guesses.
    pub fn stored(&self) -> (String, Stored) {
        let word = || RandomState::new().build_hasher().finish();
        let id = format!("{:016x}{:016x}", word(), word());
        let path = self.folder.path().join(&id);
        (id, Stored { path, own: AtomicU64::new(0), all: Arc::clone(&self.bytes), most: self.limits.disk })
    }

    /// A video that came: it waits. `keeps`: as [`Job::keeps`].
    pub fn take(&self, id: String, video: Stored, asked: Asked, options: Options, smooth: Option<f64>, keeps: bool) -> Arc<Job> {
        let (_, result) = self.stored();
        let progress = Mutex::new((Progress::Waiting, Instant::now()));
        let stopped = AtomicBool::new(false);
        let job = Arc::new(Job { id, asked, options, smooth, video, result, keeps, progress, stopped });
        let mut state = self.state();
        state.coming = state.coming.saturating_sub(1);
        state.jobs.insert(job.id.clone(), Arc::clone(&job));
        state.waiting.push_back(Arc::clone(&job));
        drop(state);
        self.changed.notify_all();
        job
    }

    /// The one of this name.
    pub fn find(&self, id: &str) -> Option<Arc<Job>> {
        let mut state = self.state();
        self.sweep(&mut state);
        state.jobs.get(id).cloned()
    }

    /// Takes one away: whether it was there.
    pub fn remove(&self, id: &str) -> bool {
        let mut state = self.state();
        let Some(job) = state.jobs.remove(id) else { return false };
        job.stop();
        state.waiting.retain(|other| other.id != id);
        true
    }

    /// Takes no more, and gives up what is read.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.jobs.values().for_each(|job| job.stop());
        state.waiting.clear();
        drop(state);
        self.changed.notify_all();
    }

    /// The next one to read, once there is one; none where there never will be.
    pub fn next(&self) -> Option<Arc<Job>> {
        let mut state = self.state();
        loop {
            if state.closed {
                return None;
            }
            if let Some(job) = state.waiting.pop_front() {
                return Some(job);
            }
            self.sweep(&mut state);
            state = self.changed.wait_timeout(state, ROUND).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn sweep(&self, state: &mut State) {
        state.jobs.retain(|_, job| !job.is_over(self.limits.keep));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_bytes_are_bounded_and_come_back_with_the_files() {
        let limits = Limits { videos: 1, disk: 10, keep: Duration::ZERO, ..Limits::default() };
        let jobs = Jobs::new(limits).unwrap();
        assert!(jobs.come() && !jobs.come());
        let (id, video) = jobs.stored();
        let mut file = File::create(&video.path).unwrap();
        video.write(&mut file, &[0; 8]).unwrap();
        assert_eq!(video.write(&mut file, &[0; 8]).unwrap_err().kind(), io::ErrorKind::StorageFull);
        let path = video.path.clone();
        let job = jobs.take(id, video, Asked::default(), Options::default(), None, false);
        assert!(jobs.next().is_some_and(|next| next.id == job.id) && !jobs.come());
        job.set(Progress::Done(3, None));
        std::thread::sleep(Duration::from_millis(2));
        assert!(jobs.find(&job.id).is_none(), "its time is over");
        drop(job);
        assert!(!path.exists() && jobs.bytes.load(Ordering::Relaxed) == 0 && jobs.come());
    }
}
