//! Several networks as one model, as the papers have them.

use std::collections::BTreeMap;

use super::{Head, find};
use crate::error::{Error, Result};
use crate::graph::Graph;
use crate::weights::description::{Canonical, Gray};
use crate::weights::{
    Array, Description, Fusion, Member, Model, Oversample, RepresentationStep, Rule, Seeded, Task, published_table,
};

/// Models of several networks, by name, with what each is.
pub const ENSEMBLES: [(&str, &str); 4] = [
    (
        "levi_hassner",
        "Levi & Hassner 2015: CNN-S, CNN-M-2048, CNN-M, GoogLeNet, each on RGB and four mapped patterns: 20 members, 10 crops",
    ),
    (
        "an_one_vs_all",
        "Bocklisch 2015: an AlexNet of two outputs for each of 37 action units; `moue run` gives each one's answer",
    ),
    ("two_stream", "Bocklisch 2015: an AlexNet of the face and a network of its flow, 37 action units; for `moue two-stream`"),
    ("two_stream_one_vs_all", "the same, with one-vs-all of one trunk in the place of the AlexNet"),
];

/// The action units of Bocklisch et al., 2015, in the order of their networks' outputs. One has no name there.
pub const ACTION_UNITS: [&str; 37] = [
    "AU25", "AU26", "AU16", "AU43", "AU01", "AU02", "AU05", "AU13", "AU06", "AU17", "AU28B", "AU15", "AU45", "AU28", "AU19",
    "AU22", "AU04", "AU09", "AU11", "AU18", "AU27", "AU10", "AU14", "AU12", "AU46", "AU46R", "AU24", "AU23", "AU21", "AU46L",
    "AU20", "AU07", "AU28T", "AU38", "AU30", "unnamed", "AU08",
];
const LABELS: [&str; 7] = ["angry", "disgust", "fear", "happy", "neutral", "sad", "surprise"];

/// The ensemble `name` with random weights, those of member i of seed + i, each made when it is asked for.
///
/// # Errors
/// [`Error::Argument`] listing those there are.
pub fn ensemble(name: &str, seed: u64) -> Result<Model> {
    match name {
        "levi_hassner" => levi_hassner(seed),
        "an_one_vs_all" => one_vs_all(seed),
        "two_stream" => two_stream(name, "an_finetune", seed),
        "two_stream_one_vs_all" => two_stream(name, "one_vs_all", seed),
        _ => Err(Error::Argument(format!(
            "there is no ensemble `{name}`; there are: {}",
            ENSEMBLES.map(|(name, _)| name).join(", ")
        ))),
    }
}

struct Parts {
    networks: BTreeMap<String, crate::graph::Network>,
    members: Vec<Member>,
    tensors: BTreeMap<String, Array>,
    seed: u64,
}

impl Parts {
    fn add(&mut self, name: &str, network: &str, head: Head, representation: Option<&str>) -> Result<()> {
        if !self.networks.contains_key(network) {
            self.networks.insert(network.to_owned(), find(network)?.network(Some(head))?);
        }
        let seeded = Seeded::new(&Graph::new(&self.networks[network])?, self.seed + self.members.len() as u64);
        let weights = format!("{name}/");
        self.tensors.extend(seeded.arrays()?.into_iter().map(|(tensor, array)| (format!("{weights}{tensor}"), array)));
        let (name, network) = (name.to_owned(), network.to_owned());
        self.members.push(Member { name, representation: representation.map(str::to_owned), network, weights });
        Ok(())
    }

    fn model(
        self,
        name: &str,
        labels: &[&str],
        canonical: Canonical,
        representations: BTreeMap<String, Vec<RepresentationStep>>,
        oversample: Oversample,
    ) -> Result<Model> {
        let (seed, count) = (self.seed, self.members.len());
        let source = ENSEMBLES.iter().find(|(own, _)| *own == name).map_or("", |(_, source)| source);
        let description = Description {
            moue: 1,
            name: name.to_owned(),
            task: Task::Expressions,
            labels: labels.iter().map(|&label| label.to_owned()).collect(),
            licence: "none needed: random numbers".to_owned(),
            source: format!("{source}; random weights of the seeds {seed} to {}", seed + count as u64 - 1),
            card: "It has learned nothing: for benchmarks and tests.".to_owned(),
            canonical,
            representations,
            networks: self.networks,
            members: self.members,
            fusion: Fusion {
                rule: Rule::WeightedMean,
                weights: vec![1.0 / count as f64; count],
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
}

fn parts(seed: u64) -> Parts {
    Parts { networks: BTreeMap::new(), members: Vec::new(), tensors: BTreeMap::new(), seed }
}

/// Faces of 256 x 256, codes of which are made at that size; the networks read ten crops of 224.
fn levi_hassner(seed: u64) -> Result<Model> {
    let normalise = RepresentationStep::Normalise { mean: [127.5; 3], scale: [1.0 / 127.5; 3] };
    let mapped = |radius: u32, table: &str| {
        let (lbp, lookup) = (RepresentationStep::Lbp { radius }, RepresentationStep::Lookup(format!("tables/{table}")));
        vec![RepresentationStep::Gray(Gray::Matlab), lbp, lookup, RepresentationStep::Resize([256, 256]), normalise.clone()]
    };
    let representations = BTreeMap::from([
        ("rgb".to_owned(), vec![normalise.clone()]),
        ("lbp".to_owned(), mapped(1, "regular")),
        ("cyclic_lbp".to_owned(), mapped(1, "cyclic")),
        ("cyclic_lbp_5".to_owned(), mapped(5, "cyclic")),
        ("cyclic_lbp_10".to_owned(), mapped(10, "cyclic")),
    ]);
    let mut all = parts(seed);
    for table in ["tables/regular", "tables/cyclic"] {
        all.tensors.extend(published_table(table).map(|array| (table.to_owned(), array)));
    }
    for network in ["vgg_s", "vgg_m_2048", "vgg_m_4096", "googlenet"] {
        for representation in ["rgb", "lbp", "cyclic_lbp", "cyclic_lbp_5", "cyclic_lbp_10"] {
            all.add(&format!("{network}_{representation}"), network, Head::Classes(LABELS.len()), Some(representation))?;
        }
    }
    let canonical = Canonical::upright([256, 256]);
    all.model("levi_hassner", &LABELS, canonical, representations, Oversample::FiveMirrored)
}

/// Each member answers whether its unit is not there, and whether it is.
fn one_vs_all(seed: u64) -> Result<Model> {
    let mut all = parts(seed);
    for unit in 1..=ACTION_UNITS.len() {
        all.add(&format!("unit_{unit}"), "alexnet", Head::Classes(2), None)?;
    }
    let canonical = Canonical::upright([227, 227]);
    all.model("an_one_vs_all", &[], canonical, BTreeMap::new(), Oversample::None)
}

/// Raw tensors, which `moue two-stream` makes of a video.
fn two_stream(name: &str, still: &str, seed: u64) -> Result<Model> {
    let mut all = parts(seed);
    all.add("still", still, Head::Classes(ACTION_UNITS.len()), None)?;
    all.add("motion", "flow", Head::Classes(ACTION_UNITS.len()), None)?;
    all.model(name, &ACTION_UNITS, Canonical::upright([227, 227]), BTreeMap::new(), Oversample::None)
}
