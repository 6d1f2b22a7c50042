//! How often a network reads a face.

use serde::{Deserialize, Serialize};

use crate::operators::Crop;

/// Views and crops at test time; a mirrored view is the canonical crop mirrored, before codes are made of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Oversample {
    /// The centre.
    #[default]
    None,
    /// The centre, of the face and of its mirror image.
    Mirrored,
    /// Four corners and the centre, of the face and of its mirror image.
    FiveMirrored,
}

impl std::fmt::Display for Oversample {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Mirrored => "mirrored",
            Self::FiveMirrored => "five_mirrored",
        })
    }
}

impl Oversample {
    /// The views of a face: as it is, and perhaps mirrored.
    pub fn views(self) -> &'static [bool] {
        match self {
            Self::None => &[false],
            Self::Mirrored | Self::FiveMirrored => &[false, true],
        }
    }

    /// How often a network reads a face: crops of all views.
    pub fn readings(self) -> u64 {
        (self.views().len() * self.crops([1; 2], [1; 2]).len()) as u64
    }

    /// The crops of each view, with an `[h, w]` window in a `resize`d picture.
    pub fn crops(self, resize: [u32; 2], window: [u32; 2]) -> Vec<Crop> {
        match self {
            Self::None | Self::Mirrored => Crop::centre(resize, window),
            Self::FiveMirrored => Crop::five(resize, window),
        }
    }
}
