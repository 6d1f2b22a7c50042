//! The weights of a schedule's steps on the GPU: read from every member, folded, packed for the kernel that will read them, and sent off.

use std::ops::Range;

use super::Weights;
use super::folded::{check_local, dense_bias, layer, local, norm_of, slopes, stacked};
use super::resolve::Graph;
use super::schedule::{Step, StepKind};
use crate::error::Result;
use crate::gpu::{Buffer, Choice, Gpu};
use crate::kernels::{self, DenseVariant, LocalConvVariant, Variant, View, Winograd, WinogradShape, packed_bias};
use crate::operators::{fractional_starts, taps};
use crate::tensor::{Precision, Tensor};
use crate::timing::tuning::{self, Layer};

/// Bytes of dense weights that are read, packed and sent off together.
const MOST_PART: u64 = 1 << 24;

/// What a step reads besides its tensors.
#[derive(Debug)]
pub(super) enum StepWeights {
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
    LocalConv(LocalConvVariant, Vec<LocalConvPart>),
    /// First rows and columns of the windows of a fractional pooling, or where the rows and columns of a resize read.
    Places(Buffer),
}

impl StepWeights {
    pub(super) fn buffers(&self) -> Vec<&Buffer> {
        match self {
            Self::None => Vec::new(),
            Self::Conv { weights, bias, .. } => vec![weights, bias],
            Self::Winograd { weights, zeros, bias, .. } => vec![weights, zeros, bias],
            Self::Pair(first, second) => vec![first, second],
            Self::Slope(only) | Self::Places(only) => vec![only],
            Self::LocalConv(_, parts) => parts.iter().flat_map(|part| [&part.weights, &part.bias]).collect(),
            Self::Dense(parts) => parts.iter().flat_map(|part| [&part.weights, &part.bias]).collect(),
        }
    }
}

/// Outputs `outputs.0..outputs.1` of a dense layer, and how their weights lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct DenseRows {
    pub variant: DenseVariant,
    pub precision: Precision,
    pub outputs: (usize, usize),
    pub tile: usize,
}

/// A part of a dense layer: no more than one binding holds.
#[derive(Debug)]
pub(super) struct DensePart {
    pub rows: DenseRows,
    pub weights: Buffer,
    pub bias: Buffer,
}

/// A part of a locally connected layer, outputs `outputs.0..outputs.1`: no more than one binding holds.
#[derive(Debug)]
pub(super) struct LocalConvPart {
    pub outputs: (usize, usize),
    pub weights: Buffer,
    pub bias: Buffer,
}

/// What Winograd's method needs to know of a step that it is good for.
pub(super) fn winograd_shape(graph: &Graph, step: &Step) -> Option<WinogradShape> {
    let StepKind::Conv { channels, window, groups, .. } = &step.kind else { return None };
    let [input, ..] = graph.tensors[step.inputs[0]].shape;
    let [_, height, width] = graph.tensors[step.output].shape;
    WinogradShape::of(*window, *groups, [input, *channels], [height, width])
}

/// Winograd's method where it is good for the step, by what was measured or by its cost, and one image of all members fits.
fn winograd(
    gpu: &Gpu,
    graph: &Graph,
    step: &Step,
    members: usize,
    precision: Precision,
    choice: Option<Choice>,
) -> Option<Winograd> {
    let shape = winograd_shape(graph, step)?;
    let fits = |method: &Winograd| method.fits(shape, members, gpu.most_for(method.weights(), Precision::F32));
    let that_fit = |methods: Option<[Winograd; 2]>| methods.into_iter().flatten().filter(fits);
    match choice {
        Some(Choice::Winograd { side }) => that_fit(Winograd::on(gpu.capabilities())).find(|method| method.size.pixels() == side),
        Some(Choice::Direct | Choice::Tiled { .. }) => None,
        None => Winograd::cheapest(that_fit(Winograd::choose(gpu.capabilities(), precision)), shape),
    }
}

/// A convolution as far as its time depends on it.
pub(super) fn layer_of(graph: &Graph, step: &Step, members: usize, images: usize, precision: Precision) -> Option<Layer> {
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

/// The weights of a step, of every member, folded, packed and on the device.
pub(super) fn prepare(
    gpu: &Gpu,
    graph: &Graph,
    step: &Step,
    members: &[&dyn Weights],
    precision: Precision,
) -> Result<StepWeights> {
    let at = graph.tensors[step.output].name.as_str();
    let upload = |what: &str, values: &[f32]| gpu.upload(&format!("{at} {what}"), bytemuck::cast_slice(values));
    let input = graph.tensors[step.inputs[0]].shape;
    // Of the activation, behind what every kernel reads a bias of a channel from.
    let own_slopes = |channels: usize, range: Range<usize>| -> Result<Vec<f32>> {
        let Some(name) = &step.slopes else { return Ok(Vec::new()) };
        let each = members.iter().map(|member| Ok(packed_bias(&slopes(*member, name, channels)?[range.clone()])));
        Ok(each.collect::<Result<Vec<_>>>()?.concat())
    };
    match &step.kind {
        StepKind::Conv { layers, channels, window, groups } => {
            let each = [input[0] / groups, window.kernel[0], window.kernel[1]];
            let parts = members.iter().map(|member| stacked(*member, layers, each)).collect::<Result<Vec<_>>>()?;
            let pairs: Vec<(&Tensor, &[f32])> = parts.iter().map(|(w, b)| (w, &b[..])).collect();
            // Tiles are chosen for the number of images.
            let images = tuning::decisive_images(gpu);
            let decided = winograd_shape(graph, step).and_then(|_| layer_of(graph, step, members.len(), images, precision));
            let choice = match (gpu.choices(), decided) {
                (Some(choices), Some(layer)) => tuning::choose(gpu, choices, layer)?,
                _ => None,
            };
            if let Some(method) = winograd(gpu, graph, step, members.len(), precision, choice) {
                let weights: Vec<&Tensor> = parts.iter().map(|(weight, _)| weight).collect();
                let mut bias: Vec<f32> = parts.iter().flat_map(|(_, bias)| packed_bias(bias)).collect();
                let bytes = method.weight_bytes([input[0], *channels], members.len());
                let buffer = gpu.reserve_for(method.weights(), Precision::F32, &format!("{at} weights"), bytes)?;
                // One product after the other: the host holds no whole layer of them.
                let points = method.size.points();
                for point in 0..points {
                    let packed = method.pack(at, &weights, point)?;
                    let offset = bytes / points as u64 * point as u64;
                    gpu.write(&buffer, offset, bytemuck::cast_slice(&packed))?;
                }
                let zeros = upload("zeros", &vec![0.0; points * bias.len()])?;
                bias.extend(own_slopes(*channels, 0..*channels)?);
                return Ok(StepWeights::Winograd { method, weights: buffer, zeros, bias: upload("bias", &bias)? });
            }
            let variant = Variant::choose(gpu.capabilities(), precision, [input[0], *channels], *window, *groups);
            let mut packed = variant.pack(at, &pairs, *groups)?;
            packed.bias.extend(own_slopes(*channels, 0..*channels)?);
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
                let mut bias: Vec<f32> = biases.iter().flat_map(|bias| packed_bias(&bias[outputs.0..outputs.1])).collect();
                bias.extend(own_slopes(*channels, outputs.0..outputs.1)?);
                let rows = DenseRows { variant, precision, outputs, tile };
                let weights = upload_dense(gpu, at, members, &format!("{name}.weight"), *pixels, rows)?;
                Ok(DensePart { rows, weights, bias: upload("bias", &bias)? })
            });
            Ok(StepWeights::Dense(parts.collect::<Result<Vec<_>>>()?))
        }
        StepKind::Affine(norm) => {
            let (mut scales, mut shifts) = (Vec::new(), Vec::new());
            for member in members {
                let (scale, shift) = norm_of(*member, norm, input[0])?;
                for (all, part) in [(&mut scales, scale), (&mut shifts, shift)] {
                    all.extend(part);
                    all.resize(all.len().next_multiple_of(4), 0.0);
                }
            }
            shifts.extend(own_slopes(input[0], 0..input[0])?);
            Ok(StepWeights::Pair(upload("scale", &scales)?, upload("shift", &shifts)?))
        }
        StepKind::Binary(_) if step.slopes.is_some() => {
            let [channels, ..] = graph.tensors[step.output].shape;
            Ok(StepWeights::Slope(upload("slopes", &own_slopes(channels, 0..channels)?)?))
        }
        StepKind::Prelu { name } => {
            let mut all = Vec::new();
            for member in members {
                all.extend(slopes(*member, name, input[0])?);
                all.resize(all.len().next_multiple_of(4), 0.0);
            }
            Ok(StepWeights::Slope(upload("slope", &all)?))
        }
        StepKind::ConvTranspose { name, channels, window, groups, bias } => {
            let want = [input[0], channels / groups, window.kernel[0], window.kernel[1]];
            let parts = members.iter().map(|member| layer(*member, name, &want, *bias, *channels)).collect::<Result<Vec<_>>>()?;
            let pairs: Vec<(&Tensor, &[f32])> = parts.iter().map(|(w, b)| (w, &b[..])).collect();
            let (weights, bias) = kernels::pack_conv_transpose(at, &pairs, *groups)?;
            Ok(StepWeights::Pair(upload("weights", &weights)?, upload("bias", &bias)?))
        }
        StepKind::LocalConv { name, channels, window, bias, norm } => {
            let [_, height, width] = graph.tensors[step.output].shape;
            let want = [*channels, height, width, input[0], window.kernel[0], window.kernel[1]];
            members.iter().try_for_each(|member| check_local(*member, name, want, *bias))?;
            let variant = LocalConvVariant::choose(gpu.capabilities());
            // Outputs of one binding: whole vec4s.
            let taps = height * width * window.kernel[0] * window.kernel[1];
            let vec4 = View::bytes(precision, members.len(), input[0], 4 * taps, 1);
            let each = 4 * (gpu.most_for(variant.weights(), precision) / vec4.max(1)).max(1) as usize;
            let parts = (0..*channels).step_by(each).map(|first| {
                let outputs = first..(first + each).min(*channels);
                let (mut weights, mut biases) = (Vec::new(), Vec::new());
                for member in members {
                    let (weight, bias) = local(*member, name, want, *bias, norm.as_ref(), outputs.clone())?;
                    let (weight, bias) = kernels::pack_local_conv(at, &weight, &bias)?;
                    weights.extend(weight);
                    biases.extend(bias);
                }
                biases.extend(own_slopes(*channels, outputs.clone())?);
                let weights = gpu.upload_for(variant.weights(), precision, &format!("{at} weights"), &weights)?;
                Ok(LocalConvPart { outputs: (outputs.start, outputs.end), weights, bias: upload("bias", &biases)? })
            });
            Ok(StepWeights::LocalConv(variant, parts.collect::<Result<Vec<_>>>()?))
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
            gpu.write(&buffer, bytes(index * tiles + start), &precision.bytes(at, &packed)?)?;
        }
    }
    Ok(buffer)
}
