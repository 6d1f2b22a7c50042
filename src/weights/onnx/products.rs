//! Products of matrices: of an image and a constant, and of two images.

use super::builder::Builder;
use super::fold::{broadcast, transpose};
use super::layers::dense;
use super::reading::{Made, Reading, image};
use super::value::Constant;
use crate::graph::{Op, Pad};
use crate::weights::assembly::{Shaped, to_front, volume};

pub(super) const OPERATORS: &[&str] = &["MatMul"];

/// Reads a node of this file.
pub(super) fn read(builder: &mut Builder, node: &Reading<'_>) -> Result<Made, String> {
    let out = node.output()?;
    let made = matmul(builder, node, out.clone())?;
    Ok(image(out, made))
}

fn matmul(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    if let (Ok(left), Ok(right)) = (node.image(0), node.image(1)) {
        let (left, right) = (left.clone(), right.clone());
        return images(builder, &left, &right, out);
    }
    if let Ok(input) = node.image(0) {
        let (input, weight) = (input.clone(), node.needed(1)?);
        if weight.shape.len() > 2 {
            return stacked(builder, node, &input, &weight, out);
        }
        let &[_, _] = &weight.shape[..] else { return Err(format!("a matrix of shape {:?}", weight.shape)) };
        let weight = transpose(&weight, &[1, 0]);
        let name = node.layer(builder, 1);
        if input.dims.len() == 1 {
            return dense(builder, name, &input, weight, None, out);
        }
        return rows(builder, name, &input, weight, out);
    }
    let (weight, input) = (node.needed(0)?, node.image(1)?.clone());
    if weight.shape.len() != 2 || input.dims.len() != 2 {
        return Err(format!("a matrix of shape {:?} times {:?}", weight.shape, input.dims));
    }
    let name = node.layer(builder, 0);
    let made = pointwise(builder, name, &input, (*weight).clone(), &out)?;
    Ok(builder.identity(out, &made))
}

/// Every row of `input` `[..., K]` times `weight` `[O, K]`: a convolution of one pixel, once the row is the channels.
pub(super) fn rows(builder: &mut Builder, name: String, input: &Shaped, weight: Constant, out: String) -> Result<Shaped, String> {
    let last = input.dims.len().checked_sub(1).ok_or("one of its matrices is a single number")?;
    let (forth, back) = to_front(last, input.dims.len());
    let turned = builder.turned(&out, input, forth);
    let made = pointwise(builder, name, &turned, weight, &out)?;
    Ok(builder.transpose(out, &made, back))
}

/// `weight` `[O, K]` times the channels of every place of `input` `[K, ...]`.
fn pointwise(builder: &mut Builder, name: String, input: &Shaped, weight: Constant, near: &str) -> Result<Shaped, String> {
    let (outputs, columns) = (weight.shape[0], weight.shape[1]);
    if input.dims.first() != Some(&columns) {
        return Err(format!("a matrix of shape {:?} on {:?}", weight.shape, input.dims));
    }
    let places = input.dims[1..].to_vec();
    let flat = builder.viewed(near, input, vec![columns, volume(&places), 1]);
    builder.weight(&name, "weight", vec![outputs, columns, 1, 1], weight.as_floats());
    let inner = builder.fresh(&format!("{near}/product"));
    let dims = vec![outputs, flat.dims[1], 1];
    let made = builder.push(inner, dims, |out| Op::Conv {
        name,
        r#in: [flat.name],
        out,
        channels: outputs,
        kernel: [1, 1],
        stride: [1, 1],
        pad: Pad::default(),
        dilation: [1, 1],
        groups: 1,
        bias: false,
    });
    Ok(builder.viewed(near, &made, [&[outputs], &places[..]].concat()))
}

/// Products of the last two dimensions of both, for each of those before.
fn images(builder: &mut Builder, left: &Shaped, right: &Shaped, out: String) -> Result<Shaped, String> {
    let (&[ref above @ .., rows, depth], &[ref other @ .., below, columns]) = (&left.dims[..], &right.dims[..]) else {
        return Err(format!("{:?} times {:?} would mix images", left.dims, right.dims));
    };
    if above.len() != other.len() || depth != below {
        return Err(format!(
            "{:?} times {:?}: both want as many dimensions, and columns as there are rows",
            left.dims, right.dims
        ));
    }
    let common = broadcast(above, other)?;
    let count = volume(&common);
    let mut factors = Vec::new();
    for (side, own, [height, width]) in [(left, above, [rows, depth]), (right, other, [depth, columns])] {
        let mut side = side.clone();
        if *own != common[..] {
            let dims = [&common[..], &[height, width]].concat();
            let zeros = builder.whole_operand(&out, &Constant::floats(vec![], vec![0.0]), &dims)?;
            let repeated = builder.fresh(&format!("{out}/repeated"));
            side = builder.push(repeated, dims, |out| Op::Add { name: None, r#in: [side.name, zeros.name], out });
        }
        factors.push(builder.viewed(&out, &side, vec![count, height, width]).name);
    }
    let inner = builder.fresh(&format!("{out}/product"));
    let [left, right] = <[String; 2]>::try_from(factors).map_err(|_| "it multiplies two")?;
    let made = builder.push(inner, vec![count, rows, columns], |out| Op::Matmul { name: None, r#in: [left, right], out });
    Ok(builder.reshape(out, &made, [&common[..], &[rows, columns]].concat()))
}

/// A matrix of its own for each of the first dimensions: a convolution of one pixel in as many groups.
fn stacked(builder: &mut Builder, node: &Reading<'_>, input: &Shaped, weight: &Constant, out: String) -> Result<Shaped, String> {
    let wrong = || format!("matrices of shape {:?} on {:?}", weight.shape, input.dims);
    let (&[ref above @ .., rows, depth], &[ref other @ .., below, columns]) = (&input.dims[..], &weight.shape[..]) else {
        return Err(wrong());
    };
    // The batch may be a 1 in the constant.
    let other = if other.len() == above.len() + 1 && other[0] == 1 { &other[1..] } else { other };
    if above != other || depth != below {
        return Err(wrong());
    }
    let count = volume(above);
    let flat = builder.viewed(&out, input, vec![count, rows, depth]);
    let turned = builder.turned(&out, &flat, vec![0, 2, 1]);
    let channels = builder.viewed(&out, &turned, vec![count * depth, rows, 1]);
    let weight = transpose(&Constant { shape: vec![count, depth, columns], numbers: weight.numbers.clone() }, &[0, 2, 1]);
    let name = node.layer(builder, 1);
    builder.weight(&name, "weight", vec![count * columns, depth, 1, 1], weight.as_floats());
    let inner = builder.fresh(&format!("{out}/product"));
    let made = builder.push(inner, vec![count * columns, rows, 1], |out| Op::Conv {
        name,
        r#in: [channels.name],
        out,
        channels: count * columns,
        kernel: [1, 1],
        stride: [1, 1],
        pad: Pad::default(),
        dilation: [1, 1],
        groups: count,
        bias: false,
    });
    let made = builder.viewed(&out, &made, vec![count, columns, rows]);
    let turned = builder.turned(&out, &made, vec![0, 2, 1]);
    Ok(builder.reshape(out, &turned, [above, &[rows, columns]].concat()))
}
