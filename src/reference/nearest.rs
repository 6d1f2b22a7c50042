//! Nearest neighbours, by looking at every row.

/// A row and its distance or score.
pub type Scored<T> = (T, u32);

/// The `most` highest `scores` `[queries, rows]` of every query: scores and rows, best first, equal ones by row; fewer where there are fewer rows.
pub fn highest(scores: &[f32], rows: usize, most: usize) -> Vec<Vec<Scored<f32>>> {
    let of = |line: &[f32]| {
        let mut all: Vec<Scored<f32>> = line.iter().zip(0..).map(|(&score, row)| (score, row)).collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        all.truncate(most);
        all
    };
    scores.chunks_exact(rows.max(1)).map(of).collect()
}

/// The square of the Euclidean distance of two vectors: f64, from the first number to the last.
pub fn squared_distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter().zip(b).fold(0.0, |sum, (&a, &b)| {
        let difference = f64::from(a) - f64::from(b);
        sum + difference * difference
    })
}

/// 1 less the cosine of the angle between two vectors: f64, from the first number to the last; 1 where one of them is 0.
pub fn cosine_distance(a: &[f32], b: &[f32]) -> f64 {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).fold(0.0, |sum, (&a, &b)| sum + f64::from(a) * f64::from(b));
    let lengths = dot(a, a).sqrt() * dot(b, b).sqrt();
    if lengths > 0.0 { 1.0 - dot(a, b) / lengths } else { 1.0 }
}

/// The `k` rows of `gallery` `[rows, size]` that are nearest to each of `queries` `[queries, size]` by `distance`, equal ones by row.
pub fn nearest(
    queries: &[f32],
    gallery: &[f32],
    size: usize,
    k: usize,
    distance: fn(&[f32], &[f32]) -> f64,
) -> Vec<Vec<Scored<f64>>> {
    let of = |query: &[f32]| {
        let rows = gallery.chunks_exact(size.max(1));
        let mut all: Vec<Scored<f64>> = rows.zip(0..).map(|(row, at)| (distance(query, row), at)).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        all.truncate(k);
        all
    };
    queries.chunks_exact(size.max(1)).map(of).collect()
}
