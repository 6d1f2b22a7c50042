//! Normalisations by running statistics or neighbours, dense layers and softmax.

use super::builder::Builder;
use super::fold::transpose;
use super::node::axis_of;
use super::reading::{Made, Reading, image};
use super::value::Constant;
use crate::graph::Op;
use crate::weights::assembly::{Shaped, volume};

pub(super) const OPERATORS: &[&str] = &["LRN", "BatchNormalization", "Gemm", "Softmax", "LogSoftmax"];

/// Reads a node of this file.
pub(super) fn read(builder: &mut Builder, node: &Reading<'_>) -> Result<Made, String> {
    let out = node.output()?;
    let made = match node.op {
        "LRN" => lrn(builder, node, out.clone())?,
        "BatchNormalization" => batch_norm(builder, node, out.clone())?,
        "Gemm" => gemm(builder, node, out.clone())?,
        _ => softmax(builder, node, out.clone())?,
    };
    Ok(image(out, made))
}

fn lrn(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let input = node.image(0)?.clone();
    let size = node.attributes.int("size", 0)?;
    let size = usize::try_from(size).map_err(|_| format!("a size of {size}"))?;
    let (alpha, beta, k) =
        (node.attributes.float("alpha", 1e-4)?, node.attributes.float("beta", 0.75)?, node.attributes.float("bias", 1.0)?);
    let op = |out| Op::Lrn { name: None, r#in: [input.name], out, size, alpha: alpha.into(), beta: beta.into(), k: k.into() };
    Ok(builder.push(out, input.dims, op))
}

fn batch_norm(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let input = node.image(0)?.clone();
    let channels = *input.dims.first().ok_or("it reads a tensor without channels")?;
    if node.attributes.int("training_mode", 0)? != 0 || node.attributes.int("spatial", 1)? == 0 {
        return Err("batch-norm in training, or of single places, is not read".into());
    }
    let name = node.layer(builder, 1);
    for (index, part) in (1..).zip(["weight", "bias", "running_mean", "running_var"]) {
        let constant = node.needed(index)?;
        if constant.shape != [channels] {
            return Err(format!("its {part} has the shape {:?}, there are {channels} channels", constant.shape));
        }
        builder.weight(&name, part, vec![channels], constant.as_floats());
    }
    let eps = f64::from(node.attributes.float("epsilon", 1e-5)?);
    Ok(builder.push(out, input.dims, |out| Op::BatchNorm { name, r#in: [input.name], out, eps }))
}

/// A dense layer with `weight` `[O, K]`.
pub(super) fn dense(
    builder: &mut Builder,
    name: String,
    input: &Shaped,
    weight: Constant,
    bias: Option<Vec<f32>>,
    out: String,
) -> Result<Shaped, String> {
    let &[outputs, columns] = &weight.shape[..] else { return Err(format!("a weight of shape {:?}", weight.shape)) };
    if input.dims != [columns] {
        return Err(format!("a weight of {columns} columns on {:?}: put a Flatten before it", input.dims));
    }
    let has_bias = bias.is_some();
    if let Some(bias) = bias {
        builder.weight(&name, "bias", vec![outputs], bias);
    }
    builder.weight(&name, "weight", weight.shape.clone(), weight.as_floats());
    let from = input.name.clone();
    Ok(builder.push(out, vec![outputs], |out| Op::Dense { name, r#in: [from], out, channels: outputs, bias: has_bias }))
}

fn scaled(values: Vec<f32>, factor: f32) -> Vec<f32> {
    if factor == 1.0 { values } else { values.into_iter().map(|value| value * factor).collect() }
}

/// The weight `[O, K]` and the bias of a Gemm.
pub(super) fn linear(node: &Reading<'_>) -> Result<(Constant, Option<Vec<f32>>), String> {
    if node.attributes.int("transA", 0)? != 0 {
        return Err("transA would mix images".into());
    }
    let weight = node.needed(1)?;
    if weight.shape.len() != 2 {
        return Err(format!("a weight of shape {:?}", weight.shape));
    }
    let weight = if node.attributes.int("transB", 0)? != 0 { (*weight).clone() } else { transpose(&weight, &[1, 0]) };
    let weight = Constant::floats(weight.shape.clone(), scaled(weight.as_floats(), node.attributes.float("alpha", 1.0)?));
    let beta = node.attributes.float("beta", 1.0)?;
    let bias = match node.constant(2)? {
        None => None,
        Some(bias) => {
            let row = super::fold::expand(&bias, &[1, weight.shape[0]])
                .map_err(|_| format!("a bias of shape {:?} differs from image to image", bias.shape))?;
            Some(scaled(row.as_floats(), beta))
        }
    };
    Ok((weight, bias))
}

fn gemm(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let input = node.image(0)?.clone();
    let (weight, bias) = linear(node)?;
    let name = node.layer(builder, 1);
    dense(builder, name, &input, weight, bias, out)
}

fn softmax(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let input = node.image(0)?.clone();
    let axis = axis_of(node.attributes.int("axis", if node.version < 13 { 1 } else { -1 })?, input.rank())?;
    let axis = axis.checked_sub(1).ok_or("a softmax over the batch")?;
    let logarithm = node.op == "LogSoftmax";
    // Until opset 12 all dimensions from the axis on are one.
    let rest = volume(&input.dims[axis + 1..]);
    if node.version >= 13 || rest == 1 {
        return Ok(builder.softmax(out, &input, axis, logarithm));
    }
    let before = volume(&input.dims[..axis]);
    let flat = builder.viewed(&out, &input, vec![before, volume(&input.dims[axis..])]);
    let inner = builder.fresh(&format!("{out}/flat"));
    let made = builder.softmax(inner, &flat, 1, logarithm);
    Ok(builder.reshape(out, &made, input.dims))
}
