//! A person at rest: what is subtracted where people's faces differ by themselves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::unit::{Actions, Unit, log_odds};

/// Name and version of what is saved.
const SCHEMA: &str = "moue.baseline/1";
/// What a unit's probability is at rest, once the baseline is subtracted.
const REST: f32 = 0.05;
/// Bins a unit of the logit, and of the intensity.
const BINS: f32 = 16.0;
/// Eyes that are shut and lips that are apart are no rest.
const RESTLESS: [&str; 7] = ["25", "26", "27", "43", "45", "46L", "46R"];

/// A person's units at rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    schema: String,
    /// The model that read them.
    pub model: String,
    /// Of frames of videos, where motion tells too; else of pictures. Neither is the rest of the other.
    pub videos: bool,
    /// Frames that it is the median of.
    pub frames: u64,
    units: BTreeMap<String, Rest>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Rest {
    /// Of the probability.
    logit: f32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    intensity: Option<f32>,
}

impl Baseline {
    /// Reads what [`Baseline::to_json`] wrote for `model`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str, model: &str) -> Result<Self, String> {
        let own: Self =
            serde_json::from_str(text).map_err(|error| format!("no baseline: {error}; --save-baseline writes one"))?;
        if own.schema != SCHEMA {
            return Err(format!("its schema is `{}`, this moue reads `{SCHEMA}`: save it again", own.schema));
        }
        if own.model != model {
            return Err(format!("it was read by model `{}`, this run has `{model}`: save it again with this one", own.model));
        }
        let numbers = own.units.values().flat_map(|rest| [Some(rest.logit), rest.intensity]).flatten();
        match numbers.into_iter().find(|number| !number.is_finite()) {
            Some(number) => Err(format!("it holds {number}: save it again")),
            None => Ok(own),
        }
    }

    /// Its text.
    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// Subtracts it from what a face of these `labels` shows: a unit as at rest has a probability of 0.05 and an intensity of 0, and it is present from 0.5 on. Streams say what they said.
    pub fn subtract(&self, labels: &[String], actions: &mut Actions) {
        for (label, unit) in labels.iter().zip(&mut actions.units) {
            if let (Some(rest), Some(unit)) = (self.units.get(label), unit.as_mut()) {
                let moved = log_odds(unit.probability) - rest.logit + log_odds(REST);
                unit.probability = 1.0 / (1.0 + (-moved).exp());
                unit.intensity = unit.intensity.map(|intensity| (intensity - rest.intensity.unwrap_or(0.0)).max(0.0));
                unit.present = unit.probability >= 0.5;
            }
        }
    }
}

/// Medians of the quiet frames of a person so far: those without shut eyes and parted lips; of all frames, where there are no such. Its memory does not grow.
#[derive(Debug, Clone)]
pub struct Resting {
    labels: Vec<String>,
    quiet: Counts,
    all: Counts,
}

/// Of each label how often which logit and intensity was seen.
#[derive(Debug, Clone)]
struct Counts {
    frames: u64,
    logits: Vec<BTreeMap<i32, u64>>,
    intensities: Vec<BTreeMap<i32, u64>>,
}

impl Counts {
    fn new(labels: usize) -> Self {
        Self { frames: 0, logits: vec![BTreeMap::new(); labels], intensities: vec![BTreeMap::new(); labels] }
    }

    fn add(&mut self, units: &[Option<Unit>]) {
        self.frames += 1;
        let bin = |value: f32| (value * BINS).round() as i32;
        for (at, unit) in units.iter().enumerate() {
            let Some(unit) = unit else { continue };
            if let Some(counts) = self.logits.get_mut(at) {
                *counts.entry(bin(log_odds(unit.probability))).or_default() += 1;
            }
            if let (Some(counts), Some(intensity)) = (self.intensities.get_mut(at), unit.intensity) {
                *counts.entry(bin(intensity)).or_default() += 1;
            }
        }
    }
}

impl Resting {
    /// Of a model of these labels.
    pub fn new(labels: &[String]) -> Self {
        Self { labels: labels.to_vec(), quiet: Counts::new(labels.len()), all: Counts::new(labels.len()) }
    }

    /// Another frame.
    pub fn add(&mut self, actions: &Actions) {
        let restless =
            |(label, unit): (&String, &Option<Unit>)| RESTLESS.contains(&label.as_str()) && unit.is_some_and(|unit| unit.present);
        self.all.add(&actions.units);
        if !self.labels.iter().zip(&actions.units).any(restless) {
            self.quiet.add(&actions.units);
        }
    }

    /// Frames so far.
    pub fn frames(&self) -> u64 {
        self.all.frames
    }

    /// The medians so far; none before the first frame.
    pub fn baseline(&self, model: &str, videos: bool) -> Option<Baseline> {
        let counts = if self.quiet.frames > 0 { &self.quiet } else { &self.all };
        let rest = |(at, label): (usize, &String)| {
            let logit = median(counts.logits.get(at)?)?;
            Some((label.clone(), Rest { logit, intensity: counts.intensities.get(at).and_then(median) }))
        };
        (counts.frames > 0).then(|| Baseline {
            schema: SCHEMA.to_owned(),
            model: model.to_owned(),
            videos,
            frames: counts.frames,
            units: self.labels.iter().enumerate().filter_map(rest).collect(),
        })
    }
}

/// The lower median.
fn median(counts: &BTreeMap<i32, u64>) -> Option<f32> {
    let all: u64 = counts.values().sum();
    let mut below = 0;
    for (bin, count) in counts {
        below += count;
        if 2 * below >= all {
            return Some(*bin as f32 / BINS);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn face(lips: f32, smile: f32) -> Actions {
        let unit = |probability: f32| Some(Unit { probability, intensity: Some(5.0 * probability), present: probability >= 0.5 });
        Actions { units: vec![unit(lips), unit(smile), None], streams: Vec::new() }
    }

    #[test]
    fn what_a_face_shows_at_rest_is_subtracted() {
        let labels = ["25", "12", "21"].map(String::from);
        let mut resting = Resting::new(&labels);
        assert!(resting.baseline("m", true).is_none());
        // Parted lips are no rest, however often.
        for _ in 0..9 {
            resting.add(&face(0.9, 0.95));
        }
        for smile in [0.3, 0.4, 0.35] {
            resting.add(&face(0.1, smile));
        }
        let baseline = Baseline::parse(&resting.baseline("m", true).unwrap().to_json(), "m").unwrap();
        assert_eq!((baseline.frames, resting.frames()), (3, 12));
        let mut still = face(0.1, 0.35);
        baseline.subtract(&labels, &mut still);
        let smile = still.units[1].unwrap();
        assert!((smile.probability - REST).abs() < 0.003 && smile.intensity.unwrap() < 0.04 && !smile.present, "{smile:?}");
        let mut smiling = face(0.1, 0.95);
        baseline.subtract(&labels, &mut smiling);
        let smile = smiling.units[1].unwrap();
        assert!(smile.present && (smile.intensity.unwrap() - 3.0).abs() < 0.04, "{smile:?}");
        assert!(Baseline::parse("{}", "m").is_err() && Baseline::parse(&baseline.to_json(), "other").is_err());
    }
}
