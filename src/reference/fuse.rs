//! Weighted fusion of members x crops.

/// `probabilities` `[member, face, crop, class]` to, for each face, the weighted mean and then each member's mean over its crops:
/// `[face, 1 + member, class]`.
pub fn fuse(probabilities: &[f32], weights: &[f32], crops: usize, classes: usize) -> Vec<f32> {
    let members = weights.len();
    let faces = probabilities.len() / (members * crops * classes).max(1);
    let mean = |member: usize, face: usize, class: usize| {
        let at = |crop: usize| f64::from(probabilities[((member * faces + face) * crops + crop) * classes + class]);
        (0..crops).map(at).sum::<f64>() / crops as f64
    };
    let mut out = Vec::with_capacity(faces * (1 + members) * classes);
    for face in 0..faces {
        out.extend((0..classes).map(|class| {
            weights.iter().enumerate().map(|(member, &weight)| f64::from(weight) * mean(member, face, class)).sum::<f64>() as f32
        }));
        for member in 0..members {
            out.extend((0..classes).map(|class| mean(member, face, class) as f32));
        }
    }
    out
}
