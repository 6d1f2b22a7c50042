//! What rows are given to a device as, and how far its scores can be off.

use super::metric::Metric;

/// Half a unit in the last place of an f32 around 1.
const UNIT: f64 = (f32::EPSILON / 2.0) as f64;
/// What is lost where adapters take numbers below 2^-126 for 0, and f64's own roundings, of numbers around 1.
const SMALLEST: f64 = 1e-30;
const F64: f64 = 1e-12;

/// Scores of rows for a query: of Euclidean distances the product of both less half the row's square, of cosines the product of both made 1 long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bound {
    size: usize,
    metric: Metric,
    /// Length of the longest row.
    longest: f64,
}

fn square(vector: &[f32]) -> f64 {
    vector.iter().map(|&value| f64::from(value) * f64::from(value)).sum()
}

impl Bound {
    pub fn of(vectors: &[f32], size: usize, metric: Metric) -> Self {
        let longest = vectors.chunks_exact(size.max(1)).map(square).fold(0.0, f64::max).sqrt();
        Self { size, metric, longest }
    }

    /// Rows as the device multiplies them, and what is added to each one's score.
    pub fn prepared(&self, vectors: &[f32]) -> (Vec<f32>, Vec<f32>) {
        let rows = vectors.chunks_exact(self.size.max(1));
        match self.metric {
            Metric::Euclidean => (vectors.to_vec(), rows.map(|row| (-0.5 * square(row)) as f32).collect()),
            Metric::Cosine => {
                let mut prepared = Vec::with_capacity(vectors.len());
                for row in rows.clone() {
                    let length = square(row).sqrt();
                    prepared.extend(row.iter().map(|&value| if length > 0.0 { (f64::from(value) / length) as f32 } else { 0.0 }));
                }
                (prepared, vec![0.0; rows.len()])
            }
        }
    }

    /// What every row's measure (the square of a Euclidean distance) is at least, whose score is `score` or less; minus infinity or no number where nothing is known.
    pub fn least(&self, query: &[f32], score: f32) -> f64 {
        // A sum of n rounded products differs from theirs by n u / (1 - n u) times the sum of their sizes at most, in whatever order, with fused steps or without: twice
        // n u is more. Four more stand for what is added, and for the rounding of what was given.
        let share = 2.0 * (self.size + 4) as f64 * UNIT;
        let score = f64::from(score);
        match self.metric {
            Metric::Euclidean => {
                let own = square(query);
                let sizes = own.sqrt() * self.longest + 0.5 * self.longest * self.longest;
                let off = share * sizes + F64 * (own + sizes) + SMALLEST;
                own - 2.0 * (score + off)
            }
            Metric::Cosine => 1.0 - (score + share + 4.0 * UNIT),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::{cosine_distance, squared_distance};
    use crate::weights::Stream;

    /// The claim that answers rest on: what an f32 sum makes of a row, forwards, backwards or fused, never says that it is farther than it is.
    #[test]
    fn no_row_is_nearer_than_its_score_allows() {
        let size = 64;
        for (metric, offset) in
            [(Metric::Euclidean, 0.0), (Metric::Euclidean, 300.0), (Metric::Cosine, 0.0), (Metric::Cosine, 2.0)]
        {
            let vectors = Stream::new(3, "vectors").tensor(&[500, size], offset, 1.0).data;
            let bound = Bound::of(&vectors, size, metric);
            let (rows, added) = bound.prepared(&vectors);
            let query = &vectors[..size];
            let prepared = &rows[..size];
            for (at, (row, added)) in rows.chunks_exact(size).zip(&added).enumerate() {
                let forwards = prepared.iter().zip(row).fold(*added, |sum, (a, b)| sum + a * b);
                let backwards = prepared.iter().zip(row).rev().fold(0.0, |sum: f32, (a, b)| sum + a * b) + added;
                let fused = prepared.iter().zip(row).fold(*added, |sum, (a, b)| a.mul_add(*b, sum));
                let own = &vectors[at * size..][..size];
                let measure = if metric == Metric::Cosine { cosine_distance(query, own) } else { squared_distance(query, own) };
                for score in [forwards, backwards, fused] {
                    let least = bound.least(query, score);
                    assert!(least <= measure && least > measure - 0.02 * (1.0 + offset * offset), "{least} of {measure}");
                }
            }
        }
    }
}
