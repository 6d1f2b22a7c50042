//! Convolutions and pools.

use super::builder::Builder;
use super::reading::{Made, Reading, image};
use crate::graph::{AutoPad, Op, Pad};
use crate::weights::assembly::{Shaped, inferred};

pub(super) const OPERATORS: &[&str] =
    &["Conv", "FusedConv", "ConvTranspose", "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"];

/// Reads a node of this file.
pub(super) fn read(builder: &mut Builder, node: &Reading<'_>) -> Result<Made, String> {
    let out = node.output()?;
    let input = node.image(0)?.clone();
    let made = match node.op {
        "Conv" => conv(builder, node, &input, out.clone())?,
        "FusedConv" => fused(builder, node, &input, out.clone())?,
        "ConvTranspose" => conv_transpose(builder, node, &input, out.clone())?,
        "GlobalAveragePool" => {
            let dims = [&input.dims[..1.min(input.dims.len())], &vec![1; input.dims.len().saturating_sub(1)]].concat();
            builder.push(out.clone(), dims, |out| Op::GlobalAveragePool { name: None, r#in: [input.name], out })
        }
        _ => pool(builder, node, &input, out.clone())?,
    };
    Ok(image(out, made))
}

/// `[C, L]` as `[C, L, 1]`, `[C, H, W]` as it is.
fn picture(builder: &mut Builder, near: &str, input: &Shaped) -> Result<Shaped, String> {
    match input.dims[..] {
        [_, _, _] => Ok(input.clone()),
        [channels, length] => Ok(builder.viewed(near, input, vec![channels, length, 1])),
        _ => Err(format!("it slides over {} dimensions: one or two are read", input.dims.len().saturating_sub(1))),
    }
}

/// Sizes of one or two dimensions as those of rows and columns.
fn pair(node: &Reading<'_>, name: &str, default: usize, flat: bool) -> Result<[usize; 2], String> {
    if flat {
        let [rows] = node.attributes.sizes(name, default)?;
        return Ok([rows, default]);
    }
    node.attributes.sizes(name, default)
}

/// Top, left, bottom, right of `pads`.
fn four(node: &Reading<'_>, flat: bool) -> Result<[usize; 4], String> {
    if flat {
        let [top, bottom] = node.attributes.sizes("pads", 0)?;
        return Ok([top, 0, bottom, 0]);
    }
    node.attributes.sizes("pads", 0)
}

fn pad(node: &Reading<'_>, flat: bool) -> Result<Pad, String> {
    Ok(match node.attributes.text("auto_pad", "NOTSET")?.as_str() {
        "NOTSET" => Pad::Fixed(four(node, flat)?),
        "SAME_UPPER" => Pad::Auto(AutoPad::SameUpper),
        "SAME_LOWER" => Pad::Auto(AutoPad::SameLower),
        "VALID" => Pad::Auto(AutoPad::Valid),
        other => return Err(format!("auto_pad `{other}`")),
    })
}

fn conv(builder: &mut Builder, node: &Reading<'_>, input: &Shaped, out: String) -> Result<Shaped, String> {
    let weight = node.needed(1)?;
    let flat = input.dims.len() == 2;
    let shape = match (&weight.shape[..], flat) {
        (&[o, c, k], true) => [o, c, k, 1],
        (&[o, c, h, w], false) => [o, c, h, w],
        _ => return Err(format!("a weight of shape {:?} on {:?}", weight.shape, input.dims)),
    };
    let bias = node.constant(2)?;
    let data = picture(builder, &out, input)?;
    let name = node.layer(builder, 1);
    if let Some(bias) = &bias {
        builder.weight(&name, "bias", bias.shape.clone(), bias.as_floats());
    }
    builder.weight(&name, "weight", shape.to_vec(), weight.as_floats());
    let groups = node.attributes.int("group", 1)?;
    let op = Op::Conv {
        name,
        r#in: [data.name.clone()],
        out: [out.clone()],
        channels: shape[0],
        kernel: [shape[2], shape[3]],
        stride: pair(node, "strides", 1, flat)?,
        pad: pad(node, flat)?,
        dilation: pair(node, "dilations", 1, flat)?,
        groups: usize::try_from(groups).map_err(|_| format!("{groups} groups"))?,
        bias: bias.is_some(),
    };
    if pair(node, "kernel_shape", 0, flat)?.iter().zip(&shape[2..]).any(|(&said, &is)| said != 0 && said != is) {
        return Err(format!("its kernel_shape is not that of its weight {:?}", weight.shape));
    }
    finish(builder, op, &data, out, flat)
}

/// Appends a window's operator; a length goes back to two dimensions.
fn finish(builder: &mut Builder, op: Op, data: &Shaped, out: String, flat: bool) -> Result<Shaped, String> {
    let dims = inferred(&op, &[data])?;
    if !flat {
        return Ok(builder.push(out, dims, |_| op));
    }
    let inner = builder.fresh(&format!("{out}/rows"));
    let made = builder.push(inner.clone(), dims.clone(), |_| renamed(op, inner));
    Ok(builder.reshape(out, &made, dims[..2].to_vec()))
}

fn renamed(mut op: Op, to: String) -> Op {
    match &mut op {
        Op::Conv { out, .. } | Op::ConvTranspose { out, .. } | Op::MaxPool { out, .. } | Op::AveragePool { out, .. } => {
            *out = [to];
        }
        _ => {}
    }
    op
}

fn fused(builder: &mut Builder, node: &Reading<'_>, input: &Shaped, out: String) -> Result<Shaped, String> {
    let inner = builder.fresh(&format!("{out}/conv"));
    let mut last = conv(builder, node, input, inner)?;
    if node.has(3) {
        let sum = builder.fresh(&format!("{out}/sum"));
        let more = super::maths::side(builder, node, 3)?;
        last = super::maths::binary(builder, "Add", super::maths::Side::Image(last), more, sum)?;
    }
    let parameters = node.attributes.floats("activation_params")?.unwrap_or(&[]);
    let number = |index: usize, default: f64| parameters.get(index).map_or(default, |&value| f64::from(value));
    let (from, dims) = (last.name.clone(), last.dims.clone());
    let (name, r#in) = (None, [from]);
    let activation = node.attributes.text("activation", "")?;
    Ok(match activation.as_str() {
        "" => builder.identity(out, &last),
        "Relu" => builder.push(out, dims, |out| Op::Relu { name, r#in, out }),
        "Sigmoid" => builder.push(out, dims, |out| Op::Sigmoid { name, r#in, out }),
        "Tanh" => builder.push(out, dims, |out| Op::Tanh { name, r#in, out }),
        "LeakyRelu" => builder.push(out, dims, |out| Op::LeakyRelu { name, r#in, out, slope: number(0, 0.01) }),
        "Clip" => builder.push(out, dims, |out| Op::Clip {
            name,
            r#in,
            out,
            min: number(0, f32::MIN.into()),
            max: number(1, f32::MAX.into()),
        }),
        "HardSigmoid" => {
            builder.push(out, dims, |out| Op::HardSigmoid { name, r#in, out, alpha: number(0, 0.2), beta: number(1, 0.5) })
        }
        other => return Err(format!("the activation `{other}`")),
    })
}

fn conv_transpose(builder: &mut Builder, node: &Reading<'_>, input: &Shaped, out: String) -> Result<Shaped, String> {
    let weight = node.needed(1)?;
    let flat = input.dims.len() == 2;
    let [channels, group_out, kh, kw] = match (&weight.shape[..], flat) {
        (&[i, o, k], true) => [i, o, k, 1],
        (&[i, o, h, w], false) => [i, o, h, w],
        _ => return Err(format!("a weight of shape {:?} on {:?}", weight.shape, input.dims)),
    };
    let input = &picture(builder, &out, input)?;
    let &[_, rows, columns] = &input.dims[..] else { return Err(format!("it reads {:?} and not [C, H, W]", input.dims)) };
    let groups = node.attributes.int("group", 1)?;
    let groups = usize::try_from(groups).map_err(|_| format!("{groups} groups"))?;
    let (kernel, stride) = ([kh, kw], pair(node, "strides", 1, flat)?);
    let dilation = pair(node, "dilations", 1, flat)?;
    let mut output_pad = pair(node, "output_padding", 0, flat)?;
    let auto = node.attributes.text("auto_pad", "NOTSET")?;
    let mut pads = four(node, flat)?;
    let wanted = match (node.attributes.has("output_shape"), auto.as_str()) {
        (true, _) => Some(pair(node, "output_shape", 1, flat)?),
        (false, "SAME_UPPER" | "SAME_LOWER") => Some([rows.saturating_mul(stride[0]), columns.saturating_mul(stride[1])]),
        _ => None,
    };
    if let Some(wanted) = wanted {
        for axis in 0..2 {
            let reach =
                [rows, columns][axis].checked_sub(1).and_then(|steps| steps.checked_mul(stride[axis])).and_then(|reach| {
                    reach
                        .checked_add(kernel[axis].checked_sub(1)?.checked_mul(dilation[axis])?.checked_add(1 + output_pad[axis])?)
                });
            let reach = reach.ok_or("its windows reach further than can be counted")?;
            // What a given size has beyond the windows is the bias alone; SAME makes no more than the windows reach, as in ONNX Runtime.
            if node.attributes.has("output_shape") {
                output_pad[axis] = output_pad[axis].saturating_add(wanted[axis].saturating_sub(reach));
            }
            let total = reach.saturating_sub(wanted[axis]);
            let (small, large) = (total / 2, total - total / 2);
            (pads[axis], pads[axis + 2]) = if auto == "SAME_UPPER" { (small, large) } else { (large, small) };
        }
    }
    let bias = node.constant(2)?;
    let name = node.layer(builder, 1);
    if let Some(bias) = &bias {
        builder.weight(&name, "bias", bias.shape.clone(), bias.as_floats());
    }
    builder.weight(&name, "weight", vec![channels, group_out, kh, kw], weight.as_floats());
    let op = Op::ConvTranspose {
        name,
        r#in: [input.name.clone()],
        out: [out.clone()],
        channels: group_out.saturating_mul(groups),
        kernel,
        stride,
        pad: pads,
        dilation,
        output_pad,
        groups,
        bias: bias.is_some(),
    };
    finish(builder, op, input, out, flat)
}

fn pool(builder: &mut Builder, node: &Reading<'_>, input: &Shaped, out: String) -> Result<Shaped, String> {
    let flat = input.dims.len() == 2;
    let data = picture(builder, &out, input)?;
    let (name, r#in, to) = (None, [data.name.clone()], [out.clone()]);
    if node.op == "GlobalMaxPool" {
        let op = Op::MaxPool {
            name,
            r#in,
            out: to,
            kernel: [data.dims[1], data.dims[2]],
            stride: [1, 1],
            pad: Pad::default(),
            dilation: [1, 1],
            ceil: false,
        };
        return finish(builder, op, &data, out, flat);
    }
    let (kernel, stride, pad) = (pair(node, "kernel_shape", 1, flat)?, pair(node, "strides", 1, flat)?, pad(node, flat)?);
    let dilation = pair(node, "dilations", 1, flat)?;
    if node.op != "MaxPool" && dilation != [1, 1] {
        return Err("means of windows with dilation are not read".into());
    }
    let ceil = node.attributes.int("ceil_mode", 0)? != 0;
    let op = if node.op == "MaxPool" {
        Op::MaxPool { name, r#in, out: to, kernel, stride, pad, dilation, ceil }
    } else {
        let count_include_pad = node.attributes.int("count_include_pad", 0)? != 0;
        Op::AveragePool { name, r#in, out: to, kernel, stride, pad, ceil, count_include_pad }
    };
    finish(builder, op, &data, out, flat)
}
