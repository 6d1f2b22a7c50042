//! Local response normalisation across channels.

use crate::operators::Lrn;
use crate::tensor::Tensor;

/// `input` `[N, C, H, W]` normalised.
pub fn lrn(lrn: Lrn, input: &Tensor) -> Tensor {
    let [_, channels, height, width] = input.nchw();
    let plane = height * width;
    let [before, after] = lrn.reach();
    let mut out = Tensor::zeros(input.shape.clone());
    for (index, to) in out.data.iter_mut().enumerate() {
        let channel = index / plane % channels;
        let first = index - channel * plane;
        let window = channel.saturating_sub(before)..(channel + after + 1).min(channels);
        let squares: f64 = window.map(|c| f64::from(input.data[first + c * plane]).powi(2)).sum();
        let scale = (lrn.k + lrn.alpha / lrn.size as f64 * squares).powf(-lrn.beta);
        *to = (f64::from(input.data[index]) * scale) as f32;
    }
    out
}
