//! Twins of the kernels that go over a tensor once.

use std::f64::consts::{PI, SQRT_2};

use crate::error::{Error, Result};
use crate::operators::{Activation, Binary, Unary};
use crate::tensor::Tensor;

/// The error function: up to 3 by its series, beyond by the continued fraction of its complement (Abramowitz & Stegun 7.1.6, 7.1.14).
fn erf(x: f64) -> f64 {
    let (size, square) = (x.abs(), x * x);
    if size < 3.0 {
        let (mut term, mut sum) = (size, size);
        for n in 1..60 {
            term *= 2.0 * square / f64::from(2 * n + 1);
            sum += term;
        }
        return (2.0 / PI.sqrt() * (-square).exp() * sum).copysign(x);
    }
    let fraction = (1..40).rev().fold(size, |below, n| size + f64::from(n) / 2.0 / below);
    (1.0 - (-square).exp() / (PI.sqrt() * fraction)).copysign(x)
}

/// A function of every value.
pub fn unary(function: Unary, input: &Tensor) -> Tensor {
    let hard = |x: f64, alpha: f64, beta: f64| (alpha * x + beta).clamp(0.0, 1.0);
    let apply = |&x: &f32| {
        let x = f64::from(x);
        (match function {
            Unary::Relu => x.max(0.0),
            Unary::Sigmoid => 1.0 / (1.0 + (-x).exp()),
            Unary::Tanh => x.tanh(),
            Unary::Exp => x.exp(),
            Unary::Log => {
                if x == 0.0 {
                    0.0
                } else {
                    x.ln()
                }
            }
            Unary::Sqrt => x.sqrt(),
            Unary::Abs => x.abs(),
            Unary::LeakyRelu(slope) => {
                if x < 0.0 {
                    f64::from(slope) * x
                } else {
                    x
                }
            }
            Unary::Elu(alpha) => {
                if x < 0.0 {
                    f64::from(alpha) * x.exp_m1()
                } else {
                    x
                }
            }
            Unary::Clip(least, most) => x.max(f64::from(least)).min(f64::from(most)),
            Unary::HardSigmoid(alpha, beta) => hard(x, alpha.into(), beta.into()),
            Unary::HardSwish => x * hard(x, 1.0 / 6.0, 0.5),
            Unary::Erf => erf(x),
            Unary::Gelu => 0.5 * x * (1.0 + erf(x / SQRT_2)),
            Unary::GeluTanh => 0.5 * x * (1.0 + ((2.0 / PI).sqrt() * (x + 0.044715 * x * x * x)).tanh()),
            Unary::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
        }) as f32
    };
    Tensor { shape: input.shape.clone(), data: input.data.iter().map(apply).collect() }
}

/// A function of two tensors; along each dimension a side may have length 1. The shape has as many dimensions as the longer one.
///
/// # Errors
/// [`Error::Shape`] where sizes neither agree nor are 1.
pub fn binary(at: &str, function: Binary, left: &Tensor, right: &Tensor) -> Result<Tensor> {
    let (a, b) = (left.nchw(), right.nchw());
    let mut shape = [0; 4];
    for (i, to) in shape.iter_mut().enumerate() {
        *to = match (a[i], b[i]) {
            (x, y) if x == y => x,
            (1, y) => y,
            (x, 1) => x,
            _ => return Err(Error::shape(at, format!("{:?} and {:?} do not broadcast", left.shape, right.shape))),
        };
    }
    let offset =
        |side: [usize; 4], at: [usize; 4]| (0..4).fold(0, |offset, i| offset * side[i] + if side[i] == 1 { 0 } else { at[i] });
    let count = shape.iter().product();
    let data = (0..count)
        .map(|index| {
            let at = [
                index / (shape[1] * shape[2] * shape[3]),
                index / (shape[2] * shape[3]) % shape[1],
                index / shape[3] % shape[2],
                index % shape[3],
            ];
            let (x, y) = (f64::from(left.data[offset(a, at)]), f64::from(right.data[offset(b, at)]));
            (match function {
                Binary::Add => x + y,
                Binary::Mul => x * y,
                Binary::Sub => x - y,
                Binary::Div => x / y,
                Binary::Max => x.max(y),
                Binary::Min => x.min(y),
                Binary::Pow => x.powf(y),
            }) as f32
        })
        .collect();
    Ok(Tensor { shape: shape[..left.shape.len().max(right.shape.len()).min(4)].to_vec(), data })
}

/// x * scale + shift a channel.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree.
pub fn affine(at: &str, input: &Tensor, scale: &[f32], shift: &[f32]) -> Result<Tensor> {
    let [_, channels, height, width] = input.nchw();
    if scale.len() != channels || shift.len() != channels {
        return Err(Error::shape(at, format!("{channels} channels, scale {}, shift {}", scale.len(), shift.len())));
    }
    let apply = |(index, &x): (usize, &f32)| {
        let c = index / (height * width) % channels;
        (f64::from(x) * f64::from(scale[c]) + f64::from(shift[c])) as f32
    };
    Ok(Tensor { shape: input.shape.clone(), data: input.data.iter().enumerate().map(apply).collect() })
}

/// x where it is not below 0, elsewhere times the slope of its channel.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree.
pub fn prelu(at: &str, input: &Tensor, slope: &[f32]) -> Result<Tensor> {
    let [_, channels, height, width] = input.nchw();
    if slope.len() != channels {
        return Err(Error::shape(at, format!("{channels} channels, {} slopes", slope.len())));
    }
    let apply = |(index, &x): (usize, &f32)| if x < 0.0 { x * slope[index / (height * width) % channels] } else { x };
    Ok(Tensor { shape: input.shape.clone(), data: input.data.iter().enumerate().map(apply).collect() })
}

/// Softmax over the channels of every pixel.
pub fn softmax(input: &Tensor) -> Tensor {
    over_channels(input, |_, power, sum| power / sum)
}

/// The logarithm of [`softmax`]: x - most - log(sum of exp(x - most)).
pub fn log_softmax(input: &Tensor) -> Tensor {
    over_channels(input, |below, _, sum| below - sum.ln())
}

/// Of every value: what `value` makes of its distance to the largest of its pixel, the exponential of that, and their sum.
fn over_channels(input: &Tensor, value: impl Fn(f64, f64, f64) -> f64) -> Tensor {
    let [images, channels, height, width] = input.nchw();
    let mut out = Tensor::zeros(input.shape.clone());
    for n in 0..images {
        for pixel in 0..height * width {
            let at = |c: usize| (n * channels + c) * height * width + pixel;
            let most = (0..channels).fold(f32::MIN, |most, c| most.max(input.data[at(c)]));
            let below = |c: usize| f64::from(input.data[at(c)]) - f64::from(most);
            let sum: f64 = (0..channels).map(|c| below(c).exp()).sum();
            for c in 0..channels {
                out.data[at(c)] = value(below(c), below(c).exp(), sum) as f32;
            }
        }
    }
    out
}

/// The channel of the largest value of every pixel, the first of several: `[N, C, H, W]` to `[N, 1, H, W]`.
pub fn arg_max(input: &Tensor) -> Tensor {
    let [images, channels, height, width] = input.nchw();
    let mut out = Tensor::zeros(vec![images, 1, height, width]);
    for (index, to) in out.data.iter_mut().enumerate() {
        let (n, pixel) = (index / (height * width), index % (height * width));
        let at = |c: usize| input.data[(n * channels + c) * height * width + pixel];
        *to = (0..channels).fold(0, |best, c| if at(c) > at(best) { c } else { best }) as f32;
    }
    out
}

/// Tensors `[N, C_i, H, W]` one after another along the channels.
///
/// # Errors
/// [`Error::Shape`] where anything but the channels differs.
pub fn concat(at: &str, parts: &[&Tensor]) -> Result<Tensor> {
    let Some(first) = parts.first() else { return Err(Error::shape(at, "nothing to concatenate")) };
    let [images, _, height, width] = first.nchw();
    let mut channels = 0;
    for part in parts {
        let [n, c, h, w] = part.nchw();
        if [n, h, w] != [images, height, width] || part.shape.len() != first.shape.len() {
            return Err(Error::shape(at, format!("{:?} and {:?} differ in more than channels", first.shape, part.shape)));
        }
        channels += c;
    }
    let mut data = Vec::with_capacity(images * channels * height * width);
    for n in 0..images {
        for part in parts {
            let size = part.nchw()[1] * height * width;
            data.extend_from_slice(&part.data[n * size..(n + 1) * size]);
        }
    }
    let mut shape = first.shape.clone();
    if let Some(c) = shape.get_mut(1) {
        *c = channels;
    }
    Ok(Tensor { shape, data })
}

/// What `activation` makes of every value; with PReLU by the slope of its channel.
///
/// # Errors
/// [`Error::Shape`] where there are not as many slopes as channels.
pub fn activate(at: &str, activation: Activation, slopes: &[f32], input: Tensor) -> Result<Tensor> {
    match (activation, activation.function()) {
        (Activation::Prelu, _) => prelu(at, &input, slopes),
        (_, Some(function)) => Ok(unary(function, &input)),
        (_, None) => Ok(input),
    }
}
