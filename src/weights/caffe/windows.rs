//! Convolutions, pools, dense layers and normalisation across channels.

use super::net::Layer;
use super::reading::Reading;
use super::text::Message;
use crate::graph::{Op, Pad};
use crate::weights::assembly::{Shaped, volume};

pub(super) const TYPES: [&str; 7] =
    ["Convolution", "ConvolutionDepthwise", "DepthwiseConvolution", "Deconvolution", "Pooling", "InnerProduct", "LRN"];

/// Reads a layer of this file.
pub(super) fn read(reading: &mut Reading<'_>, layer: &Layer, bottoms: &[Shaped]) -> Result<Shaped, String> {
    let [input] = bottoms else { return Err(format!("it reads {} blobs: one is read", bottoms.len())) };
    match layer.kind.as_str() {
        "Pooling" => pooling(reading, layer, input),
        "InnerProduct" => inner_product(reading, layer, input),
        "LRN" => lrn(reading, layer, input),
        _ => convolution(reading, layer, input),
    }
}

/// Rows and columns of a parameter that is one number, two, or `NAME_h` and `NAME_w`.
pub(super) fn pair(fields: &Message, name: &str, short: &str, default: usize) -> Result<[usize; 2], String> {
    let sides = [format!("{short}_h"), format!("{short}_w")];
    if sides.iter().any(|side| fields.has(side)) {
        return Ok([fields.number(&sides[0], default)?, fields.number(&sides[1], default)?]);
    }
    match fields.numbers::<usize>(name)?[..] {
        [] => Ok([default; 2]),
        [both] => Ok([both; 2]),
        [rows, columns] => Ok([rows, columns]),
        _ => Err(format!("its {name} has more than two numbers")),
    }
}

fn convolution(reading: &mut Reading<'_>, layer: &Layer, input: &Shaped) -> Result<Shaped, String> {
    let fields = layer.fields.message("convolution_param");
    let &[in_channels, _, _] = &input.dims[..] else { return Err(format!("it reads {:?} and not [C, H, W]", input.dims)) };
    let channels: usize = fields.number("num_output", 0)?;
    let depthwise = layer.kind.contains("epthwise");
    let groups: usize = fields.number("group", if depthwise { in_channels } else { 1 })?;
    let groups = if depthwise && groups == 1 { in_channels } else { groups };
    let bias = fields.flag("bias_term", true)?;
    let kernel = pair(&fields, "kernel_size", "kernel", 0)?;
    let (stride, pad) = (pair(&fields, "stride", "stride", 1)?, pair(&fields, "pad", "pad", 0)?);
    // DeepLab's name for it.
    let holes = if ["hole", "hole_h", "hole_w"].iter().any(|name| fields.has(name)) { "hole" } else { "dilation" };
    let dilation = pair(&fields, holes, holes, 1)?;
    if fields.number("axis", 1)? != 1 || groups == 0 {
        return Err("only axis 1 and groups above 0 are read".into());
    }
    let turned = layer.kind == "Deconvolution";
    let name = reading.assembly.layer(&layer.name);
    let out = reading.called(layer, 0);
    let (r#in, to, pads) = ([input.name.clone()], [out], [pad[0], pad[1], pad[0], pad[1]]);
    let op = if turned {
        let output_pad = [0; 2];
        Op::ConvTranspose {
            name: name.clone(),
            r#in,
            out: to,
            channels,
            kernel,
            stride,
            pad: pads,
            dilation,
            output_pad,
            groups,
            bias,
        }
    } else {
        Op::Conv { name: name.clone(), r#in, out: to, channels, kernel, stride, pad: Pad::Fixed(pads), dilation, groups, bias }
    };
    let made = reading.assembly.append(op, &[input])?;
    let shape = if turned { [in_channels, channels / groups] } else { [channels, in_channels / groups] };
    weights(reading, &layer.name, &name, vec![shape[0], shape[1], kernel[0], kernel[1]], bias.then_some(channels))?;
    Ok(made)
}

/// The weight and bias of a layer, where the caffemodel has them.
fn weights(reading: &mut Reading<'_>, layer: &str, name: &str, shape: Vec<usize>, bias: Option<usize>) -> Result<(), String> {
    let count = shape.iter().try_fold(1_usize, |product, &n| product.checked_mul(n)).ok_or("a weight too large")?;
    reading.weights.at_most(layer, 1 + usize::from(bias.is_some()))?;
    if let Some(values) = reading.weights.values(layer, 0, count)? {
        reading.assembly.weight(name, "weight", shape, values);
        if let Some(outputs) = bias
            && let Some(values) = reading.weights.values(layer, 1, outputs)?
        {
            reading.assembly.weight(name, "bias", vec![outputs], values);
        }
    }
    Ok(())
}

fn pooling(reading: &mut Reading<'_>, layer: &Layer, input: &Shaped) -> Result<Shaped, String> {
    let fields = layer.fields.message("pooling_param");
    let &[_, height, width] = &input.dims[..] else { return Err(format!("it reads {:?} and not [C, H, W]", input.dims)) };
    let global = fields.flag("global_pooling", false)?;
    let kernel = if global { [height, width] } else { pair(&fields, "kernel_size", "kernel", 0)? };
    let (stride, pad) = (pair(&fields, "stride", "stride", 1)?, pair(&fields, "pad", "pad", 0)?);
    let floor =
        fields.text("round_mode").is_some_and(|mode| mode == "FLOOR" || mode == "1") || !fields.flag("ceil_mode", true)?;
    let (name, r#in, ceil) = (None, [input.name.clone()], !floor);
    let (pad, out) = (Pad::Fixed([pad[0], pad[1], pad[0], pad[1]]), [reading.called(layer, 0)]);
    let op = match fields.text("pool").unwrap_or("MAX") {
        "AVE" | "1" if global => Op::GlobalAveragePool { name, r#in, out },
        "MAX" | "0" => Op::MaxPool { name, r#in, out, kernel, stride, pad, dilation: [1, 1], ceil },
        "AVE" | "1" => Op::AveragePool { name, r#in, out, kernel, stride, pad, ceil, count_include_pad: true },
        other => return Err(format!("pooling by `{other}`: MAX and AVE are read")),
    };
    reading.assembly.append(op, &[input])
}

fn inner_product(reading: &mut Reading<'_>, layer: &Layer, input: &Shaped) -> Result<Shaped, String> {
    let fields = layer.fields.message("inner_product_param");
    if fields.number("axis", 1)? != 1 {
        return Err("only axis 1 is read".into());
    }
    let channels: usize = fields.number("num_output", 0)?;
    let bias = fields.flag("bias_term", true)?;
    let columns = volume(&input.dims);
    let name = reading.assembly.layer(&layer.name);
    let out = reading.called(layer, 0);
    let flat = reading.assembly.viewed(&out, input, vec![columns]);
    let op = Op::Dense { name: name.clone(), r#in: [flat.name.clone()], out: [out], channels, bias };
    let made = reading.assembly.append(op, &[&flat])?;
    weights(reading, &layer.name, &name, vec![channels, columns], bias.then_some(channels))?;
    if fields.flag("transpose", false)?
        && let Some(values) = reading.weights.any(&layer.name, 0)?
    {
        let turned = (0..channels * columns).map(|at| values[at % columns * channels + at / columns]).collect();
        reading.assembly.weight(&name, "weight", vec![channels, columns], turned);
    }
    Ok(made)
}

fn lrn(reading: &mut Reading<'_>, layer: &Layer, input: &Shaped) -> Result<Shaped, String> {
    let fields = layer.fields.message("lrn_param");
    if !matches!(fields.text("norm_region"), None | Some("ACROSS_CHANNELS" | "0")) {
        return Err("normalisation within channels is not read".into());
    }
    let size: usize = fields.number("local_size", 5)?;
    if size.is_multiple_of(2) {
        return Err(format!("a local_size of {size}: odd ones are read, as in Caffe"));
    }
    let out = [reading.called(layer, 0)];
    let op = Op::Lrn {
        name: None,
        r#in: [input.name.clone()],
        out,
        size,
        alpha: fields.number("alpha", 1.0)?,
        beta: fields.number("beta", 0.75)?,
        k: fields.number("k", 1.0)?,
    };
    reading.assembly.append(op, &[input])
}
