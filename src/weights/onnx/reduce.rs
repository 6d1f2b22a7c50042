//! One number of the values along some dimensions: means, sums, roots, the largest, and its place.

use super::builder::Builder;
use super::fold::reduced_axes;
use super::node::axis_of;
use super::reading::{Made, Reading, image};
use crate::graph::Op;
use crate::weights::assembly::{Shaped, to_front};
use crate::weights::reduction::Reduction;

pub(super) const OPERATORS: &[&str] =
    &["ReduceMean", "ReduceSum", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceMax", "ReduceMin", "ArgMax", "ArgMin"];

/// Reads a node of this file.
pub(super) fn read(builder: &mut Builder, node: &Reading<'_>) -> Result<Made, String> {
    let out = node.output()?;
    let made = if node.op.starts_with("Arg") { place(builder, node, out.clone())? } else { reduce(builder, node, out.clone())? };
    Ok(image(out, made))
}

fn reduce(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let input = node.image(0)?.clone();
    let axes = node.constant(1)?;
    let axes = reduced_axes(node.op, node.version, &node.attributes, axes.as_deref(), input.rank())?;
    let Some(axes) = axes else { return Ok(builder.identity(out, &input)) };
    let own = axes.iter().map(|axis| axis.checked_sub(1)).collect::<Option<Vec<_>>>().ok_or("it reduces over the batch")?;
    along(builder, node, &input, &own, out)
}

/// The values along the dimensions `axes` (without the batch).
pub(super) fn along(
    builder: &mut Builder,
    node: &Reading<'_>,
    input: &Shaped,
    axes: &[usize],
    out: String,
) -> Result<Shaped, String> {
    let how = match node.op {
        "ReduceMean" => Reduction::Mean,
        "ReduceL1" => Reduction::L1,
        "ReduceL2" => Reduction::L2,
        "ReduceSumSquare" => Reduction::SumSquare,
        "ReduceMax" => Reduction::Max,
        "ReduceMin" => Reduction::Min,
        _ => Reduction::Sum,
    };
    let keep = node.attributes.int("keepdims", 1)? != 0;
    builder.reduced(how, input, axes, keep, out)
}

/// ArgMax and ArgMin.
fn place(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let input = node.image(0)?.clone();
    let axis = axis_of(node.attributes.int("axis", 0)?, input.rank())?.checked_sub(1).ok_or("it compares images")?;
    if node.attributes.int("select_last_index", 0)? != 0 {
        return Err("the last of several largest is not read".into());
    }
    let mut data = input.clone();
    if node.op == "ArgMin" {
        data = builder.negated(&out, &data);
    }
    let (forth, _) = to_front(axis, data.dims.len());
    let turned = builder.turned(&out, &data, forth);
    let inner = builder.fresh(&format!("{out}/place"));
    let op = Op::ArgMax { name: None, r#in: [turned.name.clone()], out: [inner] };
    let made = builder.append(op, &[&turned])?;
    let mut dims = input.dims;
    if node.attributes.int("keepdims", 1)? != 0 {
        dims[axis] = 1;
    } else {
        dims.remove(axis);
    }
    builder.integers.insert(out.clone());
    Ok(builder.reshape(out, &made, dims))
}
