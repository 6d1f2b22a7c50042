//! Videos: every frame at its true time, from made clips, files of others and cameras, and what `moue analyze` says of them.
//!
//! Clips are made by the system's ffmpeg; where there is none the tests say so and are skipped.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

#[allow(dead_code)]
#[path = "../support/mod.rs"]
mod support;
#[allow(dead_code)]
#[path = "../support/tiny.rs"]
mod tiny;

mod annotated;
mod camera;
mod clips;
mod frames;
mod hostile;
mod read;
mod real;
mod records;
mod resumed;
mod sources;
mod tables;
mod units;
