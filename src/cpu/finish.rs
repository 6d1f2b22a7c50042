//! What happens to a sum before it is written: a residual, then an activation.

use pulp::Simd;

use super::pixels::Pixels;
use crate::operators::Activation;

/// The end of a step.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Finish<'d> {
    /// Added to the sums; of fewer channels, to the first ones.
    pub residual: Option<Pixels<'d>>,
    pub activation: Activation,
    /// Of every channel, where the activation is PReLU.
    pub slopes: &'d [f32],
}

impl<'d> Finish<'d> {
    /// That of `channels` from `first` on.
    pub fn part(&self, first: usize, channels: usize) -> Self {
        let residual = self.residual.map(|residual| {
            let there = residual.channels.saturating_sub(first).min(channels);
            let data = residual.data.get(first..).unwrap_or_default();
            Pixels { data, channels: there, ..residual }
        });
        Self {
            residual: residual.filter(|residual| residual.channels > 0),
            slopes: self.slopes.get(first..).unwrap_or_default(),
            ..*self
        }
    }

    /// That of the pixels from `first` on.
    pub fn from(&self, first: usize) -> Self {
        let residual = self.residual.map(|residual| Pixels { data: &residual.data[first * residual.stride..], ..residual });
        Self { residual, ..*self }
    }

    /// `lanes` sums of pixel `pixel`, those of the channels from `channel` on.
    #[inline(always)]
    pub fn apply<S: Simd>(&self, simd: S, sum: S::f32s, pixel: usize, channel: usize, lanes: usize) -> S::f32s {
        let mut sum = sum;
        if let Some(residual) = self.residual {
            let line = residual.pixel(pixel);
            if channel + S::F32_LANES <= line.len() {
                sum = simd.add_f32s(sum, S::as_simd_f32s(&line[channel..][..S::F32_LANES]).0[0]);
            } else if channel < line.len() {
                sum = simd.add_f32s(sum, simd.partial_load_f32s(&line[channel..line.len().min(channel + lanes)]));
            }
        }
        activate(
            simd,
            self.activation,
            sum,
            #[inline(always)]
            || some(simd, self.slopes, channel, lanes),
        )
    }
}

/// `lanes` values from `at` on; the others are 0.
#[inline(always)]
pub(super) fn some<S: Simd>(simd: S, from: &[f32], at: usize, lanes: usize) -> S::f32s {
    if lanes == S::F32_LANES {
        S::as_simd_f32s(&from[at..at + S::F32_LANES]).0[0]
    } else {
        simd.partial_load_f32s(&from[at..at + lanes])
    }
}

/// `activation` of every value, with the slopes that PReLU asks for.
#[inline(always)]
pub(super) fn activate<S: Simd>(simd: S, activation: Activation, x: S::f32s, slopes: impl FnOnce() -> S::f32s) -> S::f32s {
    let zero = simd.splat_f32s(0.0);
    match activation {
        Activation::None => x,
        Activation::Relu => simd.max_f32s(x, zero),
        Activation::Clip(least, most) => simd.min_f32s(simd.max_f32s(x, simd.splat_f32s(least)), simd.splat_f32s(most)),
        Activation::LeakyRelu(slope) => {
            simd.select_f32s(simd.less_than_f32s(x, zero), simd.mul_f32s(x, simd.splat_f32s(slope)), x)
        }
        Activation::Prelu => simd.select_f32s(simd.less_than_f32s(x, zero), simd.mul_f32s(x, slopes()), x),
        Activation::HardSwish => simd.mul_f32s(x, hard(simd, x, 1.0 / 6.0, 0.5)),
        Activation::HardSigmoid(alpha, beta) => hard(simd, x, alpha, beta),
    }
}

/// `activation` of a line, whose slopes begin anew where they end.
#[inline(always)]
pub(super) fn activate_line<S: Simd>(simd: S, activation: Activation, slopes: &[f32], to: &mut [f32]) {
    let (whole, rest) = S::as_mut_simd_f32s(to);
    let mut at = 0;
    for value in whole {
        *value = activate(
            simd,
            activation,
            *value,
            #[inline(always)]
            || some(simd, slopes, at, S::F32_LANES),
        );
        at = if at + S::F32_LANES == slopes.len() { 0 } else { at + S::F32_LANES };
    }
    if !rest.is_empty() {
        let lanes = rest.len();
        let last = activate(
            simd,
            activation,
            simd.partial_load_f32s(rest),
            #[inline(always)]
            || some(simd, slopes, at, lanes),
        );
        simd.partial_store_f32s(rest, last);
    }
}

/// alpha * x + beta, at least 0 and at most 1.
#[inline(always)]
fn hard<S: Simd>(simd: S, x: S::f32s, alpha: f32, beta: f32) -> S::f32s {
    let line = simd.mul_add_e_f32s(simd.splat_f32s(alpha), x, simd.splat_f32s(beta));
    simd.min_f32s(simd.max_f32s(line, simd.splat_f32s(0.0)), simd.splat_f32s(1.0))
}

/// `lanes` values to `at`.
#[inline(always)]
pub(super) fn put<S: Simd>(simd: S, to: &mut [f32], at: usize, lanes: usize, values: S::f32s) {
    if lanes == S::F32_LANES {
        S::as_mut_simd_f32s(&mut to[at..at + S::F32_LANES]).0[0] = values;
    } else {
        simd.partial_store_f32s(&mut to[at..at + lanes], values);
    }
}

/// The sums of a pixel, those of the channels from `first` on.
#[inline(always)]
pub(super) fn finish_pixel<S: Simd>(simd: S, finish: &Finish<'_>, pixel: usize, first: usize, sums: &[f32], to: &mut [f32]) {
    let mut channel = 0;
    while channel < sums.len() {
        let lanes = S::F32_LANES.min(sums.len() - channel);
        let sum = finish.apply(simd, some(simd, sums, channel, lanes), pixel, first + channel, lanes);
        put(simd, to, channel, lanes, sum);
        channel += lanes;
    }
}
