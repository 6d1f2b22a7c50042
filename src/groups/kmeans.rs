//! k-means: S. Lloyd, "Least Squares Quantization in PCM", 1982, begun as D. Arthur and S. Vassilvitskii, "k-means++: The Advantages of Careful Seeding", 2007, with
//! several candidates a centre of which the best is taken, as scikit-learn does.
//!
//! Own code: linfa-clustering would bring linfa, ndarray, linfa-nn, linfa-linalg and their dependencies for what these lines do.

use super::parallel::rows_in_parts;
use super::points::{Points, squared};
use super::random::Random;
use crate::error::{Error, Result};

/// Rounds at most. Most data need a tenth.
const MOST_ROUNDS: usize = 300;

/// Centres and who belongs to them.
#[derive(Debug, Clone)]
pub struct KMeans {
    /// `[k, D]`.
    pub centres: Vec<Vec<f32>>,
    /// Of every vector the number of its centre.
    pub assigned: Vec<u32>,
    /// The sum of squared distances to them.
    pub inertia: f64,
}

/// `points` in `k` groups, or in as many as there are vectors.
///
/// # Errors
/// [`Error::Argument`] for no group or no vector.
pub fn kmeans(points: Points<'_>, k: usize, seed: u64) -> Result<KMeans> {
    if k == 0 || points.is_empty() {
        return Err(Error::Argument(format!("{} vectors in {k} groups: both are to be 1 at least", points.len())));
    }
    let mut centres = seeded(points, k.min(points.len()), &mut Random(seed));
    let mut found = nearest(points, &centres);
    for _ in 0..MOST_ROUNDS {
        centres = moved(points, &centres, &mut found);
        let next = nearest(points, &centres);
        let same = next.iter().zip(&found).all(|(a, b)| a.0 == b.0);
        found = next;
        if same {
            break;
        }
    }
    let inertia = found.iter().map(|&(_, distance)| f64::from(distance)).sum();
    Ok(KMeans { centres, assigned: found.into_iter().map(|(centre, _)| centre).collect(), inertia })
}

/// Vectors far from those taken before: as likely as their squared distance from them.
fn seeded(points: Points<'_>, k: usize, random: &mut Random) -> Vec<Vec<f32>> {
    let first = random.below(points.len());
    let to = |centre: usize| rows_in_parts(points.len(), |at| squared(points.row(at), points.row(centre)));
    let mut distances = to(first);
    let mut chosen = vec![first];
    let tries = 2 + (k as f64).ln() as usize;
    while chosen.len() < k {
        let mut best: Option<(f64, usize, Vec<f32>)> = None;
        for _ in 0..tries {
            let candidate = random.weighted(&distances);
            let less: Vec<f32> = to(candidate).iter().zip(&distances).map(|(a, b)| a.min(*b)).collect();
            let sum = less.iter().map(|&distance| f64::from(distance)).sum();
            if best.as_ref().is_none_or(|(least, ..)| sum < *least) {
                best = Some((sum, candidate, less));
            }
        }
        let Some((_, candidate, less)) = best else { break };
        chosen.push(candidate);
        distances = less;
    }
    chosen.into_iter().map(|at| points.row(at).to_vec()).collect()
}

/// Of every vector the nearest centre and the squared distance to it; of centres equally near the first.
pub(super) fn nearest(points: Points<'_>, centres: &[Vec<f32>]) -> Vec<(u32, f32)> {
    rows_in_parts(points.len(), |at| {
        let row = points.row(at);
        let distances = centres.iter().map(|centre| squared(row, centre));
        (0..).zip(distances).fold((0, f32::INFINITY), |best, next| if next.1 < best.1 { next } else { best })
    })
}

/// The means. A centre that lost all of its vectors takes the one that is farthest from its own.
fn moved(points: Points<'_>, centres: &[Vec<f32>], found: &mut [(u32, f32)]) -> Vec<Vec<f32>> {
    let mut counts = vec![0_usize; centres.len()];
    found.iter().for_each(|&(centre, _)| counts[centre as usize] += 1);
    for empty in 0..counts.len() {
        if counts[empty] > 0 {
            continue;
        }
        let spare = (0..found.len()).filter(|&at| counts[found[at].0 as usize] > 1);
        let Some(far) = spare.max_by(|&a, &b| found[a].1.total_cmp(&found[b].1).then(b.cmp(&a))) else { break };
        counts[found[far].0 as usize] -= 1;
        counts[empty] = 1;
        found[far] = (empty as u32, 0.0);
    }
    let mut members = vec![Vec::new(); centres.len()];
    found.iter().enumerate().for_each(|(at, &(centre, _))| members[centre as usize].push(at));
    members.into_iter().map(|members| points.mean(members)).collect()
}
