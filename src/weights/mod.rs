//! Files in, description and tensors out.

mod array;
mod combine;
pub mod description;
mod import;
pub mod onnx;
mod reorder;
mod seeded;
pub mod state_dict;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

pub use array::{Array, Type};
pub use combine::combine;
pub use import::{Imported, Preprocess};
pub use description::{Canonical, Description, Fusion, Member, Oversample, Order, RepresentationStep, Rule};
use safetensors::SafeTensors;
pub use seeded::{Seeded, Stream};

use crate::error::{Error, Result};
use crate::graph::{Graph, Weights, parameters};
use crate::tensor::Tensor;

/// A model: its description and its tensors.
#[derive(Debug, Clone)]
pub struct Model {
    /// The description, version 1 of the format.
    pub description: Description,
    tensors: BTreeMap<String, Array>,
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
        let mut tensors = BTreeMap::new();
        for (key, view) in file.tensors() {
            tensors.insert(key.clone(), Array::new(&view).map_err(|reason| wrong(&key, reason))?);
        }
        Self { description, tensors, file: name.to_owned() }.checked()
    }

    /// A model of its parts; errors call it by its description's name.
    ///
    /// # Errors
    /// [`Error::Model`] where the two do not make a model of version 1.
    pub fn new(description: Description, tensors: BTreeMap<String, Array>) -> Result<Self> {
        let file = description.name.clone();
        Self { description, tensors, file }.checked()
    }

    fn checked(self) -> Result<Self> {
        let graphs = self.description.check().map_err(|(at, reason)| self.wrong(&at, reason))?;
        self.check_tables()?;
        for member in &self.description.members {
            if let Some(graph) = graphs.get(member.network.as_str()) {
                self.check_member(member, graph)?;
            }
        }
        Ok(self)
    }

    /// The file of this model. The same model gives the same bytes.
    ///
    /// # Errors
    /// [`Error::Model`] where a tensor's bytes are not as many as its shape needs.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let text = serde_json::to_string(&self.description).map_err(|error| self.wrong("description", error.to_string()))?;
        let views = self
            .tensors
            .iter()
            .map(|(name, array)| Ok((name, array.view().map_err(|reason| self.wrong(name, reason))?)))
            .collect::<Result<Vec<_>>>()?;
        safetensors::serialize(views, Some(HashMap::from([("moue".to_owned(), text)])))
            .map_err(|error| self.wrong("header", error.to_string()))
    }

    /// Writes [`Model::to_bytes`] to a file.
    ///
    /// # Errors
    /// As [`Model::to_bytes`]; [`Error::Io`] where the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        std::fs::write(path, self.to_bytes()?).map_err(|source| Error::io(path, source))
    }

    /// Every tensor with its name, sorted by it.
    pub fn arrays(&self) -> impl Iterator<Item = (&str, &Array)> {
        self.tensors.iter().map(|(name, array)| (name.as_str(), array))
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

    fn check_member(&self, member: &Member, graph: &Graph) -> Result<()> {
        for parameter in parameters(graph) {
            let name = format!("{}{}", member.weights, parameter.name);
            let wrong = |reason: String| {
                self.wrong(&format!("member `{}`, tensor `{name}`", member.name), format!("{reason}: export the model again"))
            };
            let array = self.tensors.get(&name).ok_or_else(|| wrong("the file does not have it".into()))?;
            if array.shape != parameter.shape {
                let (found, network) = (&array.shape, &member.network);
                return Err(wrong(format!("its shape is {found:?}, network `{network}` wants {:?}", parameter.shape)));
            }
            array.check(parameter.above).map_err(wrong)?;
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
