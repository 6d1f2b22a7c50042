//! Files in, description and tensors out.

mod array;
pub mod description;

use std::collections::HashMap;
use std::path::Path;

pub use array::{Array, Type};
pub use description::{Canonical, Description, Fusion, Member, Oversample, RepresentationStep};
use safetensors::SafeTensors;

use crate::error::{Error, Result};
use crate::graph::Weights;
use crate::tensor::Tensor;

/// A model: its description and its tensors.
#[derive(Debug, Clone)]
pub struct Model {
    /// The description, version 1 of the format.
    pub description: Description,
    tensors: HashMap<String, Array>,
    file: String,
}

impl Model {
    /// The default model, embedded in the library.
    ///
    /// # Errors
    /// [`Error::Model`] if the library was built with a broken file.
    pub fn embedded() -> Result<Self> {
        Self::parse("default", include_bytes!("../../models/default.safetensors"))
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be read, [`Error::Model`] where it is not a model of version 1.
    pub fn load(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|source| Error::io(path, source))?;
        Self::parse(&path.display().to_string(), &bytes)
    }

    /// A model from the bytes of its file; `name` is what errors call it.
    ///
    /// # Errors
    /// [`Error::Model`] where it is not a model of version 1.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        let wrong = |at: &str, reason: String| Error::Model { model: name.to_owned(), at: at.to_owned(), reason };
        let header = |error: safetensors::SafeTensorError| {
            wrong("header", format!("not a safetensors file, or cut short: {error}. Copy or download it again"))
        };
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(header)?;
        let text = metadata.metadata().as_ref().and_then(|m| m.get("moue")).ok_or_else(|| {
            wrong("metadata", "there is no key `moue`: these are bare weights; `moue import` makes a model of them".into())
        })?;
        let description = Description::parse(text).map_err(|reason| wrong("metadata `moue`", reason))?;
        let file = SafeTensors::deserialize(bytes).map_err(header)?;
        let mut tensors = HashMap::new();
        for (key, view) in file.tensors() {
            tensors.insert(key.clone(), Array::new(&view).map_err(|reason| wrong(&key, reason))?);
        }
        let model = Self { description, tensors, file: name.to_owned() };
        model.description.check().map_err(|(at, reason)| wrong(&at, reason))?;
        model.check_tables()?;
        Ok(model)
    }

    /// The tensor `name`.
    ///
    /// # Errors
    /// [`Error::Model`] where there is none.
    pub fn array(&self, name: &str) -> Result<&Array> {
        self.tensors.get(name).ok_or_else(|| self.wrong(name, "the file has no such tensor".into()))
    }

    /// The lookup table `name`, 256 x 3.
    ///
    /// # Errors
    /// [`Error::Model`] where there is none, or it is not `[256, 3]` of u8.
    pub fn table(&self, name: &str) -> Result<[[u8; 3]; 256]> {
        let array = self.array(name)?;
        if array.ty != Type::U8 || array.shape != [256, 3] {
            return Err(self.wrong(name, format!("a lookup table is [256, 3] of u8, not {:?} of {:?}", array.shape, array.ty)));
        }
        let mut table = [[0; 3]; 256];
        for (row, bytes) in table.iter_mut().zip(array.bytes.chunks_exact(3)) {
            row.copy_from_slice(bytes);
        }
        Ok(table)
    }

    /// The weights whose names start with `prefix`.
    pub fn member<'m>(&'m self, prefix: &'m str) -> MemberWeights<'m> {
        MemberWeights { model: self, prefix }
    }

    pub(crate) fn wrong(&self, at: &str, reason: String) -> Error {
        Error::Model { model: self.file.clone(), at: at.to_owned(), reason }
    }

    fn check_tables(&self) -> Result<()> {
        for step in self.description.representations.values().flatten() {
            if let RepresentationStep::Lookup(name) = step {
                self.table(name)?;
            }
        }
        Ok(())
    }
}

/// The weights of one member.
#[derive(Debug, Clone, Copy)]
pub struct MemberWeights<'m> {
    model: &'m Model,
    prefix: &'m str,
}

impl Weights for MemberWeights<'_> {
    fn tensor(&self, name: &str) -> Result<Tensor> {
        let name = format!("{}{name}", self.prefix);
        self.model.array(&name)?.floats().map_err(|reason| self.model.wrong(&name, reason))
    }
}
