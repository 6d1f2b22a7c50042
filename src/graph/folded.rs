//! Weights as a schedule's steps want them: checked, siblings stacked, batch-norms folded into what stands before them.

use std::ops::Range;

use super::Weights;
use super::schedule::{ConvLayer, Norm};
use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// Scale and shift a channel of a batch-norm with running statistics.
///
/// # Errors
/// [`Error::Model`] where a weight is missing, [`Error::Shape`] where lengths differ.
pub(super) fn batch_norm(weights: &dyn Weights, name: &str, eps: f64) -> Result<(Vec<f32>, Vec<f32>)> {
    let part = |what: &str| weights.tensor(&format!("{name}.{what}")).map(|t| t.data);
    let (gamma, beta, mean, variance) = (part("weight")?, part("bias")?, part("running_mean")?, part("running_var")?);
    if [beta.len(), mean.len(), variance.len()] != [gamma.len(); 3] {
        return Err(Error::shape(name, "weight, bias, running_mean and running_var differ in length"));
    }
    let scale: Vec<f64> = gamma.iter().zip(&variance).map(|(&g, &v)| f64::from(g) / (f64::from(v) + eps).sqrt()).collect();
    let shift = scale.iter().zip(beta.iter().zip(&mean)).map(|(s, (&b, &m))| (f64::from(b) - f64::from(m) * s) as f32).collect();
    Ok((scale.iter().map(|&s| s as f32).collect(), shift))
}

/// Scale and shift of a batch-norm of `channels`.
pub(super) fn norm_of(member: &dyn Weights, norm: &Norm, channels: usize) -> Result<(Vec<f32>, Vec<f32>)> {
    let (scale, shift) = batch_norm(member, &norm.name, norm.eps)?;
    if scale.len() != channels {
        return Err(Error::shape(&norm.name, format!("{} channels, the tensor has {channels}", scale.len())));
    }
    Ok((scale, shift))
}

/// The slopes of `channels`.
pub(super) fn slopes(member: &dyn Weights, name: &str, channels: usize) -> Result<Vec<f32>> {
    let slope = member.tensor(&format!("{name}.weight"))?;
    if slope.shape != [channels] {
        return Err(Error::shape(name, format!("slopes {:?} of {channels} channels", slope.shape)));
    }
    Ok(slope.data)
}

/// The bias of a dense layer whose weight has the sizes `want`.
pub(super) fn dense_bias(member: &dyn Weights, name: &str, want: &[usize], bias: bool) -> Result<Vec<f32>> {
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
pub(super) fn layer(member: &dyn Weights, name: &str, want: &[usize], bias: bool, outputs: usize) -> Result<(Tensor, Vec<f32>)> {
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

/// The weights `[C / groups, kh, kw]` of each channel of all `layers`, one after another, and their biases.
pub(super) fn stacked(member: &dyn Weights, layers: &[ConvLayer], each: [usize; 3]) -> Result<(Tensor, Vec<f32>)> {
    let (mut values, mut biases) = (Vec::new(), Vec::new());
    for ConvLayer { name, channels, bias, norm } in layers {
        let want = [&[*channels], &each[..]].concat();
        let (weight, bias) = folded(member, name, &want, *bias, norm.as_ref())?;
        if layers.len() == 1 {
            return Ok((weight, bias));
        }
        values.extend(weight.data);
        biases.extend(bias);
    }
    Ok((Tensor::new([&[biases.len()], &each[..]].concat(), values)?, biases))
}

/// The weight and bias of the outputs `rows` of a locally connected layer whose whole weight has the sizes `want`, with the batch-norm behind it folded in.
pub(super) fn local(
    member: &dyn Weights,
    name: &str,
    want: [usize; 6],
    bias: bool,
    norm: Option<&Norm>,
    rows: Range<usize>,
) -> Result<(Tensor, Vec<f32>)> {
    let [outputs, height, width, ..] = want;
    check_local(member, name, want, bias)?;
    let mut weight = member.rows(&format!("{name}.weight"), rows.clone())?;
    let area = height * width;
    let mut bias = if bias { member.rows(&format!("{name}.bias"), rows.clone())?.data } else { vec![0.0; rows.len() * area] };
    if let Some(norm) = norm {
        let (scale, shift) = norm_of(member, norm, outputs)?;
        let each = weight.data.len() / rows.len().max(1);
        let parts = weight.data.chunks_exact_mut(each.max(1)).zip(bias.chunks_exact_mut(area.max(1)));
        for ((weight, bias), (scale, shift)) in parts.zip(scale.iter().zip(shift).skip(rows.start)) {
            weight.iter_mut().for_each(|w| *w *= scale);
            bias.iter_mut().for_each(|b| *b = *b * scale + shift);
        }
    }
    Ok((weight, bias))
}

/// Checks the sizes of the weight and the bias of a locally connected layer.
pub(super) fn check_local(member: &dyn Weights, name: &str, want: [usize; 6], bias: bool) -> Result<()> {
    for (part, want) in [("weight", &want[..]), ("bias", &want[..3])].into_iter().take(1 + usize::from(bias)) {
        let name = format!("{name}.{part}");
        let shape = member.shape(&name)?;
        if shape != want {
            return Err(Error::shape(name, format!("its shape is {shape:?}, the network wants {want:?}")));
        }
    }
    Ok(())
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
