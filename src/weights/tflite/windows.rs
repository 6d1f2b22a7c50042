//! Convolutions, pools and dense layers.

use super::builder::{Builder, Pending, Value};
use super::file::Node;
use super::layout::{CHANNELS_FIRST, Laid};
use super::maths::{activated, before_activation};
use crate::graph::{AutoPad, Op, Pad};
use crate::weights::assembly::{Shaped, volume};
use crate::weights::constant::{Constant, transpose};

pub(super) const OPERATORS: &[&str] =
    &["CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "MAX_POOL_2D", "AVERAGE_POOL_2D", "FULLY_CONNECTED"];

/// Reads an operator of this file.
pub(super) fn read(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Vec<Value>, String> {
    let made = match node.op.as_str() {
        "CONV_2D" | "DEPTHWISE_CONV_2D" => conv(builder, node)?,
        "TRANSPOSE_CONV" => transposed(builder, node)?,
        "FULLY_CONNECTED" => dense(builder, node)?,
        _ => pool(builder, node)?,
    };
    Ok(vec![Value::Image(made)])
}

/// Options that a convolution and a pool have.
struct Sliding {
    same: bool,
    stride: [usize; 2],
    dilation: [usize; 2],
    activation: i8,
}

impl Sliding {
    fn new(padding: i8, stride: [i32; 2], dilation: [i32; 2], activation: i8) -> Result<Self, String> {
        let same = match padding {
            0 => true,
            1 => false,
            other => return Err(format!("a padding that the format numbers {other}")),
        };
        Ok(Self { same, stride: pair("strides", stride)?, dilation: pair("dilations", dilation)?, activation })
    }
}

/// Rows and columns.
fn pair(what: &str, numbers: [i32; 2]) -> Result<[usize; 2], String> {
    match numbers.map(usize::try_from) {
        [Ok(rows), Ok(columns)] if rows > 0 && columns > 0 => Ok([rows, columns]),
        _ => Err(format!("{what} of {numbers:?}")),
    }
}

/// `[N, H, W, C]` as `[C, H, W]`.
fn picture(builder: &mut Builder<'_, '_>, near: &str, laid: &Laid) -> Result<Shaped, String> {
    match laid.shape[..] {
        [1, _, _, _] => Ok(builder.arranged(near, laid, &CHANNELS_FIRST)),
        _ => Err(format!("it slides over {:?}: [1, H, W, C] is read", laid.shape)),
    }
}

/// What a window's operator made.
fn first(image: Shaped) -> Laid {
    let shape = [&[1], image.dims.get(1..).unwrap_or(&[]), image.dims.get(..1).unwrap_or(&[])].concat();
    Laid { image, axes: CHANNELS_FIRST.to_vec(), shape }
}

/// Zeros that SAME adds to what has zeros already, or none.
fn pads(size: [usize; 2], given: [usize; 4], kernel: [usize; 2], sliding: &Sliding) -> Result<Pad, String> {
    if !sliding.same {
        return Ok(Pad::Fixed(given));
    }
    if given == [0; 4] {
        return Ok(Pad::Auto(AutoPad::SameUpper));
    }
    let mut all = given;
    for axis in 0..2 {
        let size = size[axis] + given[axis] + given[axis + 2];
        let extent = sliding.dilation[axis].checked_mul(kernel[axis] - 1).and_then(|reach| reach.checked_add(1));
        let reach = (size.div_ceil(sliding.stride[axis]) - 1).checked_mul(sliding.stride[axis]);
        let total = reach.zip(extent).and_then(|(reach, extent)| reach.checked_add(extent)).ok_or("its windows reach too far")?;
        let total = total.saturating_sub(size);
        all[axis] += total / 2;
        all[axis + 2] += total - total / 2;
    }
    Ok(Pad::Fixed(all))
}

fn conv(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Laid, String> {
    let out = builder.out(node);
    let depthwise = node.op == "DEPTHWISE_CONV_2D";
    let (sliding, multiplier) = if depthwise {
        let o = node.options.builtin_options_as_depthwise().ok_or("its options are missing")?;
        let dilation = [o.dilation_h(), o.dilation_w()];
        (Sliding::new(o.padding(), [o.stride_h(), o.stride_w()], dilation, o.activation())?, o.multiplier())
    } else {
        let o = node.options.builtin_options_as_conv().ok_or("its options are missing")?;
        (Sliding::new(o.padding(), [o.stride_h(), o.stride_w()], [o.dilation_h(), o.dilation_w()], o.activation())?, 1)
    };
    // Zeros around the picture are the window's own.
    let (laid, given) = match builder.given(node, 0)? {
        Value::Pending(laid, Pending::Pad(pads)) => (laid, pads),
        _ => (builder.image(node, 0)?, [0; 4]),
    };
    let data = picture(builder, &out, &laid)?;
    let &[in_channels, height, width] = &data.dims[..] else { return Err("it reads no picture".into()) };
    let weight = builder.known(node, 1)?;
    let &[outputs, rows, columns, last] = &weight.shape[..] else {
        return Err(format!("a weight of shape {:?}", weight.shape));
    };
    let (weight, groups) = if depthwise {
        let made = usize::try_from(multiplier).ok().and_then(|multiplier| multiplier.checked_mul(in_channels));
        if outputs != 1 || !last.is_multiple_of(in_channels) || (multiplier != 0 && made != Some(last)) {
            return Err(format!("a weight of shape {:?} on {in_channels} channels", weight.shape));
        }
        (transpose(&weight, &[3, 0, 1, 2]), in_channels)
    } else {
        if !in_channels.is_multiple_of(last) {
            return Err(format!("a weight of shape {:?} on {in_channels} channels", weight.shape));
        }
        (transpose(&weight, &[0, 3, 1, 2]), in_channels / last)
    };
    let channels = if depthwise { last } else { outputs };
    let name = builder.layer(&out);
    let bias = biased(builder, node, 2, channels, &name)?;
    let (kernel, shape) = ([rows, columns], weight.shape.clone());
    let pad = pads([height, width], given, kernel, &sliding)?;
    builder.weight(&name, "weight", shape, weight.as_floats());
    let (inner, activation) = before_activation(builder, sliding.activation, &out);
    let (stride, dilation) = (sliding.stride, sliding.dilation);
    let op = Op::Conv { name, r#in: [data.name.clone()], out: [inner], channels, kernel, stride, pad, dilation, groups, bias };
    let made = first(builder.append(op, &[&data])?);
    activated(builder, made, activation, out)
}

/// Whether there is a bias, which is the layer's then.
fn biased(builder: &mut Builder<'_, '_>, node: &Node<'_>, at: usize, channels: usize, name: &str) -> Result<bool, String> {
    let Some(bias) = builder.optional_known(node, at)? else { return Ok(false) };
    if bias.count() != channels {
        return Err(format!("a bias of shape {:?} for {channels} channels", bias.shape));
    }
    builder.weight(name, "bias", vec![channels], bias.as_floats());
    Ok(true)
}

fn transposed(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Laid, String> {
    let out = builder.out(node);
    let o = node.options.builtin_options_as_transpose_conv().ok_or("its options are missing")?;
    let sliding = Sliding::new(o.padding(), [o.stride_h(), o.stride_w()], [1, 1], o.activation())?;
    let (sizes, weight) = (builder.known(node, 0)?.as_ints()?, builder.known(node, 1)?);
    let laid = builder.image(node, 2)?;
    let data = picture(builder, &out, &laid)?;
    let &[in_channels, height, width] = &data.dims[..] else { return Err("it reads no picture".into()) };
    let (&[channels, rows, columns, last], &[1, tall, wide, made]) = (&weight.shape[..], &sizes[..]) else {
        return Err(format!("a weight of shape {:?} and the output's sizes {sizes:?}", weight.shape));
    };
    if last != in_channels || usize::try_from(made) != Ok(channels) {
        return Err(format!("a weight of shape {:?} on {in_channels} channels, to make {made}", weight.shape));
    }
    let (mut pad, mut output_pad) = ([0; 4], [0; 2]);
    let (size, kernel) = ([height, width], [rows, columns]);
    for (axis, wanted) in [tall, wide].into_iter().enumerate() {
        let wanted =
            usize::try_from(wanted).ok().filter(|&n| (1..=1 << 16).contains(&n)).ok_or_else(|| format!("a size of {wanted}"))?;
        let reach = (size[axis] - 1).checked_mul(sliding.stride[axis]).and_then(|reach| reach.checked_add(kernel[axis]));
        let reach = reach.ok_or("its windows reach too far")?;
        // As if what it makes were convolved to what it reads.
        let total = if sliding.same { reach.saturating_sub(wanted) } else { 0 };
        pad[axis] = total / 2;
        output_pad[axis] = wanted.saturating_sub(reach - total);
        pad[axis + 2] = (reach + output_pad[axis] - pad[axis]).saturating_sub(wanted);
    }
    let name = builder.layer(&out);
    let bias = biased(builder, node, 3, channels, &name)?;
    let turned = transpose(&weight, &[3, 0, 1, 2]);
    builder.weight(&name, "weight", turned.shape.clone(), turned.as_floats());
    let (inner, activation) = before_activation(builder, sliding.activation, &out);
    let (stride, dilation, groups) = (sliding.stride, [1, 1], 1);
    let (r#in, to) = ([data.name.clone()], [inner]);
    let op = Op::ConvTranspose { name, r#in, out: to, channels, kernel, stride, pad, dilation, output_pad, groups, bias };
    let made = first(builder.append(op, &[&data])?);
    activated(builder, made, activation, out)
}

fn pool(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Laid, String> {
    let out = builder.out(node);
    let o = node.options.builtin_options_as_pool().ok_or("its options are missing")?;
    let sliding = Sliding::new(o.padding(), [o.stride_h(), o.stride_w()], [1, 1], o.activation())?;
    let kernel = pair("windows", [o.filter_h(), o.filter_w()])?;
    let laid = builder.image(node, 0)?;
    let data = picture(builder, &out, &laid)?;
    let pad = pads([0; 2], [0; 4], kernel, &sliding)?;
    let (inner, activation) = before_activation(builder, sliding.activation, &out);
    let (name, r#in, to, stride, ceil) = (None, [data.name.clone()], [inner], sliding.stride, false);
    let op = if node.op == "MAX_POOL_2D" {
        Op::MaxPool { name, r#in, out: to, kernel, stride, pad, dilation: [1, 1], ceil }
    } else {
        Op::AveragePool { name, r#in, out: to, kernel, stride, pad, ceil, count_include_pad: false }
    };
    let made = first(builder.append(op, &[&data])?);
    activated(builder, made, activation, out)
}

fn dense(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Laid, String> {
    let out = builder.out(node);
    let options = node.options.builtin_options_as_fully_connected();
    let activation = options.map_or(0, |options| options.activation());
    if options.is_some_and(|options| options.weights_format() != 0) {
        return Err("its weights are shuffled: convert it again without that".into());
    }
    let weight = builder.known(node, 1)?;
    let &[outputs, columns] = &weight.shape[..] else { return Err(format!("a weight of shape {:?}", weight.shape)) };
    // What would move to be flat need not: the columns of the weight do.
    let laid = match builder.given(node, 0)? {
        Value::Pending(laid, Pending::Reshape) => laid,
        _ => builder.image(node, 0)?,
    };
    let values = volume(&laid.shape);
    if !values.is_multiple_of(columns) {
        return Err(format!("a weight of {columns} columns on {:?}", laid.shape));
    }
    let name = builder.layer(&out);
    let bias = biased(builder, node, 2, outputs, &name)?;
    let (inner, activation) = before_activation(builder, activation, &out);
    let made = if values == columns {
        let split = Constant { shape: [&[outputs], &laid.shape[..]].concat(), numbers: weight.numbers.clone() };
        let rest = (0..laid.shape.len()).filter(|axis| !laid.axes.contains(axis));
        let order: Vec<usize> = std::iter::once(0).chain(laid.axes.iter().copied().chain(rest).map(|axis| axis + 1)).collect();
        let turned = transpose(&split, &order);
        builder.weight(&name, "weight", vec![outputs, columns], turned.as_floats());
        let flat = builder.viewed(&out, &laid.image, vec![columns]);
        let op = Op::Dense { name, r#in: [flat.name.clone()], out: [inner], channels: outputs, bias };
        let image = builder.append(op, &[&flat])?;
        Laid { image, axes: vec![1], shape: vec![1, outputs] }
    } else {
        let laid = match builder.given(node, 0)? {
            Value::Pending(..) => builder.image(node, 0)?,
            _ => laid,
        };
        let rows = builder.moved(&laid, vec![1, 1, values / columns, columns], &out)?;
        let data = builder.arranged(&out, &rows, &CHANNELS_FIRST);
        builder.weight(&name, "weight", vec![outputs, columns, 1, 1], weight.as_floats());
        let op = Op::Conv {
            name,
            r#in: [data.name.clone()],
            out: [inner],
            channels: outputs,
            kernel: [1, 1],
            stride: [1, 1],
            pad: Pad::default(),
            dilation: [1, 1],
            groups: 1,
            bias,
        };
        first(builder.append(op, &[&data])?)
    };
    let made = activated(builder, made, activation, out.clone())?;
    // Its rows are as many dimensions as the file says.
    let shape = builder.out_shape(node)?;
    if shape.last() != Some(&outputs) {
        return Err(format!("the file has {shape:?} for its {outputs} outputs"));
    }
    builder.moved(&made, shape, &out)
}
