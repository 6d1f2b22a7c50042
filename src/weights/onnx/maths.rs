//! Functions of every value.

use std::sync::Arc;

use super::builder::{Builder, Value, all};
use super::reading::{Made, Reading, image};
use super::value::Constant;
use crate::graph::Op;
use crate::weights::assembly::{Shaped, volume};

pub(super) const OPERATORS: &[&str] = &[
    "Relu",
    "LeakyRelu",
    "PRelu",
    "Elu",
    "Clip",
    "Sigmoid",
    "Tanh",
    "Exp",
    "Sqrt",
    "Abs",
    "Neg",
    "Reciprocal",
    "HardSwish",
    "HardSigmoid",
    "Erf",
    "Gelu",
    "Softplus",
    "Pow",
    "Add",
    "Sub",
    "Mul",
    "Div",
    "Max",
    "Min",
    "Sum",
    "Mean",
];

/// An operand.
#[derive(Debug, Clone)]
pub(super) enum Side {
    Image(Shaped),
    Constant(Arc<Constant>),
}

impl Side {
    pub fn scalar(value: f32) -> Self {
        Self::Constant(Arc::new(Constant::floats(vec![], vec![value])))
    }
}

pub(super) fn side(builder: &Builder, node: &Reading<'_>, index: usize) -> Result<Side, String> {
    let rank = node.inputs.iter().flatten().find_map(|input| match input {
        Value::Image(shaped) => Some(shaped.rank()),
        _ => None,
    });
    let rank = rank.ok_or("it reads constants only")?;
    match node.inputs.get(index) {
        Some(Some(Value::Image(shaped))) => Ok(Side::Image(shaped.clone())),
        Some(Some(Value::Constant(constant))) => {
            if index == 1 && node.version < 7 && node.attributes.has("axis") {
                return from_axis(node, constant, rank).map(Side::Constant);
            }
            let row = builder.repeated(std::slice::from_ref(constant), rank).filter(|_| builder.batches.len() == 1);
            Ok(Side::Constant(row.map_or_else(|| Arc::clone(constant), Arc::new)))
        }
        Some(Some(Value::Varying(each))) => match builder.repeated(each, rank) {
            Some(row) => Ok(Side::Constant(Arc::new(row))),
            None => node.needed(index).map(Side::Constant),
        },
        _ => Err(format!("its input {index} is missing")),
    }
}

/// Before opset 7 the sizes of the second operand met those of the first from an axis on.
fn from_axis(node: &Reading<'_>, constant: &Constant, rank: usize) -> Result<Arc<Constant>, String> {
    let axis = super::node::axis_of(node.attributes.int("axis", 0)?, rank)?;
    let behind =
        rank.checked_sub(axis + constant.shape.len()).ok_or_else(|| format!("{:?} from axis {axis} on", constant.shape))?;
    let shape = [&constant.shape[..], &vec![1; behind]].concat();
    Ok(Arc::new(Constant { shape, numbers: constant.numbers.clone() }))
}

/// Reads a node of this file.
pub(super) fn read(builder: &mut Builder, node: &Reading<'_>) -> Result<Made, String> {
    let out = node.output()?;
    let made = match node.op {
        "Add" | "Sub" | "Mul" | "Div" => {
            let (left, right) = (side(builder, node, 0)?, side(builder, node, 1)?);
            binary(builder, node.op, left, right, out.clone())?
        }
        "Max" | "Min" | "Sum" | "Mean" => several(builder, node, out.clone())?,
        "Pow" => power(builder, node, out.clone())?,
        "Neg" => {
            let side = side(builder, node, 0)?;
            binary(builder, "Mul", side, Side::scalar(-1.0), out.clone())?
        }
        "Reciprocal" => {
            let side = side(builder, node, 0)?;
            binary(builder, "Div", Side::scalar(1.0), side, out.clone())?
        }
        "PRelu" => prelu(builder, node, out.clone())?,
        _ => unary(builder, node, out.clone())?,
    };
    Ok(image(out, made))
}

fn unary(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let Shaped { name: from, dims } = node.image(0)?.clone();
    let (name, r#in, to) = (None, [from], [out.clone()]);
    let number = |name: &str, default: f32| node.attributes.float(name, default).map(f64::from);
    let op = match node.op {
        "Relu" => Op::Relu { name, r#in, out: to },
        "LeakyRelu" => Op::LeakyRelu { name, r#in, out: to, slope: number("alpha", 0.01)? },
        "Elu" => Op::Elu { name, r#in, out: to, alpha: number("alpha", 1.0)? },
        "Sigmoid" => Op::Sigmoid { name, r#in, out: to },
        "Tanh" => Op::Tanh { name, r#in, out: to },
        "Exp" => Op::Exp { name, r#in, out: to },
        "Sqrt" => Op::Sqrt { name, r#in, out: to },
        "Abs" => Op::Abs { name, r#in, out: to },
        "HardSwish" => Op::HardSwish { name, r#in, out: to },
        "Erf" => Op::Erf { name, r#in, out: to },
        "Softplus" => Op::Softplus { name, r#in, out: to },
        "Gelu" => match node.attributes.text("approximate", "none")?.as_str() {
            "none" => Op::Gelu { name, r#in, out: to, tanh: false },
            "tanh" => Op::Gelu { name, r#in, out: to, tanh: true },
            other => return Err(format!("approximate `{other}`")),
        },
        "HardSigmoid" => Op::HardSigmoid { name, r#in, out: to, alpha: number("alpha", 0.2)?, beta: number("beta", 0.5)? },
        _ => {
            let bound = |index: usize, attribute: &str, default: f32| {
                if node.version < 11 {
                    return number(attribute, default);
                }
                node.constant(index)?.map_or(Ok(f64::from(default)), |bound| bound.scalar().map(f64::from))
            };
            // Infinite bounds are none.
            let finite = |bound: f64| bound.clamp(f32::MIN.into(), f32::MAX.into());
            Op::Clip { name, r#in, out: to, min: finite(bound(1, "min", f32::MIN)?), max: finite(bound(2, "max", f32::MAX)?) }
        }
    };
    Ok(builder.push(out, dims, |_| op))
}

/// A function of two operands, at least one made of the image, broadcast as ONNX does it: sizes meet at the last.
pub(super) fn binary(builder: &mut Builder, op: &str, left: Side, right: Side, out: String) -> Result<Shaped, String> {
    let (left, right) = match (left, right) {
        (Side::Image(left), Side::Image(right)) => {
            if left.rank() != right.rank() {
                return Err(format!(
                    "{:?} and {:?} differ in rank: the batch of one would meet another dimension",
                    left.dims, right.dims
                ));
            }
            (left, right)
        }
        (Side::Image(left), Side::Constant(right)) => {
            let right = beside(builder, &out, &left, &right)?;
            (left, right)
        }
        (Side::Constant(left), Side::Image(right)) => {
            let left = beside(builder, &out, &right, &left)?;
            (left, right)
        }
        (Side::Constant(_), Side::Constant(_)) => return Err("it reads constants only".into()),
    };
    let dims = super::fold::broadcast(&left.dims, &right.dims)?;
    let (name, r#in) = (None, [left.name, right.name]);
    Ok(builder.push(out, dims, |out| match op {
        "Add" => Op::Add { name, r#in, out },
        "Sub" => Op::Sub { name, r#in, out },
        "Mul" => Op::Mul { name, r#in, out },
        "Div" => Op::Div { name, r#in, out },
        "Max" => Op::Max { name, r#in, out },
        "Pow" => Op::Pow { name, r#in, out },
        _ => Op::Min { name, r#in, out },
    }))
}

/// `constant` as an operand beside `image`: repeated along the width where only a part of it would be.
fn beside(builder: &mut Builder, near: &str, image: &Shaped, constant: &Constant) -> Result<Shaped, String> {
    let lacking = image.rank().saturating_sub(constant.shape.len());
    let sizes = [&vec![1; lacking][..], &constant.shape].concat();
    let tail = |dims: &[usize]| volume(dims.get(2..).unwrap_or(&[]));
    let width = tail(sizes.get(1..).unwrap_or(&[]));
    if sizes.len() == image.rank() && width != 1 && width != tail(&image.dims) && tail(&image.dims) != 1 {
        let dims = super::fold::broadcast(&image.dims, &sizes[1..])?;
        return builder.whole_operand(near, constant, &dims);
    }
    builder.operand(near, constant, image.rank())
}

fn several(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let op = if matches!(node.op, "Sum" | "Mean") { "Add" } else { node.op };
    let count = node.inputs.len();
    let mut sides = (0..count).map(|index| side(builder, node, index)).collect::<Result<Vec<_>, _>>()?.into_iter();
    let first = sides.next().ok_or("it reads nothing")?;
    let rest: Vec<Side> = sides.collect();
    let last = rest.len();
    let mut sum = first;
    for (index, next) in rest.into_iter().enumerate() {
        let inner = if index + 1 == last && node.op != "Mean" { out.clone() } else { builder.fresh(&format!("{out}/part")) };
        sum = Side::Image(binary(builder, op, sum, next, inner)?);
    }
    match sum {
        Side::Image(sum) if node.op == "Mean" => binary(builder, "Mul", Side::Image(sum), Side::scalar(1.0 / count as f32), out),
        Side::Image(sum) if last == 0 => Ok(builder.identity(out, &sum)),
        Side::Image(sum) => Ok(sum),
        Side::Constant(_) => Err("it reads constants only".into()),
    }
}

fn power(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let (base, exponent) = (side(builder, node, 0)?, side(builder, node, 1)?);
    let (Side::Image(image), Side::Constant(constant)) = (&base, &exponent) else {
        return binary(builder, "Pow", base, exponent, out);
    };
    if constant.count() != 1 || constant.shape.len() > image.rank() {
        return binary(builder, "Pow", base, exponent, out);
    }
    if all(constant, 2.0) {
        return binary(builder, "Mul", base.clone(), base, out);
    }
    if all(constant, 3.0) {
        let square = builder.fresh(&format!("{out}/square"));
        let square = binary(builder, "Mul", base.clone(), base.clone(), square)?;
        return binary(builder, "Mul", Side::Image(square), base, out);
    }
    if all(constant, 0.5) {
        let from = image.name.clone();
        return Ok(builder.push(out, image.dims.clone(), |out| Op::Sqrt { name: None, r#in: [from], out }));
    }
    binary(builder, "Pow", base, exponent, out)
}

fn prelu(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let (input, slope) = (node.image(0)?.clone(), node.needed(1)?);
    let channels = *input.dims.first().ok_or("it reads a tensor without channels")?;
    let lacking = input
        .rank()
        .checked_sub(slope.shape.len())
        .ok_or_else(|| format!("slopes of shape {:?} on {:?}", slope.shape, input.dims))?;
    let sizes = [&vec![1; lacking][..], &slope.shape].concat();
    // A slope a channel, or one for all; anything else by its definition.
    let by_channel = sizes.get(1) == Some(&channels) || (node.version < 7 && slope.shape == [channels]);
    if slope.count() == 1 || (by_channel && slope.count() == channels) {
        let values = slope.as_floats();
        let values = if values.len() == 1 { vec![values[0]; channels] } else { values };
        let name = node.layer(builder, 1);
        builder.weight(&name, "weight", vec![channels], values);
        return Ok(builder.push(out, input.dims, |out| Op::Prelu { name, r#in: [input.name], out }));
    }
    let [above, below, scaled] = ["above", "below", "scaled"].map(|part| builder.fresh(&format!("{out}/{part}")));
    let above = binary(builder, "Max", Side::Image(input.clone()), Side::scalar(0.0), above)?;
    let below = binary(builder, "Min", Side::Image(input), Side::scalar(0.0), below)?;
    let scaled = binary(builder, "Mul", Side::Image(below), Side::Constant(slope), scaled)?;
    binary(builder, "Add", Side::Image(above), Side::Image(scaled), out)
}
