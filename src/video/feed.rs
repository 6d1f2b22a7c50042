//! Frames on their way from the thread that decodes to the one that reads, and what the one says to the other.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::frame::Frame;
use crate::error::Result;

/// Frames, and pixels, that wait at most.
const MOST_FRAMES: usize = 16;
const MOST_PIXELS: u64 = 1 << 24;

/// A bounded queue.
pub struct Feed {
    /// Whether what nobody waited for gives way to what is newer.
    newest: bool,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    frames: VecDeque<Frame>,
    pixels: u64,
    stopped: bool,
    ended: Option<Result<()>>,
    expected: Option<u64>,
    delay: Duration,
    remark: Option<String>,
    dropped: u64,
}

/// What comes next.
pub enum Next {
    Frame(Frame),
    End(Result<()>),
    Late,
}

impl Feed {
    pub fn new(newest: bool) -> Self {
        Self { newest, state: Mutex::default(), changed: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a frame in, once there is room; whether anybody still wants it.
    pub fn push(&self, frame: Frame) -> bool {
        let size = pixels(&frame);
        let mut state = self.state();
        if self.newest {
            while let Some(old) = state.frames.pop_front() {
                state.pixels -= pixels(&old);
                state.dropped += 1;
            }
        }
        let full =
            |state: &State| !state.frames.is_empty() && (state.frames.len() >= MOST_FRAMES || state.pixels + size > MOST_PIXELS);
        while !state.stopped && full(&state) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.stopped {
            return false;
        }
        state.pixels += size;
        state.frames.push_back(frame);
        drop(state);
        self.changed.notify_all();
        true
    }

    /// There is no other frame; what kept the video from being read whole.
    pub fn end(&self, ended: Result<Option<String>>) {
        let mut state = self.state();
        state.ended = Some(ended.map(|remark| state.remark = state.remark.take().or(remark)));
        drop(state);
        self.changed.notify_all();
    }

    /// About so many frames will come.
    pub fn expect(&self, frames: u64) {
        self.state().expected = Some(frames);
    }

    /// The first frame is shown so long after the file begins.
    pub fn delay(&self, delay: Duration) {
        self.state().delay = delay;
    }

    /// Something could not be read, and the rest is; the first is kept.
    pub fn remark(&self, remark: String) {
        self.state().remark.get_or_insert(remark);
    }

    /// The next frame, or the end; waits for it as long as is said.
    pub fn pop(&self, patience: Duration) -> Next {
        let until = Instant::now() + patience;
        let mut state = self.state();
        loop {
            if let Some(frame) = state.frames.pop_front() {
                state.pixels -= pixels(&frame);
                drop(state);
                self.changed.notify_all();
                return Next::Frame(frame);
            }
            if let Some(ended) = state.ended.take() {
                state.ended = Some(Ok(()));
                return Next::End(ended);
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Next::Late;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Whether nobody wants frames any more.
    pub fn stopped(&self) -> bool {
        self.state().stopped
    }

    /// Nobody wants any more.
    pub fn stop(&self) {
        let mut state = self.state();
        state.stopped = true;
        state.frames.clear();
        state.pixels = 0;
        drop(state);
        self.changed.notify_all();
    }
}

fn pixels(frame: &Frame) -> u64 {
    u64::from(frame.picture.width()) * u64::from(frame.picture.height())
}

/// What decodes: puts frames into the feed until there are no more; says what kept the video from being read whole.
pub trait Decoder: Send + 'static {
    fn decode(self, feed: &Feed) -> Result<Option<String>>;
}

/// What becomes known of a video while its frames are read, by whoever reads them.
#[derive(Clone)]
pub struct Report(Arc<Feed>);

impl Report {
    pub(super) fn of(feed: &Arc<Feed>) -> Self {
        Self(Arc::clone(feed))
    }

    /// How many frames there are, about, where the file says so.
    pub fn expected(&self) -> Option<u64> {
        self.0.state().expected
    }

    /// What kept the video from being read whole, where its frames were kept; known after the last one.
    pub fn remark(&self) -> Option<String> {
        self.0.state().remark.clone()
    }

    /// Frames of a camera that nobody waited for.
    pub fn dropped(&self) -> u64 {
        self.0.state().dropped
    }

    /// How long after the beginning of the file, and of its sound, the first frame is shown.
    pub fn delay(&self) -> Duration {
        self.0.state().delay
    }
}

impl std::fmt::Debug for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Report").field("expected", &self.expected()).field("dropped", &self.dropped()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::RgbImage;

    fn frame(index: u64, side: u32) -> Frame {
        Frame { index, pts: None, timestamp: Duration::ZERO, picture: RgbImage::new(side, side) }
    }

    #[test]
    fn frames_wait_for_room_and_come_in_order() {
        let feed = Arc::new(Feed::new(false));
        let fed = Arc::clone(&feed);
        let thread = std::thread::spawn(move || (0..100).take_while(|&index| fed.push(frame(index, 8))).count());
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(feed.state().frames.len(), MOST_FRAMES);
        for wanted in 0..40 {
            assert!(matches!(feed.pop(Duration::from_secs(9)), Next::Frame(frame) if frame.index == wanted));
        }
        feed.stop();
        assert!(thread.join().unwrap() < 100);
    }

    #[test]
    fn large_frames_wait_one_by_one() {
        let feed = Arc::new(Feed::new(false));
        let fed = Arc::clone(&feed);
        std::thread::spawn(move || (0..9).all(|index| fed.push(frame(index, 4000))));
        std::thread::sleep(Duration::from_millis(100));
        assert_eq!(feed.state().frames.len(), 1);
        feed.stop();
    }

    #[test]
    fn of_a_camera_the_newest_is_kept_and_the_others_are_counted() {
        let feed = Feed::new(true);
        assert!((0..10).all(|index| feed.push(frame(index, 8))));
        assert!(matches!(feed.pop(Duration::ZERO), Next::Frame(frame) if frame.index == 9));
        assert_eq!(feed.state().dropped, 9);
        assert!(matches!(feed.pop(Duration::from_millis(1)), Next::Late));
    }
}
