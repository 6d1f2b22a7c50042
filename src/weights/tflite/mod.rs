//! TensorFlow Lite, version 3 of the format: float32 and float16, dense and sparse. Quantised networks are refused.
//!
//! The file's tensors have channels last, a network of moue describes them first: pictures go in and come out as `[C, H, W]`. What is flat comes out in
//! the order of the file.

mod along;
mod builder;
mod constants;
mod file;
mod layout;
mod maths;
mod names;
#[allow(
    missing_docs,
    unsafe_code,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unused_qualifications,
    rustdoc::all,
    reason = "generated"
)]
mod schema;
mod shapes;
mod task;
mod windows;

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use builder::{Builder, Value};
use file::{Net, Node};
use layout::{Laid, outside};

use super::Imported;
use super::assembly::{Assembly, prune};
use crate::error::{Error, Result};
use crate::graph::Graph;

/// Values that a constant may have, however small the file is.
const LEAST_MOST: usize = 1 << 20;

/// Reads a network from its file: `net.tflite`, or `bundle.task:member.tflite` for a member of a bundle of MediaPipe's.
///
/// # Errors
/// [`Error::Io`] where it cannot be read; [`Error::Argument`] where a bundle has no such member, naming those that it has; else as [`read`].
pub fn load(path: &Path) -> Result<Imported> {
    let text = path.to_string_lossy();
    let (file, member) = match text.rsplit_once(':') {
        Some((file, member)) if !path.is_file() && Path::new(file).is_file() => {
            (Path::new(file).to_owned(), Some(member.to_owned()))
        }
        _ => (path.to_owned(), None),
    };
    let bytes = std::fs::read(&file).map_err(|source| Error::io(&file, source))?;
    let stem =
        |name: &str| Path::new(name).file_stem().map_or_else(|| "tflite".to_owned(), |name| name.to_string_lossy().into_owned());
    // What is damaged is the file, whatever its network would be called.
    let of_file = |error: Error| match error {
        Error::Model { at, reason, .. } if at == "file" => Error::Model { model: text.clone().into_owned(), at, reason },
        error => error,
    };
    if !bytes.starts_with(b"PK\x03\x04") {
        return match member {
            Some(member) => Err(Error::Argument(format!("{}: it is no bundle, and has no member `{member}`", file.display()))),
            None => read(&stem(&text), &bytes).map_err(of_file),
        };
    }
    let members = task::members(&bytes).map_err(|reason| Error::Argument(format!("{}: {reason}", file.display())))?;
    let found = member.as_ref().and_then(|member| members.iter().find(|(name, _)| name == member));
    if let Some((name, range)) = found {
        return read(&stem(name), bytes.get(range.clone()).unwrap_or_default()).map_err(of_file);
    }
    let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).filter(|name| name.ends_with(".tflite")).collect();
    let (file, first) = (file.display(), names.first().copied().unwrap_or("NAME"));
    let has = if names.is_empty() { "no networks".to_owned() } else { names.join(", ") };
    Err(Error::Argument(match member {
        Some(member) => format!("{file}: the bundle has no member `{member}`, it has {has}"),
        None => format!("{file}: a bundle, it has {has}: name the one to import, as `{file}:{first}`"),
    }))
}

/// Reads a network called `name`.
///
/// # Errors
/// [`Error::Model`] naming every operator that cannot be read; or the place where the file is damaged.
pub fn read(name: &str, bytes: &[u8]) -> Result<Imported> {
    let wrong = |at: &str, reason: String| Error::Model { model: name.to_owned(), at: at.to_owned(), reason };
    let net = Net::parse(bytes).map_err(|reason| wrong("file", reason))?;
    let needed = needed(&net);
    quantised(&net, &needed).map_err(|reason| wrong("graph", reason))?;
    // Sparse weights are a few times as many when they are dense.
    let mut builder = Builder::new(&net, needed, bytes.len().saturating_mul(4).max(LEAST_MOST));
    for &index in &net.inputs {
        input(&mut builder, index).map_err(|reason| wrong(&format!("input `{}`", builder.name(index)), reason))?;
    }
    let mut problems = Vec::new();
    for (at, node) in net.nodes.iter().enumerate() {
        if !node.outputs.iter().any(|index| builder.needed.contains(index)) {
            continue;
        }
        if let Err(reason) = one(&mut builder, node) {
            problems.push(format!("operator {at} {} (`{}`): {reason}", node.op, builder.out(node)));
            node.outputs.iter().for_each(|&index| builder.set(index, Value::Unknown));
        }
    }
    for &index in &net.outputs {
        if !matches!(builder.value(index), Ok(Value::Unknown))
            && let Err(reason) = output(&mut builder, index)
        {
            problems.push(format!("output `{}`: {reason}", builder.name(index)));
        }
    }
    if !problems.is_empty() {
        return Err(wrong("graph", format!("{} of its parts cannot be read:\n  {}", problems.len(), problems.join("\n  "))));
    }
    let Assembly { mut network, tensors, .. } = builder.into_assembly();
    prune(&mut network);
    Graph::new(&network).map_err(|error| wrong("graph", error.to_string()))?;
    let source = format!("TensorFlow Lite file `{name}`");
    Ok(Imported { name: name.to_owned(), network, tensors, source, representation: None }.without_unread())
}

/// Inputs of an operator of which only the image is read: the file says the sizes that it makes.
fn read_of<'n>(node: &'n Node<'_>) -> &'n [Option<usize>] {
    let all = &node.inputs[..];
    if matches!(node.op.as_str(), "RESHAPE" | "SQUEEZE" | "EXPAND_DIMS") { &all[..all.len().min(1)] } else { all }
}

/// Tensors that the outputs are made of.
fn needed(net: &Net<'_>) -> HashSet<usize> {
    let mut needed: HashSet<usize> = net.outputs.iter().copied().collect();
    for node in net.nodes.iter().rev() {
        if node.outputs.iter().any(|index| needed.contains(index)) {
            needed.extend(read_of(node).iter().flatten());
        }
    }
    needed
}

/// Refuses a network that computes with quantised numbers.
fn quantised(net: &Net<'_>, needed: &HashSet<usize>) -> std::result::Result<(), String> {
    let mut found: BTreeMap<usize, String> = BTreeMap::new();
    for (at, node) in net.nodes.iter().enumerate() {
        if !node.built_in || !node.outputs.iter().any(|index| needed.contains(index)) {
            continue;
        }
        let tensors = read_of(node).iter().flatten().chain(&node.outputs).filter_map(|&index| net.tensors.get(index));
        if let Some(tensor) = tensors.into_iter().find(|tensor| names::is_quantised(tensor.ty)) {
            found.insert(at, format!("operator {at} {} has `{}` in {}", node.op, tensor.name, names::ty(tensor.ty)));
        }
    }
    match found.values().next() {
        None => Ok(()),
        Some(first) => Err(format!(
            "it is quantised: {first}, and so have {} of its {} operators. float32 and float16 are read: take the file from before quantisation",
            found.len(),
            net.nodes.len()
        )),
    }
}

fn input(builder: &mut Builder<'_, '_>, index: usize) -> std::result::Result<(), String> {
    let tensor = builder.net.tensors.get(index).ok_or("it is not among the tensors")?;
    if ![names::FLOAT32, names::FLOAT16].contains(&tensor.ty) {
        return Err(format!("its numbers are {}: float32 is read", names::ty(tensor.ty)));
    }
    if builder.is_made(index) {
        return Err("it is there twice".into());
    }
    let shape = tensor.shape()?;
    if shape.len() < 2 || shape[0] != 1 {
        return Err(format!("it has the sizes {shape:?}: convert it with a batch of 1, which comes first"));
    }
    let axes = outside(&shape);
    let (name, dims) = (builder.name(index), axes.iter().map(|&axis| shape[axis]).collect());
    let image = builder.input(&name, dims)?;
    builder.set(index, Value::Image(Laid { image, axes, shape }));
    Ok(())
}

fn output(builder: &mut Builder<'_, '_>, index: usize) -> std::result::Result<(), String> {
    let name = builder.name(index);
    if builder.network.outputs.contains(&builder.answer(index)) {
        return Ok(());
    }
    let laid = match builder.value(index)? {
        Value::Constant(_) => return Err("it is a constant: it needs no network".into()),
        _ => builder.made(index)?,
    };
    let axes = outside(&laid.shape);
    let image = builder.arranged(&name, &laid, &axes);
    let name = builder.answer(index);
    if image.name != name {
        builder.identity(name.clone(), &image);
    }
    builder.network.outputs.push(name);
    Ok(())
}

/// Reads one operator.
fn one(builder: &mut Builder<'_, '_>, node: &Node<'_>) -> std::result::Result<(), String> {
    if !node.built_in {
        return Err("a custom operator, which is not read".into());
    }
    let read = match node.op.as_str() {
        op if windows::OPERATORS.contains(&op) => windows::read,
        op if maths::OPERATORS.contains(&op) => maths::read,
        op if shapes::OPERATORS.contains(&op) => shapes::read,
        op if along::OPERATORS.contains(&op) => along::read,
        _ => return Err("this operator is not read".into()),
    };
    for &index in read_of(node).iter().flatten() {
        if builder.net.tensors.get(index).is_some_and(|tensor| tensor.variable) {
            return Err("it keeps a state from one run to the next, which is not read".into());
        }
        if matches!(builder.value(index)?, Value::Unknown) {
            // Said where it arose.
            node.outputs.iter().for_each(|&index| builder.set(index, Value::Unknown));
            return Ok(());
        }
    }
    if let Some(&index) = node.outputs.iter().find(|&&index| builder.is_made(index)) {
        return Err(format!("`{}` is made a second time", builder.name(index)));
    }
    let made = read(builder, node)?;
    if made.len() != node.outputs.len() {
        return Err(format!("{} outputs, it makes {}", node.outputs.len(), made.len()));
    }
    for (&index, value) in node.outputs.iter().zip(made) {
        let said = builder.net.tensors.get(index).ok_or("it makes a tensor that is not there")?.shape()?;
        let shape = match &value {
            Value::Image(laid) => Some(laid.shape.clone()),
            Value::Constant(constant) => Some(constant.shape.clone()),
            Value::Pending(laid, builder::Pending::Pad([top, left, bottom, right])) => {
                let more = [0, top + bottom, left + right, 0];
                Some(laid.shape.iter().zip(more).map(|(size, more)| size + more).collect())
            }
            _ => None,
        };
        if let Some(shape) = shape.filter(|shape| *shape != said) {
            return Err(format!("it makes {shape:?}, the file says {said:?}"));
        }
        builder.set(index, value);
    }
    Ok(())
}
