//! An architecture with seeded weights as a model.

use std::collections::BTreeMap;

use super::Architecture;
use crate::error::Result;
use crate::graph::{Graph, Kind, Network};
use crate::weights::description::{Canonical, Gray};
use crate::weights::{Description, Fusion, Member, Model, Oversample, RepresentationStep, Rule, Seeded, Task};

/// A model of one member, `network` with random weights of `seed`. One that reads one or three channels reads faces of its input's size as
/// (x - 127.5) / 127.5; any other reads raw tensors. One that does not end in a softmax has no labels: an embedding, or action units.
///
/// # Errors
/// [`crate::Error::Shape`] where the network is not valid.
pub fn model(architecture: &Architecture, network: Network, seed: u64) -> Result<Model> {
    let graph = Graph::new(&network)?;
    let [channels, height, width] = graph.tensors[0].shape;
    let normalise = RepresentationStep::Normalise { mean: [127.5; 3], scale: [1.0 / 127.5; 3] };
    let representation = match channels {
        1 => Some(("gray", vec![RepresentationStep::Gray(Gray::Matlab), normalise])),
        3 => Some(("rgb", vec![normalise])),
        _ => None,
    };
    let softmax = graph.nodes.last().filter(|node| node.kind == Kind::Softmax);
    let classes = softmax.map_or(0, |node| graph.tensors[node.output].shape[0]);
    let member = Member {
        name: architecture.name.to_owned(),
        representation: representation.as_ref().map(|(name, _)| (*name).to_owned()),
        network: architecture.name.to_owned(),
        weights: String::new(),
    };
    let description = Description {
        moue: 1,
        name: architecture.name.to_owned(),
        task: Task::Expressions,
        labels: (0..classes).map(|class| format!("class_{class}")).collect(),
        licence: "none needed: random numbers".to_owned(),
        source: format!("{}; random weights of seed {seed}", architecture.source),
        card: "It has learned nothing: for benchmarks and tests.".to_owned(),
        canonical: Canonical::upright([height as u32, width as u32]),
        representations: representation.into_iter().map(|(name, steps)| (name.to_owned(), steps)).collect(),
        networks: BTreeMap::from([(architecture.name.to_owned(), network)]),
        members: vec![member],
        fusion: Fusion { rule: Rule::WeightedMean, weights: vec![1.0], temperature: 1.0, offset: 0.0, motion: 0.0, floor: None },
        oversample: Oversample::None,
        actions: None,
    };
    Model::new(description, Seeded::new(&graph, seed).arrays()?)
}
