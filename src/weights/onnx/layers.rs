//! Normalisations, dense layers, softmax and means.

use super::builder::Builder;
use super::fold::transpose;
use super::node::{axes_of, axis_of};
use super::reading::{Made, Reading, image};
use super::value::Constant;
use crate::graph::Op;
use crate::weights::assembly::{Shaped, to_front, volume};

pub(super) const OPERATORS: &[&str] =
    &["LRN", "BatchNormalization", "Gemm", "MatMul", "Softmax", "LogSoftmax", "ReduceMean", "ReduceSum", "ReduceL2"];

/// Reads a node of this file.
pub(super) fn read(builder: &mut Builder, node: &Reading<'_>) -> Result<Made, String> {
    let out = node.output()?;
    let made = match node.op {
        "LRN" => lrn(builder, node, out.clone())?,
        "BatchNormalization" => batch_norm(builder, node, out.clone())?,
        "Gemm" => gemm(builder, node, out.clone())?,
        "MatMul" => matmul(builder, node, out.clone())?,
        "Softmax" => softmax(builder, node, out.clone())?,
        "LogSoftmax" => {
            let inner = builder.fresh(&format!("{out}/probabilities"));
            let made = softmax(builder, node, inner)?;
            // What is too small for f32 gives the logarithm of its smallest number, and not minus infinity.
            let (least, clipped) = (f32::MIN_POSITIVE.into(), builder.fresh(&format!("{out}/clipped")));
            let made =
                builder.push(clipped, made.dims, |out| Op::Clip { name: None, r#in: [made.name], out, min: least, max: 1.0 });
            builder.push(out.clone(), made.dims, |out| Op::Log { name: None, r#in: [made.name], out })
        }
        _ => reduce(builder, node, out.clone())?,
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
fn dense(
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

fn gemm(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let input = node.image(0)?.clone();
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
    let name = node.layer(builder, 1);
    dense(builder, name, &input, weight, bias, out)
}

fn matmul(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    if let (Ok(_), Ok(_)) = (node.image(0), node.image(1)) {
        return Err("both of its matrices are computed from the image: one is a constant in what is read".into());
    }
    if let Ok(input) = node.image(0) {
        let (input, weight) = (input.clone(), node.needed(1)?);
        let &[_, _] = &weight.shape[..] else { return Err(format!("a matrix of shape {:?}", weight.shape)) };
        let weight = transpose(&weight, &[1, 0]);
        let name = node.layer(builder, 1);
        if input.dims.len() == 1 {
            return dense(builder, name, &input, weight, None, out);
        }
        let last = input.dims.len().checked_sub(1).ok_or("one of its matrices is a single number")?;
        // Every row times the matrix is a convolution of one pixel, once the row is the channels.
        let (forth, back) = to_front(last, input.dims.len());
        let turned = builder.turned(&out, &input, forth);
        let made = pointwise(builder, name, &turned, weight, &out)?;
        return Ok(builder.transpose(out, &made, back));
    }
    let (weight, input) = (node.needed(0)?, node.image(1)?.clone());
    if weight.shape.len() != 2 || input.dims.len() != 2 {
        return Err(format!("a matrix of shape {:?} times {:?}", weight.shape, input.dims));
    }
    let name = node.layer(builder, 0);
    let made = pointwise(builder, name, &input, (*weight).clone(), &out)?;
    Ok(builder.identity(out, &made))
}

/// `weight` `[O, K]` times the channels of every place of `input` `[K, ...]`.
fn pointwise(builder: &mut Builder, name: String, input: &Shaped, weight: Constant, near: &str) -> Result<Shaped, String> {
    let (outputs, columns) = (weight.shape[0], weight.shape[1]);
    if input.dims.first() != Some(&columns) {
        return Err(format!("a matrix of shape {:?} on {:?}", weight.shape, input.dims));
    }
    let places = input.dims[1..].to_vec();
    let flat = builder.viewed(near, input, vec![columns, volume(&places), 1]);
    builder.weight(&name, "weight", vec![outputs, columns, 1, 1], weight.as_floats());
    let inner = builder.fresh(&format!("{near}/product"));
    let dims = vec![outputs, flat.dims[1], 1];
    let made = builder.push(inner, dims, |out| Op::Conv {
        name,
        r#in: [flat.name],
        out,
        channels: outputs,
        kernel: [1, 1],
        stride: [1, 1],
        pad: crate::graph::Pad::default(),
        dilation: [1, 1],
        groups: 1,
        bias: false,
    });
    Ok(builder.viewed(near, &made, [&[outputs], &places[..]].concat()))
}

fn softmax(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let input = node.image(0)?.clone();
    let axis = axis_of(node.attributes.int("axis", if node.version < 13 { 1 } else { -1 })?, input.rank())?;
    let axis = axis.checked_sub(1).ok_or("a softmax over the batch")?;
    // Until opset 12 all dimensions from the axis on are one.
    let rest = volume(&input.dims[axis + 1..]);
    if node.version >= 13 || rest == 1 {
        return Ok(builder.softmax(out, &input, axis));
    }
    let before = volume(&input.dims[..axis]);
    let flat = builder.viewed(&out, &input, vec![before, volume(&input.dims[axis..])]);
    let inner = builder.fresh(&format!("{out}/flat"));
    let made = builder.softmax(inner, &flat, 1);
    Ok(builder.reshape(out, &made, input.dims))
}

/// ReduceMean, ReduceSum and ReduceL2: the mean of every channel once the reduced dimensions are its pixels.
fn reduce(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let input = node.image(0)?.clone();
    let by_input = node.version >= if node.op == "ReduceSum" { 13 } else { 18 };
    let axes = if by_input {
        node.constant(1)?.map(|axes| axes.as_ints()).transpose()?
    } else {
        node.attributes.ints("axes")?.map(<[i64]>::to_vec)
    };
    let axes = axes.filter(|axes| !axes.is_empty()).ok_or("without axes it would mix images")?;
    let axes: Vec<usize> = axes_of(&axes, input.rank())?;
    if axes.contains(&0) {
        return Err("it reduces over the batch".into());
    }
    let reduced = |dim: usize| axes.contains(&(dim + 1));
    let kept: Vec<usize> = (0..input.dims.len()).filter(|&dim| !reduced(dim)).collect();
    let order: Vec<usize> = kept.iter().copied().chain((0..input.dims.len()).filter(|&dim| reduced(dim))).collect();
    let keep = node.attributes.int("keepdims", 1)? != 0;
    let dims: Vec<usize> = if keep {
        input.dims.iter().enumerate().map(|(dim, &n)| if reduced(dim) { 1 } else { n }).collect()
    } else {
        kept.iter().map(|&dim| input.dims[dim]).collect()
    };
    let channels = volume(&kept.iter().map(|&dim| input.dims[dim]).collect::<Vec<_>>());
    let count = volume(&input.dims) / channels.max(1);
    let mut data = input.clone();
    if node.op == "ReduceL2" {
        let inner = builder.fresh(&format!("{out}/squares"));
        data = builder.push(inner, data.dims.clone(), |out| Op::Mul { name: None, r#in: [data.name.clone(), data.name], out });
    }
    let turned = builder.turned(&out, &data, order);
    let flat = builder.viewed(&out, &turned, vec![channels, count, 1]);
    let inner = builder.fresh(&format!("{out}/mean"));
    let mut made = builder.push(inner, vec![channels, 1, 1], |out| Op::GlobalAveragePool { name: None, r#in: [flat.name], out });
    if node.op != "ReduceMean" {
        let factor = builder.operand(&out, &Constant::floats(vec![], vec![count as f32]), 4)?;
        let inner = builder.fresh(&format!("{out}/sum"));
        made = builder.push(inner, made.dims.clone(), |out| Op::Mul { name: None, r#in: [made.name, factor.name], out });
    }
    if node.op == "ReduceL2" {
        let inner = builder.fresh(&format!("{out}/root"));
        made = builder.push(inner, made.dims.clone(), |out| Op::Sqrt { name: None, r#in: [made.name], out });
    }
    Ok(builder.reshape(out, &made, dims))
}
