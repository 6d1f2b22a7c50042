//! Functions of one value, without branches, so that loops over them become vector instructions; within a few units of the last place of the largest result.

use crate::operators::Unary;

/// Rounds what is added to it to a whole number, which its last bits then hold.
const MAGIC: f32 = 12_582_912.0;

/// e^x: 2^n times a series of what is left (Cody & Waite's reduction).
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    const HIGH: f32 = 0.693_359_4;
    const LOW: f32 = -2.121_944_4e-4;
    // Beyond these it is 0 or infinite.
    let x = x.clamp(-104.0, 89.0);
    let shifted = x * std::f32::consts::LOG2_E + MAGIC;
    let n = shifted - MAGIC;
    let r = (x - n * HIGH) - n * LOW;
    let series = 1.0 / 720.0;
    let series = series * r + 1.0 / 120.0;
    let series = series * r + 1.0 / 24.0;
    let series = series * r + 1.0 / 6.0;
    let series = series * r + 0.5;
    let value = (series * r * r + r) + 1.0;
    // In two steps: 2^n may be no number where the result is one.
    let n = (shifted.to_bits() as i32).wrapping_sub(MAGIC.to_bits() as i32);
    let power = |n: i32| f32::from_bits((n.wrapping_add(127) as u32) << 23);
    value * power(n >> 1) * power(n - (n >> 1))
}

#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

#[inline(always)]
fn tanh(x: f32) -> f32 {
    let small = exp(-2.0 * x.abs());
    ((1.0 - small) / (1.0 + small)).copysign(x)
}

/// alpha * x + beta, at least 0 and at most 1.
#[inline(always)]
fn hard(x: f32, alpha: f32, beta: f32) -> f32 {
    (alpha * x + beta).clamp(0.0, 1.0)
}

/// Abramowitz & Stegun 7.1.26: within 1.5e-7.
#[inline(always)]
fn erf(x: f32) -> f32 {
    let size = x.abs();
    let t = 1.0 / (1.0 + 0.327_591_1 * size);
    let series = ((((1.061_405_4 * t - 1.453_152) * t + 1.421_413_7) * t - 0.284_496_74) * t + 0.254_829_6) * t;
    (1.0 - series * exp(-size * size)).copysign(x)
}

/// Calls `with` with a function of one value, so that each gets a loop of its own.
#[inline(always)]
pub(super) fn with<W: With>(function: Unary, with: W) {
    match function {
        Unary::Relu => with.call(
            #[inline(always)]
            |x| x.max(0.0),
        ),
        Unary::Sigmoid => with.call(sigmoid),
        Unary::Tanh => with.call(tanh),
        Unary::Exp => with.call(exp),
        Unary::Log => with.call(
            #[inline(always)]
            |x| if x == 0.0 { 0.0 } else { x.ln() },
        ),
        Unary::Sqrt => with.call(
            #[inline(always)]
            |x| x.sqrt(),
        ),
        Unary::Abs => with.call(
            #[inline(always)]
            |x| x.abs(),
        ),
        Unary::LeakyRelu(slope) => with.call(
            #[inline(always)]
            move |x| if x < 0.0 { slope * x } else { x },
        ),
        Unary::Elu(alpha) => with.call(
            #[inline(always)]
            move |x| if x < 0.0 { alpha * (exp(x) - 1.0) } else { x },
        ),
        Unary::Clip(least, most) => with.call(
            #[inline(always)]
            move |x| x.max(least).min(most),
        ),
        Unary::HardSigmoid(alpha, beta) => with.call(
            #[inline(always)]
            move |x| hard(x, alpha, beta),
        ),
        Unary::HardSwish => with.call(
            #[inline(always)]
            move |x| x * hard(x, 1.0 / 6.0, 0.5),
        ),
        Unary::Erf => with.call(erf),
        Unary::Gelu => with.call(
            #[inline(always)]
            |x| 0.5 * x * (1.0 + erf(x * std::f32::consts::FRAC_1_SQRT_2)),
        ),
        Unary::GeluTanh => with.call(
            #[inline(always)]
            |x| 0.5 * x * (1.0 + tanh(0.797_884_6 * (x + 0.044_715 * x * x * x))),
        ),
        Unary::Softplus => with.call(
            #[inline(always)]
            |x| x.max(0.0) + exp(-x.abs()).ln_1p(),
        ),
    }
}

/// What is done with a function.
pub(super) trait With {
    fn call(self, function: impl Fn(f32) -> f32 + Copy + Sync);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_what_they_are_called() {
        for step in -2000..2000 {
            let x = step as f32 * 0.05;
            let wide = f64::from(x);
            let close = |got: f32, want: f64, least: f64| {
                let want = want.min(f64::from(f32::MAX) * 2.0);
                assert!(
                    (f64::from(got) - want).abs() <= 3e-7 * want.abs().max(least) || got.is_infinite() && want > 3.4e38,
                    "{x}: {got}, {want}"
                );
            };
            close(exp(x), wide.exp(), 1e-37);
            close(tanh(x), wide.tanh(), 1.0);
            // The exponential of what is below -89 is infinite on the way there.
            close(sigmoid(x), 1.0 / (1.0 + (-wide).exp()), 1e-30);
        }
        assert_eq!((exp(f32::INFINITY), exp(f32::NEG_INFINITY)), (f32::INFINITY, 0.0));
        assert!(exp(f32::NAN).is_nan());
        for (x, want) in [(0.0_f32, 0.0_f32), (0.5, 0.520_499_9), (1.0, 0.842_700_8), (-2.0, -0.995_322_3), (4.0, 1.0)] {
            assert!((erf(x) - want).abs() < 3e-7, "{x}: {}", erf(x));
        }
    }
}
