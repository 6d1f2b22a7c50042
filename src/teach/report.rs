//! How good what was taught is, on faces that it had not learned of.

use serde::Serialize;

use super::choose::{Chosen, Faces};
use super::interval::{Gain, gain};

/// What is said of what was taught.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
    /// The labels, in order.
    pub labels: Vec<String>,
    /// Faces that were learned of, a label.
    pub faces: Vec<usize>,
    /// Bursts that they are of.
    pub bursts: usize,
    /// Features of a face.
    pub features: usize,
    /// How strong the penalty is.
    pub strength: f64,
    /// The objective at the solution.
    pub objective: f64,
    /// The norm of the gradient at the solution.
    pub gradient: f64,
    /// T of the softmax.
    pub temperature: f64,
    /// None where all faces of a label are of one burst, so that it cannot be left out.
    pub tested: Option<Tested>,
}

/// A test by parts: each was answered by what was learned of the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tested {
    /// How many parts.
    pub parts: usize,
    /// The share of the faces that were answered rightly.
    pub accuracy: f64,
    /// The mean of that share over the labels.
    pub balanced: f64,
    /// How many, as `[label][answer]`.
    pub confusion: Vec<Vec<usize>>,
    /// The mean logarithm of the probability of what is right, negated, labels counting the same.
    pub loss: f64,
    /// What it is compared with.
    pub against: Against,
    /// The accuracy of that.
    pub other: f64,
    /// The difference.
    pub better: Gain,
}

/// What a test compares with.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Against {
    /// The default model's answer among these labels.
    Default,
    /// Always the most frequent label.
    MostFrequent,
}

impl Report {
    /// `rights`: whether the default model answers each face rightly, where its labels are these.
    pub(super) fn of(labels: &[String], faces: Faces<'_>, chosen: &Chosen, rights: Option<&[bool]>) -> Self {
        let mut counts = vec![0; labels.len()];
        faces.labels.iter().for_each(|&label| counts[label] += 1);
        let mut bursts = faces.bursts.to_vec();
        bursts.sort_unstable();
        bursts.dedup();
        Self {
            tested: chosen.held.as_ref().map(|held| Tested::of(&counts, faces, chosen, held, rights)),
            labels: labels.to_vec(),
            faces: counts,
            bursts: bursts.len(),
            features: faces.features.first().map_or(0, |features| features.len()),
            strength: chosen.strength,
            objective: chosen.objective,
            gradient: chosen.gradient,
            temperature: chosen.temperature,
        }
    }
}

impl Tested {
    fn of(counts: &[usize], faces: Faces<'_>, chosen: &Chosen, held: &[Vec<f64>], rights: Option<&[bool]>) -> Self {
        let classes = counts.len();
        let mut confusion = vec![vec![0; classes]; classes];
        let mut own = Vec::with_capacity(held.len());
        for (logits, &label) in held.iter().zip(faces.labels) {
            let larger = |best: usize, at: usize| if logits[at] > logits[best] { at } else { best };
            let answer = (0..classes).reduce(larger).unwrap_or(0);
            confusion[label][answer] += 1;
            own.push(answer == label);
        }
        let share = |right: &[bool]| right.iter().filter(|&&right| right).count() as f64 / right.len().max(1) as f64;
        let most = (0..classes).max_by_key(|&label| (counts[label], std::cmp::Reverse(label))).unwrap_or(0);
        let (against, others) = match rights {
            Some(rights) => (Against::Default, rights.to_vec()),
            None => (Against::MostFrequent, faces.labels.iter().map(|&label| label == most).collect()),
        };
        let gains: Vec<f64> = own.iter().zip(&others).map(|(&own, &other)| f64::from(own) - f64::from(other)).collect();
        let per_label = confusion.iter().enumerate().map(|(at, row)| row[at] as f64 / counts[at].max(1) as f64);
        Self {
            parts: chosen.parts,
            accuracy: share(&own),
            balanced: per_label.sum::<f64>() / classes.max(1) as f64,
            loss: faces.mean_loss(held, chosen.temperature),
            confusion,
            against,
            other: share(&others),
            better: gain(&gains, faces.bursts),
        }
    }

    /// Whether it is better, as far as that can be said.
    pub fn verdict(&self) -> Option<bool> {
        match self.better.interval {
            Some([from, _]) if from > 0.0 => Some(true),
            Some([_, to]) if to <= 0.0 => Some(false),
            _ => None,
        }
    }

    /// Better or not, and by how much.
    pub fn sentence(&self) -> String {
        let other = match self.against {
            Against::Default => "better than the default on your faces",
            Against::MostFrequent => "better than always guessing the most frequent label",
        };
        let answer = match self.verdict() {
            Some(true) => "yes",
            Some(false) => "no",
            None => "not shown",
        };
        let points = |share: f64| format!("{:+.1}", 100.0 * share);
        let interval = match self.better.interval {
            Some([from, to]) => format!("95 % of cases: {} to {}", points(from), points(to)),
            None => "too few bursts for an interval: add pictures of other moments or people".into(),
        };
        let gain = points(self.better.gain);
        format!("{other}: {answer}, {gain} points ({:.1} % there; {interval})", 100.0 * self.other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gain_that_may_be_none_is_not_shown() {
        let tested = |gain, interval| Tested {
            parts: 5,
            accuracy: 0.5,
            balanced: 0.5,
            confusion: Vec::new(),
            loss: 1.0,
            against: Against::Default,
            other: 0.4,
            better: Gain { gain, interval },
        };
        for (gain, interval, part) in [
            (0.1, Some([0.02, 0.2]), "yes, +10.0 points (40.0 % there; 95 % of cases: +2.0 to +20.0)"),
            (0.1, Some([-0.02, 0.2]), "not shown, +10.0 points"),
            (-0.1, Some([-0.2, -0.02]), "no, -10.0 points"),
            (0.1, None, "not shown, +10.0 points (40.0 % there; too few bursts"),
        ] {
            let said = tested(gain, interval).sentence();
            assert!(said.contains(part), "{said}");
        }
    }
}
