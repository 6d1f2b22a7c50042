//! What makes vectors of faces.

use std::path::Path;

use image::RgbImage;

use super::gallery::{DIMENSIONS, ModelId};
use crate::device::Device;
use crate::ensemble::Ensemble;
use crate::error::{Error, Result};
use crate::gpu::Wait;
use crate::operators::Region;
use crate::weights::{Description, Model};

/// A model of embeddings, and what it is known by.
#[derive(Debug, Clone)]
pub struct Network {
    model: Model,
    id: ModelId,
}

impl Network {
    /// The one that the library carries, by its feature `embedding-model`.
    ///
    /// # Errors
    /// As [`Model::embedding`].
    pub fn embedded() -> Result<Self> {
        #[cfg(feature = "embedding-model")]
        return Self::of(Model::embedding()?, moue_embedding::SHA256.into());
        #[cfg(not(feature = "embedding-model"))]
        Self::of(Model::embedding()?, String::new())
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Model`] where it is none of embeddings.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|error| Error::io(path, error))?;
        Self::parse(&path.display().to_string(), &bytes)
    }

    /// A model from the bytes of its file; `name` is what errors call it.
    ///
    /// # Errors
    /// [`Error::Model`] where it is none of embeddings.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        let sha256 = hmac_sha256::Hash::hash(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Self::of(Model::parse(name, bytes)?, sha256)
    }

    /// The model, whose outputs get names: what runs ensembles then averages and answers them as it does probabilities, which it leaves as they are.
    fn of(model: Model, sha256: String) -> Result<Self> {
        let mut description = model.description.clone();
        let members: Vec<&str> = description.members.iter().map(|member| member.name.as_str()).collect();
        if !description.labels.is_empty() {
            let reason = format!(
                "it answers {} labels: a model of embeddings has none, and {DIMENSIONS} numbers",
                description.labels.len()
            );
            return Err(model.wrong("labels", reason));
        }
        let [member] = members[..] else {
            return Err(model.wrong("members", format!("{} networks: a model of embeddings has one", members.len())));
        };
        if description.fusion.temperature != 1.0 || description.members.iter().any(|member| member.representation.is_none()) {
            let reason = format!("`{member}` does not read faces into bare numbers: it has a representation and no temperature");
            return Err(model.wrong("members", reason));
        }
        let id = ModelId { name: description.name.clone(), sha256 };
        description.labels = (0..DIMENSIONS).map(|number| number.to_string()).collect();
        let tensors = model.arrays().map(|(name, array)| (name.to_owned(), array.clone())).collect();
        Ok(Self { model: Model::new(description, tensors)?, id })
    }

    /// What it is known by.
    pub fn id(&self) -> &ModelId {
        &self.id
    }
}

/// A model of embeddings made ready on a device.
#[derive(Debug)]
pub struct Embedder {
    ensemble: Ensemble,
    id: ModelId,
}

impl Embedder {
    /// Uploads the weights.
    ///
    /// # Errors
    /// As [`Ensemble::new`].
    pub fn new(network: Network, device: &Device) -> Result<Self> {
        Ok(Self { ensemble: Ensemble::new(network.model, device.clone())?, id: network.id })
    }

    /// What the model is known by.
    pub fn id(&self) -> &ModelId {
        &self.id
    }

    /// The model's description: where a face is read. Its labels are the numbers' own.
    pub fn description(&self) -> &Description {
        self.ensemble.description()
    }

    /// The vectors of faces, [`DIMENSIONS`] numbers each: each face a picture (upright, RGB) and the region to read in it, margin included. The mean over a crop and its mirror
    /// image, where the model says so.
    ///
    /// # Errors
    /// As [`Ensemble::read`].
    pub fn embed<R: Into<Region> + Copy>(&mut self, faces: &[(&RgbImage, R)]) -> Result<Vec<Vec<f32>>> {
        Ok(self.ensemble.read(faces, false)?.into_iter().map(|reading| reading.probabilities).collect())
    }

    pub(crate) async fn answer(&mut self, faces: &[(&RgbImage, Region)], wait: Wait) -> Result<Vec<Vec<f32>>> {
        let readings = self.ensemble.answer(faces, false, wait).await?;
        Ok(readings.into_iter().map(|reading| reading.probabilities).collect())
    }

    pub(crate) fn check(&self, picture: &RgbImage, region: Region) -> Result<()> {
        self.ensemble.check(picture, region)
    }
}
