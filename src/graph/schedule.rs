//! The order and form in which a graph runs: batch-norm, residual and ReLU go into the convolution before them, siblings are one convolution,
//! concatenations are written in place. A pinned tensor is never fused away.
//!
//! Pooling is a step of its own, and no fused one was measured: it takes 1 to 2 % of a network's time on lavapipe and 2 to 9 % on an H200, the more the fewer
//! the images (`moue bench --kernels`, benches/results/nvidia-h200.json). Of GoogLeNet's it is 7 to 10 %, most of it by windows of 3 x 3 with stride 1: a
//! convolution that pooled as it reads would read nine times as much.

use super::resolve::{Graph, Kind, TensorId};
use crate::operators::{Binary, Lrn, Pooling, Rearrange, Resampling, Unary, Window};

/// A batch-norm by the name of its weights and its eps.
#[derive(Debug, Clone, PartialEq)]
pub struct Norm {
    /// Name of the weights.
    pub name: String,
    /// Added to the variance.
    pub eps: f64,
}

/// The weights of a convolution, and the batch-norm that is folded into them.
#[derive(Debug, Clone, PartialEq)]
pub struct ConvLayer {
    /// Name of the weights.
    pub name: String,
    /// Output channels.
    pub channels: usize,
    /// Whether it has a bias.
    pub bias: bool,
    /// The batch-norm behind it.
    pub norm: Option<Norm>,
}

/// One dispatch.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it computes.
    pub kind: StepKind,
    /// Tensors it reads, by the names of the graph: [`Schedule::alias`] says where they lie.
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
    /// A convolution; a second input is the residual. Of siblings there are several layers, whose channels follow one another.
    Conv {
        layers: Vec<ConvLayer>,
        channels: usize,
        window: Window,
        groups: usize,
    },
    ConvTranspose {
        name: String,
        channels: usize,
        window: Window,
        groups: usize,
        bias: bool,
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
    Prelu {
        name: String,
    },
    Softmax,
    LogSoftmax,
    ArgMax,
    Matmul,
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
    Rearrange(Rearrange),
    Resample {
        how: Resampling,
        scale: Option<[f32; 2]>,
    },
}

/// Steps in order, and the tensors they write.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Dispatches.
    pub steps: Vec<Step>,
    /// Whether each tensor can be read afterwards.
    pub pinned: Vec<bool>,
    /// What each tensor of the graph is another name or a part of; itself mostly.
    pub alias: Vec<TensorId>,
    /// The first channel of each tensor in what it is a part of.
    pub first_channel: Vec<usize>,
    /// Channels of what lies under the name of each tensor: of siblings, those of all under the first's.
    pub channels: Vec<usize>,
}

pub(super) struct Builder<'g> {
    pub graph: &'g Graph,
    pub alias: Vec<TensorId>,
    pub pinned: Vec<bool>,
    /// Nodes that read each tensor (a node that reads it twice counts twice).
    pub readers: Vec<Vec<usize>>,
    pub made: Vec<bool>,
    /// Tensors that a convolution writes straight into their concatenation.
    in_place: Vec<bool>,
    pub done: Vec<bool>,
    pub steps: Vec<Step>,
    /// The outputs of siblings.
    pub siblings: Vec<Vec<TensorId>>,
}

impl Schedule {
    /// Schedules `graph`; its outputs and `pinned` can be read afterwards.
    pub fn new(graph: &Graph, pinned: &[TensorId]) -> Self {
        let count = graph.tensors.len();
        let mut alias: Vec<TensorId> = (0..count).collect();
        for node in &graph.nodes {
            let source = alias[node.inputs[0]];
            // The same channels of the same pixels lie in the same order, whatever the sizes are called.
            let [from, to] = [source, node.output].map(|id| graph.tensors[id].shape);
            if node.kind == Kind::Identity || (node.kind == Kind::Reshape && from[0] == to[0]) {
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
        made[..graph.inputs].fill(true);
        let mut builder = Builder {
            graph,
            alias,
            pinned: keep,
            readers,
            made,
            in_place: vec![false; count],
            done: vec![false; graph.nodes.len()],
            steps: Vec::new(),
            siblings: Vec::new(),
        };
        for index in 0..graph.nodes.len() {
            builder.node(index);
        }
        let Builder { mut alias, pinned, steps, siblings, .. } = builder;
        let mut channels: Vec<usize> = graph.tensors.iter().map(|tensor| tensor.shape[0]).collect();
        let mut first_channel = vec![0; count];
        for outputs in siblings {
            let mut first = 0;
            for output in outputs.iter().copied() {
                for (alias, own) in alias.iter_mut().zip(&mut first_channel).filter(|(alias, _)| **alias == output) {
                    (*alias, *own) = (outputs[0], first);
                }
                first += graph.tensors[output].shape[0];
            }
            channels[outputs[0]] = first;
        }
        Self { steps, pinned, alias, first_channel, channels }
    }

    /// Channels, rows and columns of what lies under the name of a tensor.
    pub fn shape(&self, graph: &Graph, id: TensorId) -> [usize; 3] {
        let [_, height, width] = graph.tensors[id].shape;
        [self.channels[id], height, width]
    }

    /// The first and the number of the channels of a tensor, where it is a part of what lies there.
    pub fn part(&self, graph: &Graph, id: TensorId) -> Option<[usize; 2]> {
        let [channels, ..] = graph.tensors[id].shape;
        (self.channels[self.alias[id]] != channels).then_some([self.first_channel[id], channels])
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
        let step = |kind, relu, output| Step { kind, inputs: node.inputs.clone(), output, channel: 0, relu };
        match &node.kind {
            Kind::Conv { .. } if self.siblings(index) => {}
            Kind::Conv { name, channels, window, groups, bias } => {
                let mut output = output;
                let mut norm = None;
                if let Some((next, Kind::BatchNorm { name, eps })) = self.only_reader(output) {
                    norm = Some(Norm { name: name.clone(), eps: *eps });
                    output = self.take(next);
                }
                let mut inputs = node.inputs.clone();
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
                let layers = vec![ConvLayer { name: name.clone(), channels: *channels, bias: *bias, norm }];
                let kind = StepKind::Conv { layers, channels: *channels, window: *window, groups: *groups };
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
            Kind::Reshape => {
                // A dense layer reads the tensor as it lies: its weights are permuted instead.
                let shape = self.graph.tensors[node.inputs[0]].shape;
                if let (Some((next, Kind::Dense { name, channels, bias })), 1) =
                    (self.only_reader(output), self.graph.tensors[output].dims.len())
                {
                    let [_, height, width] = shape;
                    let mut output = self.take(next);
                    let relu = self.take_relu(&mut output);
                    let kind = StepKind::Dense { name: name.clone(), channels: *channels, bias: *bias, pixels: height * width };
                    self.push(step(kind, relu, output));
                } else {
                    self.push(step(StepKind::Rearrange(Rearrange::reshape(shape.iter().product())), false, output));
                }
            }
            Kind::Rearrange(to) => {
                // What is made in logical order can be written in any sizes.
                let mut output = output;
                if let Some((next, Kind::Reshape)) = self.only_reader(output) {
                    output = self.take(next);
                }
                self.push(step(StepKind::Rearrange(to.clone()), false, output));
            }
            Kind::Resample { how, scale } => self.push(step(StepKind::Resample { how: *how, scale: *scale }, false, output)),
            Kind::Prelu { name } => self.push(step(StepKind::Prelu { name: name.clone() }, false, output)),
            Kind::ConvTranspose { name, channels, window, groups, bias } => {
                let (name, window) = (name.clone(), *window);
                self.push(step(
                    StepKind::ConvTranspose { name, channels: *channels, window, groups: *groups, bias: *bias },
                    false,
                    output,
                ));
            }
            Kind::Concat => {
                let mut channel = 0;
                for (&id, &part) in inputs.iter().zip(&node.inputs) {
                    if !self.in_place[id] {
                        self.push(Step { kind: StepKind::Copy, inputs: vec![part], output, channel, relu: false });
                    }
                    channel += self.graph.tensors[id].shape[0];
                }
                self.made[output] = true;
            }
            Kind::Unary(function) => self.push(step(StepKind::Unary(*function), false, output)),
            Kind::Softmax => self.push(step(StepKind::Softmax, false, output)),
            Kind::LogSoftmax => self.push(step(StepKind::LogSoftmax, false, output)),
            Kind::ArgMax => self.push(step(StepKind::ArgMax, false, output)),
            Kind::Matmul => self.push(step(StepKind::Matmul, false, output)),
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

    /// The only node that reads `id`, in the sizes that it has, where nobody else may see the tensor.
    pub fn only_reader(&self, id: TensorId) -> Option<(usize, &'g Kind)> {
        let [next] = self.readers[id][..] else { return None };
        let node = &self.graph.nodes[next];
        let same = |&part: &TensorId| self.alias[part] != id || self.graph.tensors[part].shape == self.graph.tensors[id].shape;
        (!self.pinned[id] && node.inputs.iter().all(same)).then_some((next, &node.kind))
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
