//! Where a map begins: the plane of the largest variance, small.

use nalgebra::{DMatrix, SymmetricEigen};

use crate::groups::points::Points;

/// The standard deviation of the wider axis.
const WIDTH: f64 = 1e-4;

/// `points` in the plane of the largest variance: D. Kobak and P. Berens, "The Art of Using t-SNE for Single-Cell Transcriptomics", 2019. Of equal vectors all are in one place.
pub(super) fn plane(points: Points<'_>) -> Vec<[f32; 2]> {
    let dims = points.dims();
    let mean = points.mean(0..points.len());
    let centred = |row: &[f32]| row.iter().zip(&mean).map(|(&value, &mean)| f64::from(value - mean)).collect::<Vec<f64>>();
    let mut covariance = DMatrix::<f64>::zeros(dims, dims);
    for row in points.rows().map(centred) {
        for (column, value) in row.iter().enumerate() {
            for line in 0..=column {
                covariance[(line, column)] += value * row[line];
            }
        }
    }
    covariance.fill_lower_triangle_with_upper_triangle();
    let found = SymmetricEigen::new(covariance);
    let mut order: Vec<usize> = (0..dims).collect();
    order.sort_by(|&a, &b| found.eigenvalues[b].total_cmp(&found.eigenvalues[a]));
    let axis = |nth: usize| -> Vec<f64> {
        let Some(&at) = order.get(nth) else { return vec![0.0; dims] };
        let axis: Vec<f64> = found.eigenvectors.column(at).iter().copied().collect();
        // Which way it points is the library's choice: the largest part is positive here.
        let largest = axis.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(1.0);
        axis.into_iter().map(|part| part * largest.signum()).collect()
    };
    let axes = [axis(0), axis(1)];
    let along = |row: &[f64], axis: &[f64]| row.iter().zip(axis).map(|(value, part)| value * part).sum::<f64>();
    let flat: Vec<[f64; 2]> = points.rows().map(centred).map(|row| axes.each_ref().map(|axis| along(&row, axis))).collect();
    let spread = (flat.iter().map(|place| place[0] * place[0]).sum::<f64>() / flat.len().max(1) as f64).sqrt();
    let factor = if spread > 0.0 { WIDTH / spread } else { 0.0 };
    flat.into_iter().map(|place| place.map(|part| (part * factor) as f32)).collect()
}
