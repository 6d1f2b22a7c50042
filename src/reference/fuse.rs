//! Weighted fusion of members x crops.

/// `probabilities` `[member, face, crop, class]` to, for each face, the weighted mean calibrated by `temperature` (see [`calibrate`]) and then
/// each member's mean over its crops: `[face, 1 + member, class]`.
pub fn fuse(probabilities: &[f32], weights: &[f32], crops: usize, classes: usize, temperature: f64) -> Vec<f32> {
    let members = weights.len();
    let faces = probabilities.len() / (members * crops * classes).max(1);
    let mean = |member: usize, face: usize, class: usize| {
        let at = |crop: usize| f64::from(probabilities[((member * faces + face) * crops + crop) * classes + class]);
        (0..crops).map(at).sum::<f64>() / crops as f64
    };
    let mut out = Vec::with_capacity(faces * (1 + members) * classes);
    for face in 0..faces {
        let fused = |class| weights.iter().enumerate().map(|(member, &w)| f64::from(w) * mean(member, face, class)).sum::<f64>();
        let fused: Vec<f64> = (0..classes).map(fused).collect();
        out.extend(calibrate(&fused, temperature).into_iter().map(|p| p as f32));
        for member in 0..members {
            out.extend((0..classes).map(|class| mean(member, face, class) as f32));
        }
    }
    out
}

/// p^(1/T), made to sum 1 again (Guo et al., "On Calibration of Modern Neural Networks", 2017, on log-probabilities); at T = 1 unchanged.
pub fn calibrate(probabilities: &[f64], temperature: f64) -> Vec<f64> {
    if temperature == 1.0 {
        return probabilities.to_vec();
    }
    let most = probabilities.iter().fold(0.0_f64, |most, &p| most.max(p));
    let powers: Vec<f64> =
        probabilities.iter().map(|&p| if p > 0.0 { (p / most).powf(1.0 / temperature) } else { 0.0 }).collect();
    let total: f64 = powers.iter().sum();
    powers.into_iter().map(|p| p / total).collect()
}
