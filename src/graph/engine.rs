//! A schedule on the processor: weights made ready once for every member, steps run one after the other in slabs.

use std::mem;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use super::Weights;
use super::folded::slopes;
use super::layers::{Layer, Method, both, ready, stride};
use super::pairs::pairs;
use super::resolve::{Graph, TensorId};
use super::room::{Memory, Room};
use super::schedule::{Schedule, Step, StepKind};
use super::slabs::{self, Slabs};
use crate::cpu::{self, Aligned, Cpu, Finish, Pixels, PixelsMut};
use crate::error::{Error, Result};
use crate::gpu::{Cost, Timing, Work};
use crate::host::Clock;
use crate::operators::Activation;
use crate::tensor::Tensor;

/// Bytes of weights up to which images are computed one by one: those of a network for phones. Larger ones are read once for all images.
const MOST_WEIGHTS: u64 = 12 << 20;
/// Layouts that are kept at most: they take long to find.
const MOST_LAYOUTS: usize = 32;

/// A scheduled graph with the weights of its members, for the processor.
#[derive(Debug)]
pub struct Engine {
    graph: Graph,
    schedule: Schedule,
    /// Of every step, the depthwise convolution that went into it.
    before: Vec<Option<Step>>,
    members: Vec<Vec<Layer>>,
    /// Of every member and step, those of PReLU between a pair and at its end.
    slopes: Vec<Vec<[Vec<f32>; 2]>>,
    /// Of every member, channels last.
    constants: Vec<Vec<(TensorId, Vec<f32>)>>,
    cpu: Cpu,
    /// Images are never computed one by one.
    together: bool,
    /// Of so many images and threads, where everything lies.
    layouts: Mutex<Vec<([usize; 2], Arc<Slabs>)>>,
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
        let mut schedule = Schedule::new(&graph, pinned);
        let before = pairs(&graph, &mut schedule);
        let steps = || schedule.steps.iter().zip(&before);
        let layers = |member: &&dyn Weights| {
            let each = steps().map(|(step, before)| match before {
                Some(before) => both(cpu, &graph, step, before, *member),
                None => ready(cpu, &graph, &schedule, step, *member, method),
            });
            each.collect::<Result<Vec<_>>>()
        };
        let own_slopes = |member: &&dyn Weights| {
            let of = |step: &Step| {
                let channels = match &step.kind {
                    StepKind::Conv { channels, .. } => *channels,
                    _ => graph.tensors[step.output].shape[0],
                };
                step.slopes.as_ref().map_or(Ok(Vec::new()), |name| slopes(*member, name, channels))
            };
            let each = steps().map(|(step, before)| Ok([before.as_ref().map_or(Ok(Vec::new()), of)?, of(step)?]));
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
                cpu::channels_last(&cpu.alone(), &value.data, info.shape[0], info.shape[1] * info.shape[2], &mut pixels);
                Ok((constant.output, pixels))
            });
            each.collect::<Result<Vec<_>>>()
        };
        let (layers, constants) =
            (members.iter().map(layers).collect::<Result<_>>()?, members.iter().map(constants).collect::<Result<_>>()?);
        let slopes = members.iter().map(own_slopes).collect::<Result<_>>()?;
        let layouts = Mutex::default();
        Ok(Self { before, members: layers, slopes, constants, graph, schedule, cpu: cpu.clone(), together: false, layouts })
    }

    /// The same with all images of a run at once, as where weights are large: tests run both.
    #[doc(hidden)]
    #[must_use]
    pub fn together(self) -> Self {
        Self { together: true, ..self }
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
        let slopes = self.slopes.get(member).map_or(&[][..], |slopes| slopes);
        let member = Member { layers, constants, slopes };
        memory.images = images;
        let threads = self.cpu.threads();
        // Whole rounds, one image a thread; what is left is shared among them.
        let alone = if self.apart(images, layers) { images / threads * threads } else { 0 };
        let mut spent: Vec<Spent> = Vec::new();
        let mut parts = Vec::new();
        if alone > 0 {
            let own: Vec<Mutex<&mut Room>> = memory.of(threads).map(Mutex::new).collect();
            let cpu = self.cpu.alone();
            let answers = self.cpu.map((0..alone).collect(), |image| {
                // One of them is free: there are as many as threads.
                let mut free = own.iter().filter_map(|room| room.try_lock().ok());
                let mut room = free.next().ok_or_else(|| Error::Defect("more threads than there are".into()))?;
                let mut spent = Vec::new();
                let answers = self.once(&cpu, member, (image..image + 1, images), inputs, wanted, &mut room, &mut spent)?;
                Ok((answers, spent))
            });
            for answer in answers {
                let (answers, times) = answer?;
                add(&mut spent, times, threads);
                parts.push(answers);
            }
        }
        if alone < images || images == 0 {
            let mut times = Vec::new();
            let room = &mut memory.first;
            parts.push(self.once(&self.cpu, member, (alone..images, images), inputs, wanted, room, &mut times)?);
            add(&mut spent, times, 1);
        }
        for (index, ((code, begin, seconds), layer)) in spent.into_iter().zip(layers).enumerate() {
            let label = self.graph.tensors[self.schedule.steps[index].output].name.clone();
            said(Timing { label, shader: code, begin, seconds, work: self.work_of(index, layer, images) });
        }
        joined(parts)
    }

    /// Whether images are computed one after the other, each by one thread: weights stay in its cache, and tensors too.
    fn apart(&self, images: usize, layers: &[Layer]) -> bool {
        images > 1 && !self.together && layers.iter().map(Layer::bytes).sum::<u64>() <= MOST_WEIGHTS
    }

    /// Some images, counted from all of them, in `room`.
    #[expect(clippy::too_many_arguments, reason = "the parts of one run")]
    fn once(
        &self,
        cpu: &Cpu,
        member: Member<'_>,
        (range, all): (Range<usize>, usize),
        inputs: &[&Tensor],
        wanted: &[TensorId],
        room: &mut Room,
        spent: &mut Vec<Spent>,
    ) -> Result<Vec<Tensor>> {
        let images = range.len();
        let layout = self.layout(cpu, images, member.layers);
        let own = self.graph.tensors.iter().take(self.graph.inputs).map(|info| images * info.values());
        room.hold(layout.sizes.iter().map(|size| (size / 4) as usize), own);
        let Room { slabs, inputs: given } = room;
        // Another engine may have more of them.
        let given = given.get_mut(..self.graph.inputs).unwrap_or_default();
        cpu.run(|| {
            for ((input, info), to) in inputs.iter().zip(&self.graph.tensors).zip(given.iter_mut()) {
                let each = input.data.len() / all.max(1);
                let data = &input.data[range.start * each..range.end * each];
                cpu::channels_last(cpu, data, info.shape[0], info.shape[1] * info.shape[2], to);
            }
            let part = Reading { engine: self, cpu, images, layout: &layout, given, member };
            let start = Clock::start();
            for (index, (step, layer)) in self.schedule.steps.iter().zip(member.layers).enumerate() {
                let begin = start.elapsed().as_secs_f64();
                let code = part.step(index, step, layer, slabs)?;
                spent.push((code, begin, start.elapsed().as_secs_f64() - begin));
            }
            wanted.iter().map(|&id| part.answer(id, slabs)).collect()
        })
    }

    /// What the run of a member in `memory` cost.
    pub fn cost(&self, member: usize, memory: &Memory) -> Cost {
        let images = memory.images;
        let layers = self.members.get(member).map_or(&[][..], |layers| layers);
        let works = layers.iter().enumerate().map(|(index, layer)| self.work_of(index, layer, images));
        let work = works.fold(Work::default(), |sum, work| Work { flops: sum.flops + work.flops, bytes: sum.bytes + work.bytes });
        let slab_bytes = memory.slab_bytes();
        Cost { submissions: 1, images, dispatches: self.schedule.steps.len(), slab_bytes, work }
    }

    /// Operations of a step, and bytes that it reads and writes, each once.
    fn work_of(&self, index: usize, layer: &Layer, images: usize) -> Work {
        let step = &self.schedule.steps[index];
        let values = |id: TensorId| self.graph.tensors[id].values();
        let [channels, _, depth] = self.graph.tensors[step.inputs[0]].shape;
        let each = match &step.kind {
            StepKind::Conv { window, groups, .. } => channels / groups * window.kernel[0] * window.kernel[1],
            StepKind::LocalConv { window, .. } => channels * window.kernel[0] * window.kernel[1],
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
        let before = self.before.get(index).and_then(Option::as_ref).map_or(0, |before| match &before.kind {
            StepKind::Conv { window, .. } => images * values(before.output) * window.kernel[0] * window.kernel[1],
            _ => 0,
        });
        let [_, rows, columns] = self.graph.tensors[step.inputs[0]].shape;
        let weights = match layer {
            Layer::LocalConv(conv) => conv.read([rows, columns], [height, width]),
            _ => layer.bytes(),
        };
        Work { flops: 2 * (multiply_adds + before) as u64, bytes: 4 * (images * moved) as u64 + weights }
    }

    /// Where everything lies, for `images` computed by all threads of `cpu`.
    fn layout(&self, cpu: &Cpu, images: usize, layers: &[Layer]) -> Arc<Slabs> {
        let key = [images, cpu.threads()];
        let mut layouts = self.layouts.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, layout)) = layouts.iter().find(|(other, _)| *other == key) {
            return Arc::clone(layout);
        }
        let bytes = |id: TensorId| 4 * (images * self.schedule.shape(&self.graph, id).iter().product::<usize>()) as u64;
        let work = |at: usize| slabs::Work { bytes: [4 * self.work(cpu, at, &layers[at], images) as u64, 0], staged: false };
        let layout = Arc::new(Slabs::new(&self.schedule, bytes, work));
        if layouts.len() == MOST_LAYOUTS {
            layouts.remove(0);
        }
        layouts.push((key, Arc::clone(&layout)));
        layout
    }

    /// Floats that a step works with besides its tensors.
    fn work(&self, cpu: &Cpu, at: usize, layer: &Layer, images: usize) -> usize {
        let step = &self.schedule.steps[at];
        let [_, rows, columns] = self.graph.tensors[step.inputs[0]].shape;
        let [_, height, width] = self.graph.tensors[step.output].shape;
        match layer {
            Layer::Conv(conv) => conv.work(cpu, images, [rows, columns], [height, width]),
            Layer::Winograd(winograd) => winograd.work(images, [height, width]),
            Layer::Depthwise(depthwise) => depthwise.work(cpu, width),
            Layer::Separable(both) => both.work(cpu, width),
            Layer::LocalConv(conv) => conv.work(images, height * width),
            _ => 0,
        }
    }
}

/// What of the engine belongs to a member.
#[derive(Clone, Copy)]
struct Member<'r> {
    layers: &'r [Layer],
    constants: &'r [(TensorId, Vec<f32>)],
    slopes: &'r [[Vec<f32>; 2]],
}

/// What computed a step, when it began, and the seconds it took.
type Spent = (&'static str, f64, f64);

/// Adds what steps took for some images, of which `threads` were computed at the same time.
fn add(sum: &mut Vec<Spent>, times: Vec<Spent>, threads: usize) {
    if sum.is_empty() {
        sum.extend(times.into_iter().map(|(code, begin, seconds)| (code, begin, seconds / threads as f64)));
    } else {
        sum.iter_mut().zip(times).for_each(|(sum, (.., seconds))| sum.2 += seconds / threads as f64);
    }
}

/// The answers for some images after those for others.
fn joined(parts: Vec<Vec<Tensor>>) -> Result<Vec<Tensor>> {
    let mut parts = parts.into_iter();
    let mut all = parts.next().unwrap_or_default();
    for part in parts {
        for (all, part) in all.iter_mut().zip(part) {
            let mut shape = all.shape.clone();
            if let (Some(images), Some(more)) = (shape.first_mut(), part.shape.first()) {
                *images += more;
            }
            let mut data = mem::take(&mut all.data);
            data.extend(part.data);
            *all = Tensor::new(shape, data)?;
        }
    }
    Ok(all)
}

/// What the steps of a run read.
struct Reading<'r> {
    engine: &'r Engine,
    cpu: &'r Cpu,
    images: usize,
    layout: &'r Slabs,
    given: &'r [Aligned],
    member: Member<'r>,
}

impl Reading<'_> {
    /// A tensor to be read.
    fn view<'v>(&'v self, id: TensorId, slabs: &'v [Aligned]) -> Result<Pixels<'v>> {
        let (graph, schedule) = (&self.engine.graph, &self.engine.schedule);
        let [channels, height, width] = graph.tensors[id].shape;
        let alias = schedule.alias[id];
        let constant = self.member.constants.iter().find(|(constant, _)| *constant == alias);
        let (data, images) = match (self.given.get(alias), constant, self.layout.tensors[alias]) {
            (Some(given), ..) => (&given[..self.images * graph.tensors[alias].values()], self.images),
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
    fn answer(&self, id: TensorId, slabs: &[Aligned]) -> Result<Tensor> {
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
    fn step(&self, index: usize, step: &Step, layer: &Layer, slabs: &mut [Aligned]) -> Result<&'static str> {
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
        let done = self.compute(at, index, layer, slabs, data, workspace);
        slabs[place.slab] = made;
        if let Some(work) = work {
            slabs[work.slab] = between;
        }
        done
    }

    fn compute(
        &self,
        at: &str,
        index: usize,
        layer: &Layer,
        slabs: &[Aligned],
        data: &mut [f32],
        work: &mut [f32],
    ) -> Result<&'static str> {
        let Self { engine: Engine { graph, schedule, before, .. }, cpu, images, .. } = self;
        let step = &schedule.steps[index];
        let [between, slopes] = self.member.slopes.get(index).map_or([&[][..]; 2], |[between, slopes]| [between, slopes]);
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
        let finish = |residual| Finish { residual, activation: step.activation, slopes };
        // Sums and batch-norms end with ReLU, and with anything else behind it.
        let relu = step.activation == Activation::Relu;
        let code = match (&step.kind, layer) {
            (StepKind::Conv { .. }, Layer::Conv(conv)) => {
                conv.run(cpu, input, finish(second()?), out, work);
                "product"
            }
            (StepKind::Conv { .. }, Layer::Winograd(conv)) => {
                conv.run(cpu, input, finish(second()?), out, work);
                "winograd"
            }
            (StepKind::Conv { .. }, Layer::Depthwise(conv)) => {
                conv.run(cpu, input, finish(second()?), out, work);
                "depthwise"
            }
            (StepKind::Conv { .. }, Layer::Separable(conv)) => {
                let activation = before.get(index).and_then(Option::as_ref).map_or(Activation::None, |before| before.activation);
                let between = Finish { residual: None, activation, slopes: between };
                conv.run(cpu, input, [between, finish(second()?)], out, work);
                "separable"
            }
            (StepKind::Dense { pixels, .. }, Layer::Conv(conv)) => {
                let (columns, stride) = (input.channels * pixels, input.stride * pixels);
                if *pixels > 1 && input.stride != input.channels {
                    return Err(Error::Defect(format!("{at}: a dense layer reads a part of a tensor")));
                }
                let input = Pixels { size: [1, 1], channels: columns, stride, ..input };
                out.size = [1, 1];
                conv.run(cpu, input, finish(None), out, work);
                "dense"
            }
            (StepKind::ConvTranspose { .. }, Layer::ConvTranspose(conv)) => {
                conv.run(cpu, input, out);
                "conv_transpose"
            }
            (StepKind::LocalConv { .. }, Layer::LocalConv(conv)) => {
                conv.run(cpu, input, finish(None), out, work);
                "local_conv"
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
                | StepKind::LocalConv { .. }
                | StepKind::Dense { .. }
                | StepKind::Affine(_)
                | StepKind::Prelu { .. }
                | StepKind::Rearrange(_)
                | StepKind::Resample { .. }
                | StepKind::FractionalMaxPool { .. },
                _,
            ) => return Err(Error::Defect(format!("{at}: its weights were not made ready"))),
        };
        if matches!(step.kind, StepKind::Affine(_) | StepKind::Binary(_)) && !relu {
            cpu::activate(cpu, step.activation, slopes, out);
        }
        Ok(code)
    }
}
