//! One node while it is read, and what it makes.

use std::sync::Arc;

use super::builder::{Builder, Value};
use super::node::Attributes;
use super::value::Constant;
use crate::weights::assembly::Shaped;

/// One node while it is read.
pub(super) struct Reading<'n> {
    pub op: &'n str,
    pub version: i64,
    pub attributes: Attributes<'n>,
    /// Its name, or that of its first output.
    pub name: &'n str,
    pub inputs: Vec<Option<Value>>,
    /// Names that the file gives to the inputs.
    pub input_names: &'n [String],
    pub outputs: &'n [String],
}

impl Reading<'_> {
    pub fn has(&self, index: usize) -> bool {
        self.inputs.get(index).is_some_and(Option::is_some)
    }

    pub fn image(&self, index: usize) -> Result<&Shaped, String> {
        match self.inputs.get(index) {
            Some(Some(Value::Image(shaped))) => Ok(shaped),
            Some(Some(Value::Varying(_))) => Err(by_number(index)),
            Some(Some(Value::Moved(moved))) => {
                Err(format!("the images of its input {index} are not first: `{}` moved them", moved.by))
            }
            Some(Some(_)) => Err(format!("its input {index} is a constant: it has no image")),
            _ => Err(format!("its input {index} is missing")),
        }
    }

    pub fn constant(&self, index: usize) -> Result<Option<Arc<Constant>>, String> {
        match self.inputs.get(index) {
            Some(Some(Value::Constant(constant))) => Ok(Some(Arc::clone(constant))),
            Some(Some(Value::Varying(_))) => Err(by_number(index)),
            Some(Some(_)) => Err(format!("its input {index} is computed from the image: only a constant is read there")),
            _ => Ok(None),
        }
    }

    /// A constant as it is for the number of images at `run` of the builder's.
    pub fn at(&self, index: usize, run: usize) -> Result<Option<&Constant>, String> {
        match self.inputs.get(index) {
            Some(Some(Value::Constant(constant))) => Ok(Some(&**constant)),
            Some(Some(Value::Varying(each))) => each.get(run).map(Some).ok_or_else(|| by_number(index)),
            Some(Some(_)) => Err(format!("its input {index} is computed from the image: only a constant is read there")),
            None | Some(None) => Ok(None),
        }
    }

    pub fn needed(&self, index: usize) -> Result<Arc<Constant>, String> {
        self.constant(index)?.ok_or_else(|| format!("its input {index} is missing"))
    }

    /// The only output that is read.
    pub fn output(&self) -> Result<String, String> {
        match self.outputs {
            [only] => Ok(only.clone()),
            [first, rest @ ..] if rest.iter().all(String::is_empty) => Ok(first.clone()),
            [] => Err("it has no output".into()),
            _ => Err("an output besides its first is used".into()),
        }
    }

    /// What to call the layer: as its weight is called, `fc6` of `fc6.weight`, else as the node.
    pub fn layer(&self, builder: &mut Builder, weight: usize) -> String {
        let name = self.input_names.get(weight).map_or("", String::as_str);
        let name = [".weight", "_weight", ".gamma", "/kernel"]
            .iter()
            .find_map(|end| name.strip_suffix(end))
            .filter(|name| !name.is_empty());
        builder.layer(name.unwrap_or(self.name))
    }
}

/// What a node makes: names of the file and what they stand for.
pub(super) type Made = Vec<(String, Value)>;

/// What reads a node of the image.
pub(super) type Reader = fn(&mut Builder, &Reading<'_>) -> Result<Made, String>;

pub(super) fn image(out: String, shaped: Shaped) -> Made {
    vec![(out, Value::Image(shaped))]
}

fn by_number(index: usize) -> String {
    format!("its input {index} follows from the number of images, which is open: only sizes that keep the batch first may")
}
