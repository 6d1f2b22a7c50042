//! What the frames of a video say together. It does not grow with their number, but by a name a face.

use std::collections::HashSet;

use serde_json::Value;

use super::{Record, Series, order};
use crate::actions::column;

/// Labels that are named.
pub const TOP: usize = 5;

/// A video's sums so far.
#[derive(Debug, Clone)]
pub struct Summary {
    /// The input, as given.
    pub input: String,
    labels: Vec<String>,
    /// Width and height of its frames.
    pub size: Option<(u32, u32)>,
    /// Its frames.
    pub frames: u64,
    /// Its faces, each once a frame.
    pub faces: u64,
    /// Frames that could not be answered.
    pub failed: u64,
    /// When the last frame is shown, in seconds.
    pub seconds: f64,
    names: HashSet<u64>,
    chosen: Vec<u64>,
    sums: Vec<f64>,
    /// Probabilities over its time.
    pub series: Series,
    /// Of action units, where they are read.
    units: Option<Units>,
    /// Frames of a camera that came while others were read.
    pub dropped: Option<u64>,
    /// Over how many seconds probabilities were smoothed.
    pub smoothed: Option<f64>,
    /// Why it was not read whole.
    pub error: Option<String>,
}

/// Sums of action units.
#[derive(Debug, Clone)]
struct Units {
    labels: Vec<String>,
    faces: u64,
    sums: Vec<f64>,
    present: Vec<u64>,
}

/// An action unit on the mean of all faces.
#[derive(Debug, Clone, PartialEq)]
pub struct Often {
    /// Its label.
    pub label: String,
    /// Mean probability.
    pub probability: f64,
    /// Share of the faces that show it.
    pub present: f64,
}

/// What is counted of a face.
struct Counted {
    /// Probability and presence of each unit, where they were read.
    units: Option<Vec<Option<(f32, bool)>>>,
    track: Option<u64>,
    label: Option<usize>,
    probabilities: Vec<f32>,
}

impl Summary {
    /// Of no frame yet. `units`: labels of the model of action units, where they are read.
    pub fn new(input: String, labels: &[String], units: Option<&[String]>) -> Self {
        let units = units.map(|labels| Units {
            labels: labels.to_vec(),
            faces: 0,
            sums: vec![0.0; labels.len()],
            present: vec![0; labels.len()],
        });
        Self {
            input,
            labels: labels.to_vec(),
            size: None,
            frames: 0,
            faces: 0,
            failed: 0,
            seconds: 0.0,
            names: HashSet::new(),
            chosen: vec![0; labels.len()],
            sums: vec![0.0; labels.len()],
            series: Series::new(labels.len()),
            units,
            dropped: None,
            smoothed: None,
            error: None,
        }
    }

    /// A frame's answer.
    pub fn add(&mut self, record: &Record) {
        let faces = record.faces.iter().map(|face| Counted {
            units: face
                .actions
                .as_ref()
                .map(|actions| actions.units.iter().map(|unit| unit.map(|unit| (unit.probability, unit.present))).collect()),
            track: face.track.map(|track| track.0),
            label: Some(face.label_index),
            probabilities: face.probabilities.clone(),
        });
        self.size = record.size.or(self.size);
        let seconds = record.at.map_or(0.0, |at| at.timestamp.as_secs_f64());
        self.count(seconds, faces.collect(), record.error.is_some());
    }

    /// A frame's answer as an earlier run wrote it; whether it can be read.
    pub fn add_written(&mut self, record: &Value) -> Option<()> {
        let face = |face: &Value| {
            let label = face.get("label")?.as_str()?;
            let values = face.get("probabilities")?;
            let probabilities = self.labels.iter().map(|label| Some(values.get(label)?.as_f64()? as f32));
            let unit = |label: &String| {
                let unit = face.get("actions")?.get("units")?.get(column(label))?;
                Some((unit.get("probability")?.as_f64()? as f32, unit.get("present")?.as_bool()?))
            };
            let read = self.units.as_ref().filter(|_| face.get("actions").is_some());
            Some(Counted {
                units: read.map(|units| units.labels.iter().map(unit).collect()),
                track: face.get("track").and_then(Value::as_u64),
                label: self.labels.iter().position(|own| own == label),
                probabilities: probabilities.collect::<Option<_>>()?,
            })
        };
        let faces = record.get("faces")?.as_array()?.iter().map(face).collect::<Option<_>>()?;
        self.count(record.get("timestamp")?.as_f64()?, faces, !record.get("error")?.is_null());
        Some(())
    }

    fn count(&mut self, seconds: f64, faces: Vec<Counted>, failed: bool) {
        self.frames += 1;
        self.failed += u64::from(failed);
        self.seconds = seconds;
        self.faces += faces.len() as u64;
        for face in &faces {
            self.names.extend(face.track);
            if let Some(count) = face.label.and_then(|label| self.chosen.get_mut(label)) {
                *count += 1;
            }
            self.sums.iter_mut().zip(&face.probabilities).for_each(|(sum, value)| *sum += f64::from(*value));
        }
        if let Some(units) = &mut self.units {
            faces.iter().filter_map(|face| face.units.as_ref()).for_each(|read| units.add(read));
        }
        self.series.add(seconds, faces.iter().map(|face| &face.probabilities[..]));
    }

    /// There come no more frames; `remark` is what their source says of itself.
    pub fn end(&mut self, remark: Option<String>) {
        let failed = (self.failed > 0).then(|| format!("{} of its frames could not be answered", self.failed));
        self.error = self.error.take().or(remark).or(failed);
    }

    /// Whether action units are read.
    pub fn reads_units(&self) -> bool {
        self.units.is_some()
    }

    /// The action units that are most probable on the mean of all faces.
    pub fn units(&self) -> Vec<Often> {
        let Some(Units { labels, faces, sums, present }) = self.units.as_ref().filter(|units| units.faces > 0) else {
            return Vec::new();
        };
        let all = *faces as f64;
        let often = |((label, sum), present): ((&String, &f64), &u64)| Often {
            label: label.clone(),
            probability: sum / all,
            present: *present as f64 / all,
        };
        let mut found: Vec<Often> = labels.iter().zip(sums).zip(present).map(often).collect();
        found.sort_by(|a, b| b.probability.total_cmp(&a.probability));
        found.truncate(TOP);
        found
    }

    /// How many names faces have.
    pub fn tracks(&self) -> usize {
        self.names.len()
    }

    /// Of the faces, how many have each label.
    pub fn shares(&self) -> impl Iterator<Item = (&str, f64)> {
        let all = self.faces.max(1) as f64;
        self.labels.iter().zip(&self.chosen).map(move |(label, count)| (label.as_str(), *count as f64 / all))
    }

    /// The most probable labels on the mean of all faces, by their positions.
    pub fn best(&self) -> Vec<usize> {
        if self.faces == 0 {
            return Vec::new();
        }
        let means: Vec<f32> = self.sums.iter().map(|sum| (sum / self.faces as f64) as f32).collect();
        order(&means).into_iter().take(TOP).collect()
    }

    /// The same with their means.
    pub fn top(&self) -> Vec<(&str, f64)> {
        let mean = |at: usize| self.sums.get(at).map_or(0.0, |sum| sum / self.faces.max(1) as f64);
        self.best().into_iter().filter_map(|at| Some((self.labels.get(at)?.as_str(), mean(at)))).collect()
    }

    /// The labels.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }
}

impl Units {
    fn add(&mut self, read: &[Option<(f32, bool)>]) {
        self.faces += 1;
        for ((sum, count), unit) in self.sums.iter_mut().zip(&mut self.present).zip(read) {
            if let Some((probability, present)) = unit {
                *sum += f64::from(*probability);
                *count += u64::from(*present);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shares_count_labels_and_the_strongest_have_the_largest_means() {
        let labels = ["happy", "sad"].map(String::from);
        let mut summary = Summary::new("a".into(), &labels, None);
        let face = |track: u64, label: &str, happy: f32| json!({"track": track, "label": label, "probabilities": {"happy": happy, "sad": 1.0 - happy}});
        for (second, faces) in
            [(0.0, vec![face(0, "happy", 0.75)]), (0.5, vec![]), (1.0, vec![face(0, "sad", 0.25), face(3, "sad", 0.0)])]
        {
            summary.add_written(&json!({"timestamp": second, "faces": faces, "error": null})).unwrap();
        }
        assert_eq!((summary.frames, summary.faces, summary.tracks(), summary.failed), (3, 3, 2, 0));
        assert_eq!(summary.shares().collect::<Vec<_>>(), [("happy", 1.0 / 3.0), ("sad", 2.0 / 3.0)]);
        let top = summary.top();
        assert_eq!((top[0].0, top[1].0), ("sad", "happy"));
        assert!((top[0].1 - 2.0 / 3.0).abs() < 1e-9);
        assert!(summary.add_written(&json!({"timestamp": 1.0})).is_none());
    }
}
