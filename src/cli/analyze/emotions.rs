//! What the action units of a face say of emotions, in records and in words: an explanation beside the networks' label, never in its place.

use serde::{Serialize, Serializer};

use super::record::label;
use crate::actions::{Actions, Explanation, Sign, column, explain};

/// `emfacs` of a face's `actions`.
#[derive(Serialize)]
pub struct Emotions<'a> {
    /// The emotion that the units speak for; none where no combination is whole.
    emotion: Option<&'static str>,
    /// Whether that is the networks' label; null where no emotion has its name.
    agrees: Option<bool>,
    emotions: Signs<'a>,
}

/// Emotion -> the combination of it that comes nearest.
struct Signs<'a> {
    labels: &'a [String],
    signs: Vec<Sign>,
}

#[derive(Serialize)]
struct One {
    whole: bool,
    degree: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intensity: Option<f32>,
    units: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    unknown: Vec<String>,
}

impl Serialize for Signs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let columns = |places: &[usize]| places.iter().map(|&at| column(label(self.labels, at))).collect();
        let one = |sign: &Sign| One {
            whole: sign.whole(),
            degree: sign.degree,
            intensity: sign.intensity,
            units: columns(&sign.units),
            missing: columns(&sign.missing),
            unknown: sign.unknown.iter().map(|unit| column(unit)).collect(),
        };
        serializer.collect_map(self.signs.iter().map(|sign| (sign.emotion.name(), one(sign))))
    }
}

impl<'a> Emotions<'a> {
    /// Of a face that the networks give the label `given`.
    pub fn of(actions: &Actions, labels: &'a [String], given: &str) -> Self {
        let found = explain(labels, actions);
        let (emotion, agrees) = (found.spoken().map(|sign| sign.emotion.name()), found.agrees(given));
        Self { emotion, agrees, emotions: Signs { labels, signs: found.signs } }
    }
}

/// What the units speak for, and whether the networks say something else; nothing where they speak for nothing.
pub fn words(actions: &Actions, labels: &[String], given: &str) -> Option<String> {
    let found: Explanation = explain(labels, actions);
    let sign = found.spoken()?;
    let units: Vec<&str> = sign.units.iter().map(|&at| label(labels, at)).collect();
    let but = if found.agrees(given) == Some(false) { format!("; the networks say {given}") } else { String::new() };
    Some(format!("the units speak for {} ({}){but}", sign.emotion.name(), units.join(" + ")))
}
