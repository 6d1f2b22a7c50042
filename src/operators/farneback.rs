//! Farneback's dense optical flow in the numbers that kernels and twins share: filters of a pyramid, constants of the polynomial expansion, windows.
//!
//! G. Farneback, "Two-Frame Motion Estimation Based on Polynomial Expansion", SCIA 2003; constants, borders and roundings as in OpenCV's
//! `calcOpticalFlowFarneback`.

use super::resample::Tap;

/// Neighbours on either side of a pixel that an expansion looks at, at most.
pub const MOST_POLY_N: usize = 16;

/// What a level of the pyramid reads along rows, or along columns: a Gaussian, and two neighbours of what it gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Shrink {
    /// Taps of the Gaussian, an odd number; lines are mirrored at their ends, which stand there once.
    pub gaussian: Vec<f32>,
    /// Of each output.
    pub taps: Vec<Tap>,
}

impl Shrink {
    /// From `from` to `to` pixels of a level that is `scale` times as large, 0 to 1.
    pub fn new(from: usize, to: usize, scale: f64) -> Self {
        Self { gaussian: blur(scale), taps: linear(from, to) }
    }

    /// Taps on either side of the Gaussian's middle.
    pub fn reach(&self) -> usize {
        self.gaussian.len() / 2
    }
}

/// The Gaussian before a picture is made `scale` times as large.
fn blur(scale: f64) -> Vec<f32> {
    let sigma = (1.0 / scale - 1.0) / 2.0;
    let size = (((5.0 * sigma).round_ties_even() as usize) | 1).max(3);
    if sigma == 0.0 {
        return vec![0.25, 0.5, 0.25];
    }
    let middle = (size / 2) as f64;
    let taps: Vec<f64> = (0..size).map(|i| (-(i as f64 - middle).powi(2) / (2.0 * sigma * sigma)).exp()).collect();
    let sum: f64 = taps.iter().sum();
    taps.iter().map(|tap| (tap / sum) as f32).collect()
}

/// Bilinear resizing between pixels' middles: places in f64, shares in f32.
pub fn linear(from: usize, to: usize) -> Vec<Tap> {
    // As a division by the inverse, rounded as often as there.
    let scale = 1.0 / (to as f64 / from as f64);
    let tap = |i: usize| {
        let place = ((i as f64 + 0.5) * scale - 0.5) as f32;
        let first = place.floor();
        if first < 0.0 {
            return Tap { first: 0, second: 0, share: 0.0 };
        }
        let share = place - first;
        let first = first as usize;
        if first + 1 >= from {
            return Tap { first: from - 1, second: from - 1, share: 0.0 };
        }
        Tap { first, second: first + 1, share }
    };
    (0..to).map(tap).collect()
}

/// Constants of the polynomial expansion: the window along one axis, and the elements that are wanted of the inverse of its moments.
#[derive(Debug, Clone, PartialEq)]
pub struct Expansion {
    /// A Gaussian, from its middle on, which sums to 1: `[n + 1]`.
    pub g: Vec<f32>,
    /// Times the place.
    pub xg: Vec<f32>,
    /// Times the place squared.
    pub xxg: Vec<f32>,
    /// Of x, and of y.
    pub inverse_x: f64,
    /// Between 1 and x^2.
    pub inverse_one: f64,
    /// Of x^2, and of y^2.
    pub inverse_xx: f64,
    /// Of xy.
    pub inverse_xy: f64,
}

impl Expansion {
    /// Of `n` neighbours on either side under a Gaussian of `sigma` pixels; of 0, 0.3 n.
    pub fn new(n: usize, sigma: f64) -> Self {
        let sigma = if sigma < f64::from(f32::EPSILON) { 0.3 * n as f64 } else { sigma };
        let half: Vec<f32> = (0..=n).map(|x| (-((x * x) as f64) / (2.0 * sigma * sigma)).exp() as f32).collect();
        let sum: f64 = (-(n as i64)..=n as i64).map(|x| f64::from(half[x.unsigned_abs() as usize])).sum();
        let g: Vec<f32> = half.iter().map(|&g| (f64::from(g) / sum) as f32).collect();
        let times = |power: i32| g.iter().enumerate().map(|(x, &g)| ((x as f64).powi(power) * f64::from(g)) as f32).collect();
        let moment = |power: i32| {
            (-(n as i64)..=n as i64).map(|x| (x as f64).powi(power) * f64::from(g[x.unsigned_abs() as usize])).sum::<f64>()
        };
        // A moment of the window is a product of those along its axes; the inverse of a matrix of this shape is known.
        let (zero, two, four) = (moment(0), moment(2), moment(4));
        let (m0, m2, m4, m22) = (zero * zero, zero * two, zero * four, two * two);
        let both = m0 * (m4 + m22) - 2.0 * m2 * m2;
        Self {
            inverse_x: 1.0 / m2,
            inverse_one: -m2 / both,
            inverse_xx: (m0 * m4 - m2 * m2) / ((m4 - m22) * both),
            inverse_xy: 1.0 / m22,
            xg: times(1),
            xxg: times(2),
            g,
        }
    }

    /// Neighbours on either side.
    pub fn reach(&self) -> usize {
        self.g.len() - 1
    }
}

/// The window over which equations are summed.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowWindow {
    /// Weights along an axis, an odd number.
    pub weights: Vec<f32>,
    /// What the sums are multiplied by.
    pub scale: f64,
    /// All weights are 1.
    pub is_box: bool,
}

impl FlowWindow {
    /// Every pixel as much. Of an even size the window is a pixel larger, and is divided as if it were not.
    pub fn all(size: usize) -> Self {
        Self { weights: vec![1.0; size / 2 * 2 + 1], scale: 1.0 / (size * size) as f64, is_box: true }
    }

    /// A Gaussian of 0.3 times half the size.
    pub fn gaussian(size: usize) -> Self {
        let reach = (size / 2) as i64;
        let sigma = 0.3 * reach as f64;
        let weight = |i: i64| (-((i * i) as f64) / (2.0 * sigma * sigma)).exp() as f32;
        let sum: f64 = (-reach..=reach).map(|i| f64::from(weight(i))).sum();
        let weights = (-reach..=reach).map(|i| (f64::from(weight(i)) / sum) as f32).collect();
        Self { weights, scale: 1.0, is_box: false }
    }

    /// Pixels on either side of its middle.
    pub fn reach(&self) -> usize {
        self.weights.len() / 2
    }
}

/// Added to the determinant of the equations, in (0 to 255)^4: where nothing is seen there is no flow.
pub const FLOW_DAMPING: f64 = 1e-3;

/// Weights of the rows and columns next to the border, from it on.
pub const BORDER: [f32; 5] = [0.14, 0.14, 0.4472, 0.4472, 0.4472];

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: f64, want: f64) {
        assert!((got - want).abs() < 2e-7 * want.abs().max(0.01), "{got} is not {want}");
    }

    /// What OpenCV has for them.
    #[test]
    fn expansions_have_the_constants_of_opencv() {
        let known: [(usize, f64, &[f64], [f64; 4]); 4] = [
            (2, 1.1, &[0.369546473, 0.244460389, 0.0707663745], [0.947820785, -0.643202469, 0.609640669, 0.89836424]),
            (5, 1.1, &[0.362674892, 0.23991476, 0.0694504976], [0.826452292, -0.413263275, 0.341542384, 0.683023397]),
            (5, 1.2, &[0.332452744, 0.234927148, 0.0828978196], [0.694486393, -0.347453531, 0.241301747, 0.482311346]),
            (7, 1.5, &[0.265961617, 0.212965414, 0.109340087], [0.444448905, -0.222250691, 0.0987790745, 0.197534826]),
        ];
        for (n, sigma, g, inverse) in known {
            let made = Expansion::new(n, sigma);
            g.iter().zip(&made.g).for_each(|(&want, &got)| near(f64::from(got), want));
            let got = [made.inverse_x, made.inverse_one, made.inverse_xx, made.inverse_xy];
            got.into_iter().zip(inverse).for_each(|(got, want)| near(got, want));
        }
        assert_eq!(Expansion::new(5, 0.0), Expansion::new(5, 1.5), "no sigma is 0.3 n");
    }

    #[test]
    fn a_level_is_blurred_as_much_as_it_is_smaller() {
        assert_eq!(blur(1.0), [0.25, 0.5, 0.25]);
        let half = blur(0.5);
        assert_eq!(half.len(), 3);
        near(f64::from(half[0]), 0.106507);
        assert_eq!([0.25, 0.125].map(|scale| blur(scale).len()), [9, 19]);
        near(f64::from(blur(0.25)[4]), 0.26656);
        let whole = linear(7, 7);
        assert!(whole.iter().enumerate().all(|(i, tap)| (tap.first, tap.share) == (i, 0.0)), "{whole:?}");
        assert_eq!(linear(4, 2), [Tap { first: 0, second: 1, share: 0.5 }, Tap { first: 2, second: 3, share: 0.5 }]);
        assert_eq!(linear(1, 3), [Tap { first: 0, second: 0, share: 0.0 }; 3]);
    }
}
