//! The frames of a video: their faces are followed on another thread while those of the frames before are read.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use image::RgbImage;

use super::Recognizer;
use super::analysis::{Analysis, Found};
use super::prefetch::{MOST_PIXELS, Prefetched, pixels};
use super::smooth::Smoother;
use crate::error::Result;
use crate::face::{Tracker, Tracking};
use crate::gpu::Wait;
use crate::host::{Clock, guard, offload};
use crate::video::Frame;

/// Frames whose faces are known and not read yet, at most; as many are read together, of a live stream one more.
const AHEAD: usize = 4;
/// Faces that are read together at most: what one submission takes.
const BATCH: usize = 64;

/// How the faces of a video are followed.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Following {
    /// How faces get their names.
    pub tracking: Tracking,
    /// Of the first so many frames faces are followed only, and not read: they have no answer. What comes then is what it were without.
    pub known: u64,
    /// Time constant of an exponential mean of each followed face's probabilities, over true time: steadier, and later. Members keep what they said; what is `known`
    /// has no part in it. Off by default.
    pub smoothing: Option<Duration>,
    /// Frames come as they are taken: each is answered as soon as it can be. Without, a few are waited for and read together, which is faster and takes the same memory
    /// from the first frames on.
    pub live: bool,
}

/// A frame and its answer.
#[derive(Debug)]
#[non_exhaustive]
pub struct Answered {
    /// The frame.
    pub frame: Frame,
    /// What it says, or why it says nothing: the errors of [`Recognizer::track`].
    pub analysis: Result<Analysis>,
}

/// Answers in the order of the frames, from [`Recognizer::analyze_video`]. Dropped, it stops the thread.
#[derive(Debug)]
pub struct Video<'r> {
    recognizer: &'r mut Recognizer,
    followed: Receiver<Result<Followed>>,
    answered: VecDeque<Result<Answered>>,
    smoother: Option<Smoother>,
    live: bool,
    spent: Arc<Mutex<Prefetched>>,
}

#[derive(Debug)]
struct Followed {
    frame: Frame,
    found: Result<Vec<Found>>,
}

impl Recognizer {
    /// The answers for the frames of a video, in their order; each face says whose it is. While some frames are decoded and their faces followed on other
    /// threads, those of the frames before are read together. Memory does not grow with their number. An error of `frames` is passed on, and is the last item.
    ///
    /// # Errors
    /// [`crate::Error::Defect`] where the system gives no thread.
    ///
    /// ```no_run
    /// # fn main() -> moue::Result<()> {
    /// use moue::video::{Frames, Options};
    ///
    /// let mut recognizer = moue::Recognizer::builder().build()?;
    /// let frames = Frames::open("clip.mp4".as_ref(), Options::default())?;
    /// for answered in recognizer.analyze_video(frames, Default::default())? {
    ///     let answered = answered?;
    ///     for face in answered.analysis?.faces {
    ///         println!("{:?} {:?} {}", answered.frame.timestamp, face.track, face.label);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn analyze_video<I>(&mut self, frames: I, following: Following) -> Result<Video<'_>>
    where
        I: IntoIterator<Item = Result<Frame>>,
        I::IntoIter: Send + 'static,
    {
        let (sender, followed) = sync_channel(AHEAD);
        let spent = Arc::new(Mutex::new(Prefetched { threads: 1, ..Prefetched::default() }));
        let (finder, mut frames, times) = (self.finder.clone(), frames.into_iter(), Arc::clone(&spent));
        offload::thread("moue follow", move || {
            let (mut tracker, mut known) = (Tracker::new(following.tracking), following.known);
            loop {
                let start = Clock::start();
                let next = guard::run(|| Ok(frames.next()));
                let decode = start.elapsed();
                let frame = match next {
                    Ok(Some(Ok(frame))) => frame,
                    Ok(None) => return,
                    Ok(Some(Err(error))) | Err(error) => return drop(sender.send(Err(error))),
                };
                let start = Clock::start();
                let track = || pollster::block_on(finder.track(&mut tracker, &frame.picture, frame.timestamp, Wait::Here));
                let found = guard::run(track);
                let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
                times.decode += decode;
                times.detect += start.elapsed();
                drop(times);
                let sent = match (known, found) {
                    (0, found) => sender.send(Ok(Followed { frame, found })),
                    (_, Err(error)) if error.is_of_device() => sender.send(Err(error)),
                    _ => {
                        known -= 1;
                        continue;
                    }
                };
                if sent.is_err() {
                    return;
                }
            }
        })?;
        let smoother = following.smoothing.map(|constant| Smoother::new(constant, following.tracking.memory));
        Ok(Video { recognizer: self, followed, answered: VecDeque::new(), smoother, live: following.live, spent })
    }
}

impl Video<'_> {
    /// Time that the thread spent so far, on waiting for frames and on their faces.
    pub fn prefetched(&self) -> Prefetched {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads frames together: of a live stream what is ready, one frame at least, unless there is none left.
    fn read(&mut self) {
        let (mut frames, mut found, mut last) = (Vec::new(), Vec::new(), None);
        let (mut faces, mut size) = (0, 0);
        let mut next = self.followed.recv().ok();
        while let Some(followed) = next {
            match followed {
                Ok(followed) => {
                    faces += followed.found.as_ref().map_or(0, Vec::len);
                    size += pixels(&followed.frame.picture);
                    frames.push(followed.frame);
                    found.push(followed.found);
                }
                Err(error) => {
                    last = Some(error);
                    break;
                }
            }
            let room = frames.len() < AHEAD + usize::from(self.live) && faces < BATCH && size < MOST_PIXELS;
            next = match (room, self.live) {
                (false, _) => None,
                (true, true) => self.followed.try_recv().ok(),
                (true, false) => self.followed.recv().ok(),
            };
        }
        let wanted: Vec<(&RgbImage, Result<Vec<Found>>)> = frames.iter().map(|frame| &frame.picture).zip(found).collect();
        let mut analyses = pollster::block_on(self.recognizer.read(wanted, Wait::Here));
        if let Some(smoother) = &mut self.smoother {
            for (frame, analysis) in frames.iter().zip(&mut analyses) {
                let faces = analysis.as_mut().map_or(&mut [][..], |analysis| &mut analysis.faces);
                smoother.smooth(frame.timestamp, faces, &self.recognizer.labels);
            }
        }
        self.answered.extend(frames.into_iter().zip(analyses).map(|(frame, analysis)| Ok(Answered { frame, analysis })));
        self.answered.extend(last.map(Err));
    }
}

impl Iterator for Video<'_> {
    type Item = Result<Answered>;

    fn next(&mut self) -> Option<Result<Answered>> {
        if self.answered.is_empty() {
            self.read();
        }
        self.answered.pop_front()
    }
}
