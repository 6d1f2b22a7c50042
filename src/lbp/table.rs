//! From points to colours.

use super::{Embedding, Metric, embed};

/// The colour of each code.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Red, green, blue of the codes 0 to 255.
    pub colours: [[u8; 3]; 256],
    /// Kruskal's stress-1 of the embedding the colours were made from; none where they were measured.
    pub stress: Option<f64>,
    /// Codes whose colours could not be measured and were filled from the computed table; empty for a computed one.
    pub filled: Vec<u8>,
}

/// The table computed from the codes' distances. It is the published one but for rotation, reflection, scale and shift.
pub fn computed(metric: Metric) -> Table {
    let Embedding { points, stress, .. } = embed(metric);
    Table { colours: colours(&points), stress: Some(stress), filled: Vec::new() }
}

/// Y + |min Y|, times 255 / max, rounded, with one minimum and one maximum over all three axes.
fn colours(points: &[[f64; 3]; 256]) -> [[u8; 3]; 256] {
    let min = points.iter().flatten().copied().fold(f64::INFINITY, f64::min);
    let max = points.iter().flatten().map(|v| v - min).fold(f64::MIN_POSITIVE, f64::max);
    points.map(|p| p.map(|v| ((v - min) * 255.0 / max).round() as u8))
}

#[cfg(test)]
mod tests {
    use super::colours;

    #[test]
    fn all_axes_share_one_scale() {
        let mut points = [[0.0; 3]; 256];
        points[1] = [-1.0, 0.5, 0.0];
        points[2] = [0.0, 0.0, 1.0];
        let colours = colours(&points);
        assert_eq!([colours[0], colours[1], colours[2]], [[128, 128, 128], [0, 191, 128], [128, 128, 255]]);
    }
}
