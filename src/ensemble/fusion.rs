//! How members become one answer, learned on labelled faces: weights, and the temperature of the calibration.
//!
//! Both minimise the negative log-likelihood of the labels. That of the weights is convex on the simplex (a mixture of given densities), that of
//! the temperature in 1 / T.

use crate::error::{Error, Result};
use crate::reference::calibrate;

/// Least probability that the likelihood counts: an answer of 0 for the true label costs this much and not everything.
pub const LEAST: f64 = 1e-12;

/// The gap to the best likelihood, in nats a face, at which the weights are found.
const GAP: f64 = 1e-13;
const MOST_ROUNDS: usize = 5000;

/// Weights `[member]`, not negative, sum 1, under whose mean the labels are likeliest, of `of_label` `[member][face]`: the probability that the
/// member gives the face's true label. Of members that answer alike each gets the same.
///
/// Expectation maximisation, accelerated (SQUAREM: Varadhan and Roland, Scandinavian Journal of Statistics 35, 2008), until the
/// Karush-Kuhn-Tucker conditions hold. Faces of which no member gives the label anything have no say.
///
/// # Errors
/// [`Error::Argument`] for no members, no faces, lengths that differ, or a value that is not a probability.
pub fn learn_weights(of_label: &[Vec<f64>]) -> Result<Vec<f64>> {
    let Some(first) = of_label.first().filter(|first| !first.is_empty()) else {
        return Err(Error::Argument("fusion weights are learned of at least one member and one face".into()));
    };
    for (member, values) in of_label.iter().enumerate() {
        if values.len() != first.len() {
            return Err(Error::Argument(format!("member {member} answers {} faces, member 0 {}", values.len(), first.len())));
        }
        if let Some(value) = values.iter().find(|value| !(0.0..=1.0 + 1e-4).contains(*value)) {
            return Err(Error::Argument(format!("member {member} answers {value}: probabilities lie between 0 and 1")));
        }
    }
    let faces: Vec<usize> = (0..first.len()).filter(|&face| of_label.iter().any(|values| values[face] > 0.0)).collect();
    let rows: Vec<Vec<f64>> = faces.iter().map(|&face| of_label.iter().map(|values| values[face]).collect()).collect();
    let mixture = Mixture { rows, members: of_label.len() };
    Ok(mixture.solve())
}

/// One row a face: what each member gives its label.
struct Mixture {
    rows: Vec<Vec<f64>>,
    members: usize,
}

impl Mixture {
    fn solve(&self) -> Vec<f64> {
        let mut weights = vec![1.0 / self.members as f64; self.members];
        if self.rows.is_empty() {
            return weights;
        }
        for _ in 0..MOST_ROUNDS {
            let (once, gap) = self.step(&weights);
            if gap < GAP {
                break;
            }
            let (twice, _) = self.step(&once);
            weights = self.leap(&weights, &once, twice);
        }
        weights
    }

    /// One round of expectation maximisation, and by how much the likelihood could still grow: the largest gradient less 1.
    fn step(&self, weights: &[f64]) -> (Vec<f64>, f64) {
        let mut gradient = vec![0.0; self.members];
        for row in &self.rows {
            let mixed = dot(weights, row);
            if mixed > 0.0 {
                gradient.iter_mut().zip(row).for_each(|(to, p)| *to += p / mixed);
            }
        }
        gradient.iter_mut().for_each(|g| *g /= self.rows.len() as f64);
        let gap = gradient.iter().fold(f64::MIN, |most, &g| most.max(g)) - 1.0;
        (normalised(weights.iter().zip(gradient).map(|(w, g)| w * g).collect()), gap)
    }

    /// Further along the way of two rounds, where that is likelier than the second.
    fn leap(&self, start: &[f64], once: &[f64], twice: Vec<f64>) -> Vec<f64> {
        let first: Vec<f64> = once.iter().zip(start).map(|(b, a)| b - a).collect();
        let bend: Vec<f64> = twice.iter().zip(once).zip(&first).map(|((c, b), r)| c - b - r).collect();
        let length = (dot(&first, &first) / dot(&bend, &bend)).sqrt();
        if !length.is_finite() || length <= 1.0 {
            return twice;
        }
        let far = start.iter().zip(first.iter().zip(&bend)).map(|(w, (r, v))| w + 2.0 * length * r + length * length * v);
        // At 0 a weight would stay there, whatever its gradient.
        let far = normalised(far.zip(&twice).map(|(w, &near)| w.max(near * 1e-3)).collect());
        if self.likelihood(&far) >= self.likelihood(&twice) { far } else { twice }
    }

    fn likelihood(&self, weights: &[f64]) -> f64 {
        self.rows.iter().map(|row| dot(weights, row).ln()).sum()
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn normalised(weights: Vec<f64>) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|w| w / sum).collect()
}

/// Weights in thousandths that sum to 1 exactly: rounded down, and the rest given to those that lost most.
pub fn thousandths(weights: &[f64]) -> Vec<f64> {
    let mut parts: Vec<u32> = weights.iter().map(|w| (w * 1000.0).floor() as u32).collect();
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|&a, &b| {
        let lost = |i: usize| weights[i] * 1000.0 - f64::from(parts[i]);
        lost(b).total_cmp(&lost(a))
    });
    let missing = 1000_u32.saturating_sub(parts.iter().sum()) as usize;
    order.into_iter().take(missing).for_each(|i| parts[i] += 1);
    parts.into_iter().map(|part| f64::from(part) / 1000.0).collect()
}

/// The temperature at which calibrated `fused` `[face][class]` give the labels the largest likelihood, between 0.05 and 20, in thousandths: golden
/// section on its logarithm.
///
/// # Errors
/// [`Error::Argument`] for no faces, or a label without a probability.
pub fn learn_temperature(fused: &[Vec<f64>], labels: &[usize]) -> Result<f64> {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    if fused.is_empty() || fused.len() != labels.len() || fused.iter().zip(labels).any(|(row, &label)| label >= row.len()) {
        return Err(Error::Argument(format!(
            "a temperature is learned of faces and their labels, not {} and {}",
            fused.len(),
            labels.len()
        )));
    }
    let cost = |log: f64| Quality::of(fused, labels, log.exp()).nll;
    let (mut low, mut high) = (0.05_f64.ln(), 20_f64.ln());
    let (mut left, mut right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
    let (mut at_left, mut at_right) = (cost(left), cost(right));
    while high - low > 1e-5 {
        if at_left <= at_right {
            (high, right, at_right) = (right, left, at_left);
            left = high - GOLDEN * (high - low);
            at_left = cost(left);
        } else {
            (low, left, at_left) = (left, right, at_right);
            right = low + GOLDEN * (high - low);
            at_right = cost(right);
        }
    }
    Ok(((low + high) / 2.0).exp().mul_add(1000.0, 0.5).floor() / 1000.0)
}

/// How good probabilities are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// Share of the faces whose label has the largest probability.
    pub accuracy: f64,
    /// Mean negative log-likelihood of the labels, in nats.
    pub nll: f64,
    /// Expected calibration error: the mean distance between confidence and accuracy in 15 bins of equal width (Guo et al. 2017).
    pub ece: f64,
}

impl Quality {
    /// Of `fused` `[face][class]`, calibrated with `temperature`; a face that has no label among its classes is wrong.
    pub fn of(fused: &[Vec<f64>], labels: &[usize], temperature: f64) -> Self {
        const BINS: usize = 15;
        let (mut right, mut nll) = (0_usize, 0.0);
        let mut bins = [(0.0, 0.0); BINS];
        for (row, &label) in fused.iter().zip(labels) {
            let row = calibrate(row, temperature);
            let best = (0..row.len()).reduce(|a, b| if row[b] > row[a] { b } else { a }).unwrap_or(0);
            let confidence = row.get(best).copied().unwrap_or(0.0);
            right += usize::from(best == label);
            nll -= row.get(label).copied().unwrap_or(0.0).max(LEAST).ln();
            // Bins are open below and closed above.
            let bin = ((confidence * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
            bins[bin].0 += confidence;
            bins[bin].1 += f64::from(u8::from(best == label));
        }
        let faces = fused.len().min(labels.len()).max(1) as f64;
        let gaps: f64 = bins.iter().map(|(confidence, right)| f64::abs(confidence - right)).sum();
        Self { accuracy: right as f64 / faces, nll: nll / faces, ece: gaps / faces }
    }
}

/// The weighted mean `[face][class]` of `members` `[member][face][class]`.
pub fn mean(members: &[Vec<Vec<f64>>], weights: &[f64]) -> Vec<Vec<f64>> {
    let faces = members.first().map_or(0, Vec::len);
    let mixed = |face: usize| {
        let mut row = vec![0.0; members[0][face].len()];
        for (member, weight) in members.iter().zip(weights) {
            row.iter_mut().zip(&member[face]).for_each(|(to, p)| *to += weight * p);
        }
        row
    };
    (0..faces).map(mixed).collect()
}
