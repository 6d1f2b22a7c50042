//! What the action units of a face say of emotions, in words: an explanation beside the networks' label, never in its place.

use crate::actions::{Actions, Explanation, explain};
use crate::records::label;

/// What the units speak for, and whether the networks say something else; nothing where they speak for nothing.
pub fn words(actions: &Actions, labels: &[String], given: &str) -> Option<String> {
    let found: Explanation = explain(labels, actions);
    let sign = found.spoken()?;
    let units: Vec<&str> = sign.units.iter().map(|&at| label(labels, at)).collect();
    let but = if found.agrees(given) == Some(false) { format!("; the networks say {given}") } else { String::new() };
    Some(format!("the units speak for {} ({}){but}", sign.emotion.name(), units.join(" + ")))
}
