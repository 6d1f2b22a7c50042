//! Functions of every value, and batch-norms.

use super::net::Layer;
use super::reading::Reading;
use crate::graph::Op;
use crate::weights::assembly::Shaped;

pub(super) const TYPES: [&str; 15] = [
    "ReLU",
    "ReLU6",
    "PReLU",
    "ELU",
    "AbsVal",
    "Sigmoid",
    "TanH",
    "Exp",
    "Power",
    "Dropout",
    "BatchNorm",
    "Scale",
    "Bias",
    "Eltwise",
    "Softmax",
];

/// Channels that one slope may be for, so that a small file makes no large weight.
const MOST_SHARED: usize = 1 << 16;

/// Reads a layer of this file.
pub(super) fn read(reading: &mut Reading<'_>, layer: &Layer, bottoms: &[Shaped]) -> Result<Shaped, String> {
    match (layer.kind.as_str(), bottoms) {
        ("Eltwise", _) => eltwise(reading, layer, bottoms),
        ("Scale" | "Bias", [left, right]) => scale_by(reading, layer, left, right),
        (_, [input]) => one(reading, layer, input),
        _ => Err(format!("it reads {} blobs: one is read", bottoms.len())),
    }
}

fn one(reading: &mut Reading<'_>, layer: &Layer, input: &Shaped) -> Result<Shaped, String> {
    match layer.kind.as_str() {
        "BatchNorm" => return batch_norm(reading, layer, input),
        "Scale" | "Bias" => return scale(reading, layer, input),
        "PReLU" => return prelu(reading, layer, input),
        "Power" => return power(reading, layer, input),
        "Exp" => return exp(reading, layer, input),
        "Softmax" => {
            let axis: i64 = layer.fields.message("softmax_param").number("axis", 1)?;
            let axis = super::shapes::axis(axis, input)?;
            let out = reading.called(layer, 0);
            return Ok(reading.assembly.softmax(out, input, axis, false));
        }
        _ => {}
    }
    let (name, r#in, out) = (None, [input.name.clone()], [reading.called(layer, 0)]);
    let op = match layer.kind.as_str() {
        "ReLU" => match layer.fields.message("relu_param").number("negative_slope", 0.0)? {
            0.0 => Op::Relu { name, r#in, out },
            slope => Op::LeakyRelu { name, r#in, out, slope },
        },
        "ReLU6" => Op::Clip { name, r#in, out, min: 0.0, max: 6.0 },
        "ELU" => Op::Elu { name, r#in, out, alpha: layer.fields.message("elu_param").number("alpha", 1.0)? },
        "AbsVal" => Op::Abs { name, r#in, out },
        "Sigmoid" => Op::Sigmoid { name, r#in, out },
        "TanH" => Op::Tanh { name, r#in, out },
        _ => {
            let rate: f64 = layer.fields.message("dropout_param").number("dropout_ratio", 0.5)?;
            Op::Dropout { name, r#in, out, rate: rate.clamp(0.0, 0.999) }
        }
    };
    reading.assembly.append(op, &[input])
}

fn channels(input: &Shaped) -> Result<usize, String> {
    input.dims.first().copied().ok_or_else(|| "it reads a tensor without channels".to_owned())
}

/// The first bottom times the second, or plus it. Both have the batch, which only axis 0 lines up.
fn scale_by(reading: &mut Reading<'_>, layer: &Layer, left: &Shaped, right: &Shaped) -> Result<Shaped, String> {
    let scales = layer.kind == "Scale";
    let fields = layer.fields.message(if scales { "scale_param" } else { "bias_param" });
    let axis: i64 = fields.number("axis", 1)?;
    if axis != 0 && axis.checked_add(left.rank() as i64) != Some(0) {
        return Err(format!("axis {axis} lays the second bottom's images along another axis: axis 0 is read of two bottoms"));
    }
    if fields.flag("bias_term", false)? {
        return Err("a bias_term of two bottoms is not read".into());
    }
    let fits = right.dims.len() <= left.dims.len() && right.dims.iter().zip(&left.dims).all(|(&r, &l)| r == l || r == 1);
    if !fits {
        return Err(format!("{:?} does not begin with {:?}", left.dims, right.dims));
    }
    let (name, r#in, out) = (None, [left.name.clone(), right.name.clone()], [reading.called(layer, 0)]);
    let op = if scales { Op::Mul { name, r#in, out } } else { Op::Add { name, r#in, out } };
    reading.assembly.append(op, &[left, right])
}

/// A batch-norm; the Scale behind it becomes its weight and bias.
fn batch_norm(reading: &mut Reading<'_>, layer: &Layer, input: &Shaped) -> Result<Shaped, String> {
    let (count, fields) = (channels(input)?, layer.fields.message("batch_norm_param"));
    if !fields.flag("use_global_stats", true)? {
        return Err("statistics of the batch are not read".into());
    }
    let name = reading.assembly.layer(&layer.name);
    let eps = fields.number("eps", 1e-5)?;
    let (scale, out) = match reading.scaled_by(layer) {
        Some((scale, out)) => (Some(scale), out),
        None => (None, reading.called(layer, 0)),
    };
    let op = Op::BatchNorm { name: name.clone(), r#in: [input.name.clone()], out: [out], eps };
    let made = reading.assembly.append(op, &[input])?;
    reading.weights.at_most(&layer.name, 3)?;
    if let (Some(mean), Some(variance)) =
        (reading.weights.values(&layer.name, 0, count)?, reading.weights.values(&layer.name, 1, count)?)
    {
        // Sums, and how much they are the sum of.
        let factor = reading.weights.values(&layer.name, 2, 1)?.map_or(1.0, |factor| factor[0]);
        let share = if factor == 0.0 { 0.0 } else { 1.0 / f64::from(factor) };
        let scaled = |values: Vec<f32>| values.into_iter().map(|value| (f64::from(value) * share) as f32).collect::<Vec<_>>();
        reading.assembly.weight(&name, "running_mean", vec![count], scaled(mean));
        reading.assembly.weight(&name, "running_var", vec![count], scaled(variance));
        if scale.is_none() {
            reading.assembly.weight(&name, "weight", vec![count], vec![1.0; count]);
            reading.assembly.weight(&name, "bias", vec![count], vec![0.0; count]);
        }
    }
    if let Some(scale) = scale {
        factors(reading, scale, &name, count)?;
    }
    Ok(made)
}

/// A Scale or Bias of its own: a batch-norm without statistics. One behind a BatchNorm is done already.
fn scale(reading: &mut Reading<'_>, layer: &Layer, input: &Shaped) -> Result<Shaped, String> {
    let fields = layer.fields.message(if layer.kind == "Scale" { "scale_param" } else { "bias_param" });
    let axis: i64 = fields.number("axis", 1)?;
    if (axis != 1 && axis.checked_add(input.rank() as i64) != Some(1)) || fields.number("num_axes", 1)? != 1 {
        return Err("only one number a channel is read".into());
    }
    if layer.kind == "Scale" && reading.follows_norm(layer) {
        return Ok(input.clone());
    }
    let count = channels(input)?;
    let name = reading.assembly.layer(&layer.name);
    let out = reading.called(layer, 0);
    let op = Op::BatchNorm { name: name.clone(), r#in: [input.name.clone()], out: [out], eps: 1e-12 };
    let made = reading.assembly.append(op, &[input])?;
    if factors(reading, layer, &name, count)? {
        reading.assembly.weight(&name, "running_mean", vec![count], vec![0.0; count]);
        reading.assembly.weight(&name, "running_var", vec![count], vec![1.0; count]);
    }
    Ok(made)
}

/// Weight and bias of the batch-norm `name` from a Scale or Bias; whether the caffemodel has them. What is not in a file is not made of its size
/// alone: a prototxt of one line can ask for gigabytes.
fn factors(reading: &mut Reading<'_>, layer: &Layer, name: &str, count: usize) -> Result<bool, String> {
    let scales = layer.kind == "Scale";
    let shifts = !scales || layer.fields.message("scale_param").flag("bias_term", false)?;
    reading.weights.at_most(&layer.name, usize::from(scales) + usize::from(shifts))?;
    if reading.weights.count(&layer.name) == 0 {
        return Ok(false);
    }
    let first = reading.weights.values(&layer.name, 0, count)?;
    let second = if scales && shifts { reading.weights.values(&layer.name, 1, count)? } else { None };
    let (gamma, beta) = if scales { (first, second) } else { (None, first) };
    reading.assembly.weight(name, "weight", vec![count], gamma.unwrap_or_else(|| vec![1.0; count]));
    reading.assembly.weight(name, "bias", vec![count], beta.unwrap_or_else(|| vec![0.0; count]));
    Ok(true)
}

fn prelu(reading: &mut Reading<'_>, layer: &Layer, input: &Shaped) -> Result<Shaped, String> {
    let count = channels(input)?;
    let shared = layer.fields.message("prelu_param").flag("channel_shared", false)?;
    if shared && count > MOST_SHARED {
        return Err(format!("one slope for {count} channels: at most {MOST_SHARED} are possible"));
    }
    let name = reading.assembly.layer(&layer.name);
    let out = reading.called(layer, 0);
    reading.weights.at_most(&layer.name, 1)?;
    let made = reading.assembly.append(Op::Prelu { name: name.clone(), r#in: [input.name.clone()], out: [out] }, &[input])?;
    if let Some(values) = reading.weights.values(&layer.name, 0, if shared { 1 } else { count })? {
        let slopes = if shared { vec![values[0]; count] } else { values };
        reading.assembly.weight(&name, "weight", vec![count], slopes);
    }
    Ok(made)
}

/// `input` times `factor` plus `term`, as the tensor `out`; what changes nothing is left out.
fn linear(reading: &mut Reading<'_>, input: &Shaped, factor: f32, term: f32, out: &str) -> Shaped {
    let mut last = input.clone();
    for (value, add) in [(factor, false), (term, true)] {
        if value == if add { 0.0 } else { 1.0 } {
            continue;
        }
        let constant = reading.assembly.constant(out, vec![1; input.dims.len()], vec![value]);
        let inner = reading.assembly.fresh(&format!("{out}/{}", if add { "shifted" } else { "scaled" }));
        let r#in = [last.name, constant.name];
        last = reading.assembly.push(inner, last.dims, |out| {
            if add { Op::Add { name: None, r#in, out } } else { Op::Mul { name: None, r#in, out } }
        });
    }
    last
}

/// (shift + scale * x) ^ power.
fn power(reading: &mut Reading<'_>, layer: &Layer, input: &Shaped) -> Result<Shaped, String> {
    let fields = layer.fields.message("power_param");
    let out = reading.called(layer, 0);
    let base = linear(reading, input, fields.number("scale", 1.0)?, fields.number("shift", 0.0)?, &out);
    let (name, from) = (None, base.name.clone());
    match fields.number("power", 1.0)? {
        1.0 => Ok(reading.assembly.identity(out, &base)),
        2.0 => Ok(reading.assembly.push(out, base.dims, |out| Op::Mul { name, r#in: [from.clone(), from], out })),
        0.5 => Ok(reading.assembly.push(out, base.dims, |out| Op::Sqrt { name, r#in: [from], out })),
        other => Err(format!("the power {other}: 1, 2 and 0.5 are read")),
    }
}

/// base ^ (shift + scale * x); a base of -1 is e.
fn exp(reading: &mut Reading<'_>, layer: &Layer, input: &Shaped) -> Result<Shaped, String> {
    let fields = layer.fields.message("exp_param");
    let base: f32 = fields.number("base", -1.0)?;
    let log = match base {
        -1.0 => 1.0,
        base if base > 0.0 => base.ln(),
        base => return Err(format!("the base {base}")),
    };
    let (scale, shift): (f32, f32) = (fields.number("scale", 1.0)?, fields.number("shift", 0.0)?);
    let out = reading.called(layer, 0);
    let exponent = linear(reading, input, scale * log, shift * log, &out);
    Ok(reading.assembly.push(out, exponent.dims, |out| Op::Exp { name: None, r#in: [exponent.name], out }))
}

fn eltwise(reading: &mut Reading<'_>, layer: &Layer, bottoms: &[Shaped]) -> Result<Shaped, String> {
    let fields = layer.fields.message("eltwise_param");
    let coefficients: Vec<f32> = fields.numbers("coeff")?;
    let operation = fields.text("operation").unwrap_or("SUM");
    if !coefficients.is_empty() && (coefficients.len() != bottoms.len() || !matches!(operation, "SUM" | "1")) {
        return Err(format!("{} coefficients for {} bottoms: a sum has one each", coefficients.len(), bottoms.len()));
    }
    if bottoms.iter().any(|bottom| bottom.dims != bottoms[0].dims) {
        return Err(format!("bottoms of sizes {:?}", bottoms.iter().map(|bottom| &bottom.dims).collect::<Vec<_>>()));
    }
    let out = reading.called(layer, 0);
    let factor = |index: usize| coefficients.get(index).copied().unwrap_or(1.0);
    let mut last = linear(reading, &bottoms[0], factor(0), 0.0, &out);
    for (index, bottom) in bottoms.iter().enumerate().skip(1) {
        let next = linear(reading, bottom, factor(index), 0.0, &out);
        let inner = if index + 1 == bottoms.len() { out.clone() } else { reading.assembly.fresh(&format!("{out}/part")) };
        let (name, r#in, to) = (None, [last.name.clone(), next.name.clone()], [inner]);
        let op = match operation {
            "SUM" | "1" => Op::Add { name, r#in, out: to },
            "PROD" | "0" => Op::Mul { name, r#in, out: to },
            "MAX" | "2" => Op::Max { name, r#in, out: to },
            other => return Err(format!("the operation {other}")),
        };
        last = reading.assembly.append(op, &[&last, &next])?;
    }
    Ok(if bottoms.len() == 1 { reading.assembly.identity(out, &last) } else { last })
}
