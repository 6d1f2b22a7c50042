//! What is asked of a picture, in the words of `AnalyzeOptions` in web/src/types/.

use serde::Deserialize;

use crate::error::{Error, Result};
use crate::face::{Search, Thoroughness};
use crate::recognizer::Faces;

/// `AnalyzeOptions`, whole.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    faces: String,
    find: String,
    min_face: Option<f64>,
    min_score: Option<f64>,
    landmarks: Option<f64>,
    blendshapes: bool,
    actions: bool,
    #[serde(default)]
    pub embed: bool,
    pub oversample: bool,
}

/// Which landmarks are given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Points {
    Five,
    SixtyEight,
    All,
}

impl Asked {
    /// From JSON.
    pub fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).map_err(|error| Error::Argument(format!("the options of `analyze`: {error}")))
    }

    pub fn faces(&self) -> Result<Faces> {
        Ok(match &self.faces[..] {
            "all" => Faces::All,
            "largest" => Faces::Largest,
            "none" => Faces::None,
            other => return Err(Error::Argument(format!("faces `{other}`: all, largest or none"))),
        })
    }

    /// Whether action units are read.
    pub fn actions(&self) -> Result<bool> {
        match self.actions && self.faces == "none" {
            true => Err(Error::Argument("actions: they are read of faces that were found: leave out faces `none`".into())),
            false => Ok(self.actions),
        }
    }

    pub fn search(&self) -> Result<Search> {
        let thoroughness = match &self.find[..] {
            "fast" => Thoroughness::Fast,
            "normal" => Thoroughness::Normal,
            "thorough" => Thoroughness::Thorough,
            other => return Err(Error::Argument(format!("find `{other}`: fast, normal or thorough"))),
        };
        let whole = |pixels: f64| match pixels.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&pixels) {
            true => Ok(pixels as u32),
            false => Err(Error::Argument(format!("minFace {pixels}: whole pixels, 8 or more"))),
        };
        let min_face = self.min_face.map(whole).transpose()?;
        Ok(Search { thoroughness, min_face, min_score: self.min_score, blendshapes: self.blendshapes })
    }

    pub fn landmarks(&self) -> Result<Option<Points>> {
        let points = |count: f64| match count {
            5.0 => Ok(Points::Five),
            68.0 => Ok(Points::SixtyEight),
            478.0 => Ok(Points::All),
            other => Err(Error::Argument(format!("landmarks {other}: 5, 68 or 478"))),
        };
        self.landmarks.map(points).transpose()
    }
}
