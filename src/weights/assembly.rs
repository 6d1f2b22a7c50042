//! A network in the making, as importers build it: operators, their weights, and names that are free.

use std::collections::{BTreeMap, BTreeSet};

use super::Array;
use crate::graph::{Graph, Network, Op};
use crate::tensor::Tensor;

/// A tensor of the network.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shaped {
    pub name: String,
    /// Without the batch.
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
pub(super) struct Assembly {
    pub network: Network,
    pub tensors: BTreeMap<String, Array>,
    /// Names of tensors.
    taken: BTreeSet<String>,
    /// Names of layers with weights.
    layers: BTreeSet<String>,
}

impl Assembly {
    pub fn new() -> Self {
        let network = Network { inputs: BTreeMap::new(), outputs: Vec::new(), ops: Vec::new() };
        Self { network, tensors: BTreeMap::new(), taken: BTreeSet::new(), layers: BTreeSet::new() }
    }

    /// The input `name`; sizes beyond what a graph takes are refused before anything is computed with them.
    pub fn input(&mut self, name: &str, dims: Vec<usize>) -> Result<Shaped, String> {
        if let Some(size) = dims.iter().find(|&&size| size == 0 || size > 1 << 16) {
            return Err(format!("a size of {size}: 1 to 65536 are possible"));
        }
        self.reserve(name);
        self.network.inputs.insert(name.to_owned(), dims.clone());
        Ok(Shaped { name: name.to_owned(), dims })
    }

    /// A tensor's name: `wanted`, or with a number behind it where it is taken.
    pub fn fresh(&mut self, wanted: &str) -> String {
        numbered(&mut self.taken, wanted)
    }

    /// The same for a layer with weights.
    pub fn layer(&mut self, wanted: &str) -> String {
        numbered(&mut self.layers, wanted)
    }

    /// Keeps a name that the file gives to a tensor of its own.
    pub fn reserve(&mut self, name: &str) {
        self.taken.insert(name.to_owned());
    }

    /// Appends the operator that makes `dims`; its tensor is called `out`.
    pub fn push(&mut self, out: String, dims: Vec<usize>, op: impl FnOnce([String; 1]) -> Op) -> Shaped {
        self.network.ops.push(op([out.clone()]));
        Shaped { name: out, dims }
    }

    /// Appends an operator that reads `inputs`, whose sizes the rules of the graph find.
    pub fn append(&mut self, op: Op, inputs: &[&Shaped]) -> Result<Shaped, String> {
        let dims = inferred(&op, inputs)?;
        let name = op.tensors().1.to_owned();
        self.network.ops.push(op);
        Ok(Shaped { name, dims })
    }

    /// A weight of the layer `name`.
    pub fn weight(&mut self, name: &str, part: &str, shape: Vec<usize>, data: Vec<f32>) {
        self.tensors.insert(format!("{name}.{part}"), Array::from_floats(&Tensor { shape, data }));
    }

    /// A tensor of the file in the sizes `dims` (without the batch), beside the tensor `near`.
    pub fn constant(&mut self, near: &str, dims: Vec<usize>, data: Vec<f32>) -> Shaped {
        let name = self.fresh(&format!("{near}/constant"));
        self.weight(&name, "value", dims.clone(), data);
        self.network.ops.push(Op::Constant { name: name.clone(), out: [name.clone()], shape: dims.clone() });
        Shaped { name, dims }
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

    /// `count` positions of dimension `axis` (without the batch) from `start` on by `step`, as the tensor `out`.
    pub fn slice(&mut self, out: String, input: &Shaped, axis: usize, start: usize, count: usize, step: i64) -> Shaped {
        let mut dims = input.dims.clone();
        dims[axis] = count;
        let from = input.name.clone();
        self.push(out, dims, |out| Op::Slice { name: None, r#in: [from], out, axis, start, count, step })
    }

    /// `parts` one after another along dimension `axis` (without the batch), as the tensor `out`.
    pub fn concat(&mut self, out: String, parts: &[Shaped], axis: usize) -> Result<Shaped, String> {
        let first = parts.first().ok_or("it reads nothing")?;
        let rank = first.dims.len();
        if axis >= rank
            || parts.iter().any(|part| part.dims.len() != rank || (0..rank).any(|i| i != axis && part.dims[i] != first.dims[i]))
        {
            let sizes: Vec<_> = parts.iter().map(|part| &part.dims).collect();
            return Err(format!("{sizes:?} do not concatenate along axis {}", axis + 1));
        }
        let join = |assembly: &mut Self, parts: Vec<Shaped>, out: String| {
            let mut dims = parts[0].dims.clone();
            dims[0] = parts.iter().map(|part| part.dims[0]).sum();
            assembly.push(out, dims, |out| Op::Concat {
                name: None,
                r#in: parts.into_iter().map(|part| part.name).collect(),
                out,
            })
        };
        if axis == 0 {
            return Ok(join(self, parts.to_vec(), out));
        }
        let (forth, back) = to_front(axis, rank);
        let turned = parts.iter().map(|part| self.turned(&out, part, forth.clone())).collect();
        let inner = self.fresh(&format!("{out}/joined"));
        let made = join(self, turned, inner);
        Ok(self.transpose(out, &made, back))
    }

    /// Softmax, or its logarithm, along dimension `axis` (without the batch), as the tensor `out`.
    pub fn softmax(&mut self, out: String, input: &Shaped, axis: usize, logarithm: bool) -> Shaped {
        let push = |assembly: &mut Self, input: &Shaped, out: String| {
            let (name, r#in) = (None, [input.name.clone()]);
            assembly.push(out, input.dims.clone(), |out| {
                if logarithm { Op::LogSoftmax { name, r#in, out } } else { Op::Softmax { name, r#in, out } }
            })
        };
        if axis == 0 {
            return push(self, input, out);
        }
        let (forth, back) = to_front(axis, input.dims.len());
        let turned = self.turned(&out, input, forth);
        let inner = self.fresh(&format!("{out}/softmax"));
        let made = push(self, &turned, inner);
        self.transpose(out, &made, back)
    }
}

/// Values of a tensor of these sizes; more than can be counted are as many as can, which the graph refuses.
pub(super) fn volume(dims: &[usize]) -> usize {
    dims.iter().fold(1, |product: usize, &size| product.saturating_mul(size))
}

/// Leaves out what no output needs.
pub(super) fn prune(network: &mut Network) {
    let mut needed: BTreeSet<String> = network.outputs.iter().cloned().collect();
    let mut kept = Vec::new();
    for op in std::mem::take(&mut network.ops).into_iter().rev() {
        let (inputs, out) = op.tensors();
        if needed.contains(out) {
            needed.extend(inputs.iter().cloned());
            kept.push(op);
        }
    }
    kept.reverse();
    network.ops = kept;
}

fn numbered(taken: &mut BTreeSet<String>, wanted: &str) -> String {
    let mut name = wanted.to_owned();
    let mut number = 2;
    while !taken.insert(name.clone()) {
        name = format!("{wanted}_{number}");
        number += 1;
    }
    name
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

/// The sizes that `op` makes of `inputs`, by the rules of the graph.
pub(super) fn inferred(op: &Op, inputs: &[&Shaped]) -> Result<Vec<usize>, String> {
    let inputs = inputs.iter().map(|input| (input.name.clone(), input.dims.clone())).collect();
    let (_, out) = op.tensors();
    let network = Network { inputs, outputs: vec![out.to_owned()], ops: vec![op.clone()] };
    let graph = Graph::new(&network).map_err(|error| error.to_string())?;
    Ok(graph.tensors.last().map(|info| info.dims.clone()).unwrap_or_default())
}
