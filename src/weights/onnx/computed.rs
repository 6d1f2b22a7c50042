//! Operators on constants alone, computed as they would be on an image: read into a small network, which the twins run.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::builder::{Builder, Value};
use super::reading::{Made, Reader, Reading};
use super::value::{Constant, Numbers};
use crate::error::{Error, Result};
use crate::graph::{Graph, Kind, Node, Weights, interpret};
use crate::tensor::Tensor;
use crate::weights::Array;
use crate::weights::assembly::Assembly;

struct Own(BTreeMap<String, Array>);

impl Weights for Own {
    fn tensor(&self, name: &str) -> Result<Tensor> {
        let array = self.0.get(name).ok_or_else(|| Error::shape(name, "it is not there"))?;
        array.floats().map_err(|reason| Error::shape(name, reason))
    }
}

const LONG: &str = "it reads constants only, and would compute for long: fold it where the file is made";

/// Steps that a node takes for one image.
fn steps(graph: &Graph, node: &Node) -> u64 {
    let each = match &node.kind {
        Kind::Pool { window, .. } => window.kernel[0].saturating_mul(window.kernel[1]),
        Kind::Lrn(lrn) => lrn.size,
        _ => 1,
    };
    let values = graph.tensors[node.output].values().saturating_mul(each) as u64;
    values.saturating_add(graph.cost_of(node).multiply_adds)
}

/// What `node`, which reads constants only, makes of them: the first dimension of its first is taken for images.
pub(super) fn compute(outer: &mut Builder, read: Reader, node: &Reading<'_>) -> std::result::Result<Made, String> {
    let Some(Some(Value::Constant(constant))) = node.inputs.first() else { return Err("its first input is missing".into()) };
    let (Numbers::Float(values), Some((&images, dims))) = (&constant.numbers, constant.shape.split_first()) else {
        return Err("it reads constants only, and not floats of one dimension or more".into());
    };
    if values.is_empty() {
        return Err("it reads a constant without values".into());
    }
    let mut builder = Builder::new(Some(images), outer.most);
    for out in node.outputs {
        builder.reserve(out);
    }
    let input = builder.fresh("constant");
    let shaped = builder.input(&input, dims.to_vec())?;
    let mut inputs = node.inputs.clone();
    if let Some(first) = inputs.first_mut() {
        *first = Some(Value::Image(shaped));
    }
    let attributes = node.attributes.clone();
    let inner = Reading { inputs, attributes, ..*node };
    let made = read(&mut builder, &inner)?;
    let integers = builder.integers.clone();
    let Assembly { mut network, tensors, .. } = builder.into_assembly();
    let images_of = |value: &Value| match value {
        Value::Image(shaped) => Some(shaped.name.clone()),
        _ => None,
    };
    network.outputs = made.iter().filter_map(|(_, value)| images_of(value)).collect();
    let said = |error: Error| error.to_string();
    let graph = Graph::new(&network).map_err(said)?;
    let values = graph.tensors.iter().map(|tensor| tensor.values().saturating_mul(images)).max().unwrap_or(0);
    let steps = graph.nodes.iter().map(|node| steps(&graph, node)).fold(0, u64::saturating_add).saturating_mul(images as u64);
    outer.steps = outer.steps.checked_sub(steps).filter(|_| values <= outer.most).ok_or(LONG)?;
    let input = Tensor::new(constant.shape.clone(), constant.as_floats()).map_err(said)?;
    let found = interpret(&graph, &Own(tensors), &[&input], &graph.outputs).map_err(said)?;
    let mut found = found.into_iter();
    let mut all = Vec::new();
    for (name, value) in made {
        let value = match value {
            Value::Image(_) => {
                let tensor = found.next().ok_or("it was not computed")?;
                let whole = || tensor.data.iter().map(|&value| value as i64).collect();
                Value::Constant(Arc::new(if integers.contains(&name) {
                    Constant::ints(tensor.shape.clone(), whole())
                } else {
                    Constant::floats(tensor.shape, tensor.data)
                }))
            }
            other => other,
        };
        all.push((name, value));
    }
    Ok(all)
}
