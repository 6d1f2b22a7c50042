//! ONNX, opsets 1 to 28: the operators that facial-expression networks are exported with, the integer programs that compute their shapes folded away.
//!
//! The first dimension of what goes in is the batch, and that of what comes out. Between them attention may move it; whatever would mix images is refused.

mod attention;
mod builder;
mod computed;
mod fold;
mod layers;
mod layout;
mod maths;
mod moved;
mod node;
mod norms;
mod opsets;
mod products;
#[allow(missing_docs, clippy::all, reason = "generated")]
mod proto;
mod reading;
mod reduce;
mod resize;
mod shapes;
mod types;
mod value;
mod windows;

use std::collections::HashSet;
use std::path::{Component, Path};
use std::sync::Arc;

use builder::{Builder, Value};
use node::Attributes;
use prost::Message;
use reading::{Reader, Reading};
use value::{Constant, External};

use super::Imported;
use super::assembly::{Assembly, prune};
use crate::error::{Error, Result};
use crate::graph::Graph;

/// Values that a constant may have, however small the file is.
const LEAST_MOST: usize = 1 << 20;

/// Reads a model from its file; external data lies beside it.
///
/// # Errors
/// [`Error::Io`] where it cannot be read, else as [`read`].
pub fn load(path: &Path) -> Result<Imported> {
    let bytes = std::fs::read(path).map_err(|source| Error::io(path, source))?;
    let folder = path.parent().map(Path::to_owned).unwrap_or_default();
    let external = move |location: &str, offset: u64, length: Option<u64>| {
        let relative = Path::new(location);
        if relative.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(format!("external data at `{location}`: only files beside the model are read"));
        }
        read_range(&folder.join(relative), offset, length).map_err(|error| format!("external data `{location}`: {error}"))
    };
    let name = path.file_stem().map_or_else(|| "onnx".to_owned(), |name| name.to_string_lossy().into_owned());
    read(&name, bytes.into(), &external)
}

fn read_range(path: &Path, offset: u64, length: Option<u64>) -> std::io::Result<Vec<u8>> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = std::fs::File::open(path)?;
    let size = file.metadata()?.len();
    let end = length.map_or(Some(size), |length| offset.checked_add(length));
    let Some(count) = end.filter(|&end| end <= size).and_then(|end| end.checked_sub(offset)) else {
        return Err(std::io::Error::other(format!("{length:?} bytes from {offset}, the file has {size}")));
    };
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = vec![0; count as usize];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Reads a model called `name`.
///
/// # Errors
/// [`Error::Model`] naming every node that cannot be read, with its operator and opset; or the place where the file is damaged.
pub fn read(name: &str, bytes: prost::bytes::Bytes, external: &External<'_>) -> Result<Imported> {
    let wrong = |at: &str, reason: String| Error::Model { model: name.to_owned(), at: at.to_owned(), reason };
    let most = (bytes.len() / 4).max(LEAST_MOST);
    let model = proto::Model::decode(bytes)
        .map_err(|error| wrong("file", format!("not ONNX, or cut short: {error}. Export or download it again")))?;
    let graph = model.graph.ok_or_else(|| wrong("file", "it has no graph: not an ONNX model. Export it again".into()))?;
    let domain = |domain: &str| {
        model.opset_import.iter().find(|set| set.domain.as_deref().unwrap_or("") == domain).and_then(|set| set.version)
    };
    let version = domain("").or_else(|| domain("ai.onnx")).ok_or_else(|| wrong("opset_import", "it names no opset".into()))?;
    if !opsets::KNOWN.contains(&version) {
        let (first, last) = (opsets::KNOWN.start(), opsets::KNOWN.end());
        let reason = format!("opset {version}: {first} to {last} are read. Convert it with onnx.version_converter");
        return Err(wrong("opset_import", reason));
    }
    let (mut builder, mut problems) = (start(&graph, most).map_err(|(at, reason)| wrong(&at, reason))?, Vec::new());
    for tensor in &graph.initializer {
        let called = tensor.name.clone().unwrap_or_default();
        let value = match Constant::read(tensor, external) {
            Ok(constant) => Value::Constant(Arc::new(constant)),
            Err(reason) => {
                problems.push(format!("initializer `{called}`: {reason}"));
                Value::Unknown
            }
        };
        builder.values.insert(called, value);
    }
    let needed = needed(&graph);
    for (index, node) in graph.node.iter().enumerate() {
        if !node.output.iter().any(|out| needed.contains(out.as_str())) {
            continue;
        }
        let op = node.op_type.as_deref().unwrap_or("");
        let called = node
            .name
            .as_deref()
            .filter(|name| !name.is_empty())
            .or_else(|| node.output.first().map(String::as_str))
            .unwrap_or("");
        // What nobody reads need not be there.
        let outputs: Vec<String> =
            node.output.iter().map(|out| if needed.contains(out.as_str()) { out.clone() } else { String::new() }).collect();
        if let Err(reason) = one(&mut builder, node, &outputs, op, called, version, external) {
            let of = node.domain.as_deref().filter(|domain| !domain.is_empty());
            let opset = of.map_or(Some(version), &domain).map_or_else(|| "?".to_owned(), |version| version.to_string());
            let of = of.map(|domain| format!("{domain}.")).unwrap_or_default();
            problems.push(format!("node {index} `{called}` ({of}{op}, opset {opset}): {reason}"));
            for out in &node.output {
                builder.values.insert(out.clone(), Value::Unknown);
            }
        }
    }
    for output in &graph.output {
        let called = output.name.clone().unwrap_or_default();
        match builder.values.get(&called) {
            Some(Value::Image(shaped)) => {
                let shaped = shaped.clone();
                // An input may be an output too, and two outputs one tensor.
                if shaped.name != called {
                    builder.identity(called.clone(), &shaped);
                }
                builder.network.outputs.push(called);
            }
            Some(Value::Unknown) => {}
            Some(Value::Moved(moved)) => {
                problems.push(format!("output `{called}` does not have the images first: `{}` moved them", moved.by));
            }
            Some(Value::Constant(_)) => problems.push(format!("output `{called}` is a constant: it needs no network")),
            Some(Value::Varying(_)) => {
                problems.push(format!("output `{called}` follows from the number of images alone: it needs no network"));
            }
            None => problems.push(format!("output `{called}` is made by no node")),
        }
    }
    if !problems.is_empty() {
        return Err(wrong("graph", format!("{} of its parts cannot be read:\n  {}", problems.len(), problems.join("\n  "))));
    }
    let Assembly { mut network, tensors, .. } = builder.into_assembly();
    prune(&mut network);
    Graph::new(&network).map_err(|error| wrong("graph", error.to_string()))?;
    let source = format!("ONNX file `{name}`, opset {version}");
    Ok(Imported { name: name.to_owned(), network, tensors, source, representation: None }.without_unread())
}

/// Names that the outputs are made of.
fn needed(graph: &proto::Graph) -> HashSet<&str> {
    let mut needed: HashSet<&str> = graph.output.iter().filter_map(|output| output.name.as_deref()).collect();
    for node in graph.node.iter().rev() {
        if node.output.iter().any(|out| needed.contains(out.as_str())) {
            needed.extend(node.input.iter().map(String::as_str));
        }
    }
    needed
}

/// The builder with the graph's inputs: what is an input and no initializer.
fn start(graph: &proto::Graph, most: usize) -> Result<Builder, (String, String)> {
    let given: HashSet<&str> = graph.initializer.iter().filter_map(|tensor| tensor.name.as_deref()).collect();
    let mut inputs = Vec::new();
    let mut integers = Vec::new();
    // Of every input: the number of images that the file fixes, or none.
    let mut batches: Vec<Option<usize>> = Vec::new();
    for input in &graph.input {
        let name = input.name.clone().unwrap_or_default();
        if given.contains(name.as_str()) {
            continue;
        }
        let wrong = |reason: String| (format!("input `{name}`"), reason);
        let tensor =
            input.r#type.as_ref().and_then(|ty| ty.tensor_type.as_ref()).ok_or_else(|| wrong("it is no tensor".into()))?;
        let ty = tensor.elem_type.unwrap_or(0);
        if ty == types::UINT8 {
            integers.push(name.clone());
        } else if !types::is_float(ty) || ty == 16 {
            return Err(wrong(format!(
                "its numbers are {}: images of float32, float16, float64 and uint8 are read",
                types::name(ty)
            )));
        }
        let shape = tensor.shape.as_ref().ok_or_else(|| wrong("it has no shape: export it with one".into()))?;
        let (first, rest) = shape.dim.split_first().ok_or_else(|| wrong("it is a single number".into()))?;
        let fixed = first.dim_value.filter(|&n| n > 0);
        let fixed = fixed.map(|n| usize::try_from(n).map_err(|_| wrong(format!("a batch of {n}")))).transpose()?;
        if let (Some(batch), Some(Some(other))) = (fixed, batches.iter().find(|other| other.is_some() && **other != fixed)) {
            return Err(wrong(format!("a batch of {batch}, where another input has {other}: all have as many images")));
        }
        batches.push(fixed);
        let size = |dim: &proto::Dimension| match (dim.dim_value, &dim.dim_param) {
            (Some(n), _) if n > 0 => Ok(n as usize),
            (_, param) => Err(wrong(format!(
                "its size `{}` is open: export it with a fixed size; only the batch may vary",
                param.as_deref().unwrap_or("?")
            ))),
        };
        inputs.push((name.clone(), rest.iter().map(size).collect::<Result<Vec<_>, _>>()?));
    }
    // Open, if that of one is.
    let batch = batches.iter().copied().reduce(|left, right| left.and(right)).flatten();
    let mut builder = Builder::new(batch, most);
    for out in graph.node.iter().flat_map(|node| &node.output).chain(inputs.iter().map(|(name, _)| name)) {
        builder.reserve(out);
    }
    builder.integers.extend(integers);
    for (name, dims) in inputs {
        let shaped = builder.input(&name, dims).map_err(|reason| (format!("input `{name}`"), reason))?;
        builder.values.insert(name, Value::Image(shaped));
    }
    Ok(builder)
}

/// Reads one node: folds it where all it reads is constant, else appends operators.
fn one(
    builder: &mut Builder,
    node: &proto::Node,
    outputs: &[String],
    op: &str,
    name: &str,
    version: i64,
    external: &External<'_>,
) -> Result<(), String> {
    let attributes = Attributes::new(node, external);
    let fused = node.domain.as_deref() == Some("com.microsoft") && op == "FusedConv";
    if !fused && !matches!(node.domain.as_deref(), None | Some("" | "ai.onnx")) {
        return Err("its domain is not read".into());
    }
    let mut inputs = Vec::new();
    for input in &node.input {
        inputs.push(match (input.as_str(), builder.values.get(input)) {
            ("", _) => None,
            (_, Some(Value::Unknown)) => {
                // Said where it arose, unless this operator is unknown itself.
                return if known(op) { unknown(builder, node) } else { Err("this operator is not read".into()) };
            }
            (_, Some(value)) => Some(value.clone()),
            (_, None) => return Err(format!("it reads `{input}`, which nothing before it makes")),
        });
    }
    if let Some(out) = node.output.iter().filter(|out| !out.is_empty()).find(|out| builder.values.contains_key(*out)) {
        return Err(format!("`{out}` is made a second time"));
    }
    opsets::check(op, version, |name| attributes.int(name, 0))?;
    if op == "Constant" {
        let value = shapes::constant(&attributes)?;
        let out = node.output.first().cloned().unwrap_or_default();
        builder.values.insert(out, Value::Constant(Arc::new(value)));
        return Ok(());
    }
    let reading = Reading { op, version, attributes, name, inputs, input_names: &node.input, outputs };
    if let Some(value) = folded(builder, &reading)? {
        builder.values.insert(reading.output()?, value);
        return Ok(());
    }
    let image = |input: &String| matches!(builder.values.get(input), Some(Value::Image(_)));
    let whole = node.input.iter().any(|input| builder.integers.contains(input) && image(input));
    if whole && !shapes::MOVES.contains(&op) {
        return Err("it computes with integers: a Cast to float before it is read".into());
    }
    if !whole && moved::concerns(builder, &reading)? {
        let made = moved::read(builder, &reading, reader(op))?;
        builder.values.extend(made);
        return Ok(());
    }
    let read = reader(op).ok_or("this operator is not read")?;
    let mut given = reading.inputs.iter().flatten().peekable();
    let constant = given.peek().is_some() && given.all(|input| matches!(input, Value::Constant(_)));
    let made = if constant { computed::compute(builder, read, &reading)? } else { read(builder, &reading)? };
    for (out, value) in made {
        if whole && op != "Cast" && matches!(value, Value::Image(_)) {
            builder.integers.insert(out.clone());
        }
        builder.values.insert(out, value);
    }
    Ok(())
}

/// The output of a node that reads constants only: for each number of images where one of them follows from it.
fn folded(builder: &Builder, node: &Reading<'_>) -> Result<Option<Value>, String> {
    let known = |input: &Option<Value>| matches!(input, None | Some(Value::Constant(_) | Value::Varying(_)));
    if !node.inputs.iter().all(known) {
        return Ok(None);
    }
    let varies = node.inputs.iter().any(|input| matches!(input, Some(Value::Varying(_))));
    let runs = if varies { builder.batches.len() } else { 1 };
    let most = builder.most / runs.max(1);
    let mut each = Vec::new();
    for run in 0..runs {
        let constants = (0..node.inputs.len()).map(|index| node.at(index, run)).collect::<Result<Vec<_>, _>>()?;
        match fold::fold(node.op, node.version, &node.attributes, &constants, most)? {
            Some(value) => each.push(value),
            None => return Ok(None),
        }
    }
    Ok(Some(Builder::known(each)))
}

fn reader(op: &str) -> Option<Reader> {
    match op {
        _ if windows::OPERATORS.contains(&op) => Some(windows::read),
        _ if layers::OPERATORS.contains(&op) => Some(layers::read),
        _ if resize::OPERATORS.contains(&op) => Some(resize::read),
        _ if shapes::OPERATORS.contains(&op) => Some(shapes::read),
        _ if maths::OPERATORS.contains(&op) => Some(maths::read),
        _ if attention::OPERATORS.contains(&op) => Some(attention::read),
        _ if norms::OPERATORS.contains(&op) => Some(norms::read),
        _ if products::OPERATORS.contains(&op) => Some(products::read),
        _ if reduce::OPERATORS.contains(&op) => Some(reduce::read),
        _ => None,
    }
}

/// Whether it is read: of the image, or of constants alone.
fn known(op: &str) -> bool {
    reader(op).is_some() || op == "Constant" || fold::OPERATORS.contains(&op)
}

fn unknown(builder: &mut Builder, node: &proto::Node) -> Result<(), String> {
    for out in &node.output {
        builder.values.insert(out.clone(), Value::Unknown);
    }
    Ok(())
}
