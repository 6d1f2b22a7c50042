//! Files in, description and tensors out.

use std::path::Path;

use crate::error::{Error, Result};

/// A model: its description and its tensors.
#[derive(Debug, Clone)]
pub struct Model {
    /// The description, version 1 of the format.
    pub description: Description,
}

/// What the JSON of a model says (the parts the command line shows).
#[derive(Debug, Clone)]
pub struct Description {
    /// Name of the model.
    pub name: String,
    /// Labels in the order of the probabilities.
    pub labels: Vec<String>,
    /// Canonical crop.
    pub canonical: Canonical,
    /// Members of the ensemble.
    pub members: Vec<Member>,
    /// Fusion weights, one a member, sum 1.
    pub fusion_weights: Vec<f64>,
}

/// The canonical crop of a model.
#[derive(Debug, Clone)]
pub struct Canonical {
    /// Height and width in pixels.
    pub size: [u32; 2],
    /// Margin around the detector's box, in parts of its side.
    pub margin: f64,
}

/// One member of an ensemble.
#[derive(Debug, Clone)]
pub struct Member {
    /// Name of the member.
    pub name: String,
}

impl Model {
    /// The model embedded in the library.
    pub fn embedded() -> Result<Self> {
        Err(Error::Argument("no model yet".into()))
    }

    /// Reads a model file.
    pub fn load(_path: &Path) -> Result<Self> {
        Err(Error::Argument("no model yet".into()))
    }
}
