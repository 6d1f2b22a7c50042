//! A mixture of Gaussians by expectation and maximisation: A. Dempster, N. Laird and D. Rubin, "Maximum Likelihood from Incomplete Data via the EM Algorithm", 1977.
//!
//! Covariances are diagonal: a full one of 64 numbers has 2,080 of its own, and a group of an album seldom has as many faces. What a variance has at least is a
//! share of the whole's, so that a group of one picture taken twice does not take infinite density.
//!
//! Own code, as k-means is.

use super::kmeans::kmeans;
use super::parallel::rows_in_parts;
use super::points::Points;
use crate::error::Result;

/// Rounds at most.
const MOST_ROUNDS: usize = 200;
/// It ends where the mean log-likelihood of a vector gains less.
const LEAST_GAIN: f64 = 1e-3;
/// A variance's least share of the mean variance of all vectors.
const LEAST_SHARE: f64 = 1e-3;

/// Gaussians, and whose each vector is.
#[derive(Debug, Clone)]
pub struct Mixture {
    /// Share of each, in sum 1.
    pub weights: Vec<f64>,
    /// `[k, D]`.
    pub means: Vec<Vec<f32>>,
    /// `[k, D]`: the diagonals of the covariances.
    pub variances: Vec<Vec<f32>>,
    /// Of every vector the Gaussian it most likely comes from.
    pub assigned: Vec<u32>,
    /// How likely it does.
    pub certainty: Vec<f32>,
    /// The mean log-likelihood of a vector, in nats.
    pub likelihood: f64,
}

/// `points` as a mixture of `k` Gaussians, or of as many as there are vectors, begun at the groups of [`kmeans`].
///
/// # Errors
/// As [`kmeans`].
pub fn mixture(points: Points<'_>, k: usize, seed: u64) -> Result<Mixture> {
    let start = kmeans(points, k, seed)?;
    let k = start.centres.len();
    let floor = (LEAST_SHARE * spread(points)).max(1e-12);
    let given: Vec<Vec<f32>> = start.assigned.iter().map(|&own| one_hot(k, own as usize)).collect();
    let mut found = maximised(points, &given, k, floor);
    for _ in 0..MOST_ROUNDS {
        let before = found.likelihood;
        let given = expected(points, &mut found);
        let gain = found.likelihood - before;
        if gain < LEAST_GAIN {
            break;
        }
        let likelihood = found.likelihood;
        found = Mixture { likelihood, ..maximised(points, &given, k, floor) };
    }
    let given = expected(points, &mut found);
    let best = |row: &Vec<f32>| (0..).zip(row.iter().copied()).fold((0, -1.0), |a: (u32, f32), b| if b.1 > a.1 { b } else { a });
    (found.assigned, found.certainty) = given.iter().map(best).unzip();
    Ok(found)
}

fn one_hot(k: usize, at: usize) -> Vec<f32> {
    (0..k).map(|other| f32::from(other == at)).collect()
}

/// The mean over the dimensions of the variance of all vectors.
fn spread(points: Points<'_>) -> f64 {
    let mean = points.mean(0..points.len());
    let squares = |row: &[f32]| row.iter().zip(&mean).map(|(&value, &mean)| f64::from(value - mean).powi(2)).sum::<f64>();
    points.rows().map(squares).sum::<f64>() / (points.len() * points.dims()).max(1) as f64
}

/// What the Gaussians of vectors are that belong to them as `given` says: `[N][k]`.
fn maximised(points: Points<'_>, given: &[Vec<f32>], k: usize, floor: f64) -> Mixture {
    let parts = rows_of(k, |own| {
        let mut weight = 1e-10;
        let mut sum = vec![0.0_f64; points.dims()];
        for (row, given) in points.rows().zip(given).filter(|(_, given)| given[own] > 0.0) {
            let share = f64::from(given[own]);
            weight += share;
            sum.iter_mut().zip(row).for_each(|(sum, &value)| *sum += share * f64::from(value));
        }
        let mean: Vec<f64> = sum.into_iter().map(|sum| sum / weight).collect();
        let mut squares = vec![0.0_f64; points.dims()];
        for (row, given) in points.rows().zip(given).filter(|(_, given)| given[own] > 0.0) {
            let share = f64::from(given[own]);
            for ((square, &value), mean) in squares.iter_mut().zip(row).zip(&mean) {
                *square += share * (f64::from(value) - mean).powi(2);
            }
        }
        let variances: Vec<f32> = squares.into_iter().map(|square| (square / weight).max(floor) as f32).collect();
        (weight, mean.into_iter().map(|mean| mean as f32).collect::<Vec<f32>>(), variances)
    });
    let all: f64 = parts.iter().map(|(weight, ..)| weight).sum();
    let weights = parts.iter().map(|(weight, ..)| weight / all).collect();
    let (means, variances) = parts.into_iter().map(|(_, mean, variances)| (mean, variances)).unzip();
    Mixture { weights, means, variances, assigned: Vec::new(), certainty: Vec::new(), likelihood: f64::NEG_INFINITY }
}

/// A Gaussian is much work: each is a part of its own.
fn rows_of<R: Send>(count: usize, work: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
    use rayon::prelude::*;
    (0..count).into_par_iter().with_max_len(1).map(work).collect()
}

/// How likely each vector comes from each Gaussian: `[N][k]`; sets the likelihood of all.
fn expected(points: Points<'_>, of: &mut Mixture) -> Vec<Vec<f32>> {
    let inverse: Vec<Vec<f32>> = of.variances.iter().map(|own| own.iter().map(|variance| 1.0 / variance).collect()).collect();
    let constants: Vec<f64> = of
        .variances
        .iter()
        .zip(&of.weights)
        .map(|(own, weight)| {
            let logs: f64 = own.iter().map(|&variance| f64::from(variance).ln() + std::f64::consts::TAU.ln()).sum();
            weight.ln() - 0.5 * logs
        })
        .collect();
    let rows = rows_in_parts(points.len(), |at| {
        let row = points.row(at);
        let densities = of.means.iter().zip(&inverse).zip(&constants);
        let logs: Vec<f64> =
            densities.map(|((mean, inverse), constant)| constant - 0.5 * f64::from(scaled(row, mean, inverse))).collect();
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = logs.iter().map(|log| (log - most).exp()).sum();
        let all = most + sum.ln();
        (all, logs.iter().map(|log| (log - all).exp() as f32).collect::<Vec<f32>>())
    });
    of.likelihood = rows.iter().map(|(all, _)| all).sum::<f64>() / points.len().max(1) as f64;
    rows.into_iter().map(|(_, given)| given).collect()
}

/// The squared distance in standard deviations.
fn scaled(row: &[f32], mean: &[f32], inverse: &[f32]) -> f32 {
    const LANES: usize = 16;
    let mut sums = [0.0_f32; LANES];
    for ((row, mean), inverse) in row.chunks(LANES).zip(mean.chunks(LANES)).zip(inverse.chunks(LANES)) {
        for (((sum, value), mean), inverse) in sums.iter_mut().zip(row).zip(mean).zip(inverse) {
            *sum += (value - mean) * (value - mean) * inverse;
        }
    }
    sums.iter().sum()
}
