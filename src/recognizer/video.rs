//! The frames of a video: their faces are followed on another thread while those of the frames before are read.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use image::RgbImage;

use super::Recognizer;
use super::analysis::{Analysis, Found};
use super::later::Later;
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
    /// Frames whose motion is not known yet.
    later: Later<Waiting>,
    smoother: Option<Smoother>,
    live: bool,
    spent: Arc<Mutex<Prefetched>>,
}

#[derive(Debug)]
struct Followed {
    frame: Frame,
    found: Result<Vec<Found>>,
    /// It is known, and only what comes then needs it.
    unasked: bool,
}

#[derive(Debug)]
struct Waiting {
    frame: Frame,
    unasked: bool,
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
        let before = self.actions.as_ref().map_or(0, |reader| reader.before() as u64);
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
                let unasked = known > 0;
                known = known.saturating_sub(1);
                let sent = match found {
                    Err(error) if unasked && error.is_of_device() => sender.send(Err(error)),
                    // What is known is needed only as far as the motion of what comes then begins in it.
                    _ if unasked && known >= before => continue,
                    found => sender.send(Ok(Followed { frame, found, unasked })),
                };
                if sent.is_err() {
                    return;
                }
            }
        })?;
        let smoother = following.smoothing.map(|constant| Smoother::new(constant, following.tracking.memory));
        Ok(Video {
            recognizer: self,
            followed,
            answered: VecDeque::new(),
            later: Later::default(),
            smoother,
            live: following.live,
            spent,
        })
    }
}

impl Video<'_> {
    /// The recognizer that reads.
    pub fn recognizer(&mut self) -> &mut Recognizer {
        self.recognizer
    }

    /// Time that the thread spent so far, on waiting for frames and on their faces.
    pub fn prefetched(&self) -> Prefetched {
        *self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads frames together: of a live stream what is ready, one frame at least, unless there is none left.
    /// Whether those were the last.
    fn read(&mut self) -> bool {
        let (mut frames, mut found, mut unasked, mut last) = (Vec::new(), Vec::new(), Vec::new(), None);
        let (mut faces, mut size) = (0, 0);
        let mut next = self.followed.recv().ok();
        while let Some(followed) = next {
            match followed {
                Ok(followed) => {
                    faces += followed.found.as_ref().map_or(0, Vec::len);
                    size += pixels(&followed.frame.picture);
                    unasked.push(followed.unasked);
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
            let asked = frames.iter().zip(&mut analyses).zip(&unasked).filter(|(_, unasked)| !**unasked);
            for ((frame, analysis), _) in asked {
                let faces = analysis.as_mut().map_or(&mut [][..], |analysis| &mut analysis.faces);
                smoother.smooth(frame.timestamp, faces, &self.recognizer.labels);
            }
        }
        let ended = frames.is_empty() || last.is_some();
        let waiting = frames.into_iter().zip(unasked).map(|(frame, unasked)| Waiting { frame, unasked });
        self.act(waiting.zip(analyses).collect(), ended);
        self.answered.extend(last.map(Err));
        ended
    }

    /// Reads action units of new frames; those come out whose motion is known, or all where there come no more.
    fn act(&mut self, new: Vec<(Waiting, Result<Analysis>)>, ended: bool) {
        let Self { recognizer, answered, later, .. } = self;
        let mut done = |(Waiting { frame, unasked }, analysis)| {
            if !unasked {
                answered.push_back(Ok(Answered { frame, analysis }));
            }
        };
        let Some(reader) = &mut recognizer.actions else { return new.into_iter().for_each(done) };
        let start = Clock::start();
        let pictures: Vec<_> = new.iter().map(|(waiting, analysis)| (&waiting.frame.picture, analysis)).collect();
        let read = pollster::block_on(later.read(reader, &pictures, ended, Wait::Here));
        later.wait(new);
        match read {
            Ok(read) => later.answer(reader, read).into_iter().for_each(&mut done),
            Err(error) => later.drain().for_each(|(waiting, _)| done((waiting, Err(error.clone())))),
        }
        recognizer.acted += start.elapsed();
    }
}

impl Iterator for Video<'_> {
    type Item = Result<Answered>;

    fn next(&mut self) -> Option<Result<Answered>> {
        while self.answered.is_empty() && !self.read() {}
        self.answered.pop_front()
    }
}
