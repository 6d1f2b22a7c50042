//! Functions of every value.

use std::sync::Arc;

use super::builder::{Builder, Value};
use super::file::Node;
use super::layout::Laid;
use crate::graph::Op;
use crate::weights::assembly::{Shaped, volume};
use crate::weights::constant::{Constant, broadcast, expand, within};

pub(super) const OPERATORS: &[&str] = &[
    "RELU",
    "RELU6",
    "RELU_N1_TO_1",
    "RELU_0_TO_1",
    "LEAKY_RELU",
    "PRELU",
    "ELU",
    "LOGISTIC",
    "TANH",
    "HARD_SWISH",
    "GELU",
    "EXP",
    "SQRT",
    "RSQRT",
    "SQUARE",
    "ABS",
    "NEG",
    "ADD",
    "SUB",
    "MUL",
    "DIV",
    "MAXIMUM",
    "MINIMUM",
    "POW",
    "SQUARED_DIFFERENCE",
    "ADD_N",
];

/// An operand.
#[derive(Debug, Clone)]
pub(super) enum Side {
    Image(Laid),
    Constant(Arc<Constant>),
}

impl Side {
    pub fn scalar(value: f32) -> Self {
        Self::Constant(Arc::new(Constant::floats(vec![], vec![value])))
    }
}

fn side(builder: &mut Builder<'_, '_>, node: &Node<'_>, at: usize) -> Result<Side, String> {
    match builder.given(node, at)? {
        Value::Constant(constant) => Ok(Side::Constant(constant)),
        _ => builder.image(node, at).map(Side::Image),
    }
}

/// Reads an operator of this file.
pub(super) fn read(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> Result<Vec<Value>, String> {
    let out = builder.out(node);
    let made = match node.op.as_str() {
        "ADD" | "SUB" | "MUL" | "DIV" | "MAXIMUM" | "MINIMUM" | "POW" => {
            let (left, right) = (side(builder, node, 0)?, side(builder, node, 1)?);
            let (inner, activation) = before_activation(builder, fused(node), &out);
            let made = binary(builder, &node.op, left, right, inner)?;
            activated(builder, made, activation, out)?
        }
        "SQUARED_DIFFERENCE" => {
            let (left, right) = (side(builder, node, 0)?, side(builder, node, 1)?);
            let inner = builder.fresh(&format!("{out}/difference"));
            let made = binary(builder, "SUB", left, right, inner)?;
            binary(builder, "MUL", Side::Image(made.clone()), Side::Image(made), out)?
        }
        "ADD_N" => {
            let mut sum = side(builder, node, 0)?;
            for at in 1..node.inputs.len() {
                let inner = if at + 1 == node.inputs.len() { out.clone() } else { builder.fresh(&format!("{out}/part")) };
                let next = side(builder, node, at)?;
                sum = Side::Image(binary(builder, "ADD", sum, next, inner)?);
            }
            match sum {
                Side::Image(sum) => sum,
                Side::Constant(_) => return Err(CONSTANTS.into()),
            }
        }
        "PRELU" => prelu(builder, node, out)?,
        "NEG" => {
            let image = Side::Image(builder.image(node, 0)?);
            binary(builder, "MUL", image, Side::scalar(-1.0), out)?
        }
        "SQUARE" => {
            let image = Side::Image(builder.image(node, 0)?);
            binary(builder, "MUL", image.clone(), image, out)?
        }
        "RSQRT" => {
            let laid = builder.image(node, 0)?;
            let inner = builder.fresh(&format!("{out}/root"));
            let root = unary(builder, laid, inner, |r#in, out| Op::Sqrt { name: None, r#in, out });
            binary(builder, "DIV", Side::scalar(1.0), Side::Image(root), out)?
        }
        _ => {
            let (laid, op) = (builder.image(node, 0)?, function(node)?);
            unary(builder, laid, out, op)
        }
    };
    Ok(vec![Value::Image(made)])
}

const CONSTANTS: &str = "it reads constants only: the converter folds those, convert the file again";

/// What a value becomes, of the operator's input and output.
type Function = Box<dyn FnOnce([String; 1], [String; 1]) -> Op>;

fn function(node: &Node<'_>) -> Result<Function, String> {
    let name = || None;
    Ok(match node.op.as_str() {
        "RELU" => Box::new(move |r#in, out| Op::Relu { name: name(), r#in, out }),
        "RELU6" => clip(0.0, 6.0),
        "RELU_N1_TO_1" => clip(-1.0, 1.0),
        "RELU_0_TO_1" => clip(0.0, 1.0),
        "LEAKY_RELU" => {
            let slope = node.options.builtin_options_as_leaky_relu().map_or(0.0, |options| options.alpha());
            Box::new(move |r#in, out| Op::LeakyRelu { name: name(), r#in, out, slope: slope.into() })
        }
        "ELU" => Box::new(move |r#in, out| Op::Elu { name: name(), r#in, out, alpha: 1.0 }),
        "LOGISTIC" => Box::new(move |r#in, out| Op::Sigmoid { name: name(), r#in, out }),
        "TANH" => Box::new(move |r#in, out| Op::Tanh { name: name(), r#in, out }),
        "HARD_SWISH" => Box::new(move |r#in, out| Op::HardSwish { name: name(), r#in, out }),
        "GELU" => {
            let tanh = node.options.builtin_options_as_gelu().is_some_and(|options| options.approximate());
            Box::new(move |r#in, out| Op::Gelu { name: name(), r#in, out, tanh })
        }
        "EXP" => Box::new(move |r#in, out| Op::Exp { name: name(), r#in, out }),
        "SQRT" => Box::new(move |r#in, out| Op::Sqrt { name: name(), r#in, out }),
        "ABS" => Box::new(move |r#in, out| Op::Abs { name: name(), r#in, out }),
        _ => return Err("this operator is not read".into()),
    })
}

fn clip(min: f64, max: f64) -> Function {
    Box::new(move |r#in, out| Op::Clip { name: None, r#in, out, min, max })
}

fn unary(builder: &mut Builder<'_, '_>, laid: Laid, out: String, op: impl FnOnce([String; 1], [String; 1]) -> Op) -> Laid {
    let Laid { image: Shaped { name, dims }, axes, shape } = laid;
    let image = builder.push(out, dims, |out| op([name], out));
    Laid { image, axes, shape }
}

/// The activation that is part of an operator of two operands.
fn fused(node: &Node<'_>) -> i8 {
    let options = [
        node.options.builtin_options_as_add(),
        node.options.builtin_options_as_sub(),
        node.options.builtin_options_as_mul(),
        node.options.builtin_options_as_div(),
    ];
    options.into_iter().flatten().next().map_or(0, |options| options.activation())
}

/// What to call what an operator makes before its own activation, which is called `out` then.
pub(super) fn before_activation(builder: &mut Builder<'_, '_>, activation: i8, out: &str) -> (String, i8) {
    let inner = if activation == 0 { out.to_owned() } else { builder.fresh(&format!("{out}/linear")) };
    (inner, activation)
}

/// What the activation with this number makes of it.
pub(super) fn activated(builder: &mut Builder<'_, '_>, laid: Laid, activation: i8, out: String) -> Result<Laid, String> {
    let op: Function = match activation {
        0 => return Ok(laid),
        1 => Box::new(|r#in, out| Op::Relu { name: None, r#in, out }),
        2 => clip(-1.0, 1.0),
        3 => clip(0.0, 6.0),
        4 => return Err("a TANH of its own, which LiteRT's kernels leave out: convert it with the TANH an operator".into()),
        other => return Err(format!("its activation, which the format numbers {other}")),
    };
    Ok(unary(builder, laid, out, op))
}

/// A function of two operands, at least one made of the image; sizes meet at the last, and what has one size is repeated.
pub(super) fn binary(builder: &mut Builder<'_, '_>, op: &str, left: Side, right: Side, out: String) -> Result<Laid, String> {
    let (left, right, axes, shape) = match (left, right) {
        (Side::Image(left), Side::Image(right)) => {
            let rank = left.shape.len().max(right.shape.len());
            let (left, right) = (left.lifted(rank), right.lifted(rank));
            let shape = broadcast(&left.shape, &right.shape)?;
            // The larger stays as it is.
            let (base, other) = if volume(&right.shape) > volume(&left.shape) { (&right, &left) } else { (&left, &right) };
            let axes = base.with(&other.long());
            (builder.arranged(&out, &left, &axes), builder.arranged(&out, &right, &axes), axes, shape)
        }
        (Side::Image(left), Side::Constant(right)) => {
            let (left, right, axes, shape) = with_constant(builder, &out, left, &right)?;
            (left, right, axes, shape)
        }
        (Side::Constant(left), Side::Image(right)) => {
            let (right, left, axes, shape) = with_constant(builder, &out, right, &left)?;
            (left, right, axes, shape)
        }
        (Side::Constant(_), Side::Constant(_)) => return Err(CONSTANTS.into()),
    };
    let (name, r#in, to) = (None, [left.name.clone(), right.name.clone()], [out]);
    let op = match op {
        "ADD" => Op::Add { name, r#in, out: to },
        "SUB" => Op::Sub { name, r#in, out: to },
        "MUL" => Op::Mul { name, r#in, out: to },
        "DIV" => Op::Div { name, r#in, out: to },
        "MAXIMUM" => Op::Max { name, r#in, out: to },
        "POW" => Op::Pow { name, r#in, out: to },
        _ => Op::Min { name, r#in, out: to },
    };
    let image = builder.append(op, &[&left, &right])?;
    Ok(Laid { image, axes, shape })
}

/// An image and a constant in the same dimensions.
fn with_constant(
    builder: &mut Builder<'_, '_>,
    near: &str,
    image: Laid,
    constant: &Constant,
) -> Result<(Shaped, Shaped, Vec<usize>, Vec<usize>), String> {
    let rank = image.shape.len().max(constant.shape.len());
    let image = image.lifted(rank);
    let shape = broadcast(&image.shape, &constant.shape)?;
    let lacking = rank - constant.shape.len();
    let long: Vec<usize> = (lacking..rank).filter(|&axis| constant.shape[axis - lacking] != 1).collect();
    let axes = image.with(&long);
    let data = builder.arranged(near, &image, &axes);
    let mut operand = builder.beside(constant, &axes, rank)?;
    // What lies in the width is one dimension on the GPU: it is repeated as a whole or not at all.
    let whole: Vec<usize> = axes.iter().map(|&axis| shape[axis]).collect();
    let tail = |dims: &[usize]| volume(dims.get(2..).unwrap_or(&[]));
    if tail(&operand.shape) != 1 && tail(&operand.shape) != tail(&whole) {
        within(&whole, builder.most)?;
        operand = expand(&operand, &whole)?;
    }
    let values = operand.as_floats();
    Ok((data, builder.constant(near, operand.shape, values), axes, shape))
}

fn prelu(builder: &mut Builder<'_, '_>, node: &Node<'_>, out: String) -> Result<Laid, String> {
    let (laid, slope) = (builder.image(node, 0)?, builder.known(node, 1)?);
    let rank = laid.shape.len();
    let last = rank.checked_sub(1).ok_or("it reads a single number")?;
    let channels = laid.shape[last];
    let by_channel = slope.shape.last() == Some(&channels) && slope.count() == channels;
    if slope.count() == 1 || by_channel {
        within(&[channels], builder.most)?;
        // Channels first.
        let axes = if laid.axes.first() == Some(&last) {
            laid.axes.clone()
        } else {
            std::iter::once(last).chain(laid.axes.iter().copied().filter(|&axis| axis != last)).collect()
        };
        let laid = builder.laid(&out, &laid, axes);
        let values = slope.as_floats();
        let values = if by_channel { values } else { vec![values[0]; channels] };
        let name = builder.layer(&out);
        builder.weight(&name, "weight", vec![channels], values);
        return Ok(unary(builder, laid, out, |r#in, out| Op::Prelu { name, r#in, out }));
    }
    let [above, below, scaled] = ["above", "below", "scaled"].map(|part| builder.fresh(&format!("{out}/{part}")));
    let above = binary(builder, "MAXIMUM", Side::Image(laid.clone()), Side::scalar(0.0), above)?;
    let below = binary(builder, "MINIMUM", Side::Image(laid), Side::scalar(0.0), below)?;
    let scaled = binary(builder, "MUL", Side::Image(below), Side::Constant(slope), scaled)?;
    binary(builder, "ADD", Side::Image(above), Side::Image(scaled), out)
}
