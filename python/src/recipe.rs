//! What a recognizer is made of: as Python says it, and so often as one is wanted on the same device.

use std::path::Path;

use moue::actions::Threshold;
use moue::face::{Search, Thoroughness};
use moue::recognizer::Faces;
use moue::{Device, Error, Model, Precision, Recognizer, Result, embed};
use serde::Deserialize;

/// The options of `moue.Recognizer`.
#[derive(Debug, Clone, Deserialize)]
pub struct Recipe {
    device: Option<String>,
    threads: Option<usize>,
    model: Option<String>,
    faces: String,
    find: String,
    min_face: Option<u32>,
    min_score: Option<f64>,
    pub landmarks: Option<usize>,
    blendshapes: bool,
    /// A model file, or that of moue where it is empty.
    actions: Option<String>,
    /// None is the learned one.
    threshold: Option<f32>,
    embed: bool,
    oversample: bool,
    precision: String,
}

/// Everything that a recognizer needs, in memory.
pub struct Parts {
    pub device: Device,
    pub warning: Option<String>,
    pub model: Model,
    pub actions: Option<Model>,
    recipe: Recipe,
}

impl Recipe {
    /// Reads models and opens the device.
    pub fn parts(self) -> Result<Parts> {
        let model = self.model.as_deref().map_or_else(Model::embedded, |path| Model::load(Path::new(path)))?;
        let actions = match self.actions.as_deref() {
            None => None,
            Some("") => Some(Model::actions()?),
            Some(path) => Some(Model::load(Path::new(path))?),
        };
        let (device, warning) = Device::select(self.device.as_deref(), self.threads)?;
        Ok(Parts { device, warning, model, actions, recipe: self })
    }

    fn search(&self) -> Result<Search> {
        let thoroughness = match &self.find[..] {
            "fast" => Thoroughness::Fast,
            "normal" => Thoroughness::Normal,
            "thorough" => Thoroughness::Thorough,
            other => return Err(Error::Argument(format!("find={other:?}: give \"fast\", \"normal\" or \"thorough\""))),
        };
        let search = Search { thoroughness, min_face: self.min_face, min_score: self.min_score, blendshapes: self.blendshapes };
        Ok(search)
    }

    fn faces(&self) -> Result<Faces> {
        match &self.faces[..] {
            "all" => Ok(Faces::All),
            "largest" => Ok(Faces::Largest),
            "none" => Ok(Faces::None),
            other => Err(Error::Argument(format!("faces={other:?}: give \"all\", \"largest\" or \"none\""))),
        }
    }
}

/// A precision by its name.
pub fn precision(name: &str) -> Result<Precision> {
    let found = [Precision::F32, Precision::F16].into_iter().find(|known| known.name() == name);
    found.ok_or_else(|| Error::Argument(format!("precision={name:?}: give \"f32\" or \"f16\"")))
}

impl Parts {
    /// One more recognizer, on the same device.
    pub fn build(&self) -> Result<Recognizer> {
        let recipe = &self.recipe;
        let mut builder = Recognizer::builder()
            .model(self.model.clone())
            .device(self.device.clone())
            .faces(recipe.faces()?)
            .search(recipe.search()?)
            .oversample(recipe.oversample)
            .precision(precision(&recipe.precision)?)
            .threshold(recipe.threshold.map_or(Threshold::Learned, Threshold::Fixed));
        if let Some(threads) = recipe.threads {
            builder = builder.threads(threads);
        }
        if let Some(actions) = &self.actions {
            builder = builder.actions(actions.clone());
        }
        if recipe.embed {
            builder = builder.embedding(embed::Network::embedded()?);
        }
        builder.build()
    }

    /// As many landmarks as records have.
    pub fn landmarks(&self) -> Option<usize> {
        self.recipe.landmarks
    }

    /// Whether faces are embedded.
    pub fn embeds(&self) -> bool {
        self.recipe.embed
    }
}
