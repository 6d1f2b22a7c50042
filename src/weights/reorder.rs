//! A model whose labels come in another order.

use std::collections::BTreeMap;

use super::{Array, Model};
use crate::error::Result;
use crate::graph::Op;
use crate::tensor::Tensor;

/// Name of the dense layer that puts the answers in order: a row of its weight holds one 1, so that no value changes.
const LAYER: &str = "label_order";

impl Model {
    /// This model with `labels`, which are its own in another order.
    ///
    /// # Errors
    /// [`crate::Error::Model`] where they are others.
    pub(super) fn with_label_order(&self, labels: &[String]) -> Result<Self> {
        let mut description = self.description.clone();
        let from = &self.description.labels;
        let place = |label: &String| {
            let missing = || self.wrong("labels", format!("`{label}` is not among {}", from.join(", ")));
            from.iter().position(|own| own == label).ok_or_else(missing)
        };
        let places = labels.iter().map(place).collect::<Result<Vec<_>>>()?;
        let mut matrix = Tensor::zeros(vec![labels.len(), from.len()]);
        for (row, place) in places.iter().enumerate() {
            matrix.data[row * from.len() + place] = 1.0;
        }
        let mut names: BTreeMap<&str, String> = BTreeMap::new();
        for (name, network) in &mut description.networks {
            let taken =
                |wanted: &str| network.ops.iter().any(|op| op.tensors().1 == wanted) || network.inputs.contains_key(wanted);
            let mut layer = LAYER.to_owned();
            while taken(&layer) {
                layer.push('_');
            }
            let ordered = layer.clone();
            let [answer] = &mut network.outputs[..] else {
                return Err(self.wrong(name, "its network has more than one output".into()));
            };
            let from = std::mem::replace(answer, ordered.clone());
            let op = Op::Dense { name: layer.clone(), r#in: [from], out: [ordered], channels: labels.len(), bias: false };
            network.ops.push(op);
            names.insert(name, layer);
        }
        let mut tensors = self.tensors.clone();
        for member in &description.members {
            if let Some(layer) = names.get(member.network.as_str()) {
                tensors.insert(format!("{}{layer}.weight", member.weights), Array::from_floats(&matrix));
            }
        }
        description.labels = labels.to_vec();
        Self { description, tensors, file: self.file.clone() }.checked()
    }
}
