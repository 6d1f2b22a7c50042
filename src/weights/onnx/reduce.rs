//! One number of the values along some dimensions: means, sums, roots, the largest, and its place.

use super::builder::Builder;
use super::fold::reduced_axes;
use super::node::axis_of;
use super::reading::{Made, Reading, image};
use super::value::Constant;
use crate::graph::{Op, Pad};
use crate::weights::assembly::{Shaped, to_front, volume};

pub(super) const OPERATORS: &[&str] =
    &["ReduceMean", "ReduceSum", "ReduceL1", "ReduceL2", "ReduceSumSquare", "ReduceMax", "ReduceMin", "ArgMax", "ArgMin"];

/// Reads a node of this file.
pub(super) fn read(builder: &mut Builder, node: &Reading<'_>) -> Result<Made, String> {
    let out = node.output()?;
    let made = if node.op.starts_with("Arg") { place(builder, node, out.clone())? } else { reduce(builder, node, out.clone())? };
    Ok(image(out, made))
}

fn negated(builder: &mut Builder, near: &str, input: &Shaped) -> Result<Shaped, String> {
    let minus = builder.operand(near, &Constant::floats(vec![], vec![-1.0]), input.rank())?;
    let out = builder.fresh(&format!("{near}/negated"));
    let from = input.name.clone();
    Ok(builder.push(out, input.dims.clone(), |out| Op::Mul { name: None, r#in: [from, minus.name], out }))
}

fn reduce(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let input = node.image(0)?.clone();
    let axes = node.constant(1)?;
    let axes = reduced_axes(node.op, node.version, &node.attributes, axes.as_deref(), input.rank())?;
    let Some(axes) = axes else { return Ok(builder.identity(out, &input)) };
    let own = axes.iter().map(|axis| axis.checked_sub(1)).collect::<Option<Vec<_>>>().ok_or("it reduces over the batch")?;
    along(builder, node, &input, &own, out)
}

/// The values along the dimensions `axes` (without the batch) become the pixels of a channel for each of the others.
pub(super) fn along(
    builder: &mut Builder,
    node: &Reading<'_>,
    input: &Shaped,
    axes: &[usize],
    out: String,
) -> Result<Shaped, String> {
    let reduced = |dim: usize| axes.contains(&dim);
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
    match node.op {
        "ReduceL2" | "ReduceSumSquare" => {
            let inner = builder.fresh(&format!("{out}/squares"));
            data =
                builder.push(inner, data.dims.clone(), |out| Op::Mul { name: None, r#in: [data.name.clone(), data.name], out });
        }
        "ReduceL1" => {
            let inner = builder.fresh(&format!("{out}/sizes"));
            data = builder.push(inner, data.dims.clone(), |out| Op::Abs { name: None, r#in: [data.name], out });
        }
        "ReduceMin" => data = negated(builder, &out, &data)?,
        _ => {}
    }
    let turned = builder.turned(&out, &data, order);
    let flat = builder.viewed(&out, &turned, vec![channels, count, 1]);
    let inner = builder.fresh(&format!("{out}/reduced"));
    if matches!(node.op, "ReduceMax" | "ReduceMin") {
        let op = Op::MaxPool {
            name: None,
            r#in: [flat.name.clone()],
            out: [inner],
            kernel: [count, 1],
            stride: [1, 1],
            pad: Pad::default(),
            dilation: [1, 1],
            ceil: false,
        };
        let mut made = builder.append(op, &[&flat])?;
        if node.op == "ReduceMin" {
            made = negated(builder, &out, &made)?;
        }
        return Ok(builder.reshape(out, &made, dims));
    }
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

/// ArgMax and ArgMin.
fn place(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let input = node.image(0)?.clone();
    let axis = axis_of(node.attributes.int("axis", 0)?, input.rank())?.checked_sub(1).ok_or("it compares images")?;
    if node.attributes.int("select_last_index", 0)? != 0 {
        return Err("the last of several largest is not read".into());
    }
    let mut data = input.clone();
    if node.op == "ArgMin" {
        data = negated(builder, &out, &data)?;
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
