//! A model: its description, its tensors, and whether they belong together.

use std::collections::BTreeMap;

use super::array::Array;
use super::description::{Description, Member, RepresentationStep};
use super::dtype::Type;
use crate::error::{Error, Result};
use crate::graph::{Graph, Weights, parameters};
use crate::tensor::Tensor;

/// A model: its description and its tensors.
#[derive(Debug, Clone)]
pub struct Model {
    /// The description, version 1 of the format.
    pub description: Description,
    pub(super) tensors: BTreeMap<String, Array>,
    /// What errors call it.
    pub(super) file: String,
}

impl Model {
    /// A model of its parts; errors call it by its description's name.
    ///
    /// # Errors
    /// [`Error::Model`] where the two do not make a model of version 1.
    pub fn new(description: Description, tensors: BTreeMap<String, Array>) -> Result<Self> {
        let file = description.name.clone();
        Self { description, tensors, file }.checked()
    }

    pub(super) fn checked(self) -> Result<Self> {
        let graphs = self.description.check().map_err(|(at, reason)| self.wrong(&at, reason))?;
        self.check_tables()?;
        for member in &self.description.members {
            if let Some(graph) = graphs.get(member.network.as_str()) {
                self.check_member(member, graph)?;
            }
        }
        Ok(self)
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
            return Err(
                self.wrong(name, format!("a lookup table is [256, 3] of u8, not {:?} of {}", array.shape, array.ty.name()))
            );
        }
        let mut table = [[0; 3]; 256];
        let bytes = array.bytes(0..768).map_err(|reason| self.wrong(name, reason))?;
        for (row, bytes) in table.iter_mut().zip(bytes.chunks_exact(3)) {
            row.copy_from_slice(bytes);
        }
        Ok(table)
    }

    /// A model of one member alone, with its network and its weights.
    ///
    /// # Errors
    /// [`Error::Model`] where it has no such member.
    pub fn only(&self, member: &str) -> Result<Self> {
        let mut description = self.description.clone();
        description.members.retain(|own| own.name == member);
        let Some(own) = description.members.first() else {
            let names: Vec<&str> = self.description.members.iter().map(|own| own.name.as_str()).collect();
            return Err(self.wrong("members", format!("there is no `{member}`; there are: {}", names.join(", "))));
        };
        description.networks.retain(|name, _| *name == own.network);
        description.representations.retain(|name, _| Some(name) == own.representation.as_ref());
        let tables: Vec<&String> = description
            .representations
            .values()
            .flatten()
            .filter_map(|step| match step {
                RepresentationStep::Lookup(table) => Some(table),
                _ => None,
            })
            .collect();
        let mut tensors = self.tensors.clone();
        tensors.retain(|name, _| name.starts_with(&own.weights) || tables.contains(&name));
        match &mut description.actions {
            Some(actions) => actions.keep_only(member),
            None => description.fusion.weights = vec![1.0],
        }
        Self { description, tensors, file: format!("{}/{member}", self.file) }.checked()
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
            if array.ty == Type::I8 && !parameter.eight_bits {
                return Err(wrong("its type is i8, which only weights of convolutions and dense layers may have".into()));
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
