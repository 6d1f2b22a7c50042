//! The order and form in which a graph runs: batch-norm, residual and activation go into the convolution before them, the first and the last into a locally
//! connected layer, siblings are one convolution,
//! concatenations are written in place, zeros around a tensor are pads of the convolution behind them, and zeros behind its channels are a residual of fewer. A
//! pinned tensor is never fused away.
//!
//! Pooling is a step of its own, and no fused one was measured: it takes 1 to 2 % of a network's time on lavapipe and 2 to 9 % on an H200, the more the fewer
//! the images (`moue bench --kernels`, benches/results/nvidia-h200.json). Of GoogLeNet's it is 7 to 10 %, most of it by windows of 3 x 3 with stride 1: a
//! convolution that pooled as it reads would read nine times as much.

use super::resolve::{Graph, Kind, TensorId};
use crate::operators::{Activation, Binary, Lrn, Pooling, Rearrange, Resampling, Unary, Window};

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
    /// At the end: of convolutions, dense layers, batch-norms and functions of two tensors.
    pub activation: Activation,
    /// Name of the weights of PReLU, where that is the activation.
    pub slopes: Option<String>,
}

/// What a step does at its end: its activation, and the weights of PReLU.
pub(super) type End = (Activation, Option<String>);

impl Step {
    /// One that writes from channel 0 on.
    pub(super) fn new(kind: StepKind, inputs: Vec<TensorId>, output: TensorId, (activation, slopes): End) -> Self {
        Self { kind, inputs, output, channel: 0, activation, slopes }
    }
}

/// What a step computes.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "fields as in `Kind`")]
pub enum StepKind {
    /// A convolution; a second input is the residual, which may have fewer channels, whole vec4s: it is added to the first. Of siblings there are several layers, whose channels follow one another.
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
    /// A locally connected layer, and the batch-norm that is folded into it.
    LocalConv {
        name: String,
        channels: usize,
        window: Window,
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
    /// The node that makes each tensor.
    maker: Vec<Option<usize>>,
    /// Tensors that a convolution writes straight into their concatenation.
    in_place: Vec<bool>,
    pub done: Vec<bool>,
    pub steps: Vec<Step>,
    /// The outputs of siblings.
    pub siblings: Vec<Vec<TensorId>>,
    /// The node of each tensor that is another with zeros around it, and that no step has needed as it is.
    pub waiting: Vec<Option<usize>>,
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
        let mut maker = vec![None; count];
        graph.nodes.iter().enumerate().for_each(|(index, node)| maker[node.output] = Some(index));
        let mut made = vec![false; count];
        made[..graph.inputs].fill(true);
        let mut builder = Builder {
            graph,
            alias,
            pinned: keep,
            readers,
            made,
            maker,
            in_place: vec![false; count],
            done: vec![false; graph.nodes.len()],
            steps: Vec::new(),
            siblings: Vec::new(),
            waiting: vec![None; count],
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
        let step = |kind, end, output| Step::new(kind, node.inputs.clone(), output, end);
        match &node.kind {
            Kind::Conv { .. } if self.siblings(index) => {}
            Kind::Conv { name, channels, window, groups, bias } => {
                let mut output = output;
                let norm = self.take_norm(&mut output);
                let (mut inputs, mut window) = (node.inputs.clone(), *window);
                if let Some((source, [before, after])) = self.zeros_around(inputs[0])
                    && before[0] + after[0] == 0
                {
                    let more = [before[1], before[2], after[1], after[2]];
                    window.pad.iter_mut().zip(more).for_each(|(pad, more)| *pad += more);
                    inputs = vec![source];
                }
                if let Some((next, Kind::Binary(Binary::Add))) = self.only_reader(output) {
                    let other = self.graph.nodes[next].inputs.iter().map(|&id| self.alias[id]).find(|&id| id != output);
                    if let Some(other) = other {
                        self.ahead(other);
                    }
                    if let Some(other) =
                        other.filter(|&id| self.made[id] && self.graph.tensors[id].shape == self.graph.tensors[output].shape)
                    {
                        let fewer = self.zeros_around(other).filter(|&(source, [before, after])| {
                            let whole = self.graph.tensors[source].shape[0].is_multiple_of(4);
                            whole && before == [0; 3] && after[1..] == [0; 2]
                        });
                        inputs.push(fewer.map_or(other, |(source, _)| source));
                        output = self.take(next);
                    }
                }
                let end = self.take_activation(&mut output);
                let layers = vec![ConvLayer { name: name.clone(), channels: *channels, bias: *bias, norm }];
                let kind = StepKind::Conv { layers, channels: *channels, window, groups: *groups };
                self.push_in_place(Step::new(kind, inputs, output, end));
            }
            Kind::BatchNorm { name, eps } => {
                let mut output = output;
                let end = self.take_activation(&mut output);
                self.push(step(StepKind::Affine(Norm { name: name.clone(), eps: *eps }), end, output));
            }
            Kind::Binary(function) => {
                let mut output = output;
                let end = self.take_activation(&mut output);
                self.push(step(StepKind::Binary(*function), end, output));
            }
            Kind::Dense { name, channels, bias } => {
                let mut output = output;
                let end = self.take_activation(&mut output);
                self.push(step(StepKind::Dense { name: name.clone(), channels: *channels, bias: *bias, pixels: 1 }, end, output));
            }
            Kind::Reshape => {
                // A dense layer reads the tensor as it lies: its weights are permuted instead.
                let shape = self.graph.tensors[node.inputs[0]].shape;
                if let (Some((next, Kind::Dense { name, channels, bias })), 1) =
                    (self.only_reader(output), self.graph.tensors[output].dims.len())
                {
                    let [_, height, width] = shape;
                    let mut output = self.take(next);
                    let end = self.take_activation(&mut output);
                    let kind = StepKind::Dense { name: name.clone(), channels: *channels, bias: *bias, pixels: height * width };
                    self.push(step(kind, end, output));
                } else {
                    self.push(step(StepKind::Rearrange(Rearrange::reshape(shape.iter().product())), End::default(), output));
                }
            }
            Kind::Rearrange(to) if self.can_wait(output) && around(self.graph, node.inputs[0], output, to).is_some() => {
                self.made[output] = true;
                self.waiting[output] = Some(index);
            }
            Kind::Rearrange(to) => {
                // What is made in logical order can be written in any sizes.
                let mut output = output;
                if let Some((next, Kind::Reshape)) = self.only_reader(output) {
                    output = self.take(next);
                }
                self.push(step(StepKind::Rearrange(to.clone()), End::default(), output));
            }
            Kind::Resample { how, scale } => {
                self.push(step(StepKind::Resample { how: *how, scale: *scale }, End::default(), output))
            }
            Kind::Prelu { name } => self.push(step(StepKind::Prelu { name: name.clone() }, End::default(), output)),
            Kind::ConvTranspose { name, channels, window, groups, bias } => {
                let (name, window) = (name.clone(), *window);
                self.push(step(
                    StepKind::ConvTranspose { name, channels: *channels, window, groups: *groups, bias: *bias },
                    End::default(),
                    output,
                ));
            }
            Kind::LocalConv { name, channels, window, bias } => {
                let mut output = output;
                let norm = self.take_norm(&mut output);
                let end = self.take_activation(&mut output);
                let (name, window) = (name.clone(), *window);
                self.push(step(StepKind::LocalConv { name, channels: *channels, window, bias: *bias, norm }, end, output));
            }
            Kind::Concat => {
                let mut channel = 0;
                for (&id, &part) in inputs.iter().zip(&node.inputs) {
                    if !self.in_place[id] {
                        self.push(Step { channel, ..Step::new(StepKind::Copy, vec![part], output, End::default()) });
                    }
                    channel += self.graph.tensors[id].shape[0];
                }
                self.made[output] = true;
            }
            Kind::Unary(function) => self.push(step(StepKind::Unary(*function), End::default(), output)),
            Kind::Softmax => self.push(step(StepKind::Softmax, End::default(), output)),
            Kind::LogSoftmax => self.push(step(StepKind::LogSoftmax, End::default(), output)),
            Kind::ArgMax => self.push(step(StepKind::ArgMax, End::default(), output)),
            Kind::Matmul => self.push(step(StepKind::Matmul, End::default(), output)),
            Kind::Pool { pooling, window, ceil } => {
                self.push(step(StepKind::Pool { pooling: *pooling, window: *window, ceil: *ceil }, End::default(), output));
            }
            Kind::FractionalMaxPool { kernel, sample } => {
                self.push(step(StepKind::FractionalMaxPool { kernel: *kernel, sample: *sample }, End::default(), output));
            }
            Kind::Lrn(lrn) => self.push(step(StepKind::Lrn(*lrn), End::default(), output)),
            Kind::GlobalAverage => self.push(step(StepKind::GlobalAverage, End::default(), output)),
            Kind::Identity => {}
        }
    }

    fn push(&mut self, step: Step) {
        self.make(&step.inputs);
        self.made[step.output] = true;
        self.steps.push(step);
    }

    /// Makes `id` before its turn, where what is cheap makes it of a tensor that is there: a residual that a convolution then takes in.
    fn ahead(&mut self, id: TensorId) {
        if self.made[id] {
            return;
        }
        let cheap = |kind: &Kind| matches!(kind, Kind::Rearrange(_) | Kind::Resample { .. } | Kind::Pool { .. });
        let Some(index) = self.maker[id] else { return };
        let node = &self.graph.nodes[index];
        if !self.done[index] && cheap(&node.kind) && node.inputs.iter().all(|&input| self.made[self.alias[input]]) {
            self.node(index);
            self.done[index] = true;
        }
    }

    /// Pushes what waits among `inputs`.
    fn make(&mut self, inputs: &[TensorId]) {
        for &id in inputs {
            let Some(index) = self.waiting[self.alias[id]].take() else { continue };
            let node = &self.graph.nodes[index];
            if let Kind::Rearrange(to) = &node.kind {
                self.push(Step::new(StepKind::Rearrange(to.clone()), node.inputs.clone(), node.output, End::default()));
            }
        }
    }

    /// Whether some reader of a tensor may do without it.
    fn can_wait(&self, id: TensorId) -> bool {
        let without = |&reader: &usize| matches!(self.graph.nodes[reader].kind, Kind::Conv { .. } | Kind::Binary(Binary::Add));
        !self.pinned[id] && self.readers[id].iter().any(without)
    }

    /// What `id` is with zeros before and after its channels, rows and columns, where it waits.
    fn zeros_around(&self, id: TensorId) -> Option<(TensorId, [[usize; 3]; 2])> {
        let node = &self.graph.nodes[self.waiting[self.alias[id]]?];
        let Kind::Rearrange(to) = &node.kind else { return None };
        let same = self.graph.tensors[id].shape == self.graph.tensors[node.output].shape;
        Some((node.inputs[0], around(self.graph, node.inputs[0], node.output, to).filter(|_| same)?))
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
        self.make(&step.inputs);
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

    fn take_norm(&mut self, output: &mut TensorId) -> Option<Norm> {
        let (next, Kind::BatchNorm { name, eps }) = self.only_reader(*output)? else { return None };
        *output = self.take(next);
        Some(Norm { name: name.clone(), eps: *eps })
    }

    fn take_activation(&mut self, output: &mut TensorId) -> End {
        let Some((next, kind)) = self.only_reader(*output) else { return End::default() };
        let end = match kind {
            Kind::Unary(function) => Activation::of(*function).map(|activation| (activation, None)),
            Kind::Prelu { name } => Some((Activation::Prelu, Some(name.clone()))),
            _ => None,
        };
        if end.is_some() {
            *output = self.take(next);
        }
        end.unwrap_or_default()
    }
}

/// What `to` puts before and after the channels, rows and columns of `input` to make `output`, where that is zeros and nothing else.
fn around(graph: &Graph, input: TensorId, output: TensorId, to: &Rearrange) -> Option<[[usize; 3]; 2]> {
    let [from, made] = [input, output].map(|id| &graph.tensors[id]);
    let [before, after] = to.zeros_around(from.shape)?;
    let sizes = [0, 1, 2].map(|i| before[i] + from.shape[i] + after[i]);
    (from.dims.len() == 3 && sizes == made.shape).then_some([before, after])
}
