//! Multinomial logistic regression with L2: a convex problem, solved exactly by Newton's method, each step by conjugate gradients (Nocedal and Wright, "Numerical
//! Optimization", 2006, algorithm 7.1).
//!
//! The objective is `1/n sum_i w_i (log sum_k exp z_ik - z_i,y_i) + strength / 2 |W|^2` of `z = W x + b`, without the bias in the penalty; in scikit-learn's terms
//! `C = 1 / (strength n)` and `class_weight="balanced"`, whose weights w have the mean 1.

use nalgebra::{Cholesky, DMatrix, Dyn};

use crate::error::{Error, Result};

/// The norm of the gradient of what is kept.
pub const EXACT: f64 = 1e-9;
/// A feature that varies less than this is constant, and counts nothing.
const LEAST_SPREAD: f64 = 1e-6;
/// Steps of Newton's method, and of one solution by conjugate gradients, at most.
const MOST_STEPS: usize = 100;
const MOST_INNER: usize = 1000;

/// Faces and their labels, their features standardised, and of fewer faces than features turned to the axes along which they vary: the penalty does not change by that.
pub struct Problem {
    /// `[faces, numbers + 1]`, the last is 1.
    x: DMatrix<f64>,
    labels: Vec<usize>,
    classes: usize,
    /// Class-balanced, divided by the number of faces.
    weights: Vec<f64>,
    mean: Vec<f64>,
    scale: Vec<f64>,
    /// From standardised features, `[features, numbers]`, where they were turned.
    turn: Option<DMatrix<f64>>,
    /// The products of the numbers with each other, `[numbers + 1, numbers + 1]`, by the faces' number.
    products: DMatrix<f64>,
}

/// The solution in the problem's own numbers, `[numbers + 1, classes]`.
#[derive(Debug, Clone)]
pub struct Solution {
    theta: DMatrix<f64>,
    /// The objective, and the norm of its gradient.
    pub objective: f64,
    /// The norm of the gradient of the objective.
    pub gradient: f64,
}

/// Logits of features as they come: `weight` `[classes, features]`, `bias` one a class; `mean` is what the features were less.
#[derive(Debug, Clone)]
pub struct Linear {
    /// Row by row, of features less their mean.
    pub weight: Vec<Vec<f64>>,
    /// One a class.
    pub bias: Vec<f64>,
    /// One a feature.
    pub mean: Vec<f64>,
}

impl Linear {
    /// The logits of a face.
    pub fn logits(&self, features: &[f32]) -> Vec<f64> {
        let centred: Vec<f64> = features.iter().zip(&self.mean).map(|(&x, mean)| f64::from(x) - mean).collect();
        let row = |row: &Vec<f64>| row.iter().zip(&centred).map(|(w, x)| w * x).sum::<f64>();
        self.weight.iter().zip(&self.bias).map(|(weight, bias)| row(weight) + bias).collect()
    }
}

/// The optimum for `faces`, the features of each and its label, where the norm of the gradient is at most 1e-9: what is learned, its objective and that norm.
///
/// # Errors
/// [`Error::Argument`] where faces have different numbers of features, a value is not finite, a label is none of `classes` or no face has it, or `strength` is not above 0.
pub fn solve(faces: &[(&[f32], usize)], classes: usize, strength: f64) -> Result<(Linear, f64, f64)> {
    let width = faces.first().map_or(0, |(features, _)| features.len());
    let sound = faces
        .iter()
        .all(|(features, label)| features.len() == width && *label < classes && features.iter().all(|value| value.is_finite()));
    let each = (0..classes).all(|class| faces.iter().any(|&(_, label)| label == class));
    if !(sound && each && classes >= 2 && strength > 0.0 && strength.is_finite()) {
        let reason = "faces have as many finite features each, of every label there is one at least, and the penalty is above 0";
        return Err(Error::Argument(reason.into()));
    }
    let problem = Problem::new(faces, classes);
    let solution = problem.solve(strength, None, EXACT);
    Ok((problem.linear(&solution), solution.objective, solution.gradient))
}

impl Problem {
    /// `faces`: the features of each, all as many, and its label of `classes`, each of which some face has.
    pub fn new(faces: &[(&[f32], usize)], classes: usize) -> Self {
        let (count, width) = (faces.len(), faces.first().map_or(0, |(features, _)| features.len()));
        let raw = DMatrix::from_fn(count, width, |row, column| f64::from(faces[row].0[column]));
        let mut mean = vec![0.0; width];
        let mut scale = vec![0.0; width];
        for (column, values) in raw.column_iter().enumerate() {
            mean[column] = values.sum() / count.max(1) as f64;
            let spread = values.iter().map(|value| (value - mean[column]).powi(2)).sum::<f64>() / count.max(1) as f64;
            scale[column] = if spread.sqrt() < LEAST_SPREAD { 0.0 } else { 1.0 / spread.sqrt() };
        }
        let standard = DMatrix::from_fn(count, width, |row, column| (raw[(row, column)] - mean[column]) * scale[column]);
        let turn = (count < width).then(|| axes(&standard));
        let numbers = turn.as_ref().map_or_else(|| standard.clone(), |turn| &standard * turn);
        let last = numbers.ncols();
        let x = numbers.insert_column(last, 1.0);
        let products = x.tr_mul(&x) / count.max(1) as f64;
        let labels: Vec<usize> = faces.iter().map(|&(_, label)| label).collect();
        let mut counts = vec![0_usize; classes];
        labels.iter().for_each(|&label| counts[label] += 1);
        let weights = labels.iter().map(|&label| 1.0 / (classes * counts[label]) as f64).collect();
        Self { x, labels, classes, weights, mean, scale, turn, products }
    }

    /// The optimum, where the norm of the gradient is at most `tolerance`, or as near as rounding lets it; from `start` on, or from zero.
    pub fn solve(&self, strength: f64, start: Option<&Solution>, tolerance: f64) -> Solution {
        let zero = || DMatrix::zeros(self.x.ncols(), self.classes);
        let mut theta = start.map_or_else(zero, |start| start.theta.clone());
        let (mut objective, mut chances) = self.value(&theta, strength);
        let mut gradient = self.gradient(&theta, &chances, strength);
        let Some(bend) = self.bound(strength) else {
            return Solution { theta, objective, gradient: gradient.norm() };
        };
        for _ in 0..MOST_STEPS {
            let norm = gradient.norm();
            if norm <= tolerance {
                break;
            }
            let step = self.newton(&chances, &gradient, strength, &bend, norm.sqrt().min(0.1) * norm);
            let slope = gradient.dot(&step);
            let slack = 1e-14 * objective.abs();
            let mut length = 1.0;
            let moved = loop {
                let next = &theta + &step * length;
                let (value, own) = self.value(&next, strength);
                if value <= objective + 1e-4 * length * slope + slack {
                    break Some((next, value, own));
                }
                length /= 2.0;
                if length < 1e-9 {
                    break None;
                }
            };
            let Some((next, value, own)) = moved else { break };
            let after = self.gradient(&next, &own, strength);
            // Where rounding hides what a step gains, its gradient must be the smaller one.
            if value >= objective - slack && after.norm() >= norm {
                break;
            }
            (theta, objective, chances, gradient) = (next, value, own, after);
        }
        Solution { theta, objective, gradient: gradient.norm() }
    }

    /// The solution for features as they come.
    pub fn linear(&self, solution: &Solution) -> Linear {
        let numbers = self.x.ncols() - 1;
        let own = solution.theta.rows(0, numbers);
        let weight = self.turn.as_ref().map_or_else(|| own.into_owned(), |turn| turn * own);
        let row = |class: usize| weight.column(class).iter().zip(&self.scale).map(|(w, scale)| w * scale).collect();
        Linear {
            weight: (0..self.classes).map(row).collect(),
            bias: solution.theta.row(numbers).iter().copied().collect(),
            mean: self.mean.clone(),
        }
    }

    /// The objective, and the probabilities `[faces, classes]`.
    fn value(&self, theta: &DMatrix<f64>, strength: f64) -> (f64, DMatrix<f64>) {
        let mut chances = &self.x * theta;
        let mut loss = 0.0;
        for ((mut row, &label), weight) in chances.row_iter_mut().zip(&self.labels).zip(&self.weights) {
            let most = row.max();
            let own = row[label] - most;
            row.apply(|z| *z = (*z - most).exp());
            let sum = row.sum();
            loss += weight * (sum.ln() - own);
            row.unscale_mut(sum);
        }
        let penalty = theta.rows(0, theta.nrows() - 1).norm_squared();
        (loss + 0.5 * strength * penalty, chances)
    }

    fn gradient(&self, theta: &DMatrix<f64>, chances: &DMatrix<f64>, strength: f64) -> DMatrix<f64> {
        let mut rest = chances.clone();
        for ((mut row, &label), &weight) in rest.row_iter_mut().zip(&self.labels).zip(&self.weights) {
            row[label] -= 1.0;
            row.scale_mut(weight);
        }
        self.x.tr_mul(&rest) + self.penalised(theta, strength)
    }

    fn penalised(&self, theta: &DMatrix<f64>, strength: f64) -> DMatrix<f64> {
        let mut own = theta * strength;
        own.row_mut(theta.nrows() - 1).fill(0.0);
        own
    }

    /// The matrix of second derivatives times `direction`.
    fn curved(&self, chances: &DMatrix<f64>, direction: &DMatrix<f64>, strength: f64) -> DMatrix<f64> {
        let mut moved = &self.x * direction;
        for ((mut row, own), &weight) in moved.row_iter_mut().zip(chances.row_iter()).zip(&self.weights) {
            let mean = row.dot(&own);
            row.zip_apply(&own, |value, chance| *value = weight * chance * (*value - mean));
        }
        self.x.tr_mul(&moved) + self.penalised(direction, strength)
    }

    /// About the second derivatives, for all classes alike (Böhning, "Multinomial logistic regression algorithm", 1992, bounds them so): what eases conjugate gradients.
    fn bound(&self, strength: f64) -> Option<Cholesky<f64, Dyn>> {
        let spread = (self.classes as f64 - 1.0) / (self.classes * self.classes) as f64;
        let mut bound = &self.products * spread;
        let last = bound.nrows() - 1;
        (0..last).for_each(|at| bound[(at, at)] += strength);
        Cholesky::new(bound)
    }

    /// Newton's step by conjugate gradients, eased by `bound`.
    fn newton(
        &self,
        chances: &DMatrix<f64>,
        gradient: &DMatrix<f64>,
        strength: f64,
        bound: &Cholesky<f64, Dyn>,
        tolerance: f64,
    ) -> DMatrix<f64> {
        let mut step = DMatrix::zeros(gradient.nrows(), gradient.ncols());
        let mut rest = -gradient;
        let mut ready = bound.solve(&rest);
        let mut direction = ready.clone();
        let mut product = rest.dot(&ready);
        for _ in 0..MOST_INNER {
            if rest.norm() <= tolerance {
                break;
            }
            let curved = self.curved(chances, &direction, strength);
            let bend = direction.dot(&curved);
            if bend <= 0.0 {
                break;
            }
            let length = product / bend;
            step += &direction * length;
            rest -= curved * length;
            ready = bound.solve(&rest);
            let next = rest.dot(&ready);
            direction = &ready + &direction * (next / product);
            product = next;
        }
        step
    }
}

/// The principal axes `[features, numbers]` of the rows of `standard`, fewer than features, as far as they vary.
fn axes(standard: &DMatrix<f64>) -> DMatrix<f64> {
    let product = standard * standard.transpose();
    let eigen = product.symmetric_eigen();
    let most = eigen.eigenvalues.max().max(f64::MIN_POSITIVE);
    let kept: Vec<usize> = (0..eigen.eigenvalues.len()).filter(|&at| eigen.eigenvalues[at] > 1e-12 * most).collect();
    let mut axes = DMatrix::zeros(standard.ncols(), kept.len());
    for (column, &at) in kept.iter().enumerate() {
        let own = eigen.eigenvectors.column(at);
        axes.set_column(column, &(standard.tr_mul(&own) / eigen.eigenvalues[at].sqrt()));
    }
    axes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faces(count: usize, width: usize) -> Vec<(Vec<f32>, usize)> {
        let mut state = 1_u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 40) as f32 / (1 << 24) as f32
        };
        (0..count).map(|at| ((0..width).map(|i| next() + f32::from(u8::from(i % 3 == at % 3))).collect(), at % 3)).collect()
    }

    /// Turned or not, the objective and what it answers are the same, and no step around the solution is better.
    #[test]
    fn the_solution_is_the_optimum_with_more_features_than_faces_and_with_fewer() {
        for (count, width) in [(30, 7), (20, 60)] {
            let faces = faces(count, width);
            let faces: Vec<(&[f32], usize)> = faces.iter().map(|(features, label)| (&features[..], *label)).collect();
            let problem = Problem::new(&faces, 3);
            let solution = problem.solve(0.1, None, 1e-10);
            assert!(solution.gradient <= 1e-10, "{}", solution.gradient);
            for at in 0..solution.theta.len() {
                for by in [-1e-3, 1e-3] {
                    let mut other = solution.theta.clone();
                    other[at] += by;
                    assert!(problem.value(&other, 0.1).0 >= solution.objective);
                }
            }
            let linear = problem.linear(&solution);
            let loss: f64 = faces
                .iter()
                .zip(&problem.weights)
                .map(|((features, label), weight)| {
                    let logits = linear.logits(features);
                    weight * (logits.iter().map(|z| z.exp()).sum::<f64>().ln() - logits[*label])
                })
                .sum();
            let spread = problem.scale.iter().map(|scale| if *scale > 0.0 { 1.0 / scale } else { 0.0 });
            let spread: Vec<f64> = spread.collect();
            let penalty: f64 = linear.weight.iter().flat_map(|row| row.iter().zip(&spread)).map(|(w, s)| (w * s).powi(2)).sum();
            assert!((loss + 0.05 * penalty - solution.objective).abs() < 1e-12);
        }
    }
}
