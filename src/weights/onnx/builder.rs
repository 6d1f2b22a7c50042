//! What each name of the file stands for, beside the network in the making.

use std::collections::{HashMap, HashSet};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::fold::{expand, within};
use super::layout::Moved;
use super::value::{Constant, Numbers};
use crate::weights::assembly::{Assembly, Shaped, volume};

/// Numbers of images that an open batch is tried with: a constant that is the same for all of them does not follow from it.
const TRIED: [usize; 7] = [1, 2, 3, 4, 5, 7, 33];

/// Steps that are worth computing at import: a second or two.
const MOST_STEPS: u64 = 1 << 28;

/// What a name of the file stands for.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Known at import.
    Constant(Arc<Constant>),
    /// Known for each number of images, and not the same for all: one for each of [`Builder::batches`].
    Varying(Arc<Vec<Constant>>),
    /// Made of the image: its name in the network, and its sizes without the batch.
    Image(Shaped),
    /// Made of the image, which the file does not have first.
    Moved(Moved),
    /// An output of a node that could not be read.
    Unknown,
}

/// The network so far, which it derefs to, and the values of the file.
#[derive(Debug)]
pub(super) struct Builder {
    assembly: Assembly,
    pub values: HashMap<String, Value>,
    /// Names of images that the file holds in integers: what is computed with them rounds and wraps there.
    pub integers: HashSet<String>,
    /// Numbers of images that the file's shapes count: that of a fixed batch, several where it is open.
    pub batches: Vec<usize>,
    /// Values of a constant at most.
    pub most: usize,
    /// Steps that what is left to be computed of constants may take.
    pub steps: u64,
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
    /// With the number of images that the file fixes.
    pub fn new(batch: Option<usize>, most: usize) -> Self {
        let batches = batch.map_or_else(|| TRIED.to_vec(), |batch| vec![batch]);
        Self { assembly: Assembly::new(), values: HashMap::new(), integers: HashSet::new(), batches, most, steps: MOST_STEPS }
    }

    /// What is known for each of `batches`.
    pub fn known(each: Vec<Constant>) -> Value {
        match each.split_first() {
            Some((first, rest)) if rest.iter().all(|other| other == first) => Value::Constant(Arc::new(first.clone())),
            _ => Value::Varying(Arc::new(each)),
        }
    }

    /// Why so many images of `dims` do not become `shape`.
    pub fn mixing(&self, shape: &[usize], images: usize, dims: &[usize]) -> String {
        let open = if self.batches.len() > 1 {
            ". The file leaves their number open: export it with a batch of 1, or with sizes that keep the batch"
        } else {
            ""
        };
        format!("it makes {shape:?} of {images} images of {dims:?}: images would mix{open}")
    }

    /// The constants `each` beside an image of `rank` dimensions, where they repeat one row for every image: that one.
    pub fn repeated(&self, each: &[Constant], rank: usize) -> Option<Constant> {
        let row = |constant: &Constant, batch: usize| {
            let (&images, dims) = constant.shape.split_first()?;
            if constant.shape.len() != rank || images != batch {
                return None;
            }
            let shape = [&[1], dims].concat();
            let count = volume(dims);
            let row = constant.gather(shape, 0..count);
            let whole = constant.gather(constant.shape.clone(), (0..batch).flat_map(|_| 0..count));
            (whole == *constant).then_some(row)
        };
        let mut rows = each.iter().zip(&self.batches).map(|(constant, &batch)| row(constant, batch));
        let first = rows.next()??;
        rows.all(|row| row.as_ref() == Some(&first)).then_some(first)
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
