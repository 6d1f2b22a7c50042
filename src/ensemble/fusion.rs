//! How members become one answer, learned on labelled faces: weights, and the temperature of the calibration.
//!
//! Both minimise the negative log-likelihood of the labels, or of the votes of several people. That of the weights is convex on the simplex (a mixture of given densities), that of
//! the temperature in 1 / T.

use super::Truth;
use crate::error::{Error, Result};
use crate::reference::calibrate;

/// Least probability that the likelihood counts: an answer of 0 for the true label costs this much and not everything.
pub const LEAST: f64 = 1e-12;

/// The gap to the best likelihood, in nats a face, at which the weights are found.
const GAP: f64 = 1e-13;
const MOST_ROUNDS: usize = 5000;

/// Weights `[member]`, not negative, sum 1, under whose mean what people said is likeliest, of `members` `[member][face][class]`, probabilities. Of members that
/// answer alike each gets the same.
///
/// Expectation maximisation, accelerated (SQUAREM: Varadhan and Roland, Scandinavian Journal of Statistics 35, 2008), until the
/// Karush-Kuhn-Tucker conditions hold. A label to which no member gives anything has no say.
///
/// # Errors
/// As [`mixture_weights`]; [`Error::Argument`] for answers of other faces or classes than `truths`.
pub fn learn_weights(members: &[Vec<Vec<f64>>], truths: &[Truth]) -> Result<Vec<f64>> {
    let fits = |rows: &Vec<Vec<f64>>| {
        rows.len() == truths.len() && rows.iter().zip(truths).all(|(row, truth)| row.len() == truth.shares().len())
    };
    if let Some(member) = members.iter().position(|rows| !fits(rows)) {
        return Err(Error::Argument(format!("member {member} answers other faces or classes than are known")));
    }
    let said: Vec<(usize, usize, f64)> = truths
        .iter()
        .enumerate()
        .flat_map(|(face, truth)| truth.shares().iter().enumerate().map(move |(class, &share)| (face, class, share)))
        .filter(|(_, _, share)| *share > 0.0)
        .collect();
    let of_label: Vec<Vec<f64>> =
        members.iter().map(|rows| said.iter().map(|&(face, class, _)| rows[face][class]).collect()).collect();
    mixture_weights(&of_label, &said.iter().map(|(_, _, share)| *share).collect::<Vec<_>>())
}

/// Weights `[member]` as of [`learn_weights`], of `of_label` `[member][label]`, the probability that the member gives each label that was seen, and `shares`
/// `[label]`, how often it was.
///
/// # Errors
/// [`Error::Argument`] for no members, no labels, lengths that differ, a share that is not positive, or a value that is not a probability.
pub fn mixture_weights(of_label: &[Vec<f64>], shares: &[f64]) -> Result<Vec<f64>> {
    let Some(first) = of_label.first().filter(|first| !first.is_empty()) else {
        return Err(Error::Argument("fusion weights are learned of at least one member and one face".into()));
    };
    if shares.len() != first.len() || shares.iter().any(|share| !(share.is_finite() && *share > 0.0)) {
        return Err(Error::Argument(format!("{} labels with {} positive shares", first.len(), shares.len())));
    }
    for (member, values) in of_label.iter().enumerate() {
        if values.len() != first.len() {
            return Err(Error::Argument(format!("member {member} answers {} faces, member 0 {}", values.len(), first.len())));
        }
        if let Some(value) = values.iter().find(|value| !(0.0..=1.0 + 1e-4).contains(*value)) {
            return Err(Error::Argument(format!("member {member} answers {value}: probabilities lie between 0 and 1")));
        }
    }
    let faces: Vec<usize> = (0..first.len()).filter(|&face| of_label.iter().any(|values| values[face] > 0.0)).collect();
    let row = |&face: &usize| (shares[face], of_label.iter().map(|values| values[face]).collect());
    let rows: Vec<(f64, Vec<f64>)> = faces.iter().map(row).collect();
    let mixture = Mixture { rows, members: of_label.len() };
    Ok(mixture.solve())
}

/// One row a label: how often it was seen, and what each member gives it.
struct Mixture {
    rows: Vec<(f64, Vec<f64>)>,
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
        let (mut gradient, mut all) = (vec![0.0; self.members], 0.0);
        for (share, row) in &self.rows {
            all += share;
            let mixed = dot(weights, row);
            if mixed > 0.0 {
                gradient.iter_mut().zip(row).for_each(|(to, p)| *to += share * p / mixed);
            }
        }
        gradient.iter_mut().for_each(|g| *g /= all);
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
        self.rows.iter().map(|(share, row)| share * dot(weights, row).ln()).sum()
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

/// The temperature at which calibrated `fused` `[face][class]` give what people said the largest likelihood, between 0.05 and 20, in thousandths: golden
/// section on its logarithm.
///
/// # Errors
/// [`Error::Argument`] for no faces, or answers of other faces or classes than `truths`.
pub fn learn_temperature(fused: &[Vec<f64>], truths: &[Truth]) -> Result<f64> {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    let differ = |(row, truth): (&Vec<f64>, &Truth)| row.len() != truth.shares().len();
    if fused.is_empty() || fused.len() != truths.len() || fused.iter().zip(truths).any(differ) {
        return Err(Error::Argument(format!(
            "a temperature is learned of faces and what they show, not {} and {}",
            fused.len(),
            truths.len()
        )));
    }
    let cost = |log: f64| Quality::of(fused, truths, log.exp()).nll;
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
    /// Share of the faces whose label has the largest probability, of those with one label.
    pub accuracy: f64,
    /// The same of faces with a majority.
    pub majority: f64,
    /// Mean negative log-likelihood of what people said, in nats.
    pub nll: f64,
    /// Expected calibration error: the mean distance between confidence and the share of the people who agree, in 15 bins of equal width (Guo et al. 2017).
    pub ece: f64,
}

impl Quality {
    /// Of `fused` `[face][class]`, calibrated with `temperature`.
    pub fn of(fused: &[Vec<f64>], truths: &[Truth], temperature: f64) -> Self {
        const BINS: usize = 15;
        let (mut right, mut of_majority, mut nll) = (Share::default(), Share::default(), 0.0);
        let mut bins = [(0.0, 0.0); BINS];
        for (row, truth) in fused.iter().zip(truths) {
            let row = calibrate(row, temperature);
            let best = (0..row.len()).reduce(|a, b| if row[b] > row[a] { b } else { a }).unwrap_or(0);
            let confidence = row.get(best).copied().unwrap_or(0.0);
            right.count(truth.most(), best);
            of_majority.count(truth.majority(), best);
            let said = truth.shares().iter().zip(&row).filter(|(share, _)| **share > 0.0);
            nll -= said.map(|(share, p)| share * p.max(LEAST).ln()).sum::<f64>();
            // Bins are open below and closed above.
            let bin = ((confidence * BINS as f64).ceil() as usize).clamp(1, BINS) - 1;
            bins[bin].0 += confidence;
            bins[bin].1 += truth.shares().get(best).copied().unwrap_or(0.0);
        }
        let faces = fused.len().min(truths.len()).max(1) as f64;
        let gaps: f64 = bins.iter().map(|(confidence, agree)| f64::abs(confidence - agree)).sum();
        Self { accuracy: right.value(), majority: of_majority.value(), nll: nll / faces, ece: gaps / faces }
    }
}

#[derive(Default)]
struct Share {
    right: usize,
    all: usize,
}

impl Share {
    fn count(&mut self, label: Option<usize>, given: usize) {
        self.all += usize::from(label.is_some());
        self.right += usize::from(label == Some(given));
    }

    fn value(&self) -> f64 {
        self.right as f64 / self.all.max(1) as f64
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
