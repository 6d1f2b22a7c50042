//! What each tensor of the file stands for, beside the network in the making.

use std::collections::{HashMap, HashSet};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::constants;
use super::file::{Net, Node};
use super::layout::{Laid, as_many};
use crate::graph::{Op, PadMode};
use crate::weights::assembly::{Assembly, Shaped};
use crate::weights::constant::{Constant, transpose};

/// What a tensor of the file stands for.
#[derive(Debug, Clone)]
pub(super) enum Value {
    /// Known at import.
    Constant(Arc<Constant>),
    /// Made of the image.
    Image(Laid),
    /// Of the image, and not done yet: what reads it may do it for nothing.
    Pending(Laid, Pending),
    /// An output of an operator that could not be read.
    Unknown,
}

/// What is put off.
#[derive(Debug, Clone)]
pub(super) enum Pending {
    /// Zeros around rows and columns: top, left, bottom, right.
    Pad([usize; 4]),
    /// The same values in other sizes, which would have to move for that.
    Reshape,
}

/// The network so far, which it derefs to, and the values of the file.
#[derive(Debug)]
pub(super) struct Builder<'n, 'b> {
    assembly: Assembly,
    pub net: &'n Net<'b>,
    values: Vec<Option<Value>>,
    /// What each tensor is called in the network.
    names: Vec<String>,
    /// What the answers are called.
    answers: HashMap<usize, String>,
    /// Tensors that the outputs are made of.
    pub needed: HashSet<usize>,
    /// Values of a constant at most.
    pub most: usize,
}

impl Deref for Builder<'_, '_> {
    type Target = Assembly;

    fn deref(&self) -> &Assembly {
        &self.assembly
    }
}

impl DerefMut for Builder<'_, '_> {
    fn deref_mut(&mut self) -> &mut Assembly {
        &mut self.assembly
    }
}

impl<'n, 'b> Builder<'n, 'b> {
    pub fn new(net: &'n Net<'b>, needed: HashSet<usize>, most: usize) -> Self {
        let mut assembly = Assembly::new();
        let called = |index: usize| net.tensors.get(index).map(|tensor| tensor.name).filter(|name| !name.is_empty());
        let called = |index: usize| called(index).map_or_else(|| format!("tensor_{index}"), str::to_owned);
        // Answers go by their names; what lies otherwise in the network than in the file has another until it is turned.
        let answers: HashMap<usize, String> = net
            .outputs
            .iter()
            .filter(|index| !net.inputs.contains(index))
            .map(|&index| (index, assembly.fresh(&called(index))))
            .collect();
        // Names that are there many times are told apart by their places.
        let mut seen = HashSet::new();
        let mut name = |index| match (answers.get(&index), called(index)) {
            (Some(name), _) => assembly.fresh(&format!("{name}/laid")),
            (None, name) if seen.insert(name.clone()) => assembly.fresh(&name),
            (None, name) => assembly.fresh(&format!("{name}_{index}")),
        };
        let names = (0..net.tensors.len()).map(&mut name).collect();
        Self { assembly, net, values: vec![None; net.tensors.len()], names, answers, needed, most }
    }

    pub fn into_assembly(self) -> Assembly {
        self.assembly
    }

    /// What tensor `index` is called in the network.
    pub fn name(&self, index: usize) -> String {
        self.names.get(index).cloned().unwrap_or_default()
    }

    /// What the answer of tensor `index` is called.
    pub fn answer(&self, index: usize) -> String {
        self.answers.get(&index).cloned().unwrap_or_else(|| self.name(index))
    }

    /// The name of the first tensor that `node` makes.
    pub fn out(&self, node: &Node<'_>) -> String {
        node.outputs.first().map(|&index| self.name(index)).unwrap_or_default()
    }

    /// The sizes that the file gives to the first tensor that `node` makes.
    pub fn out_shape(&self, node: &Node<'_>) -> Result<Vec<usize>, String> {
        let tensor = node.outputs.first().and_then(|&index| self.net.tensors.get(index)).ok_or("it makes nothing")?;
        tensor.shape()
    }

    pub fn set(&mut self, index: usize, value: Value) {
        if let Some(place) = self.values.get_mut(index) {
            *place = Some(value);
        }
    }

    /// Whether something made tensor `index`, or it is an input.
    pub fn is_made(&self, index: usize) -> bool {
        self.values.get(index).is_some_and(Option::is_some)
    }

    /// What tensor `index` stands for.
    pub fn value(&mut self, index: usize) -> Result<Value, String> {
        let tensor = self.net.tensors.get(index).ok_or("it reads a tensor that is not there")?;
        if let Some(Some(value)) = self.values.get(index) {
            return Ok(value.clone());
        }
        let constant = constants::read(tensor, self.most)?;
        let constant = constant.ok_or_else(|| format!("it reads `{}`, which nothing before it makes", tensor.name))?;
        let value = Value::Constant(Arc::new(constant));
        self.set(index, value.clone());
        Ok(value)
    }

    /// Input `at` of `node`, where there is one.
    pub fn optional(&mut self, node: &Node<'_>, at: usize) -> Result<Option<Value>, String> {
        match node.inputs.get(at) {
            Some(&Some(index)) => self.value(index).map(Some),
            _ => Ok(None),
        }
    }

    pub fn given(&mut self, node: &Node<'_>, at: usize) -> Result<Value, String> {
        self.optional(node, at)?.ok_or_else(|| format!("its input {at} is missing"))
    }

    pub fn known(&mut self, node: &Node<'_>, at: usize) -> Result<Arc<Constant>, String> {
        match self.given(node, at)? {
            Value::Constant(constant) => Ok(constant),
            _ => Err(format!("its input {at} is computed from the image: only a constant is read there")),
        }
    }

    pub fn optional_known(&mut self, node: &Node<'_>, at: usize) -> Result<Option<Arc<Constant>>, String> {
        if node.inputs.get(at).copied().flatten().is_none() { Ok(None) } else { self.known(node, at).map(Some) }
    }

    /// Input `at` of `node`, done.
    pub fn image(&mut self, node: &Node<'_>, at: usize) -> Result<Laid, String> {
        match node.inputs.get(at) {
            Some(&Some(index)) => self.made(index),
            _ => Err(format!("its input {at} is missing")),
        }
    }

    /// Tensor `index`, which is made of the image, done.
    pub fn made(&mut self, index: usize) -> Result<Laid, String> {
        let (laid, pending) = match self.value(index)? {
            Value::Image(laid) => return Ok(laid),
            Value::Pending(laid, pending) => (laid, pending),
            _ => return Err(format!("`{}` is a constant: it has no image", self.name(index))),
        };
        let laid = match pending {
            Pending::Pad(pads) => self.padded(&laid, pads, self.name(index))?,
            Pending::Reshape => {
                let shape = self.net.tensors.get(index).ok_or("no such tensor")?.shape()?;
                self.moved(&laid, shape, &self.name(index))?
            }
        };
        self.set(index, Value::Image(laid.clone()));
        Ok(laid)
    }

    fn padded(&mut self, laid: &Laid, [top, left, bottom, right]: [usize; 4], out: String) -> Result<Laid, String> {
        let axes = laid.with(&[1, 2]);
        let image = self.arranged(&out, laid, &axes);
        let of =
            |rows: usize, columns: usize| axes.iter().map(|&axis| [0, rows, columns].get(axis).copied().unwrap_or(0)).collect();
        let (before, after) = (of(top, left), of(bottom, right));
        let op =
            Op::Pad { name: None, r#in: [image.name.clone()], out: [out], before, after, mode: PadMode::Constant, value: 0.0 };
        let image = self.append(op, &[&image])?;
        let mut shape = laid.shape.clone();
        shape[1] += top + bottom;
        shape[2] += left + right;
        Ok(Laid { image, axes, shape })
    }

    /// The image with its dimensions those of the file's `wanted`, in that order; others are 1.
    pub fn arranged(&mut self, near: &str, laid: &Laid, wanted: &[usize]) -> Shaped {
        let wanted = wanted.to_vec();
        let long = |axes: &[usize]| axes.iter().copied().filter(|&axis| laid.shape[axis] != 1).collect::<Vec<_>>();
        if long(&laid.axes) == long(&wanted) {
            return self.viewed(near, &laid.image, laid.sizes(&wanted));
        }
        let there = laid.axes.iter().filter(|axis| wanted.contains(axis));
        let all: Vec<usize> = there.chain(wanted.iter().filter(|axis| !laid.axes.contains(axis))).copied().collect();
        let image = self.viewed(near, &laid.image, laid.sizes(&all));
        let order = wanted.iter().filter_map(|axis| all.iter().position(|own| own == axis)).collect();
        self.turned(near, &image, order)
    }

    /// The same in the order `axes`.
    pub fn laid(&mut self, near: &str, laid: &Laid, axes: Vec<usize>) -> Laid {
        let image = self.arranged(near, laid, &axes);
        Laid { image, axes, shape: laid.shape.clone() }
    }

    /// The same values in the sizes `shape` of the file, moved where they have to be.
    pub fn moved(&mut self, laid: &Laid, shape: Vec<usize>, near: &str) -> Result<Laid, String> {
        if !as_many(&laid.shape, &shape) {
            return Err(format!("{:?} does not become {shape:?}", laid.shape));
        }
        let (laid, axes) = match laid.regrouped(&shape) {
            Some(axes) => (laid.clone(), axes),
            None => {
                let mut order = laid.long();
                order.sort_unstable();
                let ordered = self.laid(near, laid, order);
                let axes = ordered.regrouped(&shape).ok_or_else(|| format!("{:?} does not become {shape:?}", ordered.shape))?;
                (ordered, axes)
            }
        };
        let dims = axes.iter().map(|&axis| shape[axis]).collect();
        let image = self.viewed(near, &laid.image, dims);
        Ok(Laid { image, axes, shape })
    }

    /// `constant` as an operand beside what has the dimensions `axes` of the file's: the sizes of each.
    pub fn beside(&self, constant: &Constant, axes: &[usize], rank: usize) -> Result<Constant, String> {
        let wrong = || format!("a constant of shape {:?} beside {rank} dimensions", constant.shape);
        let lacking = rank.checked_sub(constant.shape.len()).ok_or_else(wrong)?;
        let shape = [&vec![1; lacking][..], &constant.shape].concat();
        if (0..rank).any(|axis| !axes.contains(&axis) && shape[axis] != 1) {
            return Err(wrong());
        }
        let rest = (0..rank).filter(|axis| !axes.contains(axis));
        let order: Vec<usize> = axes.iter().copied().chain(rest).collect();
        let turned = transpose(&Constant { shape, numbers: constant.numbers.clone() }, &order);
        Ok(Constant { shape: turned.shape[..axes.len()].to_vec(), numbers: turned.numbers })
    }
}

/// An axis counted from the front.
pub(super) fn axis_of(axis: i64, rank: usize) -> Result<usize, String> {
    let from_front = if axis < 0 { axis.saturating_add(rank as i64) } else { axis };
    usize::try_from(from_front).ok().filter(|&axis| axis < rank).ok_or_else(|| format!("axis {axis} of {rank} dimensions"))
}
