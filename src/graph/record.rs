//! A schedule on the GPU: weights packed once for every member, dispatches recorded for a batch.

use super::Weights;
use super::interpret::batch_norm;
use super::resolve::{Graph, TensorId};
use super::schedule::{Norm, Schedule, Step, StepKind};
use crate::error::{Error, Result};
use crate::fractional::fractional_starts;
use crate::gpu::{Buffer, Gpu, Recording, Slice};
use crate::kernels::{self, Conv, ConvWeights, Dense, Variant, View};
use crate::tensor::Tensor;

/// A scheduled graph with the weights of its members on the GPU.
#[derive(Debug)]
pub struct Prepared {
    graph: Graph,
    schedule: Schedule,
    weights: Vec<StepWeights>,
    members: usize,
}

#[derive(Debug)]
enum StepWeights {
    None,
    Conv {
        variant: Variant,
        weights: Buffer,
        bias: Buffer,
    },
    Pair(Buffer, Buffer),
    Dense(Vec<DensePart>),
    /// First rows and columns of the windows of a fractional pooling.
    Starts(Buffer),
}

/// Outputs `outputs.0..outputs.1` of a dense layer: no more than one binding holds.
#[derive(Debug)]
struct DensePart {
    outputs: (usize, usize),
    weights: Buffer,
    bias: Buffer,
}

impl Prepared {
    /// Schedules `graph`, folds and packs the weights of every member, and uploads them. The graph's outputs and `pinned` can be read.
    ///
    /// # Errors
    /// [`Error::Model`] and [`Error::Shape`] where weights are missing or wrong, [`Error::Limit`] and [`Error::OutOfMemory`] where they do not fit.
    pub fn new(gpu: &Gpu, graph: Graph, members: &[&dyn Weights], pinned: &[TensorId]) -> Result<Self> {
        let schedule = Schedule::new(&graph, pinned);
        let weights = schedule.steps.iter().map(|step| prepare(gpu, &graph, step, members)).collect::<Result<Vec<_>>>()?;
        Ok(Self { graph, schedule, weights, members: members.len() })
    }

    /// The graph.
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The schedule.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// Bytes of the largest tensor, for one image of every member.
    pub fn largest(&self) -> u64 {
        self.graph.tensors.iter().map(|t| View::bytes(self.members, t.shape[0], t.shape[1], t.shape[2])).max().unwrap_or(0)
    }

    /// Appends the dispatches for `input` `[members x images, C, H, W]` and gives the views of `wanted`.
    ///
    /// # Errors
    /// [`Error::Shape`] where the input is not the graph's, [`Error::Argument`] where the batch is too large.
    pub fn record(&self, recording: &mut Recording, input: View, wanted: &[TensorId]) -> Result<Vec<View>> {
        let (graph, schedule) = (&self.graph, &self.schedule);
        let info = &graph.tensors[0];
        if [input.channels, input.height, input.width] != info.shape || !input.images.is_multiple_of(self.members.max(1)) {
            return Err(Error::shape(&info.name, format!("the network reads {:?}, the input is {input:?}", info.shape)));
        }
        let bytes = |id: TensorId| {
            let [c, h, w] = graph.tensors[id].shape;
            View::bytes(input.images, c, h, w)
        };
        let sizes = (0..schedule.slab_count)
            .map(|slab| (0..graph.tensors.len()).filter(|&id| schedule.slabs[id] == Some(slab)).map(bytes).max().unwrap_or(16));
        let slabs: Vec<Slice> = sizes.enumerate().map(|(index, size)| recording.slab(&format!("slab {index}"), size)).collect();
        let view = |id: TensorId| -> Result<View> {
            let id = schedule.alias[id];
            let [channels, height, width] = graph.tensors[id].shape;
            match (id, schedule.slabs[id]) {
                (0, _) => Ok(input),
                (_, Some(slab)) => {
                    let slice = Slice { size: bytes(id), ..slabs[slab] };
                    Ok(View { slice, images: input.images, channels, height, width })
                }
                (_, None) => Err(Error::shape(&graph.tensors[id].name, "it was fused away: pin it to read it")),
            }
        };
        for (step, weights) in schedule.steps.iter().zip(&self.weights) {
            self.step(recording, step, weights, &view)?;
        }
        wanted.iter().map(|&id| view(id)).collect()
    }

    fn step(
        &self,
        recording: &mut Recording,
        step: &Step,
        weights: &StepWeights,
        view: &dyn Fn(TensorId) -> Result<View>,
    ) -> Result<()> {
        let at = self.graph.tensors[step.output].name.as_str();
        let output = view(step.output)?;
        let input = view(step.inputs[0])?;
        let members = self.members;
        let dispatch = match (&step.kind, weights) {
            (StepKind::Conv { channels, window, groups, .. }, StepWeights::Conv { variant, weights, bias }) => {
                let weights = ConvWeights {
                    variant: *variant,
                    weights: recording.shared(&format!("{at} weights"), weights),
                    bias: recording.shared(&format!("{at} bias"), bias),
                };
                let residual = step.inputs.get(1).map(|&id| view(id)).transpose()?;
                let conv = Conv {
                    members,
                    out_channels: *channels,
                    window: *window,
                    groups: *groups,
                    relu: step.relu,
                    out_c4_offset: step.channel / 4,
                };
                conv.dispatch(at, input, weights, residual, output)?
            }
            (StepKind::Dense { .. }, StepWeights::Dense(parts)) => {
                for part in parts {
                    let layer = Dense {
                        members,
                        outputs: part.outputs,
                        weights: recording.shared(&format!("{at} weights"), &part.weights),
                        bias: recording.shared(&format!("{at} bias"), &part.bias),
                        relu: step.relu,
                    };
                    recording.dispatch(kernels::dense(at, layer, input, output)?);
                }
                return Ok(());
            }
            (StepKind::FractionalMaxPool { kernel, .. }, StepWeights::Starts(starts)) => {
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
            (StepKind::Pool { pooling, window, ceil }, _) => kernels::pool(at, *pooling, *window, *ceil, input, output)?,
            (StepKind::GlobalAverage, _) => kernels::global_average(at, input, output)?,
            (StepKind::Binary(function), _) => {
                let right = step.inputs.get(1).map_or(Ok(input), |&id| view(id))?;
                kernels::binary(at, *function, input, right, output, step.relu)?
            }
            (StepKind::Copy, _) => kernels::copy(at, input, output, input.images, (0, 0), step.channel)?,
            (StepKind::Flatten, _) => kernels::unpack(at, input, output.slice, 4 * output.c4())?,
            (StepKind::Conv { .. } | StepKind::Dense { .. } | StepKind::Affine(_) | StepKind::FractionalMaxPool { .. }, _) => {
                return Err(Error::shape(at, "its weights were not prepared"));
            }
        };
        recording.dispatch(dispatch);
        Ok(())
    }
}

fn prepare(gpu: &Gpu, graph: &Graph, step: &Step, members: &[&dyn Weights]) -> Result<StepWeights> {
    let at = graph.tensors[step.output].name.as_str();
    let upload = |what: &str, values: &[f32]| gpu.upload(&format!("{at} {what}"), bytemuck::cast_slice(values));
    let input = graph.tensors[step.inputs[0]].shape;
    match &step.kind {
        StepKind::Conv { name, channels, window, groups, bias, norm } => {
            let want = [*channels, input[0] / groups, window.kernel[0], window.kernel[1]];
            let parts =
                members.iter().map(|member| folded(*member, name, &want, *bias, norm.as_ref())).collect::<Result<Vec<_>>>()?;
            let pairs: Vec<(&Tensor, &[f32])> = parts.iter().map(|(w, b)| (w, &b[..])).collect();
            let variant = Variant::choose(gpu.capabilities(), input[0], *channels, *groups);
            let packed = variant.pack(at, &pairs, *groups)?;
            Ok(StepWeights::Conv { variant, weights: upload("weights", &packed.weights)?, bias: upload("bias", &packed.bias)? })
        }
        StepKind::Dense { name, channels, bias, pixels } => {
            let want = [*channels, input[0] * pixels];
            let parts = members.iter().map(|member| folded(*member, name, &want, *bias, None)).collect::<Result<Vec<_>>>()?;
            let pairs: Vec<(&Tensor, &[f32])> = parts.iter().map(|(w, b)| (w, &b[..])).collect();
            // Packed and uploaded a part at a time: the host holds no packed copy of a whole layer.
            let row = View::bytes(4 * members.len(), input[0], *pixels, 1);
            let each = 4 * (gpu.max_binding() / row.max(1)).max(1) as usize;
            let parts = (0..*channels).step_by(each).map(|first| {
                let end = (first + each).min(*channels);
                let (weights, bias) = kernels::pack_dense(at, &pairs, *pixels, first..end)?;
                Ok(DensePart { outputs: (first, end), weights: upload("weights", &weights)?, bias: upload("bias", &bias)? })
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
        StepKind::FractionalMaxPool { kernel, sample } => {
            let [_, height, width] = graph.tensors[step.output].shape;
            let mut starts = fractional_starts(at, input[1], height, kernel[0], sample[0])?;
            starts.extend(fractional_starts(at, input[2], width, kernel[1], sample[1])?);
            Ok(StepWeights::Starts(gpu.upload(&format!("{at} starts"), bytemuck::cast_slice(&starts))?))
        }
        _ => Ok(StepWeights::None),
    }
}

/// The weight and bias of a layer, with the batch-norm behind it folded in.
fn folded(member: &dyn Weights, name: &str, want: &[usize], bias: bool, norm: Option<&Norm>) -> Result<(Tensor, Vec<f32>)> {
    let mut weight = member.tensor(&format!("{name}.weight"))?;
    if weight.shape != want {
        return Err(Error::shape(
            format!("{name}.weight"),
            format!("its shape is {:?}, the network wants {want:?}", weight.shape),
        ));
    }
    let mut bias = if bias { member.tensor(&format!("{name}.bias"))?.data } else { vec![0.0; want[0]] };
    if bias.len() != want[0] {
        return Err(Error::shape(format!("{name}.bias"), format!("{} values, the network wants {}", bias.len(), want[0])));
    }
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
