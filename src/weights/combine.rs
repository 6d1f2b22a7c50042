//! Several models as one.

use std::collections::BTreeMap;

use super::{Array, Description, Fusion, Member, Model, Oversample, RepresentationStep, Rule, Task};
use crate::error::{Error, Result};
use crate::graph::{Graph, parameters};

/// One model called `name` of the members of `models`, which have the same labels, perhaps in another order, and the same canonical crop. The order
/// is that of the first. A member's weight is its own, in
/// its model, times that of its model in `weights` (not negative, made to sum 1). What is equal is there once: a network, so that its members
/// run as one dispatch; a representation, so that it is computed once; a table; a member's weights. What differs under the same name
/// gets a name of its own. The temperature is 1: those of the models were learned for other answers.
///
/// # Errors
/// [`Error::Model`] naming two models that do not fit together, also where they differ in `oversample` and none is given;
/// [`Error::Argument`] for no models or impossible weights.
pub fn combine(name: &str, models: &[Model], weights: &[f64], oversample: Option<Oversample>) -> Result<Model> {
    let Some(first) = models.first() else { return Err(Error::Argument("no models to combine: give one at least".into())) };
    let total: f64 = weights.iter().sum();
    if weights.len() != models.len() || weights.iter().any(|&w| w.is_nan() || w < 0.0) || total <= 0.0 || total.is_infinite() {
        return Err(Error::Argument(format!(
            "weights {weights:?}: give {} numbers, one a model, not negative and not all 0",
            models.len()
        )));
    }
    for model in models {
        fits(first, model, oversample.is_none())?;
    }
    let ordered = |model: &Model| match &first.description.labels {
        labels if *labels == model.description.labels => Ok(model.clone()),
        labels => model.with_label_order(labels),
    };
    let models = &models.iter().map(ordered).collect::<Result<Vec<_>>>()?[..];
    let texts = |of: fn(&Description) -> &String| joined(models.iter().map(|m| (&m.description.name, of(&m.description))));
    let head = &first.description;
    let mut parts = Parts::default();
    for (model, weight) in models.iter().zip(weights) {
        parts.add(model, weight / total)?;
    }
    let sum: f64 = parts.weights.iter().sum();
    let description = Description {
        moue: head.moue,
        name: name.to_owned(),
        task: Task::Expressions,
        labels: head.labels.clone(),
        licence: texts(|d| &d.licence),
        source: texts(|d| &d.source),
        card: texts(|d| &d.card),
        canonical: head.canonical.clone(),
        representations: parts.representations,
        networks: parts.networks,
        members: parts.members,
        fusion: Fusion {
            rule: Rule::WeightedMean,
            weights: parts.weights.iter().map(|w| w / sum).collect(),
            temperature: 1.0,
            offset: 0.0,
            motion: 0.0,
            floor: None,
        },
        oversample: oversample.unwrap_or(head.oversample),
        actions: None,
    };
    Model::new(description, parts.tensors)
}

fn fits(first: &Model, model: &Model, with_oversample: bool) -> Result<()> {
    let (a, b) = (&first.description, &model.description);
    let differ = |at: &str, ours: String, theirs: String, remedy: &str| {
        Err(model.wrong(at, format!("`{}` has {theirs}, `{}` has {ours}: {remedy}", model.file, first.file)))
    };
    if b.task != Task::Expressions {
        return Err(model.wrong("task", "it reads action units: only models of expressions become one".into()));
    }
    if b.fusion.rule == Rule::MeanLogits {
        return Err(
            model.wrong("fusion", "it was taught: its members answer together only. Teach on another base instead".into())
        );
    }
    let sorted = |labels: &[String]| {
        let mut labels = labels.to_vec();
        labels.sort_unstable();
        labels
    };
    if sorted(&a.labels) != sorted(&b.labels) {
        let remedy = "only models of the same labels become one";
        let list = |labels: &[String]| if labels.is_empty() { "no labels".to_owned() } else { labels.join(", ") };
        return differ("labels", list(&a.labels), list(&b.labels), remedy);
    }
    if a.canonical != b.canonical {
        let remedy = "only models of the same crop become one";
        return differ("canonical", a.canonical.to_string(), b.canonical.to_string(), remedy);
    }
    if with_oversample && a.oversample != b.oversample {
        let remedy = "choose one with `--oversample`";
        return differ("oversample", a.oversample.to_string(), b.oversample.to_string(), remedy);
    }
    Ok(())
}

/// The one text of all; else each behind its model's name.
fn joined<'t>(texts: impl Iterator<Item = (&'t String, &'t String)>) -> String {
    let texts: Vec<_> = texts.collect();
    match &texts[..] {
        [(_, text), rest @ ..] if rest.iter().all(|(_, other)| other == text) => (*text).clone(),
        _ => texts.iter().map(|(name, text)| format!("{name}: {text}")).collect::<Vec<_>>().join("; "),
    }
}

#[derive(Default)]
struct Parts {
    representations: BTreeMap<String, Vec<RepresentationStep>>,
    networks: BTreeMap<String, crate::graph::Network>,
    members: Vec<Member>,
    weights: Vec<f64>,
    tensors: BTreeMap<String, Array>,
}

impl Parts {
    fn add(&mut self, model: &Model, weight: f64) -> Result<()> {
        let description = &model.description;
        for (member, own) in description.members.iter().zip(&description.fusion.weights) {
            let missing = |what: &str, name: &str| model.wrong(&member.name, format!("there is no {what} `{name}`"));
            let network = description.networks.get(&member.network).ok_or_else(|| missing("network", &member.network))?;
            let steps = match &member.representation {
                None => None,
                Some(name) => {
                    let steps = description.representations.get(name).ok_or_else(|| missing("representation", name))?;
                    Some((name, steps.iter().map(|step| self.step(model, step)).collect::<Result<Vec<_>>>()?))
                }
            };
            let prefix = self.prefix(model, member, &Graph::new(network)?)?;
            self.members.push(Member {
                name: fresh(&member.name, |name| self.members.iter().all(|other| other.name != name)),
                representation: steps.map(|(name, steps)| place(&mut self.representations, name, steps)),
                network: place(&mut self.networks, &member.network, network.clone()),
                weights: prefix,
            });
            self.weights.push(weight * own);
        }
        Ok(())
    }

    fn step(&mut self, model: &Model, step: &RepresentationStep) -> Result<RepresentationStep> {
        Ok(match step {
            RepresentationStep::Lookup(table) => {
                RepresentationStep::Lookup(place(&mut self.tensors, table, model.array(table)?.clone()))
            }
            other => other.clone(),
        })
    }

    /// Puts the member's weights behind its prefix, or behind another where different ones are there; the prefix.
    fn prefix(&mut self, model: &Model, member: &Member, graph: &Graph) -> Result<String> {
        let names: Vec<String> = parameters(graph).into_iter().map(|parameter| parameter.name).collect();
        let arrays = names.iter().map(|name| model.array(&format!("{}{name}", member.weights))).collect::<Result<Vec<_>>>()?;
        let free = |prefix: &str| {
            let there = |name: &String| self.tensors.get(&format!("{prefix}{name}"));
            names.iter().zip(&arrays).all(|(name, array)| there(name).is_none_or(|found| found == *array))
        };
        let prefix = if free(&member.weights) {
            member.weights.clone()
        } else {
            let base = Some(member.weights.trim_end_matches('/')).filter(|base| !base.is_empty()).unwrap_or(&member.name);
            fresh(base, |base| free(&format!("{base}/"))) + "/"
        };
        for (name, array) in names.iter().zip(arrays) {
            self.tensors.insert(format!("{prefix}{name}"), array.clone());
        }
        Ok(prefix)
    }
}

/// The name under which `value` is in `map`: that of an equal one, or `name`, or one made of it.
fn place<T: PartialEq>(map: &mut BTreeMap<String, T>, name: &str, value: T) -> String {
    if map.get(name) == Some(&value) {
        return name.to_owned();
    }
    if let Some((found, _)) = map.iter().find(|(_, other)| **other == value) {
        return found.clone();
    }
    let name = fresh(name, |name| !map.contains_key(name));
    map.insert(name.clone(), value);
    name
}

/// `name`, or `name_2` and so on: the first that is free.
fn fresh(name: &str, free: impl Fn(&str) -> bool) -> String {
    let numbered = (2_usize..).map(|n| format!("{name}_{n}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| free(name)).unwrap_or_default()
}
