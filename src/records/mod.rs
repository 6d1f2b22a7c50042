//! What is said of pictures, of frames and of videos: `moue.analyze/1`, `moue.frame/1` and `moue.video/1`, the same on the command line and in Python.

pub mod json;
mod record;
mod series;
mod summary;

pub use record::{At, Record, label, of_unit, order};
pub use series::{Point, Series};
pub use summary::{Often, Summary, TOP};
