//! What a model of action units answers.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

/// What a model reads of a face.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// One of its labels.
    #[default]
    Expressions,
    /// Any of its labels, each with a probability and an intensity.
    Actions,
}

impl Task {
    pub(super) fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// Which action units are read, and when one counts as present.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Actions {
    /// What an intensity of 1 counts as.
    pub intensity: f32,
    /// From which intensity of 0 to 1 on a unit counted as present where thresholds were learned.
    pub present: f32,
    /// The labels that are read, and how.
    pub reads: BTreeMap<String, Reads>,
    /// The others.
    pub not_read: Vec<String>,
}

/// How a label is read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reads {
    /// Members whose mean it is.
    pub streams: Vec<String>,
    /// Learned thresholds of the probability.
    pub thresholds: Thresholds,
    /// Log odds that the network of motion answers where nothing moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<f32>,
}

/// From which probability on a unit is present.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// In a photograph; none where it is not read there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub still: Option<f32>,
    /// In a frame of a video.
    pub video: f32,
}

impl Actions {
    /// What one of the members reads alone.
    pub(super) fn keep_only(&mut self, member: &str) {
        let Self { reads, not_read, .. } = self;
        reads.retain(|label, rule| {
            rule.streams.retain(|stream| stream == member);
            let kept = !rule.streams.is_empty();
            if !kept {
                not_read.push(label.clone());
            }
            kept
        });
    }

    /// Checks what JSON alone does not say, for a model of these labels and members.
    pub(super) fn check(&self, labels: &[String], members: &[&str]) -> Result<(), String> {
        if !(self.intensity > 0.0 && self.intensity <= 1000.0) {
            return Err(format!("an intensity of 1 counts as more than 0, at most 1000, not {}", self.intensity));
        }
        let named: Vec<&String> = self.reads.keys().chain(&self.not_read).collect();
        let once: HashSet<&String> = named.iter().copied().collect();
        if once.len() != named.len() || once != labels.iter().collect() {
            return Err("each label stands in `reads` or in `not_read`, once".into());
        }
        for (label, Reads { streams, thresholds, rest }) in &self.reads {
            if let Some(unknown) = streams.iter().find(|stream| !members.contains(&stream.as_str())) {
                return Err(format!(
                    "label `{label}` is read by `{unknown}`, which is no member; there are: {}",
                    members.join(", ")
                ));
            }
            if streams.is_empty() || streams.iter().collect::<HashSet<_>>().len() != streams.len() {
                return Err(format!("label `{label}` is read by one member or more, each named once: {streams:?}"));
            }
            if streams.len() > 1 && rest.is_none_or(|rest| !rest.is_finite()) {
                return Err(format!(
                    "label `{label}` is read by both and has no `rest`, the log odds of motion where nothing moves"
                ));
            }
            if thresholds.still.iter().chain([&thresholds.video]).any(|at| !(0.0..=1.0).contains(at)) {
                return Err(format!("the thresholds of label `{label}` lie between 0 and 1: {thresholds:?}"));
            }
        }
        Ok(())
    }
}
