//! What `groups`, `map` and `album` share: the file of faces, how it is grouped, crops, and pictures in pages.

mod page;
mod words;

use std::path::{Path, PathBuf};

pub use page::{data_url, escaped, filled, json_in_script};
pub use words::{counted, face_name, mix, say_missing};

use super::outcome::Failure;
use super::terminal;
use crate::embed::{DIMENSIONS, Gallery};
use crate::error::Error;
use crate::groups::{self, Points};

/// Faces of a group on the average, and groups at most, where nobody says how many.
const EACH: usize = 12;
const MOST: usize = 40;

/// How faces are grouped.
#[derive(Debug, clap::Args)]
pub struct GroupArgs {
    /// Into --k groups by their centres, into --k Gaussians by expectation and maximisation, or, however many there are, by density: faces in no dense place stay alone then
    #[arg(long, value_enum, default_value_t = Method::Em)]
    pub method: Method,
    /// Groups, of `kmeans` and `em`; no more than there are faces [default: one of every 12 faces, 40 at most]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub k: Option<u32>,
    /// Faces that a group of `hdbscan` has at least
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(2..=100_000))]
    pub least: u32,
    /// The same seed gives the same groups
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Method {
    Kmeans,
    Em,
    Hdbscan,
}

impl Method {
    pub fn name(self) -> &'static str {
        match self {
            Self::Kmeans => "kmeans",
            Self::Em => "em",
            Self::Hdbscan => "hdbscan",
        }
    }
}

impl GroupArgs {
    /// Of every face its group.
    pub fn assigned(&self, points: Points<'_>) -> Result<Vec<Option<u32>>, Error> {
        if points.is_empty() {
            return Ok(Vec::new());
        }
        let _passing = terminal::passing(format!("grouping {}", counted(points.len(), "face")));
        let k = self.k.map_or(points.len().div_ceil(EACH).min(MOST), |k| k as usize);
        let all = |assigned: Vec<u32>| assigned.into_iter().map(Some).collect();
        match self.method {
            Method::Kmeans => groups::kmeans(points, k, self.seed).map(|found| all(found.assigned)),
            Method::Em => groups::mixture(points, k, self.seed).map(|found| all(found.assigned)),
            Method::Hdbscan => groups::density(points, self.least as usize),
        }
    }
}

/// A file of faces, and the folder it lies in.
pub fn load(path: &Path) -> Result<(Gallery, PathBuf), Failure> {
    let gallery = Gallery::load(path)?;
    Ok((gallery, path.parent().map(Path::to_path_buf).unwrap_or_default()))
}

/// The vectors of a gallery.
pub fn points(gallery: &Gallery) -> Result<Points<'_>, Error> {
    Points::new(&gallery.embedding, DIMENSIONS)
}
