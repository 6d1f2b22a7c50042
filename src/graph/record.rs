//! A schedule on the GPU: weights packed once for every member, dispatches recorded for a batch.

use super::Weights;
use super::interpret::batch_norm;
use super::resolve::{Graph, Kind, TensorId};
use super::schedule::{Norm, Schedule, Step, StepKind};
use crate::error::{Error, Result};
use crate::fractional::fractional_starts;
use crate::gpu::shader::BindingKind;
use crate::gpu::{Buffer, Choice, Gpu, Recording, Slice};
use crate::kernels::{
    self, Conv, ConvTranspose, ConvWeights, Dense, DenseVariant, Pool, Tiling, Variant, View, WINOGRAD_POINTS, Winograd,
    WinogradBuffers, WinogradShape,
};
use crate::precision::Precision;
use crate::resample::taps;
use crate::tensor::Tensor;
use crate::tuning::{self, Layer};

/// Bytes of dense weights that are read, packed and sent off together.
const MOST_PART: u64 = 1 << 24;

impl Graph {
    /// Bytes of the largest tensor of one image, as f32.
    pub fn largest(&self) -> u64 {
        self.tensors.iter().map(|t| View::bytes(Precision::F32, 1, t.shape[0], t.shape[1], t.shape[2])).max().unwrap_or(0)
    }
}

/// A scheduled graph with the weights of its members on the GPU.
#[derive(Debug)]
pub struct Prepared {
    graph: Graph,
    schedule: Schedule,
    weights: Vec<StepWeights>,
    /// Of every member, packed as a tensor of as many images.
    constants: Vec<(TensorId, Buffer)>,
    members: usize,
    precision: Precision,
    pool_reads: BindingKind,
    /// The tiled convolution that computes dense layers of many images.
    tiles: Variant,
    gpu: Gpu,
}

#[derive(Debug)]
enum StepWeights {
    None,
    Conv {
        variant: Variant,
        weights: Buffer,
        bias: Buffer,
    },
    Winograd {
        method: Winograd,
        weights: Buffer,
        zeros: Buffer,
        bias: Buffer,
    },
    Pair(Buffer, Buffer),
    Slope(Buffer),
    Dense(Vec<DensePart>),
    /// First rows and columns of the windows of a fractional pooling, or where the rows and columns of a resize read.
    Places(Buffer),
}

impl StepWeights {
    fn buffers(&self) -> Vec<&Buffer> {
        match self {
            Self::None => Vec::new(),
            Self::Conv { weights, bias, .. } => vec![weights, bias],
            Self::Winograd { weights, zeros, bias, .. } => vec![weights, zeros, bias],
            Self::Pair(first, second) => vec![first, second],
            Self::Slope(only) | Self::Places(only) => vec![only],
            Self::Dense(parts) => parts.iter().flat_map(|part| [&part.weights, &part.bias]).collect(),
        }
    }
}

/// Outputs `outputs.0..outputs.1` of a dense layer, and how their weights lie.
#[derive(Debug, Clone, Copy)]
struct DenseRows {
    variant: DenseVariant,
    precision: Precision,
    outputs: (usize, usize),
    tile: usize,
}

/// A part of a dense layer: no more than one binding holds.
#[derive(Debug)]
struct DensePart {
    rows: DenseRows,
    weights: Buffer,
    bias: Buffer,
}

impl Prepared {
    /// Schedules `graph`, folds and packs the weights of every member, and uploads them in `precision`. The graph's outputs and `pinned` can be read.
    ///
    /// # Errors
    /// [`Error::Model`] and [`Error::Shape`] where weights are missing or wrong, [`Error::Limit`] and [`Error::OutOfMemory`] where they do not fit.
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
            Ok((constant.output, gpu.upload(&name, &precision.bytes(&packed))?))
        });
        let constants = constants.collect::<Result<Vec<_>>>()?;
        Ok(Self {
            graph,
            schedule,
            weights,
            constants,
            members: members.len(),
            precision,
            pool_reads: kernels::pool_reads(gpu.capabilities()),
            tiles: if gpu.capabilities().integrated { Variant::SmallTile } else { Variant::Tile },
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

    /// Bytes of the largest packed weight of a convolution, for one member. Those of all members lie in one binding.
    pub fn largest_weight(graph: &Graph) -> u64 {
        let packed = |kind: &Kind, channels: usize| match kind {
            Kind::Conv { channels: out, window, groups, .. } | Kind::ConvTranspose { channels: out, window, groups, .. } => {
                let sides =
                    [out.next_multiple_of(64), (channels / groups).next_multiple_of(4), window.kernel[0], window.kernel[1]];
                sides.iter().fold(4_u64, |product, &n| product.saturating_mul(n as u64))
            }
            _ => 0,
        };
        graph.nodes.iter().map(|node| packed(&node.kind, graph.tensors[node.inputs[0]].shape[0])).max().unwrap_or(0)
    }

    /// Bytes on the device: weights as the kernels read them, and constants.
    pub fn bytes(&self) -> u64 {
        let weights = self.weights.iter().flat_map(StepWeights::buffers);
        weights.chain(self.constants.iter().map(|(_, buffer)| buffer)).map(Buffer::size).sum()
    }

    /// Bytes of the largest tensor, as f32, for one image of every member.
    pub fn largest(&self) -> u64 {
        // Sums of parts are bounded, and do not grow with the images.
        let winograd =
            self.schedule.steps.iter().zip(&self.weights).filter(|(_, weights)| matches!(weights, StepWeights::Winograd { .. }));
        let between =
            winograd.filter_map(|(step, _)| winograd_shape(&self.graph, step)).flat_map(|shape| shape.workspace(1)).max();
        self.members as u64 * self.graph.largest().max(between.unwrap_or(0))
    }

    /// Bytes of two more slabs for `images` of all members, where a step works with them.
    fn workspace(&self, images: usize) -> Option<[u64; 2]> {
        let steps = self.schedule.steps.iter().zip(&self.weights);
        let each = steps.filter_map(|(step, weights)| {
            let [channels, ..] = self.graph.tensors[step.inputs[0]].shape;
            let [_, height, width] = self.graph.tensors[step.output].shape;
            let only = |bytes: u64| (bytes > 0).then_some([bytes, 16]);
            match weights {
                StepWeights::Winograd { .. } => winograd_shape(&self.graph, step).map(|shape| shape.workspace(images)),
                StepWeights::Conv { variant, .. } => {
                    only(self.convolution(step, images)?.workspace(*variant, images, [height, width], channels))
                }
                StepWeights::Dense(parts) => {
                    let pixels = if let StepKind::Dense { pixels, .. } = step.kind { pixels } else { 1 };
                    let bytes = |part: &DensePart| {
                        let DenseRows { variant, outputs, tile, .. } = part.rows;
                        let (members, relu) = (self.members, step.relu);
                        let anywhere = Slice::default();
                        let tiles = self.tiles;
                        let layer = Dense { variant, tiles, members, outputs, tile, weights: anywhere, bias: anywhere, relu };
                        layer.workspace(images, pixels * channels.div_ceil(4))
                    };
                    only(parts.iter().map(bytes).max().unwrap_or(0))
                }
                _ => None,
            }
        });
        each.reduce(|most, own| [most[0].max(own[0]), most[1].max(own[1])])
    }

    /// Bytes of each slab that [`Prepared::record`] needs for `images`, all members counted.
    pub fn slabs(&self, images: usize) -> Vec<u64> {
        let size = |id: TensorId| {
            let [c, h, w] = self.graph.tensors[id].shape;
            View::bytes(self.precision, images, c, h, w)
        };
        let of = |slab| {
            (0..self.graph.tensors.len()).filter(|&id| self.schedule.slabs[id] == Some(slab)).map(size).max().unwrap_or(16)
        };
        let workspace = self.workspace(images).into_iter().flatten();
        (0..self.schedule.slab_count).map(of).chain(workspace).collect()
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
        let bytes = |id: TensorId| {
            let [c, h, w] = graph.tensors[id].shape;
            View::bytes(self.precision, images, c, h, w)
        };
        let sizes = self.slabs(images);
        if slabs.len() < sizes.len() || slabs.iter().zip(&sizes).any(|(slab, &size)| slab.size < size) {
            return Err(Error::shape("slabs", format!("{} slabs for {images} images, {sizes:?} bytes are needed", slabs.len())));
        }
        let constants: Vec<(TensorId, Slice)> =
            self.constants.iter().map(|(id, buffer)| (*id, recording.shared(&graph.tensors[*id].name, buffer))).collect();
        let view = |id: TensorId| -> Result<View> {
            // An alias may have other sizes of as many channels and pixels.
            let [channels, height, width] = graph.tensors[id].shape;
            let id = schedule.alias[id];
            let constant = constants.iter().find(|(constant, _)| *constant == id);
            match (inputs.get(id), constant, schedule.slabs[id]) {
                (Some(input), ..) => Ok(View { channels, height, width, ..*input }),
                (_, Some(&(_, slice)), _) => {
                    Ok(View { slice, images: self.members, channels, height, width, precision: self.precision })
                }
                (.., Some(slab)) => {
                    let slice = Slice { size: bytes(id), ..slabs[slab] };
                    Ok(View { slice, images, channels, height, width, precision: self.precision })
                }
                (.., None) => Err(Error::shape(&graph.tensors[id].name, "it was fused away: pin it to read it")),
            }
        };
        for (step, weights) in schedule.steps.iter().zip(&self.weights) {
            self.step(recording, step, weights, slabs, &view)?;
        }
        wanted.iter().map(|&id| view(id)).collect()
    }

    fn convolution(&self, step: &Step, images: usize) -> Option<Conv> {
        let StepKind::Conv { channels, window, groups, .. } = &step.kind else { return None };
        Some(Conv {
            members: self.members,
            out_channels: *channels,
            window: *window,
            groups: *groups,
            relu: step.relu,
            out_c4_offset: step.channel / 4,
            tiling: self.tiling(step, images),
        })
    }

    /// The tiles that were measured to be the fastest.
    fn tiling(&self, step: &Step, images: usize) -> Option<Tiling> {
        let choices = self.gpu.choices()?;
        let layer = layer_of(&self.graph, step, self.members, images / self.members.max(1), self.precision)?;
        // Measured by `tune`, or not at all.
        match tuning::known(&self.gpu, choices, layer)? {
            Choice::Tiled { side, parts } => Some(Tiling { side, parts }),
            Choice::Direct | Choice::Winograd => None,
        }
    }

    /// Measures what is fastest for `images` of all members, where the device is to be tuned: before [`Prepared::slabs`] and [`Prepared::record`].
    ///
    /// # Errors
    /// The device's; [`Error::Io`] where the choices cannot be kept.
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
        slabs: &[Slice],
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
                let parts =
                    conv.dispatches(at, input, weights, residual, output, slabs.get(self.schedule.slab_count).copied())?;
                parts.into_iter().for_each(|part| recording.dispatch(part));
                return Ok(());
            }
            (StepKind::Conv { .. }, StepWeights::Winograd { method, weights, zeros, bias }) => {
                let &[given, made, ..] = slabs.get(self.schedule.slab_count..).unwrap_or_default() else {
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
                        relu: step.relu,
                    };
                    let workspace = slabs.get(self.schedule.slab_count).copied();
                    let parts = kernels::dense(at, layer, input, output, workspace)?;
                    parts.into_iter().for_each(|part| recording.dispatch(part));
                }
                return Ok(());
            }
            (StepKind::FractionalMaxPool { kernel, .. }, StepWeights::Places(starts)) => {
                let starts = recording.shared(&format!("{at} starts"), starts);
                kernels::fractional_max_pool(at, *kernel, starts, input, output)?
            }
            (StepKind::Lrn(lrn), _) => kernels::lrn(at, *lrn, input, output)?,
            (StepKind::Affine(_), StepWeights::Pair(scale, shift)) => {
                let (scale, shift) = (recording.shared("scale", scale), recording.shared("shift", shift));
                kernels::affine(at, members, scale, shift, step.relu, input, output)?
            }
            (StepKind::Unary(function), _) => kernels::unary(at, *function, input, output)?,
            (StepKind::Softmax, _) => kernels::softmax(at, input, output)?,
            (StepKind::Pool { pooling, window, ceil }, _) => {
                let pool = Pool { pooling: *pooling, window: *window, ceil: *ceil, reads: self.pool_reads };
                kernels::pool(at, pool, input, output)?
            }
            (StepKind::GlobalAverage, _) => kernels::global_average(at, input, output)?,
            (StepKind::Binary(function), _) => {
                let right = step.inputs.get(1).map_or(Ok(input), |&id| view(id))?;
                kernels::binary(at, *function, input, right, output, step.relu)?
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

/// What Winograd's method needs to know of a step that it is good for.
fn winograd_shape(graph: &Graph, step: &Step) -> Option<WinogradShape> {
    let StepKind::Conv { channels, window, groups, .. } = &step.kind else { return None };
    let [input, ..] = graph.tensors[step.inputs[0]].shape;
    let [_, height, width] = graph.tensors[step.output].shape;
    WinogradShape::of(*window, *groups, [input, *channels], [height, width])
}

/// Winograd's method where it is good for the step, by what was measured or by its cost, and one image of all members fits.
fn winograd(gpu: &Gpu, graph: &Graph, step: &Step, members: usize, choice: Option<Choice>) -> Option<Winograd> {
    let (method, shape) = (Winograd::choose(gpu.capabilities())?, winograd_shape(graph, step)?);
    let pays = choice.map_or(shape.pays(), |choice| choice == Choice::Winograd);
    (pays && method.fits(shape, members, gpu.most_for(method.weights(), Precision::F32))).then_some(method)
}

/// A convolution as far as its time depends on it.
fn layer_of(graph: &Graph, step: &Step, members: usize, images: usize, precision: Precision) -> Option<Layer> {
    let StepKind::Conv { channels, window, groups, .. } = &step.kind else { return None };
    let [from, height, width] = graph.tensors[step.inputs[0]].shape;
    Some(Layer {
        members,
        // Numbers of images that are alike share what was measured.
        images: images.next_power_of_two(),
        channels: [from, *channels],
        input: [height, width],
        window: *window,
        groups: *groups,
        precision,
    })
}

fn prepare(gpu: &Gpu, graph: &Graph, step: &Step, members: &[&dyn Weights], precision: Precision) -> Result<StepWeights> {
    let at = graph.tensors[step.output].name.as_str();
    let upload = |what: &str, values: &[f32]| gpu.upload(&format!("{at} {what}"), bytemuck::cast_slice(values));
    let input = graph.tensors[step.inputs[0]].shape;
    match &step.kind {
        StepKind::Conv { name, channels, window, groups, bias, norm } => {
            let want = [*channels, input[0] / groups, window.kernel[0], window.kernel[1]];
            let parts =
                members.iter().map(|member| folded(*member, name, &want, *bias, norm.as_ref())).collect::<Result<Vec<_>>>()?;
            let pairs: Vec<(&Tensor, &[f32])> = parts.iter().map(|(w, b)| (w, &b[..])).collect();
            // Tiles are chosen for the number of images.
            let decided = Winograd::choose(gpu.capabilities()).and(layer_of(graph, step, members.len(), 1, precision));
            let choice = match (gpu.choices(), decided) {
                (Some(choices), Some(layer)) => tuning::choose(gpu, choices, layer)?,
                _ => None,
            };
            if let Some(method) = winograd(gpu, graph, step, members.len(), choice) {
                let weights: Vec<&Tensor> = parts.iter().map(|(weight, _)| weight).collect();
                let bias: Vec<f32> = parts.iter().flat_map(|(_, bias)| padded(bias)).collect();
                let bytes = method.weight_bytes([input[0], *channels], members.len());
                let buffer = gpu.reserve_for(method.weights(), Precision::F32, &format!("{at} weights"), bytes)?;
                // One product after the other: the host holds no whole layer of them.
                for point in 0..WINOGRAD_POINTS {
                    let packed = method.pack(at, &weights, point)?;
                    let offset = bytes / WINOGRAD_POINTS as u64 * point as u64;
                    gpu.write(&buffer, offset, bytemuck::cast_slice(&packed))?;
                }
                let zeros = upload("zeros", &vec![0.0; WINOGRAD_POINTS * bias.len()])?;
                return Ok(StepWeights::Winograd { method, weights: buffer, zeros, bias: upload("bias", &bias)? });
            }
            let variant = Variant::choose(gpu.capabilities(), input[0], *channels, *groups);
            let packed = variant.pack(at, &pairs, *groups)?;
            let label = format!("{at} weights");
            let weights = gpu.upload_for(variant.weights(), variant.stored(precision), &label, &packed.weights)?;
            Ok(StepWeights::Conv { variant, weights, bias: upload("bias", &packed.bias)? })
        }
        StepKind::Dense { name, channels, bias, pixels } => {
            let want = [*channels, input[0] * pixels];
            let biases = members.iter().map(|member| dense_bias(*member, name, &want, *bias)).collect::<Result<Vec<_>>>()?;
            // Outputs of one binding: whole tiles.
            let row = View::bytes(precision, members.len(), input[0], *pixels, 1);
            let variant = DenseVariant::choose(gpu.capabilities());
            let most = (gpu.most_for(variant.weights(), precision) / (4 * row).max(1)).max(1) as usize;
            let tile = match variant {
                DenseVariant::Stream => variant.tile(*channels),
                _ => variant.tile(*channels).min(most),
            };
            let each = 4 * tile * (most / tile).max(1);
            let parts = (0..*channels).step_by(each).map(|first| {
                let outputs = (first, (first + each).min(*channels));
                let bias: Vec<f32> = biases.iter().flat_map(|bias| padded(&bias[outputs.0..outputs.1])).collect();
                let rows = DenseRows { variant, precision, outputs, tile };
                let weights = upload_dense(gpu, at, members, &format!("{name}.weight"), *pixels, rows)?;
                Ok(DensePart { rows, weights, bias: upload("bias", &bias)? })
            });
            Ok(StepWeights::Dense(parts.collect::<Result<Vec<_>>>()?))
        }
        StepKind::Affine(norm) => {
            let (mut scales, mut shifts) = (Vec::new(), Vec::new());
            for member in members {
                let (scale, shift) = batch_norm(*member, &norm.name, norm.eps)?;
                if scale.len() != input[0] {
                    return Err(Error::shape(&norm.name, format!("{} channels, the tensor has {}", scale.len(), input[0])));
                }
                for (all, part) in [(&mut scales, scale), (&mut shifts, shift)] {
                    all.extend(part);
                    all.resize(all.len().next_multiple_of(4), 0.0);
                }
            }
            Ok(StepWeights::Pair(upload("scale", &scales)?, upload("shift", &shifts)?))
        }
        StepKind::Prelu { name } => {
            let mut slopes = Vec::new();
            for member in members {
                let slope = member.tensor(&format!("{name}.weight"))?;
                if slope.shape != [input[0]] {
                    return Err(Error::shape(name, format!("slopes {:?} of {} channels", slope.shape, input[0])));
                }
                slopes.extend(slope.data);
                slopes.resize(slopes.len().next_multiple_of(4), 0.0);
            }
            Ok(StepWeights::Slope(upload("slope", &slopes)?))
        }
        StepKind::ConvTranspose { name, channels, window, groups, bias } => {
            let want = [input[0], channels / groups, window.kernel[0], window.kernel[1]];
            let parts = members.iter().map(|member| layer(*member, name, &want, *bias, *channels)).collect::<Result<Vec<_>>>()?;
            let pairs: Vec<(&Tensor, &[f32])> = parts.iter().map(|(w, b)| (w, &b[..])).collect();
            let (weights, bias) = kernels::pack_conv_transpose(at, &pairs, *groups)?;
            Ok(StepWeights::Pair(upload("weights", &weights)?, upload("bias", &bias)?))
        }
        StepKind::Resample { how, scale } => {
            let [_, height, width] = graph.tensors[step.output].shape;
            let rows = taps(at, *how, input[1], height, scale.map(|scale| scale[0]))?;
            let columns = taps(at, *how, input[2], width, scale.map(|scale| scale[1]))?;
            let places = kernels::pack_taps(&rows, &columns);
            Ok(StepWeights::Places(gpu.upload(&format!("{at} taps"), bytemuck::cast_slice(&places))?))
        }
        StepKind::FractionalMaxPool { kernel, sample } => {
            let [_, height, width] = graph.tensors[step.output].shape;
            let mut starts = fractional_starts(at, input[1], height, kernel[0], sample[0])?;
            starts.extend(fractional_starts(at, input[2], width, kernel[1], sample[1])?);
            Ok(StepWeights::Places(gpu.upload(&format!("{at} starts"), bytemuck::cast_slice(&starts))?))
        }
        _ => Ok(StepWeights::None),
    }
}

fn padded(values: &[f32]) -> Vec<f32> {
    let mut padded = values.to_vec();
    padded.resize(values.len().next_multiple_of(4), 0.0);
    padded
}

/// The weights of a part of a dense layer of every member, read, packed and sent off a few tiles at a time: the host holds no whole layer.
fn upload_dense(gpu: &Gpu, at: &str, members: &[&dyn Weights], name: &str, pixels: usize, part: DenseRows) -> Result<Buffer> {
    let DenseRows { outputs: (first, end), tile, variant, precision } = part;
    let shape = members.first().map_or(Ok(Vec::new()), |member| member.shape(name))?;
    let row = View::bytes(precision, 1, shape.last().copied().unwrap_or(0) / pixels.max(1), pixels, 1);
    let tiles = (end - first).div_ceil(4 * tile);
    let bytes = |tiles: usize| 4 * tile as u64 * row * tiles as u64;
    let buffer = gpu.reserve_for(variant.weights(), precision, &format!("{at} weights"), members.len() as u64 * bytes(tiles))?;
    let together = (MOST_PART / bytes(1).max(1)).max(1) as usize;
    for (index, member) in members.iter().enumerate() {
        for start in (0..tiles).step_by(together) {
            let rows = first + 4 * tile * start..end.min(first + 4 * tile * (start + together));
            let packed = kernels::pack_dense(at, &member.rows(name, rows)?, pixels, tile)?;
            gpu.write(&buffer, bytes(index * tiles + start), &precision.bytes(&packed))?;
        }
    }
    Ok(buffer)
}

/// The bias of a dense layer whose weight has the sizes `want`.
fn dense_bias(member: &dyn Weights, name: &str, want: &[usize], bias: bool) -> Result<Vec<f32>> {
    let weight = format!("{name}.weight");
    let shape = member.shape(&weight)?;
    if shape != want {
        return Err(Error::shape(weight, format!("its shape is {shape:?}, the network wants {want:?}")));
    }
    let bias = if bias { member.tensor(&format!("{name}.bias"))?.data } else { vec![0.0; want[0]] };
    if bias.len() != want[0] {
        return Err(Error::shape(format!("{name}.bias"), format!("{} values, the network wants {}", bias.len(), want[0])));
    }
    Ok(bias)
}

/// The weight `want` and the bias of a layer of `outputs` channels.
fn layer(member: &dyn Weights, name: &str, want: &[usize], bias: bool, outputs: usize) -> Result<(Tensor, Vec<f32>)> {
    let weight = member.tensor(&format!("{name}.weight"))?;
    if weight.shape != want {
        return Err(Error::shape(
            format!("{name}.weight"),
            format!("its shape is {:?}, the network wants {want:?}", weight.shape),
        ));
    }
    let bias = if bias { member.tensor(&format!("{name}.bias"))?.data } else { vec![0.0; outputs] };
    if bias.len() != outputs {
        return Err(Error::shape(format!("{name}.bias"), format!("{} values, the network wants {outputs}", bias.len())));
    }
    Ok((weight, bias))
}

/// The weight and bias of a layer, with the batch-norm behind it folded in.
fn folded(member: &dyn Weights, name: &str, want: &[usize], bias: bool, norm: Option<&Norm>) -> Result<(Tensor, Vec<f32>)> {
    let (mut weight, mut bias) = layer(member, name, want, bias, want[0])?;
    if let Some(norm) = norm {
        let (scale, shift) = batch_norm(member, &norm.name, norm.eps)?;
        if scale.len() != want[0] {
            return Err(Error::shape(&norm.name, format!("{} channels, the convolution makes {}", scale.len(), want[0])));
        }
        let each = weight.data.len() / want[0];
        for (o, row) in weight.data.chunks_exact_mut(each.max(1)).enumerate() {
            row.iter_mut().for_each(|w| *w *= scale[o]);
            bias[o] = bias[o] * scale[o] + shift[o];
        }
    }
    Ok((weight, bias))
}
