//! A schedule on the processor: weights made ready once for every member, steps run one after the other in slabs.

use std::mem;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::Weights;
use super::folded::slopes;
use super::layers::{Layer, Method, ready, stride};
use super::resolve::{Graph, TensorId};
use super::schedule::{Schedule, Step, StepKind};
use super::slabs::{self, Slabs};
use crate::cpu::{self, Cpu, Finish, Pixels, PixelsMut};
use crate::error::{Error, Result};
use crate::gpu::{Cost, Timing, Work};
use crate::host::Clock;
use crate::operators::Activation;
use crate::tensor::Tensor;

/// A scheduled graph with the weights of its members, for the processor.
#[derive(Debug)]
pub struct Engine {
    graph: Graph,
    schedule: Schedule,
    members: Vec<Vec<Layer>>,
    /// Of every member and step, those of PReLU at its end.
    slopes: Vec<Vec<Vec<f32>>>,
    /// Of every member, channels last.
    constants: Vec<Vec<(TensorId, Vec<f32>)>>,
    cpu: Cpu,
    /// No other has it: memory that another left has other slabs.
    number: usize,
}

/// Memory that a run works in; it is kept for the next one of the same engine.
#[derive(Debug, Default)]
pub struct Memory {
    /// The engine's number, and the images of the run; none before the first.
    made_for: Option<(usize, usize)>,
    layout: Slabs,
    slabs: Vec<Vec<f32>>,
    /// Inputs, channels last.
    inputs: Vec<Vec<f32>>,
}

impl Memory {
    /// Fills it with numbers that are none: what a run reads before it wrote it shows in its answers.
    #[doc(hidden)]
    pub fn poison(&mut self) {
        self.slabs.iter_mut().chain(&mut self.inputs).for_each(|slab| slab.fill(f32::NAN));
    }

    /// Bytes that it holds.
    pub fn bytes(&self) -> u64 {
        self.slabs.iter().chain(&self.inputs).map(|slab| 4 * slab.len() as u64).sum()
    }
}

impl Engine {
    /// Schedules `graph`, folds and packs the weights of every member. The graph's outputs and `pinned` can be read.
    ///
    /// # Errors
    /// [`Error::Model`] and [`Error::Shape`] where weights are missing or wrong.
    pub fn new(cpu: &Cpu, graph: Graph, members: &[&dyn Weights], pinned: &[TensorId]) -> Result<Self> {
        Self::by(cpu, graph, members, pinned, None)
    }

    /// As [`Engine::new`], with convolutions computed by `method` where that is given.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn by(cpu: &Cpu, graph: Graph, members: &[&dyn Weights], pinned: &[TensorId], method: Option<Method>) -> Result<Self> {
        let schedule = Schedule::new(&graph, pinned);
        let layers = |member: &&dyn Weights| {
            schedule.steps.iter().map(|step| ready(cpu, &graph, &schedule, step, *member, method)).collect::<Result<Vec<_>>>()
        };
        let own_slopes = |member: &&dyn Weights| {
            let each = schedule.steps.iter().map(|step| {
                let channels = match &step.kind {
                    StepKind::Conv { channels, .. } => *channels,
                    _ => graph.tensors[step.output].shape[0],
                };
                step.slopes.as_ref().map_or(Ok(Vec::new()), |name| slopes(*member, name, channels))
            });
            each.collect::<Result<Vec<_>>>()
        };
        let constants = |member: &&dyn Weights| {
            let each = graph.constants.iter().map(|constant| {
                let name = format!("{}.value", constant.name);
                let (value, info) = (member.tensor(&name)?, &graph.tensors[constant.output]);
                if value.shape != info.dims {
                    let shape = value.shape;
                    return Err(Error::shape(&name, format!("its shape is {shape:?}, the network wants {:?}", info.dims)));
                }
                let mut pixels = vec![0.0; value.data.len()];
                cpu::channels_last(&value.data, info.shape[0], info.shape[1] * info.shape[2], &mut pixels);
                Ok((constant.output, pixels))
            });
            each.collect::<Result<Vec<_>>>()
        };
        let (layers, constants) =
            (members.iter().map(layers).collect::<Result<_>>()?, members.iter().map(constants).collect::<Result<_>>()?);
        let slopes = members.iter().map(own_slopes).collect::<Result<_>>()?;
        static NUMBERS: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        Ok(Self { members: layers, slopes, constants, graph, schedule, cpu: cpu.clone(), number })
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Bytes of the weights of all members.
    pub fn bytes(&self) -> u64 {
        let layers = self.members.iter().flatten().map(Layer::bytes).sum::<u64>();
        layers + self.constants.iter().flatten().map(|(_, values)| 4 * values.len() as u64).sum::<u64>()
    }

    /// Bytes of the largest tensor, for one image.
    pub fn largest(&self) -> u64 {
        self.graph.largest()
    }

    /// The tensors `wanted` of member `member` for the graph's inputs, each `[N, ...]`.
    ///
    /// # Errors
    /// [`Error::Shape`] where the inputs are not the graph's.
    pub fn run(&self, member: usize, inputs: &[&Tensor], wanted: &[TensorId], memory: &mut Memory) -> Result<Vec<Tensor>> {
        self.timed(member, inputs, wanted, memory, &mut |_| {})
    }

    /// As [`Engine::run`], saying how long every step took.
    ///
    /// # Errors
    /// As [`Engine::run`].
    pub fn timed(
        &self,
        member: usize,
        inputs: &[&Tensor],
        wanted: &[TensorId],
        memory: &mut Memory,
        said: &mut (dyn FnMut(Timing) + Send),
    ) -> Result<Vec<Tensor>> {
        let images = self.graph.images(inputs)?;
        wanted.iter().try_for_each(|&id| self.graph.answers(id))?;
        let (Some(layers), Some(constants)) = (self.members.get(member), self.constants.get(member)) else {
            return Err(Error::shape("members", format!("there is no member {member}")));
        };
        self.make_room(images, layers, memory);
        let Memory { layout, slabs, inputs: given, .. } = memory;
        for ((input, info), to) in inputs.iter().zip(&self.graph.tensors).zip(given.iter_mut()) {
            cpu::channels_last(&input.data, info.shape[0], info.shape[1] * info.shape[2], to);
        }
        let slopes = self.slopes.get(member).map_or(&[][..], |slopes| slopes);
        let part = Reading { engine: self, images, layout, given, constants, slopes };
        self.cpu.run(|| {
            let start = Clock::start();
            for (index, (step, layer)) in self.schedule.steps.iter().zip(layers).enumerate() {
                let begin = start.elapsed().as_secs_f64();
                let code = part.step(index, step, layer, slabs)?;
                let seconds = start.elapsed().as_secs_f64() - begin;
                let label = self.graph.tensors[step.output].name.clone();
                said(Timing { label, shader: code, begin, seconds, work: self.work_of(step, layer, images) });
            }
            wanted.iter().map(|&id| part.answer(id, slabs)).collect()
        })
    }

    /// What the run of a member in `memory` cost.
    pub fn cost(&self, member: usize, memory: &Memory) -> Cost {
        let images = memory.made_for.map_or(0, |(_, images)| images);
        let layers = self.members.get(member).map_or(&[][..], |layers| layers);
        let works = self.schedule.steps.iter().zip(layers).map(|(step, layer)| self.work_of(step, layer, images));
        let work = works.fold(Work::default(), |sum, work| Work { flops: sum.flops + work.flops, bytes: sum.bytes + work.bytes });
        let slab_bytes = memory.layout.sizes.iter().sum();
        Cost { submissions: 1, images, dispatches: self.schedule.steps.len(), slab_bytes, work }
    }

    /// Operations of a step, and bytes that it reads and writes, each once.
    fn work_of(&self, step: &Step, layer: &Layer, images: usize) -> Work {
        let values = |id: TensorId| self.graph.tensors[id].values();
        let [channels, _, depth] = self.graph.tensors[step.inputs[0]].shape;
        let each = match &step.kind {
            StepKind::Conv { window, groups, .. } => channels / groups * window.kernel[0] * window.kernel[1],
            StepKind::Dense { pixels, .. } => channels * pixels,
            StepKind::ConvTranspose { window, groups, .. } => {
                channels / groups * window.kernel[0] * window.kernel[1] / (window.stride[0] * window.stride[1]).max(1)
            }
            StepKind::Matmul => depth,
            _ => 0,
        };
        let made = match &step.kind {
            // Siblings make more than the first of them.
            StepKind::Conv { channels, .. } => channels * values(step.output) / self.graph.tensors[step.output].shape[0].max(1),
            _ => values(step.output),
        };
        let [_, height, width] = self.graph.tensors[step.output].shape;
        let multiply_adds = match layer {
            Layer::Winograd(winograd) => winograd.multiply_adds(images, [height, width]),
            _ => images * each * made,
        };
        let moved = step.inputs.iter().map(|&id| values(id)).sum::<usize>() + made;
        Work { flops: 2 * multiply_adds as u64, bytes: 4 * (images * moved) as u64 + layer.bytes() }
    }

    /// Slabs for `images`.
    fn make_room(&self, images: usize, layers: &[Layer], memory: &mut Memory) {
        if memory.made_for == Some((self.number, images)) {
            return;
        }
        let layout = self.layout(images, layers);
        memory.slabs.resize_with(layout.sizes.len(), Vec::new);
        for (slab, &size) in memory.slabs.iter_mut().zip(&layout.sizes) {
            slab.resize((size / 4) as usize, 0.0);
        }
        let values = self.graph.tensors.iter().take(self.graph.inputs).map(|info| images * info.values());
        memory.inputs = values.map(|count| vec![0.0; count]).collect();
        (memory.layout, memory.made_for) = (layout, Some((self.number, images)));
    }

    fn layout(&self, images: usize, layers: &[Layer]) -> Slabs {
        let bytes = |id: TensorId| 4 * (images * self.schedule.shape(&self.graph, id).iter().product::<usize>()) as u64;
        let work = |at: usize| slabs::Work { bytes: [4 * self.work(at, &layers[at], images) as u64, 0], staged: false };
        Slabs::new(&self.schedule, bytes, work)
    }

    /// Floats that a step works with besides its tensors.
    fn work(&self, at: usize, layer: &Layer, images: usize) -> usize {
        let step = &self.schedule.steps[at];
        let [_, rows, columns] = self.graph.tensors[step.inputs[0]].shape;
        let [_, height, width] = self.graph.tensors[step.output].shape;
        match layer {
            Layer::Conv(conv) => conv.work(&self.cpu, images, [rows, columns], [height, width]),
            Layer::Winograd(winograd) => winograd.work(images, [height, width]),
            _ => 0,
        }
    }
}

/// What the steps of a run read.
struct Reading<'r> {
    engine: &'r Engine,
    images: usize,
    layout: &'r Slabs,
    given: &'r [Vec<f32>],
    constants: &'r [(TensorId, Vec<f32>)],
    slopes: &'r [Vec<f32>],
}

impl Reading<'_> {
    /// A tensor to be read.
    fn view<'v>(&'v self, id: TensorId, slabs: &'v [Vec<f32>]) -> Result<Pixels<'v>> {
        let (graph, schedule) = (&self.engine.graph, &self.engine.schedule);
        let [channels, height, width] = graph.tensors[id].shape;
        let alias = schedule.alias[id];
        let constant = self.constants.iter().find(|(constant, _)| *constant == alias);
        let (data, images) = match (self.given.get(alias), constant, self.layout.tensors[alias]) {
            (Some(given), ..) => (&given[..], self.images),
            (_, Some((_, values)), _) => (&values[..], 1),
            (.., Some(place)) => {
                let first = (place.offset / 4) as usize;
                (&slabs[place.slab][first..first + (place.bytes / 4) as usize], self.images)
            }
            (.., None) => return Err(Error::shape(&graph.tensors[id].name, "it was fused away: pin it to read it")),
        };
        let first = schedule.part(graph, id).map_or(0, |[first, _]| first);
        let stride = stride(graph, schedule, id);
        Ok(Pixels { data: &data[first..], images, size: [height, width], channels, stride })
    }

    /// A tensor in logical order.
    fn answer(&self, id: TensorId, slabs: &[Vec<f32>]) -> Result<Tensor> {
        let info = &self.engine.graph.tensors[id];
        let view = self.view(id, slabs)?;
        let mut data = vec![0.0; view.count() * view.channels];
        if view.stride == view.channels {
            cpu::channels_first(&view.data[..data.len()], view.channels, view.area(), &mut data);
        } else {
            let whole: Vec<f32> = (0..view.count()).flat_map(|pixel| view.pixel(pixel)).copied().collect();
            cpu::channels_first(&whole, view.channels, view.area(), &mut data);
        }
        Tensor::new(info.logical(view.images), data)
    }

    /// Runs a step; what computed it.
    fn step(&self, index: usize, step: &Step, layer: &Layer, slabs: &mut [Vec<f32>]) -> Result<&'static str> {
        let (graph, schedule) = (&self.engine.graph, &self.engine.schedule);
        let at = graph.tensors[step.output].name.as_str();
        let Some(place) = self.layout.tensors[schedule.alias[step.output]] else {
            return Err(Error::shape(at, "it lies nowhere"));
        };
        let [work, _] = self.layout.work[index];
        // Nothing that a step reads lies in a slab that it writes.
        let mut made = mem::take(&mut slabs[place.slab]);
        let mut between = work.map(|work| mem::take(&mut slabs[work.slab])).unwrap_or_default();
        let first = (place.offset / 4) as usize;
        let data = &mut made[first..first + (place.bytes / 4) as usize];
        let workspace = work.map_or(&mut [][..], |work| &mut between[(work.offset / 4) as usize..][..(work.bytes / 4) as usize]);
        let slopes = self.slopes.get(index).map_or(&[][..], |slopes| slopes);
        let done = self.compute(at, step, (layer, slopes), slabs, data, workspace);
        slabs[place.slab] = made;
        if let Some(work) = work {
            slabs[work.slab] = between;
        }
        done
    }

    fn compute(
        &self,
        at: &str,
        step: &Step,
        (layer, slopes): (&Layer, &[f32]),
        slabs: &[Vec<f32>],
        data: &mut [f32],
        work: &mut [f32],
    ) -> Result<&'static str> {
        let Self { engine: Engine { graph, schedule, cpu, .. }, images, .. } = self;
        let input = self.view(step.inputs[0], slabs)?;
        let [channels, height, width] = schedule.shape(graph, step.output);
        let stride = channels;
        let (first, channels) = match &step.kind {
            StepKind::Conv { channels, .. } => (step.channel, *channels),
            StepKind::Copy => (step.channel, input.channels),
            _ => (0, channels),
        };
        let mut output = PixelsMut { data, images: *images, size: [height, width], first, channels, stride };
        let out = &mut output;
        let second = || step.inputs.get(1).map(|&id| self.view(id, slabs)).transpose();
        let relu = step.activation == Activation::Relu;
        // What a product does not do itself is done behind it.
        let last = if relu { Activation::None } else { step.activation };
        let residual = if matches!(step.kind, StepKind::Conv { .. }) { second()? } else { None };
        let (same, fewer) = match residual {
            Some(residual) if residual.channels < channels => (None, Some(residual)),
            same => (same, None),
        };
        let later = fewer.is_some();
        let finish = Finish { residual: same, relu: relu && !later };
        let code = match (&step.kind, layer) {
            (StepKind::Conv { .. }, Layer::Conv(conv)) => {
                conv.run(cpu, input, finish, out, work);
                "product"
            }
            (StepKind::Conv { .. }, Layer::Winograd(conv)) => {
                conv.run(cpu, input, finish, out, work);
                "winograd"
            }
            (StepKind::Conv { .. }, Layer::Depthwise(conv)) => {
                conv.run(cpu, input, finish, out);
                "depthwise"
            }
            (StepKind::Dense { pixels, .. }, Layer::Conv(conv)) => {
                let (columns, stride) = (input.channels * pixels, input.stride * pixels);
                if *pixels > 1 && input.stride != input.channels {
                    return Err(Error::Defect(format!("{at}: a dense layer reads a part of a tensor")));
                }
                let input = Pixels { size: [1, 1], channels: columns, stride, ..input };
                out.size = [1, 1];
                conv.run(cpu, input, finish, out, work);
                "dense"
            }
            (StepKind::ConvTranspose { .. }, Layer::ConvTranspose(conv)) => {
                conv.run(cpu, input, out);
                "conv_transpose"
            }
            (StepKind::Affine(_), Layer::Affine(scale, shift)) => {
                cpu::affine(cpu, scale, shift, relu, input, out);
                "affine"
            }
            (StepKind::Prelu { .. }, Layer::Slope(slope)) => {
                cpu::prelu(cpu, slope, input, out);
                "prelu"
            }
            (StepKind::Rearrange(_), Layer::Moves(moves)) => {
                moves.run(cpu, input, out);
                "rearrange"
            }
            (StepKind::Resample { .. }, Layer::Resize(resize)) => {
                resize.run(cpu, input, out);
                "resample"
            }
            (StepKind::FractionalMaxPool { kernel, .. }, Layer::Starts([rows, columns])) => {
                cpu::fractional_max_pool(cpu, *kernel, [rows, columns], input, out);
                "fractional_max_pool"
            }
            (StepKind::Unary(function), _) => {
                cpu::unary(cpu, *function, input, out);
                "unary"
            }
            (StepKind::Softmax, _) => {
                cpu::softmax(cpu, input, out);
                "softmax"
            }
            (StepKind::LogSoftmax, _) => {
                cpu::log_softmax(cpu, input, out);
                "log_softmax"
            }
            (StepKind::ArgMax, _) => {
                cpu::arg_max(cpu, input, out);
                "arg_max"
            }
            (StepKind::Matmul, _) => {
                cpu::matmul(cpu, at, input, second()?.unwrap_or(input), out)?;
                "matmul"
            }
            (StepKind::Pool { pooling, window, .. }, _) => {
                cpu::pool(cpu, *pooling, *window, input, out);
                "pool"
            }
            (StepKind::GlobalAverage, _) => {
                cpu::global_average(cpu, input, out);
                "global_average"
            }
            (StepKind::Lrn(lrn), _) => {
                cpu::lrn(cpu, *lrn, input, out);
                "lrn"
            }
            (StepKind::Binary(function), _) => {
                cpu::binary(cpu, at, *function, [input, second()?.unwrap_or(input)], relu, out)?;
                "binary"
            }
            (StepKind::Copy, _) => {
                cpu::copy(cpu, input, out);
                "copy"
            }
            (
                StepKind::Conv { .. }
                | StepKind::ConvTranspose { .. }
                | StepKind::Dense { .. }
                | StepKind::Affine(_)
                | StepKind::Prelu { .. }
                | StepKind::Rearrange(_)
                | StepKind::Resample { .. }
                | StepKind::FractionalMaxPool { .. },
                _,
            ) => return Err(Error::Defect(format!("{at}: its weights were not made ready"))),
        };
        cpu::finish(cpu, fewer, if later { step.activation } else { last }, slopes, out);
        Ok(code)
    }
}
