//! What a service is made of.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::device::Device;
use crate::error::Result;
use crate::photo;
use crate::weights::Model;

/// Opens the device; again when it was lost.
pub type Opener = Box<dyn Fn() -> Result<Device> + Send>;
/// Where a line for people goes. No line has a picture, a file's name or a token in it.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// What a service is made of.
pub struct Config {
    /// Reads the expressions.
    pub model: Model,
    /// Opens the device.
    pub open: Opener,
    /// Threads that decode pictures and find faces at most: as many as the machine has by default.
    pub threads: Option<usize>,
    /// What clients must show; none lets everybody in.
    pub token: Option<String>,
    /// Origins whose pages may ask.
    pub cors: Vec<String>,
    /// The folder of the built page; without one a few words are at `/`.
    pub page: Option<PathBuf>,
    /// What is refused.
    pub limits: Limits,
    /// Lines for people.
    pub log: Log,
}

/// Bounds on what clients can ask for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Bytes of a request's body.
    pub body: usize,
    /// Bytes of all bodies that are being received or wait.
    pub bodies: usize,
    /// Pixels of a picture, as its head says them.
    pub picture: u64,
    /// Pixels of all pictures that wait or are read.
    pub pixels: u64,
    /// Pictures that wait or are read.
    pub pictures: usize,
    /// Connections at the same time; others wait until one ends.
    pub connections: usize,
    /// How long a request may wait for its answer.
    pub deadline: Duration,
    /// How long a client may take to send a request, or a piece of a video.
    pub patience: Duration,
    /// Videos that come, wait, are read or are kept.
    pub videos: usize,
    /// Bytes of a video.
    pub video: u64,
    /// Bytes of the files of all videos and of their records.
    pub disk: u64,
    /// Frames of a video that are read.
    pub frames: u64,
    /// How long the records of a video are kept.
    pub keep: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 32 << 20,
            bodies: 256 << 20,
            picture: photo::MAX_PIXELS / 2,
            pixels: 1 << 28,
            pictures: 256,
            connections: 1024,
            deadline: Duration::from_secs(60),
            patience: Duration::from_secs(30),
            videos: 8,
            video: 512 << 20,
            disk: 4 << 30,
            frames: 100_000,
            keep: Duration::from_secs(3600),
        }
    }
}
