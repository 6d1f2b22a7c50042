//! What each name of the file stands for, beside the network in the making.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::fold::{expand, within};
use super::value::{Constant, Numbers};
use crate::weights::assembly::{Assembly, Shaped};

/// What a name of the file stands for.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Known at import.
    Constant(Arc<Constant>),
    /// Made of the image: its name in the network, and its sizes without the batch.
    Image(Shaped),
    /// An output of a node that could not be read.
    Unknown,
}

/// The network so far, which it derefs to, and the values of the file.
#[derive(Debug)]
pub(super) struct Builder {
    assembly: Assembly,
    pub values: HashMap<String, Value>,
    /// Images that the file's shapes count: 1 unless its batch is fixed at another number.
    pub batch: usize,
    /// Values of a constant at most.
    pub most: usize,
}

impl Deref for Builder {
    type Target = Assembly;

    fn deref(&self) -> &Assembly {
        &self.assembly
    }
}

impl DerefMut for Builder {
    fn deref_mut(&mut self) -> &mut Assembly {
        &mut self.assembly
    }
}

impl Builder {
    pub fn new(batch: usize, most: usize) -> Self {
        Self { assembly: Assembly::new(), values: HashMap::new(), batch, most }
    }

    pub fn into_assembly(self) -> Assembly {
        self.assembly
    }

    /// The constant as an operand beside a tensor with `rank` dimensions (the batch counted): its sizes without the batch.
    pub fn operand(&mut self, near: &str, constant: &Constant, rank: usize) -> Result<Shaped, String> {
        let lacking = rank
            .checked_sub(constant.shape.len())
            .ok_or_else(|| format!("a constant of shape {:?} beside a tensor of {rank} dimensions", constant.shape))?;
        let shape = [&vec![1; lacking][..], &constant.shape].concat();
        if shape.first().is_some_and(|&batch| batch != 1) {
            return Err(format!("a constant of shape {:?} differs from image to image", constant.shape));
        }
        Ok(self.constant(near, shape[1..].to_vec(), constant.as_floats()))
    }

    /// A constant in the sizes `dims` (without the batch), for an operand that cannot be repeated on the GPU.
    pub fn whole_operand(&mut self, near: &str, constant: &Constant, dims: &[usize]) -> Result<Shaped, String> {
        within(dims, self.most)?;
        let whole = expand(constant, &[&[1], dims].concat())?;
        self.operand(near, &whole, dims.len() + 1)
    }
}

/// Whether all numbers of a constant are this one.
pub(super) fn all(constant: &Constant, number: f32) -> bool {
    match &constant.numbers {
        Numbers::Float(values) => values.iter().all(|&value| value == number),
        Numbers::Int(values) => values.iter().all(|&value| value as f32 == number),
    }
}
