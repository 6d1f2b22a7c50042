//! Frames of videos: from files by the ffmpeg program, from animated pictures, Y4M, folders of numbered pictures and cameras, each with its true time.
//!
//! ffmpeg is a program and no library here: linking it breaks builds between its versions and systems, and a pipe gives the same frames, their times and
//! sizes. Times are those of the file: none is made from a number and a rate where the file has its own.

mod animation;
mod aspect;
mod camera;
mod feed;
mod ffmpeg;
mod folder;
mod frame;
mod frames;
mod kind;

mod y4m;

pub use camera::CAMERA;
pub use feed::Report;
pub use ffmpeg::program as ffmpeg;
pub use frame::{Frame, MAX_PIXELS};
pub use frames::{Frames, Options};
pub use kind::{EXTENSIONS, Kind};
