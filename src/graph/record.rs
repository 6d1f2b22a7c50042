//! A schedule on the GPU: weights made ready once for every member, dispatches recorded for a batch.

use super::Weights;
use super::prepare::{StepWeights, layer_of, prepare};
use super::resolve::{Graph, TensorId};
use super::schedule::{Schedule, Step, StepKind};
use crate::error::{Error, Result};
use crate::gpu::shader::BindingKind;
use crate::gpu::{Buffer, Gpu, Recording, Slice};
use crate::kernels::{self, Conv, ConvTranspose, ConvWeights, Dense, LocalConv, Pool, Tiling, Variant, View, WinogradBuffers};
use crate::operators::Window;
use crate::tensor::Precision;
use crate::timing::tuning;

/// A scheduled graph with the weights of its members on the GPU.
#[derive(Debug)]
pub struct Prepared {
    pub(super) graph: Graph,
    pub(super) schedule: Schedule,
    pub(super) weights: Vec<StepWeights>,
    /// Of every member, packed as a tensor of as many images.
    pub(super) constants: Vec<(TensorId, Buffer)>,
    pub(super) members: usize,
    pub(super) precision: Precision,
    reads: BindingKind,
    /// The tiled convolution that computes dense layers of many images.
    pub(super) tiles: Variant,
    gpu: Gpu,
}

impl Prepared {
    /// Schedules `graph`, folds and packs the weights of every member, and uploads them in `precision`. The graph's outputs and `pinned` can be read.
    ///
    /// # Errors
    /// [`Error::Model`] and [`Error::Shape`] where weights are missing or wrong, [`Error::Limit`] and [`Error::OutOfMemory`] where they do not fit,
    /// [`Error::Argument`] where f16 does not hold one.
    pub fn new(gpu: &Gpu, graph: Graph, members: &[&dyn Weights], pinned: &[TensorId], precision: Precision) -> Result<Self> {
        let schedule = Schedule::new(&graph, pinned);
        let weights =
            schedule.steps.iter().map(|step| prepare(gpu, &graph, step, members, precision)).collect::<Result<Vec<_>>>()?;
        let constants = graph.constants.iter().map(|constant| {
            let name = format!("{}.value", constant.name);
            let info = &graph.tensors[constant.output];
            let mut packed = Vec::new();
            for member in members {
                let value = member.tensor(&name)?;
                if value.shape != info.dims {
                    return Err(Error::shape(
                        &name,
                        format!("its shape is {:?}, the network wants {:?}", value.shape, info.dims),
                    ));
                }
                packed.extend(kernels::packed(&value.data, info.shape));
            }
            Ok((constant.output, gpu.upload(&name, &precision.bytes(&name, &packed)?)?))
        });
        let constants = constants.collect::<Result<Vec<_>>>()?;
        Ok(Self {
            graph,
            schedule,
            weights,
            constants,
            members: members.len(),
            precision,
            reads: kernels::reads(gpu.capabilities()),
            tiles: Variant::choose(gpu.capabilities(), precision, [64, 64], Window::square(1, 1), 1),
            gpu: gpu.clone(),
        })
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// How its weights and tensors lie in memory.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Appends the dispatches for the graph's `inputs` in its order, each `[members x images, C, H, W]`, and gives the views of `wanted`. What lies
    /// between is written to `slabs`, of the sizes of [`Prepared::slabs`] or larger: whoever records into the same slabs again overwrites the views.
    ///
    /// # Errors
    /// [`Error::Shape`] where the inputs are not the graph's or a slab is too small, [`Error::Argument`] where the batch is too large.
    pub fn record(&self, recording: &mut Recording, slabs: &[Slice], inputs: &[View], wanted: &[TensorId]) -> Result<Vec<View>> {
        let (graph, schedule) = (&self.graph, &self.schedule);
        let images = inputs.first().map_or(0, |input| input.images);
        for (info, input) in graph.tensors.iter().zip(inputs) {
            if [input.channels, input.height, input.width] != info.shape
                || input.images != images
                || input.precision != self.precision
            {
                return Err(Error::shape(&info.name, format!("the network reads {:?}, the input is {input:?}", info.shape)));
            }
        }
        if inputs.len() != graph.inputs || !images.is_multiple_of(self.members.max(1)) || images == 0 {
            let (given, wanted) = (inputs.len(), graph.inputs);
            return Err(Error::shape("inputs", format!("{given} of {wanted}, with {images} images of {} members", self.members)));
        }
        wanted.iter().try_for_each(|&id| graph.answers(id))?;
        let layout = self.layout(images);
        let sizes = &layout.sizes;
        if slabs.len() < sizes.len() || slabs.iter().zip(sizes).any(|(slab, &size)| slab.size < size) {
            return Err(Error::shape("slabs", format!("{} slabs for {images} images, {sizes:?} bytes are needed", slabs.len())));
        }
        let constants: Vec<(TensorId, Slice)> =
            self.constants.iter().map(|(id, buffer)| (*id, recording.shared(&graph.tensors[*id].name, buffer))).collect();
        let view = |id: TensorId| -> Result<View> {
            // An alias may have other sizes of as many channels and pixels.
            let [channels, height, width] = graph.tensors[id].shape;
            let part = schedule.part(graph, id).is_some();
            let id = schedule.alias[id];
            // Whoever reads siblings says which.
            let channels = if part { schedule.channels[id] } else { channels };
            let constant = constants.iter().find(|(constant, _)| *constant == id);
            match (inputs.get(id), constant, layout.tensors[id]) {
                (Some(input), ..) => Ok(View { channels, height, width, ..*input }),
                (_, Some(&(_, slice)), _) => {
                    Ok(View { slice, images: self.members, channels, height, width, precision: self.precision })
                }
                (.., Some(place)) => {
                    let slice = place.of(slabs);
                    Ok(View { slice, images, channels, height, width, precision: self.precision })
                }
                (.., None) => Err(Error::shape(&graph.tensors[id].name, "it was fused away: pin it to read it")),
            }
        };
        for ((step, weights), work) in schedule.steps.iter().zip(&self.weights).zip(&layout.work) {
            let work = work.map(|place| place.map(|place| place.of(slabs)));
            self.step(recording, step, weights, work, &view)?;
        }
        wanted.iter().map(|&id| view(id)).collect()
    }

    pub(super) fn convolution(&self, step: &Step, images: usize) -> Option<Conv> {
        let StepKind::Conv { channels, window, groups, .. } = &step.kind else { return None };
        Some(Conv {
            members: self.members,
            out_channels: *channels,
            window: *window,
            groups: *groups,
            activation: step.activation,
            out_c4_offset: step.channel / 4,
            reads: self.schedule.part(&self.graph, step.inputs[0]),
            tiling: self.tiling(step, images),
        })
    }

    /// The tiles that were measured to be the fastest.
    fn tiling(&self, step: &Step, images: usize) -> Option<Tiling> {
        let choices = self.gpu.choices()?;
        let layer = layer_of(&self.graph, step, self.members, images / self.members.max(1), self.precision)?;
        // Measured by `tune`, or not at all.
        tuning::known(&self.gpu, choices, layer).and_then(tuning::tiling)
    }

    /// Measures what is fastest for `images` of all members, where the device is to be tuned: before [`Prepared::slabs`] and [`Prepared::record`].
    ///
    /// # Errors
    /// The device's.
    pub fn tune(&self, images: usize) -> Result<()> {
        let Some(choices) = self.gpu.choices() else { return Ok(()) };
        for (step, weights) in self.schedule.steps.iter().zip(&self.weights) {
            if let StepWeights::Conv { variant, .. } = weights
                && variant.is_tiled()
                && let Some(layer) = layer_of(&self.graph, step, self.members, images / self.members.max(1), self.precision)
            {
                tuning::choose(&self.gpu, choices, layer)?;
            }
        }
        Ok(())
    }

    /// A convolution and its residual.
    fn conv(&self, step: &Step, images: usize, view: &dyn Fn(TensorId) -> Result<View>) -> Result<(Conv, Option<View>)> {
        let Some(conv) = self.convolution(step, images) else {
            return Err(Error::shape(&self.graph.tensors[step.output].name, "no convolution"));
        };
        Ok((conv, step.inputs.get(1).map(|&id| view(id)).transpose()?))
    }

    fn step(
        &self,
        recording: &mut Recording,
        step: &Step,
        weights: &StepWeights,
        work: [Option<Slice>; 2],
        view: &dyn Fn(TensorId) -> Result<View>,
    ) -> Result<()> {
        let at = self.graph.tensors[step.output].name.as_str();
        let output = view(step.output)?;
        let input = view(step.inputs[0])?;
        let members = self.members;
        let dispatch = match (&step.kind, weights) {
            (StepKind::Conv { .. }, StepWeights::Conv { variant, weights, bias }) => {
                let weights = ConvWeights {
                    variant: *variant,
                    weights: recording.shared(&format!("{at} weights"), weights),
                    bias: recording.shared(&format!("{at} bias"), bias),
                };
                let (conv, residual) = self.conv(step, input.images, view)?;
                let parts = conv.dispatches(at, input, weights, residual, output, work[0])?;
                parts.into_iter().for_each(|part| recording.dispatch(part));
                return Ok(());
            }
            (StepKind::Conv { .. }, StepWeights::Winograd { method, weights, zeros, bias }) => {
                let [Some(given), Some(made)] = work else {
                    return Err(Error::shape(at, "no workspace"));
                };
                let buffers = WinogradBuffers {
                    weights: recording.shared(&format!("{at} weights"), weights),
                    zeros: recording.shared(&format!("{at} zeros"), zeros),
                    bias: recording.shared(&format!("{at} bias"), bias),
                    workspace: [given, made],
                };
                let (conv, residual) = self.conv(step, input.images, view)?;
                let parts = method.dispatches(at, &conv, input, buffers, residual, output)?;
                parts.into_iter().for_each(|part| recording.dispatch(part));
                return Ok(());
            }
            (StepKind::Dense { .. }, StepWeights::Dense(parts)) => {
                for part in parts {
                    let layer = Dense {
                        variant: part.rows.variant,
                        tiles: self.tiles,
                        members,
                        outputs: part.rows.outputs,
                        tile: part.rows.tile,
                        weights: recording.shared(&format!("{at} weights"), &part.weights),
                        bias: recording.shared(&format!("{at} bias"), &part.bias),
                        activation: step.activation,
                    };
                    let parts = kernels::dense(at, layer, input, output, work[0])?;
                    parts.into_iter().for_each(|part| recording.dispatch(part));
                }
                return Ok(());
            }
            (StepKind::LocalConv { window, .. }, StepWeights::LocalConv(variant, parts)) => {
                for part in parts {
                    let layer = LocalConv {
                        variant: *variant,
                        members,
                        outputs: part.outputs,
                        window: *window,
                        weights: recording.shared(&format!("{at} weights"), &part.weights),
                        bias: recording.shared(&format!("{at} bias"), &part.bias),
                        activation: step.activation,
                    };
                    recording.dispatch(layer.dispatch(at, input, output)?);
                }
                return Ok(());
            }
            (StepKind::FractionalMaxPool { kernel, .. }, StepWeights::Places(starts)) => {
                let starts = recording.shared(&format!("{at} starts"), starts);
                kernels::fractional_max_pool(at, *kernel, starts, input, output)?
            }
            (StepKind::Lrn(lrn), _) => kernels::lrn(at, *lrn, self.reads, input, output)?,
            (StepKind::Affine(_), StepWeights::Pair(scale, shift)) => {
                let (scale, shift) = (recording.shared("scale", scale), recording.shared("shift", shift));
                kernels::affine(at, members, [scale, shift], step.activation, input, output)?
            }
            (StepKind::Unary(function), _) => kernels::unary(at, *function, input, output)?,
            (StepKind::Softmax, _) => kernels::softmax(at, input, output)?,
            (StepKind::LogSoftmax, _) => kernels::log_softmax(at, input, output)?,
            (StepKind::ArgMax, _) => kernels::arg_max(at, input, output)?,
            (StepKind::Matmul, _) => {
                let right = step.inputs.get(1).map_or(Ok(input), |&id| view(id))?;
                kernels::matmul(at, input, right, output)?
            }
            (StepKind::Pool { pooling, window, ceil }, _) => {
                let pool = Pool { pooling: *pooling, window: *window, ceil: *ceil, reads: self.reads };
                kernels::pool(at, pool, input, output)?
            }
            (StepKind::GlobalAverage, _) => kernels::global_average(at, input, output)?,
            (StepKind::Binary(function), weights) => {
                let right = step.inputs.get(1).map_or(Ok(input), |&id| view(id))?;
                let slopes = match weights {
                    StepWeights::Slope(slopes) => Some((members, recording.shared(&format!("{at} slopes"), slopes))),
                    _ => None,
                };
                kernels::binary(at, *function, [input, right], output, step.activation, slopes)?
            }
            (StepKind::Copy, _) => kernels::copy(at, input, output, input.images, (0, 0), step.channel)?,
            (StepKind::Rearrange(to), _) => kernels::rearrange(at, to, input, output)?,
            (StepKind::Resample { .. }, StepWeights::Places(taps)) => {
                let taps = recording.shared(&format!("{at} taps"), taps);
                kernels::resample(at, taps, input, output)?
            }
            (StepKind::Prelu { .. }, StepWeights::Slope(slope)) => {
                let slope = recording.shared(&format!("{at} slope"), slope);
                kernels::prelu(at, members, slope, input, output)?
            }
            (StepKind::ConvTranspose { channels, window, groups, .. }, StepWeights::Pair(weights, bias)) => {
                let weights = recording.shared(&format!("{at} weights"), weights);
                let bias = recording.shared(&format!("{at} bias"), bias);
                let layer = ConvTranspose { members, out_channels: *channels, window: *window, groups: *groups, weights, bias };
                layer.dispatch(at, input, output)?
            }
            (
                StepKind::Conv { .. }
                | StepKind::ConvTranspose { .. }
                | StepKind::LocalConv { .. }
                | StepKind::Dense { .. }
                | StepKind::Affine(_)
                | StepKind::Prelu { .. }
                | StepKind::Resample { .. }
                | StepKind::FractionalMaxPool { .. },
                _,
            ) => {
                return Err(Error::shape(at, "its weights were not prepared"));
            }
        };
        recording.dispatch(dispatch);
        Ok(())
    }
}
