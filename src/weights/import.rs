//! What an importer found in a file of another framework, and the model that it becomes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::description::Canonical;
use super::{Array, Description, Fusion, Member, Model, Oversample, RepresentationStep, Rule, Seeded, Task, Type};
use crate::error::{Error, Result};
use crate::graph::{Graph, Network, Op, parameters};
use crate::lbp::{Metric, published};

/// A network of a file, with the weights that the file had for it.
#[derive(Debug, Clone)]
pub struct Imported {
    /// Its name in the file, or the file's.
    pub name: String,
    /// What it computes.
    pub network: Network,
    /// Weights by their names in the network, such as `conv1.weight`.
    pub tensors: BTreeMap<String, Array>,
    /// The format it came from, for a reader of the model.
    pub source: String,
    /// Steps from a canonical crop to its input, where the format's convention says them.
    pub representation: Option<Vec<RepresentationStep>>,
}

/// The paper's tables, which a model carries: `tables/regular` and `tables/cyclic`.
pub(crate) fn published_table(name: &str) -> Option<Array> {
    let metric = match name {
        "tables/regular" => Metric::Regular,
        "tables/cyclic" => Metric::Cyclic,
        _ => return None,
    };
    Some(Array::new(Type::U8, vec![256, 3], published(metric).colours.concat()))
}

/// The part of a model file that says how a face becomes a network's input: the `canonical` and `representations` of model-format.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preprocess {
    /// The canonical crop.
    pub canonical: Canonical,
    /// One representation by its name.
    pub representations: BTreeMap<String, Vec<RepresentationStep>>,
    /// Views and crops at test time.
    #[serde(default = "none")]
    pub oversample: Oversample,
}

fn none() -> Oversample {
    Oversample::None
}

impl Imported {
    /// Names of the weights that the network reads and the file did not have.
    ///
    /// # Errors
    /// [`Error::Shape`] where the network is not valid.
    pub fn missing(&self) -> Result<Vec<String>> {
        let graph = Graph::new(&self.network)?;
        Ok(parameters(&graph)
            .into_iter()
            .map(|parameter| parameter.name)
            .filter(|name| !self.tensors.contains_key(name))
            .collect())
    }

    /// Without the weights that the network does not read.
    pub(super) fn without_unread(mut self) -> Self {
        if let Ok(graph) = Graph::new(&self.network) {
            let read: std::collections::BTreeSet<String> =
                parameters(&graph).into_iter().map(|parameter| parameter.name).collect();
            self.tensors.retain(|name, _| read.contains(name));
        }
        self
    }

    /// Random weights of `seed` for those that are missing, as the zoo's are made.
    ///
    /// # Errors
    /// [`Error::Shape`] where the network is not valid or a weight is too large.
    pub fn fill(&mut self, seed: u64) -> Result<()> {
        let mut seeded = Seeded::new(&Graph::new(&self.network)?, seed).arrays()?;
        for name in self.missing()? {
            if let Some(array) = seeded.remove(&name) {
                self.tensors.insert(name, array);
            }
        }
        Ok(())
    }

    /// The model of one member, which carries the published `tables/regular` and `tables/cyclic` where its sight has them. With `preprocess`, or where the format says it, it reads faces; otherwise raw tensors alone. With `labels` its answer is
    /// their probabilities: of a network that ends in logits, by a softmax.
    ///
    /// # Errors
    /// [`Error::Argument`] where `preprocess` has not exactly one representation; [`Error::Model`] where weights are missing, or labels or
    /// representation are not those of the network.
    pub fn model(mut self, labels: Vec<String>, preprocess: Option<Preprocess>) -> Result<Model> {
        if !labels.is_empty() {
            self.end_in_probabilities();
        }
        let missing = self.missing()?;
        if !missing.is_empty() {
            let (count, shown) = (missing.len(), missing.iter().take(6).cloned().collect::<Vec<_>>().join(", "));
            let more = if count > 6 { format!(" and {} more", count - 6) } else { String::new() };
            let reason = format!(
                "{count} weights are missing: {shown}{more}. Give the file that holds them, or `--seed N` for random ones"
            );
            return Err(Error::Model { model: self.name, at: "weights".into(), reason });
        }
        let (canonical, representations, oversample) = match preprocess {
            Some(Preprocess { canonical, representations, oversample }) => (canonical, representations, oversample),
            None => self.conventional()?,
        };
        if representations.len() > 1 {
            let names: Vec<&str> = representations.keys().map(String::as_str).collect();
            return Err(Error::Argument(format!(
                "one representation is for one network, these are {}: leave one",
                names.join(", ")
            )));
        }
        for step in representations.values().flatten() {
            if let RepresentationStep::Lookup(name) = step
                && let Some(table) = published_table(name)
            {
                self.tensors.insert(name.clone(), table);
            }
        }
        let member = Member {
            name: self.name.clone(),
            representation: representations.keys().next().cloned(),
            network: self.name.clone(),
            weights: String::new(),
        };
        let description = Description {
            moue: 1,
            name: self.name.clone(),
            task: Task::Expressions,
            labels,
            licence: "as the file it was imported from".to_owned(),
            source: self.source,
            card: "Imported: its accuracy and limits are those of its makers.".to_owned(),
            canonical,
            representations,
            networks: BTreeMap::from([(self.name, self.network)]),
            members: vec![member],
            fusion: Fusion {
                rule: Rule::WeightedMean,
                weights: vec![1.0],
                temperature: 1.0,
                offset: 0.0,
                motion: 0.0,
                floor: None,
            },
            oversample,
            actions: None,
        };
        Model::new(description, self.tensors)
    }

    /// Appends a softmax where the only output is not the values of one, or of a sigmoid, in other sizes.
    fn end_in_probabilities(&mut self) {
        let [answer] = &self.network.outputs[..] else { return };
        let mut last = answer.as_str();
        while let Some(op) = self.network.ops.iter().find(|op| op.tensors().1 == last) {
            match op {
                Op::Softmax { .. } | Op::Sigmoid { .. } => return,
                Op::Identity { r#in, .. } | Op::Dropout { r#in, .. } | Op::Reshape { r#in, .. } | Op::Flatten { r#in, .. } => {
                    last = &r#in[0]
                }
                _ => break,
            }
        }
        let logits = answer.clone();
        let mut out = "prob".to_owned();
        while self.network.inputs.contains_key(&out) || self.network.ops.iter().any(|op| op.tensors().1 == out) {
            out.push('_');
        }
        self.network.outputs = vec![out.clone()];
        self.network.ops.push(Op::Softmax { name: None, r#in: [logits], out: [out] });
    }

    /// Canonical crop of the input's size and the format's own representation, if it has one.
    fn conventional(&self) -> Result<(Canonical, BTreeMap<String, Vec<RepresentationStep>>, Oversample)> {
        let graph = Graph::new(&self.network)?;
        let [channels, height, width] = graph.tensors[0].shape;
        let picture = graph.inputs == 1 && graph.tensors[0].dims.len() == 3 && channels == 3;
        let steps = self.representation.clone().filter(|_| picture);
        let size = if picture { [height as u32, width as u32] } else { [48, 48] };
        let representations = steps.map(|steps| ("rgb".to_owned(), steps)).into_iter().collect();
        Ok((Canonical::upright(size), representations, Oversample::None))
    }
}
