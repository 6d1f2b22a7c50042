//! t-SNE: L. van der Maaten and G. Hinton, "Visualizing Data using t-SNE", JMLR 9, 2008, in plain loops.

use crate::operators::{TSNE_GAINS, TSNE_HALVINGS, TsneStep};

/// Of `distances` `[N, neighbours]`, squared, how likely a point picks each neighbour: the Gaussian whose perplexity is `perplexity`.
pub fn tsne_affinities(distances: &[f32], neighbours: usize, perplexity: f32) -> Vec<f32> {
    let entropy = f64::from(perplexity).ln();
    let row = |row: &[f32]| {
        let least = row.iter().copied().fold(f32::INFINITY, f32::min);
        let beyond: Vec<f64> = row.iter().map(|&distance| f64::from(distance) - f64::from(least)).collect();
        let own = |precision: f64| {
            let weights: Vec<f64> = beyond.iter().map(|beyond| (-beyond * precision).exp()).collect();
            let sum: f64 = weights.iter().sum();
            weights.into_iter().map(|weight| weight / sum).collect::<Vec<f64>>()
        };
        let mean = beyond.iter().sum::<f64>() / neighbours as f64;
        let (mut low, mut high, mut precision) = (0.0, f64::INFINITY, 1.0 / mean.max(1e-30));
        for _ in 1..TSNE_HALVINGS {
            let found: f64 = own(precision).iter().filter(|p| **p > 0.0).map(|p| -p * p.ln()).sum();
            if found > entropy {
                low = precision
            } else {
                high = precision
            }
            precision = if high.is_finite() { 0.5 * (low + high) } else { f64::min(2.0 * low, 1e30) };
        }
        own(precision).into_iter().map(|p| p as f32).collect::<Vec<f32>>()
    };
    distances.chunks_exact(neighbours.max(1)).flat_map(row).collect()
}

/// What all points of a map do to each: with w = 1 / (1 + d^2), of each the sum of w^2 times the way from the other, and the sum of w, its own among them.
pub fn tsne_repulse(places: &[[f32; 2]]) -> Vec<[f32; 3]> {
    let one = |own: &[f32; 2]| {
        let mut sums = [0.0_f64; 3];
        for other in places {
            let way = [f64::from(own[0]) - f64::from(other[0]), f64::from(own[1]) - f64::from(other[1])];
            let w = 1.0 / (1.0 + way[0] * way[0] + way[1] * way[1]);
            sums = [sums[0] + w * w * way[0], sums[1] + w * w * way[1], sums[2] + w];
        }
        sums.map(|sum| sum as f32)
    };
    places.iter().map(one).collect()
}

/// The sum of w over all pairs of different points, of what [`tsne_repulse`] found.
pub fn tsne_total(sums: &[[f32; 3]]) -> f64 {
    sums.iter().map(|sums| f64::from(sums[2]) - 1.0).sum()
}

/// A step of the descent: the new places; `motion`, the last step and the gains of every point, is updated. `edges` are those of each point: the other, and p.
pub fn tsne_move(
    step: TsneStep,
    places: &[[f32; 2]],
    edges: &[Vec<(u32, f32)>],
    sums: &[[f32; 3]],
    motion: &mut [[f32; 4]],
) -> Vec<[f32; 2]> {
    let total = tsne_total(sums).max(1e-30);
    let [more, less, least] = TSNE_GAINS.map(f64::from);
    let sign = |value: f64| if value == 0.0 { 0.0 } else { value.signum() };
    let mut moved = Vec::new();
    for (at, own) in places.iter().enumerate() {
        let mut drawn = [0.0_f64; 2];
        for &(other, p) in &edges[at] {
            let other = places[other as usize];
            let way = [0, 1].map(|axis| f64::from(own[axis]) - f64::from(other[axis]));
            let w = 1.0 / (1.0 + way[0] * way[0] + way[1] * way[1]);
            drawn = [0, 1].map(|axis| drawn[axis] + f64::from(p) * w * way[axis]);
        }
        let mut next = [0.0_f64; 2];
        for axis in 0..2 {
            let gradient = f64::from(step.exaggeration) * drawn[axis] - f64::from(sums[at][axis]) / total;
            let (before, gain) = (f64::from(motion[at][axis]), f64::from(motion[at][2 + axis]));
            let gain = if sign(before) == sign(gradient) { less * gain + least } else { gain + more };
            motion[at][2 + axis] = gain as f32;
            next[axis] = f64::from(step.momentum) * before - f64::from(step.rate) * gain * gradient;
        }
        let size = next[0].hypot(next[1]);
        let most = f64::from(step.most);
        if size > most {
            next = next.map(|part| part * most / size);
        }
        (motion[at][0], motion[at][1]) = (next[0] as f32, next[1] as f32);
        moved.push([0, 1].map(|axis| (f64::from(own[axis]) + next[axis]) as f32));
    }
    moved
}
