//! ffmpeg by a pipe: raw frames on its standard output, their times and sizes on its standard error.

mod command;
mod said;

use std::io::{BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, ExitStatus};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use image::RgbImage;

use super::feed::{Decoder, Feed};
use super::frame::{Frame, fits};
use super::kind;
use crate::error::{Error, Result};
use crate::host::offload;
pub use command::{Input, program};
use said::{Told, Words};

/// How long a program that has closed its output may take to end.
const LAST: Duration = Duration::from_secs(10);

/// The program, which can be ended from another thread.
#[derive(Clone)]
pub struct Running(Arc<Mutex<Child>>);

impl Running {
    fn child(&self) -> MutexGuard<'_, Child> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it.
    pub fn kill(&self) {
        let mut child = self.child();
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Waits for its end, a while; `None` where it had to be ended.
    fn wait(&self) -> Option<ExitStatus> {
        let until = Instant::now() + LAST;
        while Instant::now() < until {
            match self.child().try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) => std::thread::sleep(Duration::from_millis(2)),
                Err(_) => break,
            }
        }
        self.kill();
        None
    }
}

/// The program and what it writes.
pub struct Ffmpeg {
    name: String,
    running: Running,
    pixels: ChildStdout,
    words: ChildStderr,
    /// The file ends before it says it does.
    cut: bool,
    /// What to do where nothing comes of it.
    remedy: &'static str,
}

/// Reads a file.
///
/// # Errors
/// [`Error::Video`] where the program is not there.
pub fn file(path: &Path, name: String) -> Result<Ffmpeg> {
    let remedy = "copy or download it again, or convert it to MP4";
    let started = start(&Input::File(path), name, remedy)?;
    Ok(Ffmpeg { cut: kind::is_cut_avi(path), ..started })
}

/// Reads an input.
///
/// # Errors
/// As [`file`].
pub fn start(input: &Input, name: String, remedy: &'static str) -> Result<Ffmpeg> {
    let mut child = command::decode(input).spawn().map_err(|error| Error::Video(command::missing(&name, &error)))?;
    let (Some(pixels), Some(words)) = (child.stdout.take(), child.stderr.take()) else {
        return Err(Error::Defect("ffmpeg without pipes".into()));
    };
    Ok(Ffmpeg { name, running: Running(Arc::new(Mutex::new(child))), pixels, words, cut: false, remedy })
}

impl Ffmpeg {
    /// What ends it.
    pub fn running(&self) -> Running {
        self.running.clone()
    }
}

impl Decoder for Ffmpeg {
    fn decode(self, feed: &Feed) -> Result<Option<String>> {
        let Self { name, running, pixels, words, cut, remedy } = self;
        let (sender, told) = channel();
        offload::thread("moue ffmpeg", move || {
            said::listen(words, &sender);
        })?;
        let mut reading = Reading { name: &name, feed, told: &told, times: Times::default(), words: Words::default(), count: 0 };
        let wanted = reading.frames(BufReader::with_capacity(1 << 16, pixels));
        // Where nobody wants more it was ended by that, and says nothing of the file.
        if !matches!(wanted, Ok(true)) || feed.stopped() {
            running.kill();
            return wanted.map(|_| None);
        }
        reading.rest();
        let status = running.wait();
        let good = status.is_some_and(|status| status.success());
        let Reading { words, count, .. } = reading;
        if count == 0 {
            return Err(Error::Video(format!("{name}: {}", words.nothing(good, remedy))));
        }
        Ok(words.damage(good, cut))
    }
}

struct Reading<'a> {
    name: &'a str,
    feed: &'a Feed,
    told: &'a Receiver<Told>,
    times: Times,
    words: Words,
    count: u64,
}

impl Reading<'_> {
    /// All frames; whether somebody wanted the last one.
    fn frames(&mut self, mut pixels: impl Read) -> Result<bool> {
        while let Some((pts, width, height)) = self.next() {
            fits(self.name, width, height)?;
            let mut bytes = vec![0; width as usize * height as usize * 3];
            // Half a frame is none: the program was ended.
            if pixels.read_exact(&mut bytes).is_err() {
                break;
            }
            let Some(picture) = RgbImage::from_raw(width, height, bytes) else { break };
            let timestamp = self.times.of(pts);
            if self.count == 0 {
                self.feed.delay(self.times.delay());
            }
            let frame = Frame { index: self.count, pts, timestamp, picture };
            self.count += 1;
            if !self.feed.push(frame) {
                return Ok(false);
            }
        }
        // Whatever is left of it: nobody reads, and the program waits.
        let _ = std::io::copy(&mut pixels, &mut std::io::sink());
        Ok(true)
    }

    /// What is said of the next frame.
    fn next(&mut self) -> Option<(Option<i64>, u32, u32)> {
        loop {
            match self.told.recv().ok()? {
                Told::Frame { pts, width, height } => return Some((pts, width, height)),
                other => self.hear(other),
            }
        }
    }

    fn hear(&mut self, told: Told) {
        match told {
            Told::Frame { .. } => {}
            Told::Base(base, rate) => {
                self.times.base = base;
                self.times.rate = rate.or(self.times.rate);
            }
            Told::Length { seconds, start } => (self.times.length, self.times.start) = (seconds, start),
            Told::Rate(rate) => {
                if let Some(length) = self.times.length {
                    self.feed.expect((length * rate).round() as u64);
                }
            }
            Told::Line(line) => self.words.add(line),
        }
    }

    /// What is said after the last frame.
    fn rest(&mut self) {
        let until = Instant::now() + LAST;
        loop {
            match self.told.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(told) => self.hear(told),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }
}

/// Times in the file's units, made seconds.
struct Times {
    base: [u64; 2],
    /// Frames a second.
    rate: Option<f64>,
    length: Option<f64>,
    start: f64,
    first: Option<i64>,
    last: Option<Duration>,
}

impl Default for Times {
    fn default() -> Self {
        Self { base: [1, 1], rate: None, length: None, start: 0.0, first: None, last: None }
    }
}

impl Times {
    /// Since the first frame. What has no time of its own comes a frame after the one before.
    fn of(&mut self, pts: Option<i64>) -> Duration {
        let time = match pts {
            Some(pts) => {
                let first = *self.first.get_or_insert(pts);
                let units = u128::from(pts.saturating_sub(first).max(0).unsigned_abs());
                let [part, whole] = self.base.map(u128::from);
                let nanos = (units * part * 1_000_000_000 + whole / 2) / whole.max(1);
                Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
            }
            None => self
                .last
                .map_or(Duration::ZERO, |last| last + Duration::from_secs_f64(1.0 / self.rate.unwrap_or(25.0).clamp(0.01, 1e4))),
        };
        self.last = Some(time);
        time
    }

    /// From the beginning of the file to the first frame.
    fn delay(&self) -> Duration {
        let first = self.first.unwrap_or(0) as f64 * self.base[0] as f64 / self.base[1].max(1) as f64;
        Duration::try_from_secs_f64((first - self.start).max(0.0)).unwrap_or_default()
    }
}
