//! A graph run by the plain-Rust twins, operator by operator, nothing fused: the truth for the schedule, and what runs where there is no adapter.

use super::Weights;
use super::folded::batch_norm;
use super::resolve::{Graph, Kind, TensorId};
use crate::error::{Error, Result};
use crate::operators::taps;
use crate::reference;
use crate::tensor::Tensor;

/// The tensors `wanted` of `graph` for its inputs, each `[N, ...]`, in the graph's order.
///
/// # Errors
/// [`Error::Shape`] where an input is not the graph's or a constant is wanted; [`Error::Model`] where a weight is missing or of another shape.
pub fn interpret(graph: &Graph, weights: &dyn Weights, inputs: &[&Tensor], wanted: &[TensorId]) -> Result<Vec<Tensor>> {
    let images = graph.images(inputs)?;
    wanted.iter().try_for_each(|&id| graph.answers(id))?;
    // Last reader of every tensor, so that memory stays that of the widest point.
    let mut last = vec![0; graph.tensors.len()];
    for (index, node) in graph.nodes.iter().enumerate() {
        for &id in &node.inputs {
            last[id] = index;
        }
    }
    let mut values: Vec<Option<Tensor>> = vec![None; graph.tensors.len()];
    for (id, &input) in inputs.iter().enumerate() {
        values[id] = Some(input.clone());
    }
    for constant in &graph.constants {
        let mut value = weights.tensor(&format!("{}.value", constant.name))?;
        value.shape = graph.tensors[constant.output].logical(1);
        values[constant.output] = Some(value);
    }
    for (index, node) in graph.nodes.iter().enumerate() {
        let out = &graph.tensors[node.output];
        let at = out.name.as_str();
        let read: Vec<&Tensor> = node.inputs.iter().filter_map(|&id| values[id].as_ref()).collect();
        let Some(&x) = read.first() else { return Err(Error::shape(at, "its input was not computed")) };
        let vector = |name: String| weights.tensor(&name).map(|t| t.data);
        let mut value = match &node.kind {
            Kind::Conv { name, channels, window, groups, bias } => {
                let weight = weights.tensor(&format!("{name}.weight"))?;
                let bias = if *bias { vector(format!("{name}.bias"))? } else { vec![0.0; *channels] };
                reference::conv(at, x, &weight, &bias, *window, *groups, None)?
            }
            Kind::BatchNorm { name, eps } => {
                let (scale, shift) = batch_norm(weights, name, *eps)?;
                reference::affine(at, x, &scale, &shift)?
            }
            Kind::Unary(function) => reference::unary(*function, x),
            Kind::Identity | Kind::Reshape => x.clone(),
            Kind::Rearrange(to) => reference::rearrange(at, to, x)?,
            Kind::Resample { how, scale } => {
                let [_, _, height, width] = x.nchw();
                let [_, rows, columns] = out.shape;
                let rows = taps(at, *how, height, rows, scale.map(|scale| scale[0]))?;
                reference::resample(&rows, &taps(at, *how, width, columns, scale.map(|scale| scale[1]))?, x)
            }
            Kind::Prelu { name } => reference::prelu(at, x, &vector(format!("{name}.weight"))?)?,
            Kind::ConvTranspose { name, channels, window, groups, bias } => {
                let weight = weights.tensor(&format!("{name}.weight"))?;
                let bias = if *bias { vector(format!("{name}.bias"))? } else { vec![0.0; *channels] };
                let [_, rows, columns] = out.shape;
                reference::conv_transpose(at, x, &weight, &bias, *window, *groups, [rows, columns])?
            }
            Kind::LocalConv { name, window, bias, .. } => {
                let weight = weights.tensor(&format!("{name}.weight"))?;
                let bias = if *bias { vector(format!("{name}.bias"))? } else { vec![0.0; out.values()] };
                reference::local_conv(at, x, &weight, &bias, *window)?
            }
            Kind::Softmax => reference::softmax(x),
            Kind::LogSoftmax => reference::log_softmax(x),
            Kind::ArgMax => reference::arg_max(x),
            Kind::Matmul => match read[..] {
                [a, b] => reference::matmul(at, a, b)?,
                _ => return Err(Error::shape(at, "it reads two tensors")),
            },
            Kind::Pool { pooling, window, ceil } => reference::pool(at, *pooling, *window, *ceil, x)?,
            Kind::FractionalMaxPool { kernel, sample } => {
                let [_, height, width] = out.shape;
                reference::fractional_max_pool(at, *kernel, [height, width], *sample, x)?
            }
            Kind::Lrn(lrn) => reference::lrn(*lrn, x),
            Kind::GlobalAverage => reference::global_average(x),
            Kind::Dense { name, channels, bias } => {
                let weight = weights.tensor(&format!("{name}.weight"))?;
                let bias = if *bias { vector(format!("{name}.bias"))? } else { vec![0.0; *channels] };
                reference::dense(at, x, &weight, &bias)?
            }
            Kind::Binary(function) => match read[..] {
                [a, b] => reference::binary(at, *function, a, b)?,
                _ => return Err(Error::shape(at, "it reads two tensors")),
            },
            Kind::Concat => reference::concat(at, &read)?,
        };
        value.shape = out.logical(images);
        values[node.output] = Some(value);
        for &id in &node.inputs {
            if last[id] == index && !wanted.contains(&id) {
                values[id] = None;
            }
        }
    }
    wanted
        .iter()
        .map(|&id| values[id].clone().ok_or_else(|| Error::shape(&graph.tensors[id].name, "it was not computed")))
        .collect()
}

impl Graph {
    /// Images of `inputs`, one for each of the graph's.
    ///
    /// # Errors
    /// [`Error::Shape`] where they are not the graph's.
    pub fn images(&self, inputs: &[&Tensor]) -> Result<usize> {
        let images = inputs.first().and_then(|input| input.shape.first()).copied().unwrap_or(0);
        for (id, info) in self.tensors.iter().take(self.inputs).enumerate() {
            let given = inputs.get(id).map(|input| &input.shape[..]);
            if images == 0 || given != Some(&info.logical(images)[..]) || inputs.len() != self.inputs {
                let sizes = info.dims.iter().map(|n| format!(", {n}")).collect::<String>();
                let given = given.map_or("not there".to_owned(), |shape| format!("{shape:?}"));
                return Err(Error::shape(&info.name, format!("the network reads [N{sizes}], the input is {given}")));
            }
        }
        Ok(images)
    }
}
