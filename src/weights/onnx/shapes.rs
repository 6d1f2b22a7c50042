//! Other sizes, other places.

use super::builder::{Builder, Value};
use super::fold::{self, new_shape, range, slices};
use super::layout::Layout;
use super::maths::{Side, side};
use super::node::{Attributes, axes_of, axis_of};
use super::reading::{Made, Reading, image};
use super::types;
use super::value::Constant;
use crate::graph::{Op, PadMode};
use crate::weights::assembly::Shaped;
use crate::weights::blocks::Blocks;

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
    "Tile",
    "DepthToSpace",
    "SpaceToDepth",
];

/// Operators that leave numbers as they are: also integers go through them.
pub(super) const MOVES: &[&str] = &[
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
    "Gather",
    "Shape",
    "Size",
    "DepthToSpace",
    "SpaceToDepth",
    "ArgMax",
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
    let out = node.output()?;
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
        "Cast" => {
            let to = i32::try_from(node.attributes.int("to", 1)?).unwrap_or(-1);
            let whole = node.input_names.first().is_some_and(|name| builder.integers.contains(name));
            if whole && (to == types::UINT8 || types::is_wide_integer(to)) {
                builder.integers.insert(out.clone());
            } else if !types::is_float(to) {
                return Err(format!("a cast of the image to {}", types::name(to)));
            }
            builder.identity(out.clone(), &input)
        }
        "Shape" | "Size" => {
            let (start, count) = range(input.rank(), node.attributes.int("start", 0)?, node.attributes.int("end", i64::MAX)?, 1)?;
            let each = builder.batches.iter().map(|batch| {
                let shape: Vec<i64> = std::iter::once(batch).chain(&input.dims).map(|&n| n as i64).collect();
                if node.op == "Size" {
                    Constant::ints(vec![], vec![shape.iter().fold(1, |product: i64, &n| product.saturating_mul(n))])
                } else {
                    Constant::ints(vec![count], shape[start..start + count].to_vec())
                }
            });
            return Ok(vec![(out, Builder::known(each.collect()))]);
        }
        "Flatten" | "Reshape" | "Squeeze" | "Unsqueeze" => {
            let dims = alike(builder, |run, batch| {
                let shape = [&[batch], &input.dims[..]].concat();
                let shape = new_shape(node.op, node.version, &node.attributes, &shape, node.at(1, run)?)?;
                let (&images, dims) = shape.split_first().ok_or("it makes a single number of a batch")?;
                if images != batch {
                    return Err(builder.mixing(&shape, batch, &input.dims));
                }
                Ok(dims.to_vec())
            })?;
            builder.reshape(out.clone(), &input, dims)
        }
        "Transpose" => {
            let reversed: Vec<i64> = (0..input.rank() as i64).rev().collect();
            let axes = axes_of(node.attributes.ints("perm")?.unwrap_or(&reversed), input.rank())?;
            let axes = without_batch(&axes, input.rank())?;
            builder.transpose(out.clone(), &input, axes)
        }
        "Slice" => sliced(builder, node, &input, &Layout::first(&input.dims, false), out.clone())?,
        "Pad" => pad(builder, node, &input, out.clone())?,
        "Gather" => gather(builder, node, &input, out.clone())?,
        "Expand" => {
            let dims = alike(builder, |run, batch| {
                let sizes = node.at(1, run)?.ok_or("its sizes are missing")?.as_ints()?;
                let sizes = sizes.iter().map(|&n| usize::try_from(n).map_err(|_| format!("a size of {n}")));
                let sizes = sizes.collect::<Result<Vec<_>, _>>()?;
                let shape = fold::broadcast(&[&[batch], &input.dims[..]].concat(), &sizes)?;
                if shape.len() != input.rank() || shape[0] != batch {
                    return Err(format!("it repeats {batch} images of {:?} to {sizes:?}", input.dims));
                }
                Ok(shape[1..].to_vec())
            })?;
            let zeros = Constant::floats(vec![], vec![0.0]);
            let zeros = builder.whole_operand(&out, &zeros, &dims)?;
            builder.push(out.clone(), dims, |out| Op::Add { name: None, r#in: [input.name, zeros.name], out })
        }
        "Tile" => tiled(builder, node, &input, out.clone())?,
        _ => blocks(builder, node, &input, out.clone())?,
    };
    Ok(image(out, made))
}

/// What `of` finds for each number of images (its place among those that are tried, and itself), the same for all.
pub(super) fn alike<T: PartialEq>(builder: &Builder, of: impl Fn(usize, usize) -> Result<T, String>) -> Result<T, String> {
    let mut all = builder.batches.iter().enumerate().map(|(run, &batch)| of(run, batch));
    let first = all.next().ok_or("no number of images")??;
    for other in all {
        if other? != first {
            return Err("what it makes of one image changes with the number of images, which is open".into());
        }
    }
    Ok(first)
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
    let sides = (0..node.inputs.len()).map(|index| side(builder, node, index)).collect::<Result<Vec<_>, _>>()?;
    let mut images = sides.iter().filter_map(|side| match side {
        Side::Image(shaped) => Some(shaped),
        Side::Constant(_) => None,
    });
    let like = images.next().ok_or("it reads constants only")?.clone();
    let axis = axis_of(node.attributes.int("axis", 1)?, like.rank())?.checked_sub(1).ok_or("it concatenates images")?;
    let mut parts = Vec::new();
    for side in sides {
        parts.push(match side {
            Side::Image(shaped) => shaped,
            Side::Constant(constant) => pictured(builder, &out, &constant, &like)?,
        });
    }
    builder.concat(out, &parts, axis)
}

/// `constant` as a tensor of every image.
fn pictured(builder: &mut Builder, near: &str, constant: &Constant, like: &Shaped) -> Result<Shaped, String> {
    if constant.shape.len() != like.rank() {
        return Err(format!("a constant of shape {:?} beside {:?}", constant.shape, like.dims));
    }
    let Some((1, dims)) = constant.shape.split_first().map(|(&images, dims)| (images, dims)) else {
        return Err(format!("a constant of shape {:?} differs from image to image", constant.shape));
    };
    Ok(builder.of_each(near, dims.to_vec(), constant.as_floats(), like))
}

/// Copies one after another along every dimension that repeats.
fn tiled(builder: &mut Builder, node: &Reading<'_>, input: &Shaped, out: String) -> Result<Shaped, String> {
    let repeats = node.needed(1)?.as_ints()?;
    if repeats.len() != input.rank() || repeats.iter().any(|n| !(1..=1024).contains(n)) {
        return Err(format!("repeats {repeats:?} of {} dimensions: 1 to 1024 are read", input.rank()));
    }
    if repeats[0] != 1 {
        return Err("it repeats images".into());
    }
    let mut data = input.clone();
    for (axis, &times) in repeats[1..].iter().enumerate().filter(|(_, times)| **times > 1) {
        let inner = builder.fresh(&format!("{out}/tiled"));
        data = builder.concat(inner, &vec![data; times as usize], axis)?;
    }
    Ok(builder.identity(out, &data))
}

/// Parts of `input`, which lies in the file as `layout` says.
pub(super) fn sliced(
    builder: &mut Builder,
    node: &Reading<'_>,
    input: &Shaped,
    layout: &Layout,
    out: String,
) -> Result<Shaped, String> {
    // Place among the sizes of an image, start, count and step of every slice that leaves something out.
    let parts = alike(builder, |run, batch| {
        let inputs = (0..node.inputs.len())
            .map(|index| if index == 0 { Ok(None) } else { node.at(index, run) })
            .collect::<Result<Vec<_>, String>>()?;
        let shape = layout.shape(batch);
        let mut parts = Vec::new();
        for (axis, start, end, step) in slices(node.version, &node.attributes, &shape, &inputs)? {
            let (start, count) = range(shape[axis], start, end, step)?;
            if (start, count, step) == (0, shape[axis], 1) {
                continue;
            }
            let own = layout.own(axis).ok_or("it takes some of the images")?;
            if count == 0 {
                return Err(format!("nothing is left of dimension {axis}"));
            }
            parts.push((own, start, count, step));
        }
        Ok(parts)
    })?;
    let mut data = input.clone();
    for (axis, start, count, step) in parts {
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
    // An infinite value is the largest or smallest number, as the bounds of a Clip are.
    let value = value.clamp(f32::MIN, f32::MAX);
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
    let block = node.attributes.int("blocksize", 0)?;
    let b = usize::try_from(block).map_err(|_| format!("blocks of {block}"))?;
    let mode = node.attributes.text("mode", "DCR")?;
    let how = match (node.op, mode.as_str()) {
        ("SpaceToDepth", "DCR") => Blocks::SpaceToDepth,
        ("SpaceToDepth", _) => return Err("its mode is another than DCR".into()),
        (_, "CRD") => Blocks::DepthToSpaceChannelFirst,
        _ => Blocks::DepthToSpace,
    };
    builder.blocks(how, input, b, out)
}
