//! The weights of a schedule's steps for the processor: read from a member, folded, packed for the code that will read them.

use super::Weights;
use super::folded::{dense_bias, layer, local, norm_of, slopes, stacked};
use super::resolve::Graph;
use super::schedule::{Schedule, Step, StepKind};
use crate::cpu::{
    Conv, ConvTranspose, Cpu, Depthwise, LocalConv, Moves, Packed, Resize, Separable, Sizes, Winograd, cheapest, computes,
};
use crate::error::{Error, Result};
use crate::operators::{WinogradSize, fractional_starts, taps};

/// What a step reads besides its tensors.
#[derive(Debug)]
pub(super) enum Layer {
    None,
    /// Convolutions and dense layers.
    Conv(Conv),
    Winograd(Winograd),
    Depthwise(Depthwise),
    /// With the step that went into it.
    Separable(Separable),
    ConvTranspose(ConvTranspose),
    LocalConv(LocalConv),
    /// Scale and shift a channel.
    Affine(Vec<f32>, Vec<f32>),
    Slope(Vec<f32>),
    Moves(Moves),
    Resize(Resize),
    /// First rows and columns of the windows of a fractional pooling.
    Starts([Vec<u32>; 2]),
}

impl Layer {
    /// Bytes of memory.
    pub fn bytes(&self) -> u64 {
        match self {
            Self::None | Self::Resize(_) | Self::Starts(_) => 0,
            Self::Conv(conv) => conv.bytes(),
            Self::Winograd(winograd) => winograd.bytes(),
            Self::Depthwise(depthwise) => depthwise.bytes(),
            Self::Separable(both) => both.bytes(),
            Self::ConvTranspose(conv) => conv.bytes(),
            Self::LocalConv(conv) => conv.bytes(),
            Self::Affine(scale, shift) => 4 * (scale.len() + shift.len()) as u64,
            Self::Slope(slope) => 4 * slope.len() as u64,
            Self::Moves(moves) => moves.bytes(),
        }
    }
}

/// Which way a convolution is computed, where the caller says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// As a product, whatever its cost.
    Direct,
    /// By Winograd's method with tiles of a size, where it computes the window.
    Winograd(WinogradSize),
}

/// The weights of a 1 x 1 convolution, and of the depthwise one that went into it.
pub(super) fn both(cpu: &Cpu, graph: &Graph, step: &Step, before: &Step, member: &dyn Weights) -> Result<Layer> {
    let (StepKind::Conv { layers, .. }, StepKind::Conv { layers: first, channels, window, .. }) = (&step.kind, &before.kind)
    else {
        return Err(Error::Defect(format!("{}: no convolutions are computed as such", graph.tensors[step.output].name)));
    };
    let (weight, bias) = stacked(member, first, [1, window.kernel[0], window.kernel[1]])?;
    let depthwise = Depthwise::new(cpu, &weight, &bias, *window);
    let (weight, bias) = stacked(member, layers, [*channels, 1, 1])?;
    let pointwise = Packed::new(cpu, *channels, &bias, |o, channel| weight.data[o * channels + channel]);
    Ok(Layer::Separable(Separable::new(depthwise, pointwise)))
}

/// The weights of a step.
pub(super) fn ready(
    cpu: &Cpu,
    graph: &Graph,
    schedule: &Schedule,
    step: &Step,
    member: &dyn Weights,
    method: Option<Method>,
) -> Result<Layer> {
    let at = graph.tensors[step.output].name.as_str();
    let input = graph.tensors[step.inputs[0]].shape;
    let [_, height, width] = graph.tensors[step.output].shape;
    Ok(match &step.kind {
        StepKind::Conv { layers, channels, window, groups } => {
            let each = [input[0] / groups, window.kernel[0], window.kernel[1]];
            let (weight, bias) = stacked(member, layers, each)?;
            let size = match method {
                Some(Method::Direct) => None,
                Some(Method::Winograd(size)) => Some(size),
                None => cheapest([input[0], *channels], [height, width]),
            };
            match size.filter(|_| computes(*window, *groups)) {
                Some(size) => Layer::Winograd(Winograd::new(cpu, size, &weight, &bias, *window)),
                None if *groups > 1 && *groups == input[0] && *channels == input[0] => {
                    Layer::Depthwise(Depthwise::new(cpu, &weight, &bias, *window))
                }
                None => Layer::Conv(Conv::new(cpu, &weight, &bias, *window, *groups)),
            }
        }
        StepKind::Dense { name, channels, bias, pixels } => {
            let columns = input[0] * pixels;
            let bias = dense_bias(member, name, &[*channels, columns], *bias)?;
            let weight = format!("{name}.weight");
            Layer::Conv(Conv::dense(cpu, [columns, *pixels], &bias, |rows| Ok(member.rows(&weight, rows)?.data))?)
        }
        StepKind::Affine(norm) => {
            let (scale, shift) = norm_of(member, norm, input[0])?;
            Layer::Affine(scale, shift)
        }
        StepKind::Prelu { name } => Layer::Slope(slopes(member, name, input[0])?),
        StepKind::ConvTranspose { name, channels, window, groups, bias } => {
            let want = [input[0], channels / groups, window.kernel[0], window.kernel[1]];
            let (weight, bias) = layer(member, name, &want, *bias, *channels)?;
            Layer::ConvTranspose(ConvTranspose::new(&weight, &bias, *window, *groups))
        }
        StepKind::LocalConv { name, channels, window, bias, norm } => {
            let want = [*channels, height, width, input[0], window.kernel[0], window.kernel[1]];
            let (weight, bias) = local(member, name, want, *bias, norm.as_ref(), 0..*channels)?;
            Layer::LocalConv(LocalConv::new(cpu, &weight, &bias, *window))
        }
        StepKind::Rearrange(to) => {
            let sizes = |id: usize| {
                let [channels, height, width] = graph.tensors[id].shape;
                Sizes { channels, area: height * width, stride: schedule.channels[schedule.alias[id]] }
            };
            let from = Sizes { stride: stride(graph, schedule, step.inputs[0]), ..sizes(step.inputs[0]) };
            let made = Sizes { stride: stride(graph, schedule, step.output), ..sizes(step.output) };
            Layer::Moves(Moves::new(at, to, from, made)?)
        }
        StepKind::Resample { how, scale } => Layer::Resize(Resize::new(
            taps(at, *how, input[1], height, scale.map(|scale| scale[0]))?,
            taps(at, *how, input[2], width, scale.map(|scale| scale[1]))?,
        )),
        StepKind::FractionalMaxPool { kernel, sample } => Layer::Starts([
            fractional_starts(at, input[1], height, kernel[0], sample[0])?,
            fractional_starts(at, input[2], width, kernel[1], sample[1])?,
        ]),
        _ => Layer::None,
    })
}

/// Channels that lie under the name of a tensor.
pub(super) fn stride(graph: &Graph, schedule: &Schedule, id: usize) -> usize {
    match schedule.part(graph, id) {
        Some(_) => schedule.channels[schedule.alias[id]],
        None => graph.tensors[id].shape[0],
    }
}
