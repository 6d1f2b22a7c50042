//! Normalisations by the statistics of the image itself.

use super::builder::Builder;
use super::maths::{Side, binary};
use super::node::axis_of;
use super::reading::{Made, Reading, image};
use super::value::Constant;
use crate::graph::Op;
use crate::weights::assembly::{Shaped, volume};

pub(super) const OPERATORS: &[&str] = &["LayerNormalization", "RMSNormalization", "InstanceNormalization", "GroupNormalization"];

/// Reads a node of this file.
pub(super) fn read(builder: &mut Builder, node: &Reading<'_>) -> Result<Made, String> {
    let out = node.output()?;
    let made = match node.op {
        "InstanceNormalization" | "GroupNormalization" => channels(builder, node, out.clone())?,
        _ => rows(builder, node, out.clone())?,
    };
    Ok(image(out, made))
}

fn mean(builder: &mut Builder, near: &str, input: &Shaped) -> Shaped {
    let (from, out) = (input.name.clone(), builder.fresh(&format!("{near}/mean")));
    builder.push(out, vec![input.dims[0], 1, 1], |out| Op::GlobalAveragePool { name: None, r#in: [from], out })
}

/// `[rows, count, 1]` with mean 0 (where it is `centred`) and variance 1 in every row.
fn standardised(builder: &mut Builder, near: &str, input: Shaped, eps: f32, centred: bool) -> Result<Shaped, String> {
    let mut name = |part: &str| builder.fresh(&format!("{near}/{part}"));
    let [distance, squares, above, root, quotient] = ["distance", "squares", "above", "root", "standardised"].map(&mut name);
    let mut data = input;
    if centred {
        let mean = mean(builder, near, &data);
        data = binary(builder, "Sub", Side::Image(data), Side::Image(mean), distance)?;
    }
    let squares = binary(builder, "Mul", Side::Image(data.clone()), Side::Image(data.clone()), squares)?;
    let variance = mean(builder, near, &squares);
    let above = binary(builder, "Add", Side::Image(variance), Side::scalar(eps), above)?;
    let root = builder.push(root, above.dims, |out| Op::Sqrt { name: None, r#in: [above.name], out });
    binary(builder, "Div", Side::Image(data), Side::Image(root), quotient)
}

/// `data` times `scale` plus `shift`, where they are, as the tensor `out`.
fn scaled(
    builder: &mut Builder,
    data: Shaped,
    scale: Option<Constant>,
    shift: Option<Constant>,
    out: String,
) -> Result<Shaped, String> {
    let mut data = data;
    if let Some(scale) = scale {
        let inner = builder.fresh(&format!("{out}/scaled"));
        data = binary(builder, "Mul", Side::Image(data), Side::Constant(scale.into()), inner)?;
    }
    match shift {
        Some(shift) => binary(builder, "Add", Side::Image(data), Side::Constant(shift.into()), out),
        None => Ok(builder.identity(out, &data)),
    }
}

/// LayerNormalization and RMSNormalization: all dimensions from the axis on.
fn rows(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let input = node.image(0)?.clone();
    let axis = axis_of(node.attributes.int("axis", -1)?, input.rank())?.checked_sub(1).ok_or("it normalises over the batch")?;
    let (before, count) = (volume(&input.dims[..axis]), volume(&input.dims[axis..]));
    let flat = builder.viewed(&out, &input, vec![before, count, 1]);
    let centred = node.op == "LayerNormalization";
    let made = standardised(builder, &out, flat, node.attributes.float("epsilon", 1e-5)?, centred)?;
    let made = builder.viewed(&out, &made, input.dims.clone());
    let weight = |index: usize| node.constant(index).map(|constant| constant.map(|constant| (*constant).clone()));
    let (scale, shift) = (weight(1)?, if centred { weight(2)? } else { None });
    for constant in scale.iter().chain(&shift) {
        if super::fold::broadcast(&input.dims[axis..], &constant.shape).as_deref() != Ok(&input.dims[axis..]) {
            return Err(format!("a weight of shape {:?} on {:?}", constant.shape, input.dims));
        }
    }
    scaled(builder, made, scale, shift, out)
}

/// InstanceNormalization and GroupNormalization: all places of a channel, or of a group of them.
fn channels(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let input = node.image(0)?.clone();
    let (&channels, places) = input.dims.split_first().ok_or("it reads a tensor without channels")?;
    let groups = if node.op == "InstanceNormalization" { channels as i64 } else { node.attributes.int("num_groups", 0)? };
    let groups = usize::try_from(groups).ok().filter(|&groups| groups > 0 && channels.is_multiple_of(groups));
    let groups = groups.ok_or_else(|| format!("groups that do not divide {channels} channels"))?;
    let count = volume(places);
    let flat = builder.viewed(&out, &input, vec![groups, channels / groups * count, 1]);
    let made = standardised(builder, &out, flat, node.attributes.float("epsilon", 1e-5)?, true)?;
    let made = builder.viewed(&out, &made, vec![channels, count, 1]);
    let weight = |index: usize| {
        let values = node.needed(index)?.as_floats();
        // Before opset 21 groups had one each.
        let each = channels.checked_div(values.len()).filter(|each| each * values.len() == channels);
        let wanted = if node.op == "GroupNormalization" && node.version < 21 { channels / groups } else { 1 };
        if each != Some(wanted) {
            return Err(format!("{} weights of {channels} channels", values.len()));
        }
        let values = values.into_iter().flat_map(|value| std::iter::repeat_n(value, wanted)).collect();
        Ok::<_, String>(Some(Constant::floats(vec![channels, 1, 1], values)))
    };
    let (scale, shift) = (weight(1)?, weight(2)?);
    let inner = builder.fresh(&format!("{out}/normalised"));
    let made = scaled(builder, made, scale, shift, inner)?;
    Ok(builder.reshape(out, &made, input.dims))
}
