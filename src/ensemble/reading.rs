//! What faces say.

/// What one face says.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// Fused probabilities, in the order of the model's labels; sum 1.
    pub probabilities: Vec<f32>,
    /// Each member's own probabilities (mean over its crops), in the order of the model's members.
    pub members: Vec<Vec<f32>>,
}

/// `values` `[face, 1 + member, class]` as readings.
pub(super) fn readings(values: &[f32], members: usize, classes: usize) -> Vec<Reading> {
    values
        .chunks_exact((1 + members) * classes)
        .map(|face| {
            let mut rows = face.chunks_exact(classes).map(<[f32]>::to_vec);
            Reading { probabilities: rows.next().unwrap_or_default(), members: rows.collect() }
        })
        .collect()
}
