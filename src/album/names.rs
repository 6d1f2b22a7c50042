//! The file beside an album where names of groups stay.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::embed::Gallery;
use crate::error::{Error, Result};

/// Of the file.
const SCHEMA: &str = "moue.names/1";
/// Boxes that share so much of both are of one face.
const LEAST_SHARED: f32 = 0.5;

/// Names of groups, as a person gave them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    schema: String,
    /// The groups, those without a name last.
    pub groups: Vec<NamedGroup>,
}

/// A group.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedGroup {
    /// Empty as long as nobody gave one.
    pub name: String,
    /// With a name: what belongs to it, whatever a later run finds. Without: what a run found.
    pub faces: Vec<FaceKey>,
    /// What a run found to be like them, and nobody confirmed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggested: Vec<FaceKey>,
}

/// A face, found again in another file of the same pictures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaceKey {
    /// The picture's path.
    pub image: String,
    /// x, y, width, height in pixels.
    #[serde(rename = "box")]
    pub bounds: [f32; 4],
    /// Seconds since the beginning of a video.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<f64>,
}

impl FaceKey {
    /// Of face `index`.
    pub fn of(gallery: &Gallery, index: usize) -> Self {
        let time = gallery.time[index];
        Self {
            image: gallery.image_of(index).map(|image| image.path.clone()).unwrap_or_default(),
            bounds: gallery.boxes[index],
            time: Some(time).filter(|time| !time.is_nan()),
        }
    }

    /// Whether both are one face.
    pub fn is(&self, other: &Self) -> bool {
        let at_once = match (self.time, other.time) {
            (None, None) => true,
            (Some(a), Some(b)) => (a - b).abs() < 1e-3,
            _ => false,
        };
        at_once && self.image == other.image && shared(self.bounds, other.bounds) >= LEAST_SHARED
    }
}

fn shared(a: [f32; 4], b: [f32; 4]) -> f32 {
    let along = |at: usize| ((a[at] + a[at + 2]).min(b[at] + b[at + 2]) - a[at].max(b[at])).max(0.0);
    let both = along(0) * along(1);
    both / (a[2] * a[3] + b[2] * b[3] - both).max(f32::MIN_POSITIVE)
}

impl Names {
    /// These groups.
    pub fn new(groups: Vec<NamedGroup>) -> Self {
        Self { schema: SCHEMA.to_owned(), groups }
    }

    /// Reads the file; no names where there is none.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be read; [`Error::Argument`] where it is something else: it is never written over then.
    pub fn load(path: &Path) -> Result<Self> {
        let text = match std::fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::new(Vec::new())),
            Err(error) => return Err(Error::io(path, error)),
        };
        let wrong = |reason: String| {
            Error::Argument(format!("{}: {reason}: mend it, or move it away to begin without names", path.display()))
        };
        let names: Self = serde_json::from_slice(&text).map_err(|error| wrong(format!("no names of groups: {error}")))?;
        if names.schema != SCHEMA {
            return Err(wrong(format!("its schema is `{}`, `{SCHEMA}` is read", names.schema)));
        }
        Ok(names)
    }

    /// Those with a name.
    pub fn named(&self) -> impl Iterator<Item = &NamedGroup> {
        self.groups.iter().filter(|group| !group.name.trim().is_empty())
    }

    /// The file.
    ///
    /// # Errors
    /// [`Error::Defect`] where numbers are none.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|error| Error::Defect(error.to_string()))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}
