//! The order and form in which a graph runs: batch-norm, residual and ReLU go into the convolution before them, concatenations are written in
//! place, tensors share slabs. A pinned tensor is never fused away.

use super::resolve::{Graph, Kind, TensorId};
use crate::kernels::{Binary, Lrn, Pooling, Unary};
use crate::window::Window;

/// A batch-norm by the name of its weights and its eps.
#[derive(Debug, Clone, PartialEq)]
pub struct Norm {
    /// Name of the weights.
    pub name: String,
    /// Added to the variance.
    pub eps: f64,
}

/// One dispatch.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it computes.
    pub kind: StepKind,
    /// Tensors it reads.
    pub inputs: Vec<TensorId>,
    /// Tensor it writes.
    pub output: TensorId,
    /// First channel of `output` it writes.
    pub channel: usize,
    /// ReLU at the end.
    pub relu: bool,
}

/// What a step computes.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields as in `Kind`")]
pub enum StepKind {
    /// A convolution; a second input is the residual.
    Conv {
        name: String,
        channels: usize,
        window: Window,
        groups: usize,
        bias: bool,
        norm: Option<Norm>,
    },
    /// A dense layer; `pixels` is H x W of an input that lies unflattened.
    Dense {
        name: String,
        channels: usize,
        bias: bool,
        pixels: usize,
    },
    /// A batch-norm on its own.
    Affine(Norm),
    Unary(Unary),
    Softmax,
    Pool {
        pooling: Pooling,
        window: Window,
        ceil: bool,
    },
    FractionalMaxPool {
        kernel: [usize; 2],
        sample: [f32; 2],
    },
    GlobalAverage,
    Lrn(Lrn),
    Binary(Binary),
    /// All channels into a slice of a concatenation.
    Copy,
    /// Logical order in one row.
    Flatten,
}

/// Steps in order, and the slab of every tensor they write.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Dispatches.
    pub steps: Vec<Step>,
    /// Slab of each tensor; `None` for the input and what was fused away.
    pub slabs: Vec<Option<usize>>,
    /// Number of slabs.
    pub slab_count: usize,
    /// What each tensor of the graph is another name of; itself mostly.
    pub alias: Vec<TensorId>,
}

struct Builder<'g> {
    graph: &'g Graph,
    alias: Vec<TensorId>,
    pinned: Vec<bool>,
    /// Nodes that read each tensor (a node that reads it twice counts twice).
    readers: Vec<Vec<usize>>,
    made: Vec<bool>,
    /// Tensors that a convolution writes straight into their concatenation.
    in_place: Vec<bool>,
    done: Vec<bool>,
    steps: Vec<Step>,
}

impl Schedule {
    /// Schedules `graph`; its outputs and `pinned` can be read afterwards.
    pub fn new(graph: &Graph, pinned: &[TensorId]) -> Self {
        let count = graph.tensors.len();
        let mut alias: Vec<TensorId> = (0..count).collect();
        for node in &graph.nodes {
            let source = alias[node.inputs[0]];
            let [_, height, width] = graph.tensors[source].shape;
            if node.kind == Kind::Identity || (node.kind == Kind::Flatten && height * width == 1) {
                alias[node.output] = source;
            }
        }
        let mut keep = vec![false; count];
        for &id in graph.outputs.iter().chain(pinned) {
            keep[alias[id]] = true;
        }
        let mut readers = vec![Vec::new(); count];
        for (index, node) in graph.nodes.iter().enumerate() {
            if alias[node.output] == node.output {
                node.inputs.iter().for_each(|&id| readers[alias[id]].push(index));
            }
        }
        let mut made = vec![false; count];
        made[0] = true;
        let mut builder = Builder {
            graph,
            alias,
            pinned: keep,
            readers,
            made,
            in_place: vec![false; count],
            done: vec![false; graph.nodes.len()],
            steps: Vec::new(),
        };
        for index in 0..graph.nodes.len() {
            builder.node(index);
        }
        let Builder { alias, pinned, steps, .. } = builder;
        let (slabs, slab_count) = colour(count, &steps, &pinned);
        Self { steps, slabs, slab_count, alias }
    }
}

impl<'g> Builder<'g> {
    fn node(&mut self, index: usize) {
        let node = &self.graph.nodes[index];
        if self.done[index] || self.alias[node.output] != node.output {
            return;
        }
        let inputs: Vec<TensorId> = node.inputs.iter().map(|&id| self.alias[id]).collect();
        let output = node.output;
        let step = |kind, relu, output| Step { kind, inputs: inputs.clone(), output, channel: 0, relu };
        match &node.kind {
            Kind::Conv { name, channels, window, groups, bias } => {
                let mut output = output;
                let mut norm = None;
                if let Some((next, Kind::BatchNorm { name, eps })) = self.only_reader(output) {
                    norm = Some(Norm { name: name.clone(), eps: *eps });
                    output = self.take(next);
                }
                let mut inputs = inputs.clone();
                if let Some((next, Kind::Binary(Binary::Add))) = self.only_reader(output) {
                    let other = self.graph.nodes[next].inputs.iter().map(|&id| self.alias[id]).find(|&id| id != output);
                    if let Some(other) =
                        other.filter(|&id| self.made[id] && self.graph.tensors[id].shape == self.graph.tensors[output].shape)
                    {
                        inputs.push(other);
                        output = self.take(next);
                    }
                }
                let relu = self.take_relu(&mut output);
                let kind = StepKind::Conv {
                    name: name.clone(),
                    channels: *channels,
                    window: *window,
                    groups: *groups,
                    bias: *bias,
                    norm,
                };
                self.push_in_place(Step { kind, inputs, output, channel: 0, relu });
            }
            Kind::BatchNorm { name, eps } => {
                let mut output = output;
                let relu = self.take_relu(&mut output);
                self.push(step(StepKind::Affine(Norm { name: name.clone(), eps: *eps }), relu, output));
            }
            Kind::Binary(function) => {
                let mut output = output;
                let relu = self.take_relu(&mut output);
                self.push(step(StepKind::Binary(*function), relu, output));
            }
            Kind::Dense { name, channels, bias } => {
                let mut output = output;
                let relu = self.take_relu(&mut output);
                self.push(step(
                    StepKind::Dense { name: name.clone(), channels: *channels, bias: *bias, pixels: 1 },
                    relu,
                    output,
                ));
            }
            Kind::Flatten => {
                // A dense layer reads the tensor as it lies: its weights are permuted instead.
                if let Some((next, Kind::Dense { name, channels, bias })) = self.only_reader(output) {
                    let [_, height, width] = self.graph.tensors[inputs[0]].shape;
                    let mut output = self.take(next);
                    let relu = self.take_relu(&mut output);
                    let kind = StepKind::Dense { name: name.clone(), channels: *channels, bias: *bias, pixels: height * width };
                    self.push(step(kind, relu, output));
                } else {
                    self.push(step(StepKind::Flatten, false, output));
                }
            }
            Kind::Concat => {
                let mut channel = 0;
                for &id in &inputs {
                    if !self.in_place[id] {
                        self.push(Step { kind: StepKind::Copy, inputs: vec![id], output, channel, relu: false });
                    }
                    channel += self.graph.tensors[id].shape[0];
                }
                self.made[output] = true;
            }
            Kind::Unary(function) => self.push(step(StepKind::Unary(*function), false, output)),
            Kind::Softmax => self.push(step(StepKind::Softmax, false, output)),
            Kind::Pool { pooling, window, ceil } => {
                self.push(step(StepKind::Pool { pooling: *pooling, window: *window, ceil: *ceil }, false, output));
            }
            Kind::FractionalMaxPool { kernel, sample } => {
                self.push(step(StepKind::FractionalMaxPool { kernel: *kernel, sample: *sample }, false, output));
            }
            Kind::Lrn(lrn) => self.push(step(StepKind::Lrn(*lrn), false, output)),
            Kind::GlobalAverage => self.push(step(StepKind::GlobalAverage, false, output)),
            Kind::Identity => {}
        }
    }

    fn push(&mut self, step: Step) {
        self.made[step.output] = true;
        self.steps.push(step);
    }

    /// Pushes a convolution, into the slice of a concatenation if that is all its output is for, the slice starts at a whole vec4 and no other
    /// part shares its last one.
    fn push_in_place(&mut self, mut step: Step) {
        let id = step.output;
        if let Some((next, Kind::Concat)) = self.only_reader(id) {
            let concat = &self.graph.nodes[next];
            let before = concat.inputs.iter().map(|&i| self.alias[i]).take_while(|&i| i != id);
            let channel: usize = before.map(|i| self.graph.tensors[i].shape[0]).sum();
            let channels = self.graph.tensors[id].shape[0];
            let last = channel + channels == self.graph.tensors[concat.output].shape[0];
            if channel.is_multiple_of(4) && (channels.is_multiple_of(4) || last) {
                step.output = concat.output;
                step.channel = channel;
                self.in_place[id] = true;
            }
        }
        self.made[id] = true;
        self.steps.push(step);
    }

    /// The only node that reads `id`, where nobody else may see the tensor.
    fn only_reader(&self, id: TensorId) -> Option<(usize, &'g Kind)> {
        match self.readers[id][..] {
            [next] if !self.pinned[id] => Some((next, &self.graph.nodes[next].kind)),
            _ => None,
        }
    }

    fn take(&mut self, index: usize) -> TensorId {
        self.done[index] = true;
        self.graph.nodes[index].output
    }

    fn take_relu(&mut self, output: &mut TensorId) -> bool {
        let Some((next, Kind::Unary(Unary::Relu))) = self.only_reader(*output) else { return false };
        *output = self.take(next);
        true
    }
}

/// A slab for every tensor that a step writes, shared where lifetimes do not meet. A step's inputs are alive while it runs, so that none lies
/// in the slab of its output.
fn colour(count: usize, steps: &[Step], pinned: &[bool]) -> (Vec<Option<usize>>, usize) {
    let mut last = vec![0; count];
    for (index, step) in steps.iter().enumerate() {
        step.inputs.iter().chain([&step.output]).for_each(|&id| last[id] = index);
    }
    let mut slabs: Vec<Option<usize>> = vec![None; count];
    let mut holders: Vec<Option<TensorId>> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        for holder in &mut holders {
            if holder.is_some_and(|id| !pinned[id] && last[id] < index) {
                *holder = None;
            }
        }
        if slabs[step.output].is_none() {
            let slab = holders.iter().position(Option::is_none).unwrap_or(holders.len());
            if slab == holders.len() {
                holders.push(None);
            }
            holders[slab] = Some(step.output);
            slabs[step.output] = Some(slab);
        }
    }
    let used = holders.len();
    (slabs, used)
}
