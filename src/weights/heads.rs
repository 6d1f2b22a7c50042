//! A model's networks with other ends: what goes into each last dense layer, answered as it is, or what another layer makes of it.

use super::{Array, Description, Model};
use crate::error::Result;
use crate::graph::{Graph, Network, Op};
use crate::tensor::Tensor;

/// The new layer, and what it answers.
const TAUGHT: &str = "taught";

/// A dense layer in the place of a member's last one.
#[derive(Debug, Clone, PartialEq)]
pub struct Head {
    /// `[labels, features]`.
    pub weight: Tensor,
    /// One a label.
    pub bias: Vec<f32>,
}

/// What a network's last dense layer reads.
struct End {
    tensor: String,
    width: usize,
    /// Operators that a new end takes the place of.
    replaced: Vec<usize>,
}

impl Model {
    /// How many numbers go into the last dense layer of each member: its features. Of a network without labels they are its answer.
    ///
    /// # Errors
    /// [`crate::Error::Model`] where a network ends in no dense layer.
    pub(crate) fn features(&self) -> Result<Vec<usize>> {
        self.description.members.iter().map(|member| Ok(self.end(&member.network)?.width)).collect()
    }

    /// The model that answers every member's features, behind zeros where another member has more of them: what is fused of them means nothing.
    ///
    /// # Errors
    /// As [`Model::features`].
    pub(crate) fn answering_features(&self, most: usize) -> Result<Self> {
        let one = |width: usize| {
            let data = (0..most * width).map(|at| if at / width == at % width { 1.0 } else { 0.0 }).collect();
            Head { weight: Tensor { shape: vec![most, width], data }, bias: vec![0.0; most] }
        };
        let heads: Vec<Head> = self.features()?.into_iter().map(one).collect();
        self.with_heads((0..most).map(|at| at.to_string()).collect(), &heads)
    }

    /// The model whose members end in `heads`, one each, and answer what those make of their features. All count the same.
    ///
    /// # Errors
    /// As [`Model::features`]; [`crate::Error::Model`] where a head is not as large as the features and labels are many.
    pub(crate) fn with_heads(&self, labels: Vec<String>, heads: &[Head]) -> Result<Self> {
        let mut description = Description { labels, actions: None, ..self.description.clone() };
        let mut tensors = self.tensors.clone();
        let classes = description.labels.len();
        for name in self.description.networks.keys() {
            let End { tensor, replaced, .. } = self.end(name)?;
            let Some(network) = description.networks.get_mut(name) else { continue };
            let mut at = 0;
            network.ops.retain(|_| {
                at += 1;
                !replaced.contains(&(at - 1))
            });
            let (r#in, out) = ([tensor], [TAUGHT.into()]);
            network.ops.push(Op::Dense { name: TAUGHT.into(), r#in, out, channels: classes, bias: true });
            network.outputs = vec![TAUGHT.into()];
        }
        let members = &self.description.members;
        for (at, (member, head)) in members.iter().zip(heads).enumerate() {
            if members[..at].iter().any(|other| other.weights == member.weights) {
                let reason = "it shares its weights with another member: they cannot be taught apart".into();
                return Err(self.wrong(&member.name, reason));
            }
            let bias = Tensor { shape: vec![head.bias.len()], data: head.bias.clone() };
            tensors.insert(format!("{}{TAUGHT}.weight", member.weights), Array::from_floats(&head.weight));
            tensors.insert(format!("{}{TAUGHT}.bias", member.weights), Array::from_floats(&bias));
        }
        description.fusion.weights = vec![1.0 / members.len() as f64; members.len()];
        description.fusion.temperature = 1.0;
        Self { description, tensors, file: self.file.clone() }.checked()
    }

    fn end(&self, name: &str) -> Result<End> {
        let wrong = |reason: &str| self.wrong(&format!("network `{name}`"), reason.into());
        let network = self.description.networks.get(name).ok_or_else(|| wrong("there is none of this name"))?;
        let (tensor, replaced) = if self.description.labels.is_empty() {
            (network.outputs.first().cloned().ok_or_else(|| wrong("it answers nothing"))?, Vec::new())
        } else {
            last_dense(network).ok_or_else(|| {
                wrong("it does not end in a dense layer, so that nothing can be taught on it: choose another model")
            })?
        };
        let graph = Graph::new(network)?;
        let width = graph.tensors[graph.find(&tensor)?].shape.iter().product();
        Ok(End { tensor, width, replaced })
    }
}

/// What the last dense layer reads, and its place and those of what follows it; none where something else than a softmax follows.
fn last_dense(network: &Network) -> Option<(String, Vec<usize>)> {
    let maker = |tensor: &str| network.ops.iter().position(|op| op.tensors().1 == tensor);
    let mut at = maker(network.outputs.first()?)?;
    let mut replaced = Vec::new();
    loop {
        let op = network.ops.get(at)?;
        let input = op.tensors().0.first()?;
        replaced.push(at);
        match op {
            Op::Softmax { .. } | Op::Dropout { .. } => at = maker(input)?,
            Op::Dense { .. } => return Some((input.clone(), replaced)),
            _ => return None,
        }
    }
}
