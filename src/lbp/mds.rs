//! Nonmetric multidimensional scaling: 256 points whose distances follow the order of the codes' distances. Kruskal, "Multidimensional scaling by
//! optimizing goodness of fit to a nonmetric hypothesis", Psychometrika 29 (1964); SMACOF: de Leeuw & Mair, J. Stat. Softw. 31 (2009).
//!
//! Classical scaling gives the start, Guttman transforms of the monotone regression's disparities the way down. Every sum has a fixed order and
//! the end is turned to its principal axes, so that machines agree on the result well before it is rounded to colours.

use nalgebra::{DMatrix, Matrix3, SymmetricEigen};

use super::{Metric, distances, monotone};

const POINTS: usize = 256;

/// Iterations after which the descent ends in any case; both metrics converge well before.
const MAX_ITERATIONS: usize = 4000;

/// The descent ends when an iteration lowers the stress by less than this. The cyclic descent has then come to rest on a saddle, at a stress of
/// 0.08517, and it is there that the published table lies. A tenth of this gain leads it, after hundreds of steps without visible
/// progress, down to another map, of stress 0.08453, that differs from the published one by up to 66 levels of 255.
const LEAST_GAIN: f64 = 2e-8;

type Points = [[f64; 3]; POINTS];

/// The codes as points in three dimensions.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    /// A point per code, centred, on principal axes (the widest first), with a root-mean-square distance of 1 between points. On each axis
    /// the first code that lies at least half as far out as the farthest one is on the positive side.
    pub points: Points,
    /// Kruskal's stress-1 of the points: 0 where the order of distances is kept perfectly.
    pub stress: f64,
    /// Guttman transforms made.
    pub iterations: usize,
}

/// Embeds the 256 codes by nonmetric scaling of their distances, ties resolved in Kruskal's primary way (equal distances may become unequal
/// ones).
pub fn embed(metric: Metric) -> Embedding {
    let codes = distances(metric);
    let mut points = normalised(&classical(&codes));
    let mut order = Order::new(&codes);
    let mut stress = order.fit(&points);
    let mut iterations = 0;
    while iterations < MAX_ITERATIONS {
        let moved = order.guttman(&points);
        iterations += 1;
        // A step twice as long as the Guttman transform's converges about twice as fast (de Leeuw & Heiser 1980). It may overshoot: then the transform itself.
        let mut next = relaxed(&points, &moved);
        let mut after = order.fit(&next);
        if after >= stress {
            next = moved;
            after = order.fit(&next);
        }
        let gain = stress - after;
        if gain > 0.0 {
            (points, stress) = (next, after);
        }
        if gain < LEAST_GAIN {
            break;
        }
    }
    let points = on_principal_axes(&points);
    Embedding { points, stress, iterations }
}

/// Torgerson's scaling: the three greatest eigenvectors of the doubly centred squared distances.
fn classical(codes: &[[u32; POINTS]]) -> Points {
    let squared = |a: usize, b: usize| f64::from(codes[a][b].pow(2));
    let mean: Vec<f64> = (0..POINTS).map(|a| (0..POINTS).map(|b| squared(a, b)).sum::<f64>() / POINTS as f64).collect();
    let grand = mean.iter().sum::<f64>() / POINTS as f64;
    let centred = DMatrix::from_fn(POINTS, POINTS, |a, b| -0.5 * (squared(a, b) - mean[a] - mean[b] + grand));
    let eigen = SymmetricEigen::new(centred);
    let mut axes: Vec<usize> = (0..POINTS).collect();
    axes.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    std::array::from_fn(|code| {
        std::array::from_fn(|axis| eigen.eigenvectors[(code, axes[axis])] * eigen.eigenvalues[axes[axis]].max(0.0).sqrt())
    })
}

/// Pairs of codes in the order of their distance, with what the current points make of them.
struct Order {
    /// Pairs (a, b), a < b, with their lengths. Between two `ties` they are kept in the order of the lengths.
    pairs: Vec<(f64, u8, u8)>,
    /// Where each distance's run of pairs begins; the end last.
    ties: Vec<usize>,
    disparities: Vec<f64>,
}

impl Order {
    fn new(codes: &[[u32; POINTS]]) -> Self {
        let mut pairs: Vec<(f64, u8, u8)> = (0..=255_u8).flat_map(|b| (0..b).map(move |a| (0.0, a, b))).collect();
        let of = |&(_, a, b): &(f64, u8, u8)| codes[usize::from(a)][usize::from(b)];
        pairs.sort_by_key(|pair| (of(pair), pair.1, pair.2));
        let mut ties = vec![0];
        ties.extend((1..pairs.len()).filter(|&i| of(&pairs[i - 1]) != of(&pairs[i])));
        ties.push(pairs.len());
        let disparities = vec![0.0; pairs.len()];
        Self { pairs, ties, disparities }
    }

    /// Measures `points`, fits the disparities, and gives stress-1.
    fn fit(&mut self, points: &Points) -> f64 {
        for (length, a, b) in &mut self.pairs {
            let (a, b) = (&points[usize::from(*a)], &points[usize::from(*b)]);
            *length = ((a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2) + (a[2] - b[2]).powi(2)).sqrt();
        }
        for tie in self.ties.windows(2) {
            self.pairs[tie[0]..tie[1]].sort_by(|p, q| p.0.total_cmp(&q.0).then((p.1, p.2).cmp(&(q.1, q.2))));
        }
        monotone::regress(self.pairs.iter().map(|pair| pair.0), &mut self.disparities);
        let residual: f64 = self.pairs.iter().zip(&self.disparities).map(|(pair, fitted)| (pair.0 - fitted).powi(2)).sum();
        (residual / self.pairs.iter().map(|pair| pair.0 * pair.0).sum::<f64>()).sqrt()
    }

    /// The Guttman transform of `points` (those last measured) towards the disparities.
    fn guttman(&self, points: &Points) -> Points {
        let mut moved = [[0.0; 3]; POINTS];
        for (&(length, a, b), disparity) in self.pairs.iter().zip(&self.disparities) {
            if length > 0.0 {
                let (a, b) = (usize::from(a), usize::from(b));
                for axis in 0..3 {
                    let pull = disparity / length * (points[a][axis] - points[b][axis]);
                    moved[a][axis] += pull;
                    moved[b][axis] -= pull;
                }
            }
        }
        moved.map(|p| p.map(|v| v / POINTS as f64))
    }
}

fn relaxed(points: &Points, moved: &Points) -> Points {
    normalised(&std::array::from_fn(|code| std::array::from_fn(|axis| 2.0 * moved[code][axis] - points[code][axis])))
}

/// Centred, and scaled to a root-mean-square distance of 1 between points.
fn normalised(points: &Points) -> Points {
    let count = POINTS as f64;
    let mean: [f64; 3] = std::array::from_fn(|axis| points.iter().map(|p| p[axis]).sum::<f64>() / count);
    let centred = points.map(|p| std::array::from_fn(|axis| p[axis] - mean[axis]));
    // The sum of squared distances over all pairs is the number of points times the sum of squared distances from the mean.
    let squares: f64 = centred.iter().map(|p: &[f64; 3]| p[0] * p[0] + p[1] * p[1] + p[2] * p[2]).sum();
    let scale = ((count - 1.0) / 2.0 / squares).sqrt();
    centred.map(|p| p.map(|v| v * scale))
}

fn on_principal_axes(points: &Points) -> Points {
    let points = normalised(points);
    let covariance = Matrix3::from_fn(|i, j| points.iter().map(|p| p[i] * p[j]).sum::<f64>());
    let eigen = SymmetricEigen::new(covariance);
    let mut axes = [0, 1, 2];
    axes.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    let turned = points.map(|p| axes.map(|axis| (0..3).map(|i| p[i] * eigen.eigenvectors[(i, axis)]).sum::<f64>()));
    let sign: [f64; 3] = std::array::from_fn(|axis| {
        let farthest = turned.iter().map(|p| p[axis].abs()).fold(0.0, f64::max);
        turned.iter().map(|p| p[axis]).find(|v| v.abs() >= farthest / 2.0).map_or(1.0, f64::signum)
    });
    turned.map(|p| std::array::from_fn(|axis| p[axis] * sign[axis]))
}
