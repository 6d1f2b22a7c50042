//! How strong the penalty is, and how confident the answer: both by faces that were not learned of.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::folds::folds;
use super::logistic::{EXACT, Linear, Problem, Solution};
use crate::host::offload::shared;

/// Strengths that are tried, the strongest first: each starts where the one before ended.
const STRENGTHS: [f64; 11] = [100.0, 31.6, 10.0, 3.16, 1.0, 0.316, 0.1, 0.0316, 0.01, 0.00316, 0.001];
/// Where nothing can be tried.
const UNTRIED: f64 = 1.0;
/// Parts of those faces that are learned of while others test.
const INNER: usize = 4;
/// Faces from which on one part alone is tried, as it says enough.
const MANY: usize = 500;
/// Norm of the gradient of a solution that only says which strength is better.
const ROUGH: f64 = 1e-4;
/// Strengths that must be worse, each than the one before, for no weaker one to be tried.
const WORSE: usize = 2;
/// Temperatures between which the best is looked for.
const TEMPERATURES: [f64; 2] = [0.05, 20.0];

/// Faces with their labels, and which of them belong together.
#[derive(Debug, Clone, Copy)]
pub struct Faces<'f> {
    /// All as many.
    pub features: &'f [&'f [f32]],
    /// One a face.
    pub labels: &'f [usize],
    /// One a face.
    pub bursts: &'f [usize],
    /// Labels that there are.
    pub classes: usize,
}

/// What was learned, and how it answered faces that it had not learned of.
#[derive(Debug)]
pub struct Chosen {
    /// Of all faces.
    pub linear: Linear,
    /// The norm of its gradient.
    pub gradient: f64,
    /// The objective at it.
    pub objective: f64,
    /// How strong the penalty is.
    pub strength: f64,
    /// T of the softmax.
    pub temperature: f64,
    /// The logits of each face by what was learned of the other parts; none where there can be no parts.
    pub held: Option<Vec<Vec<f64>>>,
    /// How many parts.
    pub parts: usize,
}

impl Faces<'_> {
    /// Learns, and tests: for each part the strength is chosen by parts of the others, so that no face has a say in its own test. `step` is told of
    /// what is done, of so many.
    pub fn choose(self, most_parts: usize, step: impl Fn(usize, usize) + Sync) -> Chosen {
        let all: Vec<usize> = (0..self.labels.len()).collect();
        let cut = folds(self.bursts, self.labels, self.classes, most_parts);
        let parts = cut.as_ref().map_or(0, |cut| cut.iter().max().map_or(0, |most| most + 1));
        let (steps, done) = (parts + 2, AtomicUsize::new(0));
        let held = cut.as_ref().map(|cut| {
            let mut held = vec![Vec::new(); all.len()];
            let answered = shared((0..parts).collect(), parts, |part| {
                let (out, learned): (Vec<usize>, Vec<usize>) = all.iter().partition(|&&face| cut[face] == part);
                let strength = self.strength(&learned, INNER);
                let (linear, _) = self.learn(&learned, strength, EXACT);
                step(1 + done.fetch_add(1, Ordering::Relaxed), steps);
                out.into_iter().map(|face| (face, linear.logits(self.features[face]))).collect::<Vec<_>>()
            });
            answered.into_iter().flatten().for_each(|(face, logits)| held[face] = logits);
            held
        });
        let strength = self.strength(&all, most_parts);
        step(parts + 1, steps);
        let (linear, solution) = self.learn(&all, strength, EXACT);
        let temperature = held.as_ref().map_or(1.0, |held| self.temperature(held));
        step(steps, steps);
        Chosen { linear, gradient: solution.gradient, objective: solution.objective, strength, temperature, held, parts }
    }

    /// The problem of these faces.
    pub fn problem(&self, own: &[usize]) -> Problem {
        let faces: Vec<(&[f32], usize)> = own.iter().map(|&face| (self.features[face], self.labels[face])).collect();
        Problem::new(&faces, self.classes)
    }

    fn learn(&self, own: &[usize], strength: f64, tolerance: f64) -> (Linear, Solution) {
        let problem = self.problem(own);
        let solution = problem.solve(strength, None, tolerance);
        (problem.linear(&solution), solution)
    }

    /// The strength with the least loss on parts of `own` that were left out, between those tried by a parabola of its logarithm.
    fn strength(&self, own: &[usize], most_parts: usize) -> f64 {
        let of = |values: &[usize]| own.iter().map(|&face| values[face]).collect::<Vec<_>>();
        let labels = of(self.labels);
        let Some(cut) = folds(&of(self.bursts), &labels, self.classes, most_parts) else { return UNTRIED };
        let parts = cut.iter().max().map_or(0, |most| most + 1);
        let tried = if own.len() > MANY { 1 } else { parts };
        let balance = self.balance(own);
        let side = |part: usize, out: bool| {
            let own = own.iter().zip(&cut).filter(move |(_, own)| (**own == part) == out);
            own.map(|(&face, _)| face).collect::<Vec<usize>>()
        };
        let mut problems: Vec<(Problem, Vec<usize>, Option<Solution>)> =
            (0..tried).map(|part| (self.problem(&side(part, false)), side(part, true), None)).collect();
        let mut losses = [f64::INFINITY; STRENGTHS.len()];
        for at in 0..STRENGTHS.len() {
            let mut loss = 0.0;
            for (problem, out, before) in &mut problems {
                let solution = problem.solve(STRENGTHS[at], before.as_ref(), ROUGH);
                let linear = problem.linear(&solution);
                let one = |&face: &usize| balance[self.labels[face]] * self.loss(face, &linear.logits(self.features[face]), 1.0);
                loss += out.iter().map(one).sum::<f64>();
                *before = Some(solution);
            }
            losses[at] = loss;
            // It has one minimum, but for noise: weaker penalties only take longer.
            if at >= WORSE && losses[at - WORSE..at].windows(2).all(|pair| pair[0] < pair[1]) && losses[at - 1] < loss {
                break;
            }
        }
        least(&losses)
    }

    /// What a face of each label counts, so that labels count the same.
    fn balance(&self, own: &[usize]) -> Vec<f64> {
        let mut counts = vec![0_usize; self.classes];
        own.iter().for_each(|&face| counts[self.labels[face]] += 1);
        counts.into_iter().map(|count| 1.0 / (self.classes * count.max(1)) as f64).collect()
    }

    /// Minus the logarithm of the probability of a face's label.
    fn loss(&self, face: usize, logits: &[f64], temperature: f64) -> f64 {
        let most = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logits.iter().map(|logit| ((logit - most) / temperature).exp()).sum();
        sum.ln() - (logits[self.labels[face]] - most) / temperature
    }

    /// The temperature with the least loss: it has one minimum, as the loss is convex in 1 / T.
    fn temperature(&self, held: &[Vec<f64>]) -> f64 {
        let all: Vec<usize> = (0..held.len()).collect();
        let balance = self.balance(&all);
        let loss = |inverse: f64| {
            let each = all.iter().map(|&face| balance[self.labels[face]] * self.loss(face, &held[face], 1.0 / inverse));
            each.sum::<f64>()
        };
        let [mut low, mut high] = [1.0 / TEMPERATURES[1], 1.0 / TEMPERATURES[0]];
        let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
        for _ in 0..80 {
            let (a, b) = (high - golden * (high - low), low + golden * (high - low));
            if loss(a) <= loss(b) {
                high = b;
            } else {
                low = a;
            }
        }
        (2.0 / (low + high)).clamp(TEMPERATURES[0], TEMPERATURES[1])
    }

    /// The mean loss at `temperature`, labels counting the same.
    pub fn mean_loss(&self, held: &[Vec<f64>], temperature: f64) -> f64 {
        let all: Vec<usize> = (0..held.len()).collect();
        let balance = self.balance(&all);
        all.iter().map(|&face| balance[self.labels[face]] * self.loss(face, &held[face], temperature)).sum()
    }
}

/// The strength at the bottom of a parabola through the least loss and its neighbours: a slightly different loss makes a slightly different strength.
fn least(losses: &[f64; STRENGTHS.len()]) -> f64 {
    let best = (0..losses.len()).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap_or(0);
    if best == 0 || best + 1 == losses.len() {
        return STRENGTHS[best];
    }
    let (left, middle, right) = (losses[best - 1], losses[best], losses[best + 1]);
    let bend = left - 2.0 * middle + right;
    let shift = if bend > 0.0 { (0.5 * (left - right) / bend).clamp(-0.5, 0.5) } else { 0.0 };
    STRENGTHS[best] * 10.0_f64.powf(-0.5 * shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_strength_lies_between_those_tried() {
        let mut losses = [9.0; STRENGTHS.len()];
        (losses[3], losses[4], losses[5]) = (2.0, 1.0, 2.0);
        assert_eq!(least(&losses), 1.0);
        losses[5] = 1.2;
        assert!(least(&losses) < 1.0 && least(&losses) > 0.56);
        losses[0] = 0.0;
        assert_eq!(least(&losses), 100.0);
    }

    /// Logits three times too large are divided by about three.
    #[test]
    fn the_temperature_makes_what_is_too_sure_less_sure() {
        let labels: Vec<usize> = (0..100).map(|face| usize::from(face % 10 == 0 || face >= 90)).collect();
        // Right nine times of ten, and as sure as that would be three times over.
        let sure = 3.0 * 9.0_f64.ln();
        let held: Vec<Vec<f64>> = (0..100).map(|face| if face < 90 { vec![sure, 0.0] } else { vec![0.0, sure] }).collect();
        let features: Vec<&[f32]> = vec![&[]; 100];
        let bursts: Vec<usize> = (0..100).collect();
        let faces = Faces { features: &features, labels: &labels, bursts: &bursts, classes: 2 };
        let found = faces.temperature(&held);
        assert!(found > 1.5 && found < 6.0, "{found}");
        assert!(faces.mean_loss(&held, found) < faces.mean_loss(&held, 1.0));
    }
}
