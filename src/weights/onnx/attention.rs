//! Attention of opset 23: every head's queries times its keys, a softmax, times its values.

use super::builder::Builder;
use super::maths::{Side, binary, side};
use super::reading::{Made, Reading, image};
use super::value::Numbers;
use crate::graph::Op;
use crate::weights::assembly::Shaped;

pub(super) const OPERATORS: &[&str] = &["Attention"];

/// Reads a node of this file.
pub(super) fn read(builder: &mut Builder, node: &Reading<'_>) -> Result<Made, String> {
    let out = node.output()?;
    let made = attention(builder, node, out.clone())?;
    Ok(image(out, made))
}

/// `[L, heads * size]`, or already `[heads, L, size]`, as the latter.
fn heads(builder: &mut Builder, node: &Reading<'_>, index: usize, count: i64, near: &str) -> Result<Shaped, String> {
    let input = node.image(index)?.clone();
    let count = usize::try_from(count).ok().filter(|&count| count > 0);
    match (&input.dims[..], count) {
        (&[_, _, _], _) => Ok(input),
        (&[length, width], Some(count)) if width.is_multiple_of(count) => {
            let split = builder.viewed(near, &input, vec![length, count, width / count]);
            Ok(builder.turned(near, &split, vec![1, 0, 2]))
        }
        _ => Err(format!("heads of {:?}", input.dims)),
    }
}

fn product(builder: &mut Builder, near: &str, left: &Shaped, right: &Shaped) -> Result<Shaped, String> {
    let inner = builder.fresh(&format!("{near}/product"));
    builder.append(Op::Matmul { name: None, r#in: [left.name.clone(), right.name.clone()], out: [inner] }, &[left, right])
}

fn attention(builder: &mut Builder, node: &Reading<'_>, out: String) -> Result<Shaped, String> {
    let whole = |name: &str| node.attributes.int(name, 0);
    if whole("is_causal")? != 0 || node.attributes.float("softcap", 0.0)? != 0.0 || (4..node.inputs.len()).any(|i| node.has(i)) {
        return Err("attention to what comes before, softcap and past keys are not read".into());
    }
    let flat = node.image(0)?.dims.len() == 2;
    let query = heads(builder, node, 0, whole("q_num_heads")?, &out)?;
    let key = heads(builder, node, 1, whole("kv_num_heads")?, &out)?;
    let value = heads(builder, node, 2, whole("kv_num_heads")?, &out)?;
    let (&[count, length, size], &[.., width]) = (&query.dims[..], &value.dims[..]) else {
        return Err("heads of no size".into());
    };
    let scale = node.attributes.float("scale", (1.0 / (size as f64).sqrt()) as f32)?;
    let scaled = builder.fresh(&format!("{out}/scaled"));
    let query = binary(builder, "Mul", Side::Image(query), Side::scalar(scale), scaled)?;
    let turned = builder.turned(&out, &key, vec![0, 2, 1]);
    let mut weights = product(builder, &out, &query, &turned)?;
    if node.has(3) {
        let mask = side(builder, node, 3)?;
        if matches!(&mask, Side::Constant(constant) if matches!(constant.numbers, Numbers::Int(_))) {
            return Err("a mask of truths is not read".into());
        }
        let masked = builder.fresh(&format!("{out}/masked"));
        weights = binary(builder, "Add", Side::Image(weights), mask, masked)?;
    }
    let inner = builder.fresh(&format!("{out}/weights"));
    let weights = builder.softmax(inner, &weights, 2, false);
    let made = product(builder, &out, &weights, &value)?;
    if !flat {
        return Ok(builder.identity(out, &made));
    }
    let turned = builder.turned(&out, &made, vec![1, 0, 2]);
    Ok(builder.reshape(out, &turned, vec![length, count * width]))
}
