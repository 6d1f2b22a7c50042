//! The JSON of a model, version 1: `models/model.schema.json` describes the same.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

pub use super::actions::{Actions, Reads, Task, Thresholds};
pub use super::canonical::{Canonical, Colour};
pub use super::oversample::Oversample;
pub(crate) use super::representation::Representation;
pub use super::representation::{FlowStack, Gray, Order, RepresentationStep};
use crate::graph::{Graph, Network};

/// What a model is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// Version of the format.
    pub moue: u32,
    /// Name of the model.
    pub name: String,
    /// What it reads of a face.
    #[serde(default, skip_serializing_if = "Task::is_usual")]
    pub task: Task,
    /// Labels in the order of the probabilities; without any its networks answer other values, such as an embedding.
    pub labels: Vec<String>,
    /// Licence of the weights.
    pub licence: String,
    /// Where they come from.
    pub source: String,
    /// The model card.
    pub card: String,
    /// Canonical crop.
    pub canonical: Canonical,
    /// Steps from the canonical crop to a network's input, by name.
    pub representations: BTreeMap<String, Vec<RepresentationStep>>,
    /// Networks by name.
    pub networks: BTreeMap<String, Network>,
    /// Members of the ensemble.
    pub members: Vec<Member>,
    /// How they become one answer.
    pub fusion: Fusion,
    /// Views and crops at test time; a mirrored view is the canonical crop mirrored, before codes are made of it.
    #[serde(default)]
    pub oversample: Oversample,
    /// Which action units are read; of their models alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Actions>,
}

/// One member of an ensemble.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// Name of the member.
    pub name: String,
    /// What it reads of a face; without one it reads raw tensors only (`moue run`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub representation: Option<String>,
    /// What it computes.
    pub network: String,
    /// Prefix of its tensors.
    pub weights: String,
}

impl Member {
    /// Its representation, which every member of an ensemble has ([`Description::no_faces`]).
    pub(crate) fn reads(&self) -> &str {
        self.representation.as_deref().unwrap_or_default()
    }
}

/// How members become one answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fusion {
    /// The rule.
    pub rule: Rule,
    /// One a member, not negative, sum 1; none of the plain mean.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<f64>,
    /// T of the calibration p^(1/T), made to sum 1 again, of the fused probabilities: above 1 less confident, 1 leaves them.
    #[serde(default = "one")]
    pub temperature: f64,
    /// Added to the log odds that several members make together: above 0 more confident that a unit is present.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub offset: f64,
    /// What the network of motion counts, where the still one reads a label, too. Of action units.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub motion: f64,
    /// Log odds of motion that are below this count as this: how surely nothing moves says nothing. Of action units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub floor: Option<f64>,
}

impl Fusion {
    /// The temperature of the weighted mean of probabilities: 1 where logits are fused, which [`Fusion::settle`] makes probabilities of.
    pub(crate) fn calibration(&self) -> f64 {
        if self.rule == Rule::MeanLogits { 1.0 } else { self.temperature }
    }

    /// Makes probabilities of fused logits, or of those of one member.
    pub(crate) fn settle(&self, logits: &mut [f32]) {
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut sum = 0.0;
        let powers = logits.iter().map(|&logit| (f64::from(logit - most) / self.temperature).exp());
        let powers: Vec<f64> = powers.inspect(|power| sum += power).collect();
        logits.iter_mut().zip(powers).for_each(|(logit, power)| *logit = (power / sum) as f32);
    }
}

fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

fn one() -> f64 {
    1.0
}

/// Rules of fusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Weighted mean of the members' probabilities.
    WeightedMean,
    /// Of action units. Of a label that one member reads its probability. Of one that both read the sigmoid of the still one's log odds, of what motion's are above those at
    /// rest times [`Fusion::motion`], none of them below [`Fusion::floor`], and of the offset: what stays without moving is as present as the still one says.
    LogOdds,
    /// Softmax, divided by the temperature, of the weighted mean of what the members answer before any softmax: of models that were taught.
    MeanLogits,
}

fn unique<'n>(at: &str, names: impl Iterator<Item = &'n String>) -> Result<(), (String, String)> {
    let mut seen = HashSet::new();
    for name in names {
        if name.is_empty() {
            return Err((at.to_owned(), "a name is empty: give it one".to_owned()));
        }
        if !seen.insert(name) {
            return Err((at.to_owned(), format!("`{name}` is there twice: give each a name of its own")));
        }
    }
    Ok(())
}

impl Description {
    /// Parses the JSON; versions are told apart before anything else is read.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn parse(text: &str) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Version {
            moue: Option<u32>,
            /// Of faces, which are kept under the same key.
            files: Option<serde::de::IgnoredAny>,
        }
        let version: Version = serde_json::from_str(text).map_err(|e| format!("no version: {e}"))?;
        match (version.moue, version.files) {
            (Some(1), _) => {}
            (Some(other), _) => return Err(format!("version {other} is not known; this moue reads version 1")),
            (None, Some(_)) => {
                return Err("these are faces, as `moue embed` writes them, and no model: `moue search --in` reads them".into());
            }
            (None, None) => return Err("no version: it has no `moue`".into()),
        }
        serde_json::from_str(text).map_err(|e| e.to_string())
    }

    /// Checks what JSON alone does not say; the networks with their names bound.
    ///
    /// # Errors
    /// The place and what is wrong there.
    pub(crate) fn check(&self) -> Result<BTreeMap<&str, Graph>, (String, String)> {
        let wrong = |at: &str, reason: String| Err((at.to_owned(), reason));
        self.canonical.check().map_err(|reason| ("canonical".to_owned(), reason))?;
        if self.members.is_empty() {
            return wrong("members", "a model has at least one member".into());
        }
        unique("labels", self.labels.iter())?;
        unique("members", self.members.iter().map(|member| &member.name))?;
        self.check_task()?;
        if !(0.05..=20.0).contains(&self.fusion.temperature) {
            return wrong("fusion", format!("its temperature lies between 0.05 and 20, not {}", self.fusion.temperature));
        }
        for name in self.representations.keys() {
            self.representation(name)?;
        }
        let mut graphs = BTreeMap::new();
        for (name, network) in &self.networks {
            let graph = Graph::new(network).map_err(|error| (format!("network `{name}`"), error.to_string()))?;
            graphs.insert(name.as_str(), graph);
        }
        for member in &self.members {
            let at = format!("member `{}`", member.name);
            let Some(graph) = graphs.get(member.network.as_str()) else {
                let known: Vec<&str> = graphs.keys().copied().collect();
                return wrong(&at, format!("there is no network `{}`; there are: {}", member.network, known.join(", ")));
            };
            if !self.labels.is_empty() {
                self.check_outputs(graph).map_err(|reason| (at.clone(), reason))?;
            }
            let Some(name) = &member.representation else { continue };
            let representation = self.representation(name)?;
            if graph.inputs != 1 || graph.tensors[0].dims.len() != 3 {
                return wrong(
                    &at,
                    format!("it has a representation, but network `{}` does not read one [C, H, W]", member.network),
                );
            }
            let [channels, height, width] = graph.tensors[0].shape;
            let resize = representation.resize.map(|s| s as usize);
            if channels != representation.channels() || height > resize[0] || width > resize[1] {
                return wrong(
                    &at,
                    format!(
                        "network `{}` reads {:?}, representation `{name}` makes [{}, {}, {}]",
                        member.network,
                        graph.tensors[0].shape,
                        representation.channels(),
                        resize[0],
                        resize[1]
                    ),
                );
            }
        }
        Ok(graphs)
    }

    /// What only models of one task have.
    fn check_task(&self) -> Result<(), (String, String)> {
        let weights = &self.fusion.weights;
        let (at, reason) = match (self.task, self.fusion.rule, &self.actions) {
            (Task::Expressions, Rule::WeightedMean | Rule::MeanLogits, None) => {
                let sum: f64 = weights.iter().sum();
                if weights.len() == self.members.len()
                    && weights.iter().all(|w| (0.0..=1.0).contains(w))
                    && (sum - 1.0).abs() <= 1e-6
                {
                    return Ok(());
                }
                ("fusion", format!("one weight a member ({}), not negative, sum 1; these are {weights:?}", self.members.len()))
            }
            (Task::Actions, Rule::LogOdds, Some(actions)) if weights.is_empty() => {
                let members: Vec<&str> = self.members.iter().map(|member| member.name.as_str()).collect();
                if !(0.0..=10.0).contains(&self.fusion.motion) {
                    return Err(("fusion".to_owned(), format!("its `motion` lies between 0 and 10, not {}", self.fusion.motion)));
                }
                if let Some(floor) = self.fusion.floor
                    && !(-20.0..=0.0).contains(&floor)
                {
                    return Err(("fusion".to_owned(), format!("its `floor` lies between -20 and 0, not {floor}")));
                }
                return actions.check(&self.labels, &members).map_err(|reason| ("actions".to_owned(), reason));
            }
            (Task::Expressions, Rule::WeightedMean | Rule::MeanLogits, Some(_)) => {
                ("actions", "only a model with `\"task\": \"actions\"` has them".to_owned())
            }
            (Task::Expressions, Rule::LogOdds, _) => {
                ("fusion", "the rule of a model of expressions is `weighted_mean` or `mean_logits`".to_owned())
            }
            (Task::Actions, _, None) => ("actions", "missing: which labels a model of action units reads".to_owned()),
            (Task::Actions, _, Some(_)) => {
                ("fusion", "the rule of a model of action units is `log_odds`, without weights".to_owned())
            }
        };
        Err((at.to_owned(), reason))
    }

    /// Whether a network answers the labels: one probability each, of action units perhaps an intensity each, too.
    fn check_outputs(&self, graph: &Graph) -> Result<(), String> {
        let most = if self.task == Task::Actions { 2 } else { 1 };
        if graph.outputs.len() > most {
            return Err(format!("its network has more than {}", if most == 1 { "one output" } else { "two outputs" }));
        }
        match graph.outputs.iter().find(|&&output| graph.tensors[output].shape != [self.labels.len(), 1, 1]) {
            Some(&output) => {
                Err(format!("its network answers {:?}, there are {} labels", graph.tensors[output].shape, self.labels.len()))
            }
            None => Ok(()),
        }
    }

    /// Why it cannot read faces, if it cannot.
    pub(crate) fn no_faces(&self) -> Option<String> {
        if self.task == Task::Actions {
            return Some("it reads action units, not expressions. `moue analyze --actions=FILE` takes it".into());
        }
        if self.labels.is_empty() {
            return Some("it has no labels: it answers values, not expressions. `moue run` gives them".into());
        }
        let raw = self.members.iter().find(|member| member.representation.is_none())?;
        Some(format!("member `{}` has no representation: it reads tensors, not faces. `moue run` takes them", raw.name))
    }

    /// The representation `name` in its parts.
    pub(crate) fn representation(&self, name: &str) -> Result<Representation, (String, String)> {
        let at = || format!("representation `{name}`");
        let steps = self.representations.get(name).ok_or_else(|| (at(), "there is none of this name".to_owned()))?;
        Representation::of(steps, self.canonical.size).map_err(|reason| (at(), reason))
    }
}
