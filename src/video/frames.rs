//! The frames of a video, whatever it is.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::animation::Animation;
use super::camera::{self, CAMERA};
use super::feed::{Decoder, Feed, Next, Report};
use super::ffmpeg::{self, Ffmpeg, Running};
use super::folder::Folder;
use super::frame::Frame;
use super::kind::Kind;
use super::y4m::Y4m;
use crate::error::{Error, Result};
use crate::host::{guard, offload};

/// Which frames are wanted, and how long is waited for one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Frames a second of what says none: folders of numbered pictures, and Y4M without a rate. Files that have times keep theirs.
    pub fps: Option<f64>,
    /// Every so many frames one is wanted, from the first on: at least 1.
    pub every: u64,
    /// Frames before this time, since the first one, are left out.
    pub from: Duration,
    /// Frames from this time on are left out.
    pub to: Option<Duration>,
    /// How long is waited for a frame before its source is given up.
    pub patience: Duration,
}

impl Default for Options {
    /// Every frame, a minute for each.
    fn default() -> Self {
        Self { fps: None, every: 1, from: Duration::ZERO, to: None, patience: Duration::from_secs(60) }
    }
}

/// The frames of a video in their order, decoded on other threads a few ahead: 16, or about 2^24 pixels. Dropped, it ends them, and the program that decodes.
///
/// The last item is an error where the video could not be read to its end for another reason than that its file is cut short or damaged: then what was read is
/// kept, and [`Report::remark`] says so.
pub struct Frames {
    feed: Arc<Feed>,
    options: Options,
    name: String,
    running: Option<Running>,
    done: bool,
}

impl Frames {
    /// The frames of a file, or of a folder of numbered pictures.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be opened; [`Error::Video`] where it is none, or where ffmpeg is wanted and is not there; [`Error::Argument`] where an
    /// option is none, or a rate is wanted.
    pub fn open(path: &Path, options: Options) -> Result<Self> {
        checked(&options)?;
        let name = path.display().to_string();
        if path.is_dir() {
            return Self::start(name.clone(), options, false, Folder::open(path, options.fps, name)?);
        }
        match Kind::of(path).map_err(|error| Error::io(path, error))? {
            Some(Kind::Y4m) => {
                let file = File::open(path).map_err(|error| Error::io(path, error))?;
                Self::start(name.clone(), options, false, Y4m::new(BufReader::new(file), options.fps, name))
            }
            Some(Kind::Animation(format)) => Self::start(name, options, false, Animation::open(path, format)?),
            Some(Kind::Container) | None => Self::by_ffmpeg(name.clone(), options, false, ffmpeg::file(path, name)?),
        }
    }

    /// Frames of YUV4MPEG2, as `ffmpeg -f yuv4mpegpipe` writes them; `name` is what errors call it.
    ///
    /// # Errors
    /// [`Error::Argument`] where an option is none; [`Error::Defect`] where the system gives no thread.
    pub fn y4m(reader: impl Read + Send + 'static, name: &str, options: Options) -> Result<Self> {
        checked(&options)?;
        Self::start(name.into(), options, false, Y4m::new(BufReader::new(reader), options.fps, name.into()))
    }

    /// The frames of a camera by its number or name, the newest each time: those that come while nobody waits are dropped, and counted by [`Report::dropped`].
    ///
    /// # Errors
    /// [`Error::Video`] where ffmpeg or the camera is not there; [`Error::Argument`] where an option is none.
    pub fn camera(which: &str, options: Options) -> Result<Self> {
        checked(&options)?;
        let name = format!("{CAMERA}{which}");
        Self::by_ffmpeg(name.clone(), options, true, camera::camera(which, name)?)
    }

    /// What becomes known of the video while it is read.
    pub fn report(&self) -> Report {
        Report::of(&self.feed)
    }

    fn by_ffmpeg(name: String, options: Options, newest: bool, decoder: Ffmpeg) -> Result<Self> {
        let running = decoder.running();
        let mut frames = Self::start(name, options, newest, decoder)?;
        frames.running = Some(running);
        Ok(frames)
    }

    fn start(name: String, options: Options, newest: bool, decoder: impl Decoder) -> Result<Self> {
        let feed = Arc::new(Feed::new(newest));
        let fed = Arc::clone(&feed);
        offload::thread("moue frames", move || {
            let ended = guard::run(|| decoder.decode(&fed));
            fed.end(ended);
        })?;
        Ok(Self { feed, options, name, running: None, done: false })
    }

    fn stop(&mut self) {
        self.done = true;
        self.feed.stop();
        if let Some(running) = self.running.take() {
            running.kill();
        }
    }
}

impl Iterator for Frames {
    type Item = Result<Frame>;

    fn next(&mut self) -> Option<Result<Frame>> {
        while !self.done {
            match self.feed.pop(self.options.patience) {
                Next::Frame(frame) => {
                    if self.options.to.is_some_and(|to| frame.timestamp >= to) {
                        self.stop();
                    } else if frame.timestamp >= self.options.from && frame.index.is_multiple_of(self.options.every) {
                        return Some(Ok(frame));
                    }
                }
                Next::End(result) => {
                    self.stop();
                    return result.err().map(Err);
                }
                Next::Late => {
                    self.stop();
                    let seconds = self.options.patience.as_secs();
                    return Some(Err(Error::Video(format!(
                        "{}: no frame came for {seconds} seconds, so it was given up",
                        self.name
                    ))));
                }
            }
        }
        None
    }
}

impl Drop for Frames {
    fn drop(&mut self) {
        self.stop();
    }
}

impl std::fmt::Debug for Frames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frames").field("name", &self.name).field("options", &self.options).finish_non_exhaustive()
    }
}

fn checked(options: &Options) -> Result<()> {
    if options.every == 0 {
        return Err(Error::Argument("every: 0 frames give none: take 1 for all of them".into()));
    }
    if options.fps.is_some_and(|fps| !fps.is_finite() || !(0.001..=10_000.0).contains(&fps)) {
        return Err(Error::Argument("fps: a rate is 0.001 to 10000 frames a second".into()));
    }
    Ok(())
}
