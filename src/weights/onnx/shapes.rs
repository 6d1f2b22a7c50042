//! Other sizes, other places.

use std::sync::Arc;

use super::builder::{Builder, Value};
use super::fold::{self, new_shape, range, slices};
use super::node::{Attributes, axes_of, axis_of};
use super::reading::{Made, Reading, image};
use super::value::Constant;
use crate::graph::{Op, PadMode};
use crate::weights::assembly::Shaped;

pub(super) const OPERATORS: &[&str] = &[
    "Identity",
    "Dropout",
    "Cast",
    "Flatten",
    "Reshape",
    "Squeeze",
    "Unsqueeze",
    "Transpose",
    "Concat",
    "Split",
    "Slice",
    "Pad",
    "Shape",
    "Size",
    "Gather",
    "Expand",
    "DepthToSpace",
    "SpaceToDepth",
];

/// The value of a Constant node.
pub(super) fn constant(attributes: &Attributes<'_>) -> Result<Constant, String> {
    if let Some(tensor) = attributes.tensor("value")? {
        return Ok(tensor);
    }
    if attributes.has("value_float") {
        return Ok(Constant::floats(vec![], vec![attributes.float("value_float", 0.0)?]));
    }
    if attributes.has("value_int") {
        return Ok(Constant::ints(vec![], vec![attributes.int("value_int", 0)?]));
    }
    if let Some(values) = attributes.floats("value_floats")?.filter(|_| attributes.has("value_floats")) {
        return Ok(Constant::floats(vec![values.len()], values.to_vec()));
    }
    if let Some(values) = attributes.ints("value_ints")? {
        return Ok(Constant::ints(vec![values.len()], values.to_vec()));
    }
    Err("it has none of value, value_float, value_int, value_floats and value_ints".into())
}

/// Reads a node of this file.
pub(super) fn read(builder: &mut Builder, node: &Reading<'_>) -> Result<Made, String> {
    if node.op == "Split" {
        return split(builder, node);
    }
    let out = match node.op {
        // A mask that nobody reads.
        "Dropout" => node.outputs.first().cloned().ok_or("it has no output")?,
        _ => node.output()?,
    };
    if node.op == "Concat" {
        return Ok(image(out.clone(), concat(builder, node, out)?));
    }
    let input = node.image(0)?.clone();
    let made = match node.op {
        "Identity" => builder.identity(out.clone(), &input),
        "Dropout" => {
            let from = input.name.clone();
            builder.push(out.clone(), input.dims.clone(), |out| Op::Dropout { name: None, r#in: [from], out, rate: 0.0 })
        }
        "Cast" => match node.attributes.int("to", 1)? {
            1 | 10 | 11 | 16 => builder.identity(out.clone(), &input),
            other => return Err(format!("a cast of the image to type {other}")),
        },
        "Shape" | "Size" => {
            let shape: Vec<i64> = std::iter::once(&builder.batch).chain(&input.dims).map(|&n| n as i64).collect();
            let value = if node.op == "Size" {
                Constant::ints(vec![], vec![shape.iter().fold(1, |product: i64, &n| product.saturating_mul(n))])
            } else {
                let (start, count) =
                    range(shape.len(), node.attributes.int("start", 0)?, node.attributes.int("end", i64::MAX)?, 1)?;
                Constant::ints(vec![count], shape[start..start + count].to_vec())
            };
            return Ok(vec![(out, Value::Constant(Arc::new(value)))]);
        }
        "Flatten" | "Reshape" | "Squeeze" | "Unsqueeze" => {
            let shape = [&[builder.batch], &input.dims[..]].concat();
            let second = node.constant(1)?;
            let shape = new_shape(node.op, node.version, &node.attributes, &shape, second.as_deref())?;
            let (&batch, dims) = shape.split_first().ok_or("it makes a single number of a batch")?;
            if batch != builder.batch {
                return Err(format!("it makes {shape:?} of {} images of {:?}: images would mix", builder.batch, input.dims));
            }
            let dims = dims.to_vec();
            builder.reshape(out.clone(), &input, dims)
        }
        "Transpose" => {
            let reversed: Vec<i64> = (0..input.rank() as i64).rev().collect();
            let axes = axes_of(node.attributes.ints("perm")?.unwrap_or(&reversed), input.rank())?;
            let axes = without_batch(&axes, input.rank())?;
            builder.transpose(out.clone(), &input, axes)
        }
        "Slice" => sliced(builder, node, &input, out.clone())?,
        "Pad" => pad(builder, node, &input, out.clone())?,
        "Gather" => gather(builder, node, &input, out.clone())?,
        "Expand" => {
            let sizes = node.needed(1)?.as_ints()?;
            let sizes =
                sizes.iter().map(|&n| usize::try_from(n).map_err(|_| format!("a size of {n}"))).collect::<Result<Vec<_>, _>>()?;
            let shape = fold::broadcast(&[&[1], &input.dims[..]].concat(), &sizes)?;
            if shape.len() != input.rank() || ![1, builder.batch].contains(&shape[0]) {
                return Err(format!("it repeats {:?} to {sizes:?}", input.dims));
            }
            let zeros = Constant::floats(vec![], vec![0.0]);
            let zeros = builder.whole_operand(&out, &zeros, &shape[1..])?;
            builder.push(out.clone(), shape[1..].to_vec(), |out| Op::Add { name: None, r#in: [input.name, zeros.name], out })
        }
        _ => blocks(builder, node, &input, out.clone())?,
    };
    Ok(image(out, made))
}

/// Axes that keep the batch first, without it.
fn without_batch(axes: &[usize], rank: usize) -> Result<Vec<usize>, String> {
    let mut sorted = axes.to_vec();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..rank) {
        return Err(format!("axes {axes:?} of {rank} dimensions"));
    }
    if axes.first() != Some(&0) {
        return Err(format!("axes {axes:?} move the batch"));
    }
    Ok(axes[1..].iter().map(|axis| axis - 1).collect())
}

fn concat(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let parts = (0..node.inputs.len()).map(|index| node.image(index).cloned()).collect::<Result<Vec<_>, _>>()?;
    let rank = parts.first().ok_or("it reads nothing")?.rank();
    let axis = axis_of(node.attributes.int("axis", 1)?, rank)?.checked_sub(1).ok_or("it concatenates images")?;
    builder.concat(out, &parts, axis)
}

fn sliced(builder: &mut Builder, node: &Reading<'_>, input: &Shaped, out: String) -> Result<Shaped, String> {
    let constants = (1..node.inputs.len()).map(|index| node.constant(index)).collect::<Result<Vec<_>, _>>()?;
    let inputs: Vec<Option<&Constant>> =
        std::iter::once(None).chain(constants.iter().map(|constant| constant.as_deref())).collect();
    let shape = [&[builder.batch], &input.dims[..]].concat();
    let mut data = input.clone();
    for (axis, start, end, step) in slices(node.version, &node.attributes, &shape, &inputs)? {
        let (start, count) = range(shape[axis], start, end, step)?;
        if count == 0 {
            return Err(format!("nothing is left of dimension {axis}"));
        }
        if (start, count, step) == (0, shape[axis], 1) {
            continue;
        }
        let axis = axis.checked_sub(1).ok_or("it takes some of the images")?;
        let inner = builder.fresh(&format!("{out}/slice"));
        data = builder.slice(inner, &data, axis, start, count, step);
    }
    Ok(builder.identity(out, &data))
}

fn split(builder: &mut Builder, node: &Reading<'_>) -> Result<Made, String> {
    let input = node.image(0)?.clone();
    let axis = axis_of(node.attributes.int("axis", 0)?, input.rank())?.checked_sub(1).ok_or("it splits images")?;
    let length = input.dims[axis];
    let given = if node.version < 13 {
        node.attributes.ints("split")?.map(<[i64]>::to_vec)
    } else {
        node.constant(1)?.map(|sizes| sizes.as_ints()).transpose()?
    };
    let sizes: Vec<usize> = match given.filter(|sizes| !sizes.is_empty()) {
        Some(sizes) => {
            sizes.iter().map(|&n| usize::try_from(n).map_err(|_| format!("a part of {n}"))).collect::<Result<_, _>>()?
        }
        None => {
            let parts = node.outputs.len().max(1);
            let each = length.div_ceil(parts);
            (0..parts).map(|part| each.min(length.saturating_sub(part * each))).collect()
        }
    };
    let total = sizes.iter().try_fold(0_usize, |sum, &n| sum.checked_add(n));
    if sizes.len() != node.outputs.len() || total != Some(length) || sizes.contains(&0) {
        return Err(format!("parts {sizes:?} of {length} for {} outputs", node.outputs.len()));
    }
    let mut made = Vec::new();
    let mut start = 0;
    for (out, count) in node.outputs.iter().zip(sizes) {
        if !out.is_empty() {
            let part = builder.slice(out.clone(), &input, axis, start, count, 1);
            made.push((out.clone(), Value::Image(part)));
        }
        start += count;
    }
    Ok(made)
}

fn pad(builder: &mut Builder, node: &Reading<'_>, input: &Shaped, out: String) -> Result<Shaped, String> {
    let rank = input.rank();
    let (pads, value) = if node.version < 11 {
        (node.attributes.ints("pads")?.map(<[i64]>::to_vec), node.attributes.float("value", 0.0)?)
    } else {
        (node.constant(1)?.map(|pads| pads.as_ints()).transpose()?, node.constant(2)?.map_or(Ok(0.0), |value| value.scalar())?)
    };
    let pads = pads.ok_or("it has no pads")?;
    let axes = match node.constant(3)? {
        Some(axes) => axes_of(&axes.as_ints()?, rank)?,
        None => (0..rank).collect(),
    };
    if pads.len() != 2 * axes.len() {
        return Err(format!("{} pads for {} dimensions", pads.len(), axes.len()));
    }
    let mode = match node.attributes.text("mode", "constant")?.as_str() {
        "constant" => PadMode::Constant,
        "reflect" => PadMode::Reflect,
        "edge" => PadMode::Edge,
        other => return Err(format!("pads in the mode `{other}`")),
    };
    let (mut before, mut after) = (vec![0; rank - 1], vec![0; rank - 1]);
    let mut data = input.clone();
    for (i, &axis) in axes.iter().enumerate() {
        let (first, last) = (pads[i], pads[i + axes.len()]);
        if (first, last) == (0, 0) {
            continue;
        }
        let dim = axis.checked_sub(1).ok_or("it adds images")?;
        // A negative pad cuts.
        let (cut_first, cut_last) = ((-first.clamp(i64::MIN + 1, 0)) as usize, (-last.clamp(i64::MIN + 1, 0)) as usize);
        if cut_first + cut_last > 0 {
            let count = data.dims[dim]
                .checked_sub(cut_first.saturating_add(cut_last))
                .filter(|&count| count > 0)
                .ok_or("nothing is left of it")?;
            let inner = builder.fresh(&format!("{out}/slice"));
            data = builder.slice(inner, &data, dim, cut_first, count, 1);
        }
        before[dim] = first.max(0) as usize;
        after[dim] = last.max(0) as usize;
    }
    let from = data.name.clone();
    let op = Op::Pad { name: None, r#in: [from], out: [out.clone()], before, after, mode, value: value.into() };
    builder.append(op, &[&data])
}

fn gather(builder: &mut Builder, node: &Reading<'_>, input: &Shaped, out: String) -> Result<Shaped, String> {
    let indices = node.needed(1)?;
    let axis = axis_of(node.attributes.int("axis", 0)?, input.rank())?.checked_sub(1).ok_or("it takes some of the images")?;
    let length = input.dims[axis] as i64;
    let from_start = |index: i64| if index < 0 { index.saturating_add(length) } else { index };
    let places: Vec<i64> = indices.as_ints()?.into_iter().map(from_start).collect();
    let steady =
        places.windows(2).all(|pair| pair[1] - pair[0] == places[1] - places[0]) && (places.len() < 2 || places[0] != places[1]);
    if indices.shape.len() > 1 || places.is_empty() || !steady || places.iter().any(|place| !(0..length).contains(place)) {
        return Err(format!("indices {:?} of {length}: one, or evenly spaced ones, are read", indices.as_ints()?));
    }
    let step = if places.len() > 1 { places[1] - places[0] } else { 1 };
    let inner = builder.fresh(&format!("{out}/slice"));
    let made = builder.slice(inner, input, axis, places[0] as usize, places.len(), step);
    let mut dims = made.dims.clone();
    if indices.shape.is_empty() {
        dims.remove(axis);
    }
    Ok(builder.reshape(out, &made, dims))
}

/// DepthToSpace and SpaceToDepth.
fn blocks(builder: &mut Builder, node: &Reading<'_>, input: &Shaped, out: String) -> Result<Shaped, String> {
    let &[c, h, w] = &input.dims[..] else { return Err(format!("it reads {:?} and not [C, H, W]", input.dims)) };
    let block = node.attributes.int("blocksize", 0)?;
    let b = usize::try_from(block).ok().filter(|&b| b > 0).ok_or_else(|| format!("blocks of {block}"))?;
    let square = b.checked_mul(b).ok_or("blocks too large")?;
    let divides = if node.op == "DepthToSpace" { c.is_multiple_of(square) } else { h.is_multiple_of(b) && w.is_multiple_of(b) };
    if !divides {
        return Err(format!("blocks of {b} do not divide {:?}", input.dims));
    }
    let (split, axes, dims) = if node.op == "SpaceToDepth" {
        (vec![c, h / b, b, w / b, b], vec![2, 4, 0, 1, 3], vec![c * square, h / b, w / b])
    } else if node.attributes.text("mode", "DCR")? == "CRD" {
        (vec![c / square, b, b, h, w], vec![0, 3, 1, 4, 2], vec![c / square, h * b, w * b])
    } else {
        (vec![b, b, c / square, h, w], vec![2, 3, 0, 4, 1], vec![c / square, h * b, w * b])
    };
    let split = builder.viewed(&out, input, split);
    let turned = builder.turned(&out, &split, axes);
    Ok(builder.reshape(out, &turned, dims))
}
