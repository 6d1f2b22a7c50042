//! What the units of a face say of emotions, as it is written to JSON beside them.

use serde::{Serialize, Serializer};

use super::emfacs::{Sign, explain};
use super::names::column;
use super::unit::Actions;

/// `emfacs` of a face's `actions`.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Emotions<'a> {
    /// The emotion that the units speak for; none where no combination is whole.
    emotion: Option<&'static str>,
    /// Whether that is the networks' label; null where no emotion has its name.
    agrees: Option<bool>,
    emotions: Signs<'a>,
}

/// Emotion -> the combination of it that comes nearest.
#[derive(Debug, Clone)]
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
        let columns = |places: &[usize]| {
            places.iter().map(|&at| self.labels.get(at).map_or_else(String::new, |label| column(label))).collect()
        };
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
