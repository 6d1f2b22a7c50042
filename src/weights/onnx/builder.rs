//! The network in the making: what each name of the file stands for, the operators so far, and their weights.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use super::fold::{expand, within};
use super::value::{Constant, Numbers};
use crate::graph::{Network, Op};
use crate::tensor::Tensor;
use crate::weights::Array;

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

/// A tensor of the network.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shaped {
    pub name: String,
    pub dims: Vec<usize>,
}

impl Shaped {
    /// Dimensions with the batch.
    pub fn rank(&self) -> usize {
        self.dims.len() + 1
    }
}

/// The network so far.
#[derive(Debug)]
pub(super) struct Builder {
    pub network: Network,
    pub tensors: BTreeMap<String, Array>,
    pub values: HashMap<String, Value>,
    /// Images that the file's shapes count: 1 unless its batch is fixed at another number.
    pub batch: usize,
    /// Values of a constant at most.
    pub most: usize,
    /// Names of tensors and of layers.
    taken: BTreeSet<String>,
}

impl Builder {
    pub fn new(batch: usize, most: usize) -> Self {
        let network = Network { inputs: BTreeMap::new(), outputs: Vec::new(), ops: Vec::new() };
        Self { network, tensors: BTreeMap::new(), values: HashMap::new(), batch, most, taken: BTreeSet::new() }
    }

    /// `wanted`, or with a number behind it where the name is taken.
    pub fn fresh(&mut self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        name
    }

    /// Keeps the names that the file gives to its own tensors.
    pub fn reserve(&mut self, name: &str) {
        self.taken.insert(name.to_owned());
    }

    /// Appends the operator that makes `dims`; its tensor is called `out`.
    pub fn push(&mut self, out: String, dims: Vec<usize>, op: impl FnOnce([String; 1]) -> Op) -> Shaped {
        self.network.ops.push(op([out.clone()]));
        Shaped { name: out, dims }
    }

    /// A weight of the layer `name`.
    pub fn weight(&mut self, name: &str, part: &str, shape: Vec<usize>, data: Vec<f32>) {
        self.tensors.insert(format!("{name}.{part}"), Array::from_floats(&Tensor { shape, data }));
    }

    /// The constant as an operand beside a tensor with `rank` dimensions (the batch counted): its sizes without the batch.
    pub fn constant(&mut self, near: &str, constant: &Constant, rank: usize) -> Result<Shaped, String> {
        let lacking = rank.checked_sub(constant.shape.len()).ok_or_else(|| format!("a constant of shape {:?} beside a tensor of {rank} dimensions", constant.shape))?;
        let shape = [&vec![1; lacking][..], &constant.shape].concat();
        if shape.first().is_some_and(|&batch| batch != 1) {
            return Err(format!("a constant of shape {:?} differs from image to image", constant.shape));
        }
        let dims = shape[1..].to_vec();
        let name = self.fresh(&format!("{near}/constant"));
        self.weight(&name, "value", dims.clone(), constant.as_floats());
        self.network.ops.push(Op::Constant { name: name.clone(), out: [name.clone()], shape: dims.clone() });
        Ok(Shaped { name, dims })
    }

    /// A constant in the sizes `dims` (without the batch), for an operand that cannot be repeated on the GPU.
    pub fn whole_constant(&mut self, near: &str, constant: &Constant, dims: &[usize]) -> Result<Shaped, String> {
        within(dims, self.most)?;
        let whole = expand(constant, &[&[1], dims].concat())?;
        self.constant(near, &whole, dims.len() + 1)
    }

    /// `input` in the sizes `dims`, as the tensor `out`.
    pub fn reshape(&mut self, out: String, input: &Shaped, dims: Vec<usize>) -> Shaped {
        let (from, shape) = (input.name.clone(), dims.clone());
        self.push(out, dims, |out| Op::Reshape { name: None, r#in: [from], out, shape })
    }

    /// `input` in other sizes on the way to `near`.
    pub fn viewed(&mut self, near: &str, input: &Shaped, dims: Vec<usize>) -> Shaped {
        if input.dims == dims {
            return input.clone();
        }
        let out = self.fresh(&format!("{near}/reshaped"));
        self.reshape(out, input, dims)
    }

    /// `input` with dimension `axes[i]` as dimension i (without the batch), as the tensor `out`.
    pub fn transpose(&mut self, out: String, input: &Shaped, axes: Vec<usize>) -> Shaped {
        let dims = axes.iter().map(|&axis| input.dims[axis]).collect();
        let from = input.name.clone();
        self.push(out, dims, |out| Op::Transpose { name: None, r#in: [from], out, axes })
    }

    /// `input` transposed on the way to `near`; itself where nothing moves.
    pub fn turned(&mut self, near: &str, input: &Shaped, axes: Vec<usize>) -> Shaped {
        if axes.iter().copied().eq(0..axes.len()) {
            return input.clone();
        }
        let out = self.fresh(&format!("{near}/transposed"));
        self.transpose(out, input, axes)
    }

    /// The tensor `out`, equal to `input`.
    pub fn identity(&mut self, out: String, input: &Shaped) -> Shaped {
        let from = input.name.clone();
        self.push(out, input.dims.clone(), |out| Op::Identity { name: None, r#in: [from], out })
    }
}

/// Axes that bring dimension `axis` of `rank` to the front, and those that bring it back.
pub(super) fn to_front(axis: usize, rank: usize) -> (Vec<usize>, Vec<usize>) {
    let forth: Vec<usize> = std::iter::once(axis).chain((0..rank).filter(|&i| i != axis)).collect();
    let mut back = vec![0; rank];
    for (at, &from) in forth.iter().enumerate() {
        back[from] = at;
    }
    (forth, back)
}

/// Whether all numbers of a constant are this one.
pub(super) fn all(constant: &Constant, number: f32) -> bool {
    match &constant.numbers {
        Numbers::Float(values) => values.iter().all(|&value| value == number),
        Numbers::Int(values) => values.iter().all(|&value| value as f32 == number),
    }
}
