//! What is computed along some dimensions: means, sums, the largest, softmax, norms; and pictures in other sizes.

use super::builder::{Builder, Value, axis_of};
use super::file::Node;
use super::layout::{CHANNELS_FIRST, Laid};
use super::maths::{Side, binary};
use crate::graph::Op;
use crate::operators::{Coordinates, ResizeMode, Rounding};
use crate::weights::reduction::Reduction;

pub(super) const OPERATORS: &[&str] = &[
    "MEAN",
    "SUM",
    "REDUCE_MAX",
    "REDUCE_MIN",
    "SOFTMAX",
    "LOG_SOFTMAX",
    "L2_NORMALIZATION",
    "RESIZE_BILINEAR",
    "RESIZE_NEAREST_NEIGHBOR",
];

/// Reads an operator of this file.
pub(super) fn read(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Vec<Value>, String> {
    let made = match node.op.as_str() {
        "SOFTMAX" | "LOG_SOFTMAX" => softmax(builder, node)?,
        "L2_NORMALIZATION" => normalised(builder, node)?,
        "RESIZE_BILINEAR" | "RESIZE_NEAREST_NEIGHBOR" => resize(builder, node)?,
        _ => reduce(builder, node)?,
    };
    Ok(vec![Value::Image(made)])
}

fn reduce(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Laid, String> {
    let out = builder.out(node);
    let (laid, axes) = (builder.image(node, 0)?, builder.known(node, 1)?.as_ints()?);
    let rank = laid.shape.len();
    let axes = axes.into_iter().map(|axis| axis_of(axis, rank)).collect::<Result<Vec<_>, _>>()?;
    let how = match node.op.as_str() {
        "MEAN" => Reduction::Mean,
        "REDUCE_MAX" => Reduction::Max,
        "REDUCE_MIN" => Reduction::Min,
        _ => Reduction::Sum,
    };
    let keep = node.options.builtin_options_as_reducer().is_some_and(|options| options.keep_dims());
    let made = reduced(builder, how, &laid, &axes, out.clone())?;
    if keep {
        return Ok(made);
    }
    let shape: Vec<usize> = (0..rank).filter(|axis| !axes.contains(axis)).map(|axis| made.shape[axis]).collect();
    if shape.is_empty() {
        return Err("it makes a single number: the batch is the first dimension".into());
    }
    builder.moved(&made, shape, &out)
}

/// Along the dimensions `axes` of the file's, which are kept with size 1.
fn reduced(builder: &mut Builder<'_, '_>, how: Reduction, laid: &Laid, axes: &[usize], out: String) -> Result<Laid, String> {
    let own: Vec<usize> = (0..laid.axes.len()).filter(|&at| axes.contains(&laid.axes[at])).collect();
    let mut shape = laid.shape.clone();
    axes.iter().for_each(|&axis| shape[axis] = 1);
    let image = builder.reduced(how, &laid.image, &own, true, out)?;
    Ok(Laid { image, axes: laid.axes.clone(), shape })
}

/// With the last dimension of the file's first in the network.
fn last_first(builder: &mut Builder<'_, '_>, near: &str, laid: &Laid) -> Result<Laid, String> {
    let last = laid.shape.len().checked_sub(1).ok_or("it reads a single number")?;
    let axes = std::iter::once(last).chain(laid.axes.iter().copied().filter(|&axis| axis != last)).collect();
    Ok(builder.laid(near, laid, axes))
}

fn softmax(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Laid, String> {
    let out = builder.out(node);
    let laid = builder.image(node, 0)?;
    let mut laid = last_first(builder, &out, &laid)?;
    let logarithm = node.op == "LOG_SOFTMAX";
    let beta = node.options.builtin_options_as_softmax().map_or(0.0, |options| options.beta());
    if !logarithm && beta != 1.0 {
        let inner = builder.fresh(&format!("{out}/scaled"));
        laid = binary(builder, "MUL", Side::Image(laid), Side::scalar(beta), inner)?;
    }
    let image = builder.softmax(out, &laid.image, 0, logarithm);
    Ok(Laid { image, ..laid })
}

/// Divided by the root of the sum of squares along the last dimension, which is 1e-6 at least.
fn normalised(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Laid, String> {
    let out = builder.out(node);
    if node.options.builtin_options_as_l2_norm().is_some_and(|options| options.activation() != 0) {
        return Err("an activation of its own is not read".into());
    }
    let laid = builder.image(node, 0)?;
    let last = laid.shape.len().checked_sub(1).ok_or("it reads a single number")?;
    let inner = builder.fresh(&format!("{out}/norm"));
    let norm = reduced(builder, Reduction::L2, &laid, &[last], inner)?;
    let inner = builder.fresh(&format!("{out}/bounded"));
    let norm = binary(builder, "MAXIMUM", Side::Image(norm), Side::scalar(1e-6), inner)?;
    binary(builder, "DIV", Side::Image(laid), Side::Image(norm), out)
}

fn resize(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Laid, String> {
    let out = builder.out(node);
    let bilinear = node.op == "RESIZE_BILINEAR";
    let rules = if bilinear {
        node.options.builtin_options_as_resize_bilinear().map(|o| (o.align_corners(), o.half_pixel_centers()))
    } else {
        node.options.builtin_options_as_resize_nearest().map(|o| (o.align_corners(), o.half_pixel_centers()))
    };
    // A nearest pixel's centre counts, but no half is taken off it again.
    let (coordinates, rounding) = match rules.unwrap_or_default() {
        (true, true) => return Err("align_corners and half_pixel_centers exclude each other".into()),
        (true, false) => (Coordinates::AlignCorners, Rounding::RoundPreferCeil),
        (false, true) if bilinear => (Coordinates::HalfPixel, Rounding::Floor),
        (false, true) => (Coordinates::TfHalfPixelForNn, Rounding::Floor),
        (false, false) => (Coordinates::Asymmetric, Rounding::Floor),
    };
    let (laid, size) = (builder.image(node, 0)?, builder.known(node, 1)?.as_ints()?);
    let side = |size: i64| usize::try_from(size).ok().filter(|&size| (1..=1 << 16).contains(&size));
    let (&[rows, columns], [1, _, _, _]) = (&size[..], &laid.shape[..]) else {
        return Err(format!("it resizes {:?} to {size:?}", laid.shape));
    };
    let size = side(rows).zip(side(columns)).ok_or_else(|| format!("sizes of {rows} and {columns}"))?;
    let data = builder.arranged(&out, &laid, &CHANNELS_FIRST);
    let mode = if bilinear { ResizeMode::Linear } else { ResizeMode::Nearest };
    let (r#in, size) = ([data.name.clone()], [size.0, size.1]);
    let op = Op::Resize { name: None, r#in, out: [out], size, scale: None, mode, coordinates, rounding };
    let image = builder.append(op, &[&data])?;
    let shape = vec![1, size[0], size[1], laid.shape[3]];
    Ok(Laid { image, axes: CHANNELS_FIRST.to_vec(), shape })
}
