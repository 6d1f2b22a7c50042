//! Other sizes, other places.

use std::sync::Arc;

use super::builder::{Builder, Pending, Value, axis_of};
use super::file::Node;
use super::layout::{CHANNELS_FIRST, Laid, as_many};
use super::maths::{activated, before_activation};
use super::names::{FLOAT16, FLOAT32};
use crate::graph::{Op, PadMode};
use crate::weights::blocks::Blocks;
use crate::weights::constant::{Constant, range, transpose};

pub(super) const OPERATORS: &[&str] = &[
    "DEQUANTIZE",
    "DENSIFY",
    "CAST",
    "RESHAPE",
    "SQUEEZE",
    "EXPAND_DIMS",
    "TRANSPOSE",
    "CONCATENATION",
    "PACK",
    "UNPACK",
    "SPLIT",
    "SPLIT_V",
    "SLICE",
    "STRIDED_SLICE",
    "GATHER",
    "PAD",
    "PADV2",
    "MIRROR_PAD",
    "TILE",
    "DEPTH_TO_SPACE",
    "SPACE_TO_DEPTH",
];

/// Reads an operator of this file.
pub(super) fn read(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Vec<Value>, String> {
    Ok(vec![match node.op.as_str() {
        // Values are in f32 and dense once they are read.
        "DEQUANTIZE" | "DENSIFY" | "CAST" => same(builder, node)?,
        "RESHAPE" | "SQUEEZE" | "EXPAND_DIMS" => reshape(builder, node)?,
        "TRANSPOSE" => turned(builder, node)?,
        "CONCATENATION" => concatenation(builder, node)?,
        "PACK" => pack(builder, node)?,
        "UNPACK" => return unpack(builder, node),
        "SPLIT" | "SPLIT_V" => return split(builder, node),
        "SLICE" => slice(builder, node)?,
        "STRIDED_SLICE" => strided(builder, node)?,
        "GATHER" => gather(builder, node)?,
        "TILE" => tile(builder, node)?,
        "DEPTH_TO_SPACE" | "SPACE_TO_DEPTH" => blocks(builder, node)?,
        _ => pad(builder, node)?,
    }])
}

fn same(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Value, String> {
    if node.op == "CAST" {
        let float = |index: Option<&usize>| {
            index.and_then(|&index| builder.net.tensors.get(index)).is_some_and(|tensor| [FLOAT32, FLOAT16].contains(&tensor.ty))
        };
        if !float(node.outputs.first()) || !float(node.inputs.first().and_then(Option::as_ref)) {
            return Err("a cast of integers is not read".into());
        }
    }
    match builder.given(node, 0)? {
        Value::Constant(constant) => Ok(Value::Constant(constant)),
        _ => builder.image(node, 0).map(Value::Image),
    }
}

fn reshape(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Value, String> {
    let (out, shape) = (builder.out(node), builder.out_shape(node)?);
    let wrong = |from: &[usize]| format!("{from:?} does not become {shape:?}");
    match builder.given(node, 0)? {
        Value::Constant(constant) if as_many(&constant.shape, &shape) => {
            Ok(Value::Constant(Arc::new(Constant { shape, numbers: constant.numbers.clone() })))
        }
        Value::Constant(constant) => Err(wrong(&constant.shape)),
        Value::Pending(laid, Pending::Reshape) if as_many(&laid.shape, &shape) => Ok(Value::Pending(laid, Pending::Reshape)),
        _ => {
            let laid = builder.image(node, 0)?;
            if shape.is_empty() {
                return Err("it makes a single number: the batch is the first dimension".into());
            }
            if as_many(&laid.shape, &shape) && laid.regrouped(&shape).is_none() {
                return Ok(Value::Pending(laid, Pending::Reshape));
            }
            builder.moved(&laid, shape, &out).map(Value::Image)
        }
    }
}

fn turned(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Value, String> {
    let order = builder.known(node, 1)?.as_ints()?;
    let value = builder.given(node, 0)?;
    let rank = match &value {
        Value::Constant(constant) => constant.shape.len(),
        _ => builder.image(node, 0)?.shape.len(),
    };
    let order = order.into_iter().map(|axis| axis_of(axis, rank)).collect::<Result<Vec<_>, _>>()?;
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..rank) {
        return Err(format!("axes {order:?} of {rank} dimensions"));
    }
    if let Value::Constant(constant) = value {
        return Ok(Value::Constant(Arc::new(transpose(&constant, &order))));
    }
    // Nothing moves in the network.
    let laid = builder.image(node, 0)?;
    let axes = laid.axes.iter().filter_map(|axis| order.iter().position(|own| own == axis)).collect();
    let shape = laid.sizes(&order);
    Ok(Value::Image(Laid { image: laid.image, axes, shape }))
}

/// `parts` one after another along dimension `axis` of the file's.
fn joined(builder: &mut Builder<'_, '_>, parts: Vec<Value>, axis: usize, out: String) -> Result<Laid, String> {
    let images = parts.iter().filter_map(|part| match part {
        Value::Image(laid) => Some(laid),
        _ => None,
    });
    // The others are laid as the largest.
    let base = images.max_by_key(|laid| laid.shape.get(axis)).ok_or("it reads constants only")?.clone();
    let axes: Vec<usize> = std::iter::once(axis).chain(base.axes.iter().copied().filter(|&own| own != axis)).collect();
    let rank = base.shape.len();
    let like = builder.arranged(&out, &base, &axes);
    let (mut images, mut total) = (Vec::new(), 0_usize);
    for part in parts {
        let (image, shape) = match part {
            Value::Image(laid) if laid.shape.len() == rank => (builder.arranged(&out, &laid, &axes), laid.shape),
            Value::Constant(constant) if constant.shape.len() == rank => {
                let operand = builder.beside(&constant, &axes, rank)?;
                let values = operand.as_floats();
                (builder.of_each(&out, operand.shape, values, &like), constant.shape.clone())
            }
            _ => return Err(format!("its parts do not all have {rank} dimensions")),
        };
        if (0..rank).any(|own| own != axis && shape[own] != base.shape[own]) {
            return Err(format!("{shape:?} and {:?} do not concatenate along axis {axis}", base.shape));
        }
        total = total.saturating_add(shape[axis]);
        images.push(image);
    }
    let image = builder.concat(out, &images, 0)?;
    let mut shape = base.shape;
    shape[axis] = total;
    Ok(Laid { image, axes, shape })
}

/// All inputs, done.
fn parts(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<(Vec<Value>, usize), String> {
    let mut parts = Vec::new();
    for at in 0..node.inputs.len() {
        parts.push(match builder.given(node, at)? {
            Value::Constant(constant) => Value::Constant(constant),
            _ => Value::Image(builder.image(node, at)?),
        });
    }
    let rank = match parts.first() {
        Some(Value::Image(laid)) => laid.shape.len(),
        Some(Value::Constant(constant)) => constant.shape.len(),
        _ => return Err("it reads nothing".into()),
    };
    Ok((parts, rank))
}

fn concatenation(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Value, String> {
    let out = builder.out(node);
    let options = node.options.builtin_options_as_concatenation().ok_or("its options are missing")?;
    let (parts, rank) = parts(builder, node)?;
    let (inner, activation) = before_activation(builder, options.activation(), &out);
    let made = joined(builder, parts, axis_of(options.axis().into(), rank)?, inner)?;
    activated(builder, made, activation, out).map(Value::Image)
}

fn pack(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Value, String> {
    let out = builder.out(node);
    let axis = node.options.builtin_options_as_pack().map_or(0, |options| options.axis());
    let (parts, rank) = parts(builder, node)?;
    let axis = axis_of(axis.into(), rank + 1)?;
    // Each with one more dimension.
    let more = |part: Value| match part {
        Value::Image(mut laid) => {
            laid.axes.iter_mut().filter(|own| **own >= axis).for_each(|own| *own += 1);
            laid.shape.insert(axis.min(laid.shape.len()), 1);
            Value::Image(laid)
        }
        Value::Constant(constant) => {
            let mut shape = constant.shape.clone();
            shape.insert(axis.min(shape.len()), 1);
            Value::Constant(Arc::new(Constant { shape, numbers: constant.numbers.clone() }))
        }
        other => other,
    };
    let parts = parts.into_iter().map(more).collect();
    joined(builder, parts, axis, out).map(Value::Image)
}

/// `count` positions of dimension `axis` of the file's from `start` on by `step`.
fn taken(
    builder: &mut Builder<'_, '_>,
    near: &str,
    laid: Laid,
    axis: usize,
    [start, count]: [usize; 2],
    step: i64,
) -> Result<Laid, String> {
    let length = laid.shape[axis];
    if count == 0 {
        return Err(format!("nothing is left of dimension {axis}"));
    }
    if (start, count) == (0, length) && step == 1 {
        return Ok(laid);
    }
    let at =
        laid.axes.iter().position(|&own| own == axis).ok_or_else(|| format!("{count} positions from {start} of {length}"))?;
    let inner = builder.fresh(&format!("{near}/slice"));
    let image = builder.slice(inner, &laid.image, at, start, count, step);
    let mut shape = laid.shape;
    shape[axis] = count;
    Ok(Laid { image, axes: laid.axes, shape })
}

fn unpack(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Vec<Value>, String> {
    let laid = builder.image(node, 0)?;
    let axis = node.options.builtin_options_as_unpack().map_or(0, |options| options.axis());
    let axis = axis_of(axis.into(), laid.shape.len())?;
    let without = [&laid.shape[..axis], &laid.shape[axis + 1..]].concat();
    if laid.shape[axis] != node.outputs.len() || without.is_empty() {
        return Err(format!("{} outputs of {:?} along axis {axis}", node.outputs.len(), laid.shape));
    }
    each(builder, node, |builder, at, near| {
        let part = taken(builder, near, laid.clone(), axis, [at, 1], 1)?;
        builder.moved(&part, without.clone(), near)
    })
}

/// What `of` makes for each output, its place and its name; those that nobody reads are left out.
fn each<'n, 'b>(
    builder: &mut Builder<'n, 'b>,
    node: &Node<'_>,
    of: impl Fn(&mut Builder<'n, 'b>, usize, &str) -> Result<Laid, String>,
) -> Result<Vec<Value>, String> {
    let mut all = Vec::new();
    for (at, &index) in node.outputs.iter().enumerate() {
        let near = builder.name(index);
        all.push(if builder.needed.contains(&index) { Value::Image(of(builder, at, &near)?) } else { Value::Unknown });
    }
    Ok(all)
}

fn split(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Vec<Value>, String> {
    let parts = node.outputs.len().max(1);
    let (input, axis, sizes) = if node.op == "SPLIT" { (1, 0, None) } else { (0, 2, Some(builder.known(node, 1)?.as_ints()?)) };
    let laid = builder.image(node, input)?;
    let axis = builder.known(node, axis)?.as_ints()?;
    let axis = axis_of(axis.first().copied().ok_or("it has no axis")?, laid.shape.len())?;
    let length = laid.shape[axis];
    let sizes = match sizes {
        None if length.is_multiple_of(parts) => vec![length / parts; parts],
        None => return Err(format!("{parts} parts of {length}")),
        Some(sizes) => {
            // At most one is what the others leave.
            let known: i64 = sizes.iter().filter(|&&size| size > 0).fold(0, |sum: i64, &size| sum.saturating_add(size));
            let rest = (length as i64).saturating_sub(known);
            let whole =
                |size: i64| usize::try_from(if size == -1 { rest } else { size }).map_err(|_| format!("a part of {size}"));
            sizes.into_iter().map(whole).collect::<Result<Vec<_>, _>>()?
        }
    };
    if sizes.len() != parts || sizes.iter().try_fold(0_usize, |sum, &size| sum.checked_add(size)) != Some(length) {
        return Err(format!("parts {sizes:?} of {length} for {parts} outputs"));
    }
    each(builder, node, |builder, at, near| {
        let start = sizes[..at].iter().sum();
        taken(builder, near, laid.clone(), axis, [start, sizes[at]], 1)
    })
}

fn slice(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Value, String> {
    let out = builder.out(node);
    let mut laid = builder.image(node, 0)?;
    let (begin, size) = (builder.known(node, 1)?.as_ints()?, builder.known(node, 2)?.as_ints()?);
    if [begin.len(), size.len()] != [laid.shape.len(); 2] {
        return Err(format!("it begins at {begin:?} and takes {size:?} of {:?}", laid.shape));
    }
    for (axis, (&begin, &size)) in begin.iter().zip(&size).enumerate() {
        let length = laid.shape[axis];
        let start = usize::try_from(begin)
            .ok()
            .filter(|&start| start < length)
            .ok_or_else(|| format!("a begin of {begin} in {length}"))?;
        let count =
            if size == -1 { Some(length - start) } else { usize::try_from(size).ok().filter(|&count| count <= length - start) };
        let count = count.ok_or_else(|| format!("{size} positions from {start} of {length}"))?;
        laid = taken(builder, &out, laid, axis, [start, count], 1)?;
    }
    Ok(Value::Image(laid))
}

fn strided(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Value, String> {
    let (out, shape) = (builder.out(node), builder.out_shape(node)?);
    let o = node.options.builtin_options_as_strided_slice().ok_or("its options are missing")?;
    if o.ellipsis_mask() != 0 || o.new_axis_mask() != 0 {
        return Err("an ellipsis or a new axis is not read".into());
    }
    let mut laid = builder.image(node, 0)?;
    let mut list = |at: usize| builder.known(node, at)?.as_ints();
    let (begin, end, steps) = (list(1)?, list(2)?, list(3)?);
    if begin.len() > laid.shape.len() || [end.len(), steps.len()] != [begin.len(); 2] {
        return Err(format!("begins {begin:?}, ends {end:?} and steps {steps:?} of {:?}", laid.shape));
    }
    for axis in 0..begin.len() {
        let masked = |mask: i32| mask & (1 << axis) != 0;
        let (length, mut step, mut start) = (laid.shape[axis], steps[axis], begin[axis]);
        let mut stop = if o.offset() { start.saturating_add(end[axis]) } else { end[axis] };
        if masked(o.begin_mask()) {
            start = if step > 0 { 0 } else { i64::MAX };
        }
        if masked(o.end_mask()) {
            stop = if step > 0 { i64::MAX } else { i64::MIN };
        }
        if masked(o.shrink_axis_mask()) {
            step = 1;
            start = axis_of(start, length)? as i64;
            stop = start + 1;
        }
        let (start, count) = range(length, start, stop, step)?;
        laid = taken(builder, &out, laid, axis, [start, count], if count == 1 { 1 } else { step })?;
    }
    if shape.is_empty() {
        return Err("it makes a single number: the batch is the first dimension".into());
    }
    builder.moved(&laid, shape, &out).map(Value::Image)
}

fn gather(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Value, String> {
    let (out, shape) = (builder.out(node), builder.out_shape(node)?);
    let (axis, batches) = node.options.builtin_options_as_gather().map_or((0, 0), |o| (o.axis(), o.batch_dims()));
    let (laid, indices) = (builder.image(node, 0)?, builder.known(node, 1)?);
    let axis = axis_of(axis.into(), laid.shape.len())?;
    let (length, places) = (laid.shape[axis] as i64, indices.as_ints()?);
    let step = match places[..] {
        [first, second, ..] if first != second => second.saturating_sub(first),
        _ => 1,
    };
    let steady = places.windows(2).all(|pair| pair[1].saturating_sub(pair[0]) == step);
    if batches != 0
        || indices.shape.len() > 1
        || places.is_empty()
        || !steady
        || places.iter().any(|place| !(0..length).contains(place))
    {
        return Err(format!("indices {places:?} of {length}: one, or evenly spaced ones, are read"));
    }
    let made = taken(builder, &out, laid, axis, [places[0] as usize, places.len()], step)?;
    builder.moved(&made, shape, &out).map(Value::Image)
}

fn tile(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Value, String> {
    let out = builder.out(node);
    let (mut laid, repeats) = (builder.image(node, 0)?, builder.known(node, 1)?.as_ints()?);
    if repeats.len() != laid.shape.len() || repeats.iter().any(|n| !(1..=1024).contains(n)) {
        return Err(format!("repeats {repeats:?} of {:?}: 1 to 1024 are read", laid.shape));
    }
    for (axis, &times) in repeats.iter().enumerate().filter(|(_, times)| **times > 1) {
        let inner = builder.fresh(&format!("{out}/tiled"));
        laid = joined(builder, vec![Value::Image(laid); times as usize], axis, inner)?;
    }
    Ok(Value::Image(laid))
}

fn pad(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Value, String> {
    let out = builder.out(node);
    let laid = builder.image(node, 0)?;
    let pads = builder.known(node, 1)?;
    let rank = laid.shape.len();
    if pads.shape != [rank, 2] {
        return Err(format!("pads of shape {:?} for {rank} dimensions", pads.shape));
    }
    let size = |pad: i64| usize::try_from(pad).ok().filter(|&pad| pad <= 1 << 16).ok_or_else(|| format!("a pad of {pad}"));
    let pads = pads.as_ints()?.into_iter().map(size).collect::<Result<Vec<_>, _>>()?;
    let pair = |axis: usize| [pads[2 * axis], pads[2 * axis + 1]];
    if pair(0) != [0; 2] && laid.shape[0] == 1 && rank == 4 {
        return Err("it adds images".into());
    }
    let value = match builder.optional_known(node, 2)? {
        Some(value) if node.op == "PADV2" => value.scalar()?,
        _ => 0.0,
    };
    let mode = if node.op == "MIRROR_PAD" {
        match node.options.builtin_options_as_mirror_pad().map_or(0, |options| options.mode()) {
            0 => PadMode::Reflect,
            _ => return Err("a mirror that repeats the edge is not read".into()),
        }
    } else {
        PadMode::Constant
    };
    if mode == PadMode::Constant && value == 0.0 && rank == 4 && pair(0) == [0; 2] && pair(3) == [0; 2] {
        return Ok(Value::Pending(laid, Pending::Pad([pads[2], pads[4], pads[3], pads[5]])));
    }
    let axes = laid.with(&(0..rank).filter(|&axis| pair(axis) != [0; 2]).collect::<Vec<_>>());
    let image = builder.arranged(&out, &laid, &axes);
    let side = |at: usize| axes.iter().map(|&axis| pair(axis)[at]).collect();
    // An infinite value is the largest or smallest number.
    let value = f64::from(value.clamp(f32::MIN, f32::MAX));
    let op = Op::Pad { name: None, r#in: [image.name.clone()], out: [out], before: side(0), after: side(1), mode, value };
    let image = builder.append(op, &[&image])?;
    let shape = (0..rank).map(|axis| laid.shape[axis] + pair(axis)[0] + pair(axis)[1]).collect();
    Ok(Value::Image(Laid { image, axes, shape }))
}

fn blocks(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Value, String> {
    let out = builder.out(node);
    let laid = builder.image(node, 0)?;
    let (how, options) = if node.op == "DEPTH_TO_SPACE" {
        (Blocks::DepthToSpace, node.options.builtin_options_as_depth_to_space())
    } else {
        (Blocks::SpaceToDepth, node.options.builtin_options_as_space_to_depth())
    };
    let size = options.map_or(0, |options| options.size());
    let size = usize::try_from(size).map_err(|_| format!("blocks of {size}"))?;
    if !matches!(laid.shape[..], [1, _, _, _]) {
        return Err(format!("it reads {:?} and not [1, H, W, C]", laid.shape));
    }
    let data = builder.arranged(&out, &laid, &CHANNELS_FIRST);
    let image = builder.blocks(how, &data, size, out)?;
    let shape = [&[1], &image.dims[1..], &image.dims[..1]].concat();
    Ok(Value::Image(Laid { image, axes: CHANNELS_FIRST.to_vec(), shape }))
}
