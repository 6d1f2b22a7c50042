//! Files in, description and tensors out.

mod array;
mod assembly;
pub mod caffe;
mod combine;
pub mod description;
pub(crate) mod file;
mod import;
pub mod onnx;
mod reorder;
mod seeded;

use std::collections::BTreeMap;
use std::path::Path;

pub use array::{Array, Type};
pub use combine::combine;
pub use description::{Canonical, Description, Fusion, Member, Order, Oversample, RepresentationStep, Rule};
pub(crate) use import::published_table;
pub use import::{Imported, Preprocess};
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
    /// The default model, embedded in the library by its feature `default-model`. A page fetches it as a file of its own, once.
    ///
    /// # Errors
    /// [`Error::Argument`] where the library was built without it, [`Error::Model`] where it was built with a broken file.
    pub fn embedded() -> Result<Self> {
        #[cfg(feature = "default-model")]
        return Self::parse("default", moue_default::MODEL);
        #[cfg(not(feature = "default-model"))]
        Err(Error::Argument("this build carries no model: give it one, or build it with the feature `default-model`".into()))
    }

    /// Reads a model file.
    ///
    /// # Errors
    /// [`Error::Io`] where it cannot be read, [`Error::Model`] where it is not a model of version 1.
    pub fn load(path: &Path) -> Result<Self> {
        file::Tensors::open(path)?.model()
    }

    /// A model from the bytes of its file; `name` is what errors call it.
    ///
    /// # Errors
    /// [`Error::Model`] where it is not a model of version 1.
    pub fn parse(name: &str, bytes: &[u8]) -> Result<Self> {
        file::Tensors::parse(name, bytes)?.model()
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
        let mut bytes = Vec::new();
        file::write(self, &mut bytes, Path::new(&self.file))?;
        Ok(bytes)
    }

    /// Writes [`Model::to_bytes`] to a file.
    ///
    /// # Errors
    /// As [`Model::to_bytes`]; [`Error::Io`] where the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let io = |source| Error::io(path, source);
        let mut out = std::io::BufWriter::new(std::fs::File::create(path).map_err(io)?);
        file::write(self, &mut out, path)?;
        std::io::Write::flush(&mut out).map_err(io)
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
        let bytes = array.bytes(0..768).map_err(|reason| self.wrong(name, reason))?;
        for (row, bytes) in table.iter_mut().zip(bytes.chunks_exact(3)) {
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

    fn shape(&self, name: &str) -> Result<Vec<usize>> {
        Ok(self.model.array(&format!("{}{name}", self.prefix))?.shape.clone())
    }

    fn rows(&self, name: &str, rows: std::ops::Range<usize>) -> Result<Tensor> {
        let name = format!("{}{name}", self.prefix);
        self.model.array(&name)?.rows(rows).map_err(|reason| self.model.wrong(&name, reason))
    }
}
