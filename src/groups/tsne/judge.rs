//! How good a map is.

use super::map::Map;
use crate::groups::nearest::nearest;
use crate::groups::parallel::rows_in_parts;
use crate::groups::points::Points;

/// Neighbours of each point that are looked for on the map.
const NEIGHBOURS: usize = 10;

/// Of one vector, or one place, others and how far they are.
type Near = Vec<(u32, f32)>;

/// What a map keeps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judgement {
    /// The Kullback-Leibler divergence of the map's likelihoods from the vectors', in nats, all pairs of the map counted: what t-SNE makes small.
    pub divergence: f64,
    /// The share of the ten nearest neighbours of a vector that are among the ten nearest on the map, on average.
    pub kept: f64,
}

/// Judges a map, by the likelihoods it was made of. It takes as long as some steps.
pub fn judge(map: &Map) -> Judgement {
    let places = &map.places;
    let w = |own: [f32; 2], other: [f32; 2]| {
        let [dx, dy] = [0, 1].map(|axis| f64::from(own[axis]) - f64::from(other[axis]));
        1.0 / (1.0 + dx * dx + dy * dy)
    };
    let rows = rows_in_parts(places.len(), |at| places.iter().map(|&other| w(places[at], other)).sum::<f64>() - 1.0);
    let total: f64 = rows.iter().sum();
    let drawn = |(own, edges): (usize, &Near)| {
        let of = |&(other, p): &(u32, f32)| {
            let q = w(places[own], places[other as usize]) / total;
            if p > 0.0 { f64::from(p) * (f64::from(p) / q).ln() } else { 0.0 }
        };
        edges.iter().map(of).sum::<f64>()
    };
    let divergence = map.edges.iter().enumerate().map(drawn).sum();
    let most = NEIGHBOURS.min(places.len().saturating_sub(1));
    let kept = Points::new(places.as_flattened(), 2).map(|flat| nearest(flat, most)).unwrap_or_default();
    let both = |(there, here): (&Near, &Near)| {
        let there: Vec<u32> = there.iter().take(most).map(|near| near.0).collect();
        here.iter().filter(|near| there.contains(&near.0)).count()
    };
    let both: usize = map.near.iter().zip(&kept).map(both).sum();
    let all: usize = map.near.iter().map(|near| near.len().min(most)).sum();
    Judgement { divergence, kept: both as f64 / all.max(1) as f64 }
}
