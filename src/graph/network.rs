//! A network as data: named operators, the one description that zoo, importers, scheduler and training share.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::operators::{Coordinates, ResizeMode, Rounding};

/// What to compute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Sizes of each input by name, without the batch: `[C, H, W]` mostly.
    pub inputs: BTreeMap<String, Vec<usize>>,
    /// Names of the tensors that are the answer.
    pub outputs: Vec<String>,
    /// Operators, each after those that make its inputs.
    pub ops: Vec<Op>,
}

/// Pads of a window: numbers, or the rule that finds them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Pad {
    /// Top, left, bottom, right.
    Fixed([usize; 4]),
    /// ONNX's auto_pad.
    Auto(AutoPad),
}

/// ONNX's auto_pad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AutoPad {
    /// Output is input / stride, the odd pad at the end.
    SameUpper,
    /// The same, the odd pad at the beginning.
    SameLower,
    /// No pads.
    Valid,
}

impl Default for Pad {
    fn default() -> Self {
        Self::Fixed([0; 4])
    }
}

/// What lies beyond the edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PadMode {
    /// A value.
    #[default]
    Constant,
    /// The mirror image, the edge itself not repeated.
    Reflect,
    /// The value at the edge.
    Edge,
}

fn one() -> usize {
    1
}
fn ones() -> [usize; 2] {
    [1; 2]
}
fn are_ones(pair: &[usize; 2]) -> bool {
    *pair == [1; 2]
}
fn unit() -> f64 {
    1.0
}
fn forward() -> i64 {
    1
}
fn yes() -> bool {
    true
}
fn eps() -> f64 {
    1e-5
}

/// One operator of version 1. `in` and `out` are tensor names; weights are `NAME.weight` and so on, as PyTorch names them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "the fields are model-format's, described by models/model.schema.json")]
pub enum Op {
    /// Weight `[channels, in / groups, kh, kw]`.
    Conv {
        name: String,
        r#in: [String; 1],
        out: [String; 1],
        channels: usize,
        kernel: [usize; 2],
        #[serde(default = "ones")]
        stride: [usize; 2],
        #[serde(default)]
        pad: Pad,
        #[serde(default = "ones")]
        dilation: [usize; 2],
        #[serde(default = "one")]
        groups: usize,
        #[serde(default = "yes")]
        bias: bool,
    },
    /// The gradient of a convolution: weight `[in, channels / groups, kh, kw]`. Rows are
    /// (in - 1) * stride + dilation * (kernel - 1) + 1 + output_pad - top - bottom.
    ConvTranspose {
        name: String,
        r#in: [String; 1],
        out: [String; 1],
        channels: usize,
        kernel: [usize; 2],
        #[serde(default = "ones")]
        stride: [usize; 2],
        #[serde(default)]
        pad: [usize; 4],
        #[serde(default = "ones")]
        dilation: [usize; 2],
        #[serde(default)]
        output_pad: [usize; 2],
        #[serde(default = "one")]
        groups: usize,
        #[serde(default = "yes")]
        bias: bool,
    },
    /// A convolution whose every output pixel has weights of its own: weight `[channels, rows, columns, in, kh, kw]` and bias `[channels, rows, columns]` of the
    /// output's rows and columns.
    LocalConv {
        name: String,
        r#in: [String; 1],
        out: [String; 1],
        channels: usize,
        kernel: [usize; 2],
        #[serde(default = "ones")]
        stride: [usize; 2],
        #[serde(default)]
        pad: Pad,
        #[serde(default = "ones")]
        dilation: [usize; 2],
        #[serde(default = "yes")]
        bias: bool,
    },
    /// With running statistics.
    BatchNorm {
        name: String,
        r#in: [String; 1],
        out: [String; 1],
        #[serde(default = "eps")]
        eps: f64,
    },
    /// max(x, 0).
    Relu {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
    },
    /// 1 / (1 + exp(-x)).
    Sigmoid {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
    },
    /// tanh(x).
    Tanh {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
    },
    /// exp(x).
    Exp {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
    },
    /// The natural logarithm of x, and 0 of 0.
    Log {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
    },
    /// The root of x.
    Sqrt {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
    },
    /// |x|.
    Abs {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
    },
    /// x, below 0 slope * x.
    LeakyRelu {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
        slope: f64,
    },
    /// x, below 0 alpha * (exp(x) - 1).
    Elu {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
        #[serde(default = "unit")]
        alpha: f64,
    },
    /// x, at least `min` and at most `max`.
    Clip {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
        min: f64,
        max: f64,
    },
    /// alpha * x + beta, at least 0 and at most 1.
    HardSigmoid {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
        alpha: f64,
        beta: f64,
    },
    /// x * (x / 6 + 1/2, at least 0 and at most 1).
    HardSwish {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
    },
    /// x, below 0 times a slope a channel: weight `[channels]`.
    Prelu { name: String, r#in: [String; 1], out: [String; 1] },
    /// The same tensor by another name.
    Identity {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
    },
    /// Nothing, when a network is used.
    Dropout {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
        rate: f64,
    },
    /// The error function.
    Erf {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
    },
    /// x / 2 * (1 + erf(x / sqrt 2)), or with `tanh` x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))).
    Gelu {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
        #[serde(default)]
        tanh: bool,
    },
    /// log(1 + exp(x)).
    Softplus {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
    },
    /// The logarithm of a softmax over the channels.
    LogSoftmax {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
    },
    /// The first channel with the largest value, for each place of the others: `[C, H, W]` to `[1, H, W]`.
    ArgMax {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
    },
    /// Over the channels.
    Softmax {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
    },
    /// Largest value of a window.
    MaxPool {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
        kernel: [usize; 2],
        #[serde(default = "ones")]
        stride: [usize; 2],
        #[serde(default)]
        pad: Pad,
        #[serde(default = "ones", skip_serializing_if = "are_ones")]
        dilation: [usize; 2],
        #[serde(default)]
        ceil: bool,
    },
    /// Mean of a window.
    AveragePool {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
        kernel: [usize; 2],
        #[serde(default = "ones")]
        stride: [usize; 2],
        #[serde(default)]
        pad: Pad,
        #[serde(default)]
        ceil: bool,
        #[serde(default)]
        count_include_pad: bool,
    },
    /// Mean of every channel: `[C, 1, 1]`.
    GlobalAveragePool {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
    },
    /// Local response normalisation across channels: x * (k + alpha / size * sum of x^2)^-beta.
    Lrn {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
        size: usize,
        alpha: f64,
        beta: f64,
        #[serde(default = "unit")]
        k: f64,
    },
    /// Largest value of windows whose places `sample` draws: rows, then columns, each in [0, 1).
    FractionalMaxPool {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
        kernel: [usize; 2],
        size: [usize; 2],
        sample: [f32; 2],
    },
    /// `[C, H, W]` to `[C x H x W]` in logical order.
    Flatten {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
    },
    /// Weight `[channels, columns]`.
    Dense {
        name: String,
        r#in: [String; 1],
        out: [String; 1],
        channels: usize,
        #[serde(default = "yes")]
        bias: bool,
    },
    /// Sum, with broadcast.
    Add {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 2],
        out: [String; 1],
    },
    /// Product, with broadcast.
    Mul {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 2],
        out: [String; 1],
    },
    /// Difference, with broadcast.
    Sub {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 2],
        out: [String; 1],
    },
    /// Quotient, with broadcast.
    Div {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 2],
        out: [String; 1],
    },
    /// The larger of two, with broadcast.
    Max {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 2],
        out: [String; 1],
    },
    /// The smaller of two, with broadcast.
    Min {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 2],
        out: [String; 1],
    },
    /// The first to the power of the second, with broadcast; of a negative number only whole powers.
    Pow {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 2],
        out: [String; 1],
    },
    /// A product of matrices for each of the first sizes: `[C, M, K]` times `[C, K, P]` is `[C, M, P]`.
    Matmul {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 2],
        out: [String; 1],
    },
    /// A tensor of the file, `NAME.value` of `shape`, the same for every image; add, sub, mul, div, max, min and pow read it.
    Constant { name: String, out: [String; 1], shape: Vec<usize> },
    /// The same values in logical order in other sizes (without the batch).
    Reshape {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
        shape: Vec<usize>,
    },
    /// Dimension `axes[i]` (without the batch) becomes dimension i.
    Transpose {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
        axes: Vec<usize>,
    },
    /// Every `step`th of the positions from `start` along a dimension, `count` of them; with a negative step backwards.
    Slice {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
        axis: usize,
        start: usize,
        count: usize,
        #[serde(default = "forward")]
        step: i64,
    },
    /// `before` and `after` a dimension, more values.
    Pad {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
        before: Vec<usize>,
        after: Vec<usize>,
        #[serde(default)]
        mode: PadMode,
        #[serde(default)]
        value: f64,
    },
    /// To `size` rows and columns. `scale` is what coordinates are divided by, where it is not the quotient of the sizes.
    Resize {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
        size: [usize; 2],
        #[serde(default, skip_serializing_if = "Option::is_none")]
        scale: Option<[f32; 2]>,
        mode: ResizeMode,
        #[serde(default)]
        coordinates: Coordinates,
        #[serde(default)]
        rounding: Rounding,
    },
    /// One after another along the channels.
    Concat {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: Vec<String>,
        out: [String; 1],
    },
}

impl Op {
    /// Names of the tensors it reads, and of the one it makes.
    pub fn tensors(&self) -> (&[String], &str) {
        match self {
            Self::Conv { r#in, out, .. }
            | Self::ConvTranspose { r#in, out, .. }
            | Self::LocalConv { r#in, out, .. }
            | Self::BatchNorm { r#in, out, .. }
            | Self::Relu { r#in, out, .. }
            | Self::Sigmoid { r#in, out, .. }
            | Self::Tanh { r#in, out, .. }
            | Self::Exp { r#in, out, .. }
            | Self::Log { r#in, out, .. }
            | Self::Sqrt { r#in, out, .. }
            | Self::Abs { r#in, out, .. }
            | Self::LeakyRelu { r#in, out, .. }
            | Self::Elu { r#in, out, .. }
            | Self::Clip { r#in, out, .. }
            | Self::HardSigmoid { r#in, out, .. }
            | Self::HardSwish { r#in, out, .. }
            | Self::Prelu { r#in, out, .. }
            | Self::Identity { r#in, out, .. }
            | Self::Dropout { r#in, out, .. }
            | Self::Softmax { r#in, out, .. }
            | Self::LogSoftmax { r#in, out, .. }
            | Self::ArgMax { r#in, out, .. }
            | Self::Erf { r#in, out, .. }
            | Self::Gelu { r#in, out, .. }
            | Self::Softplus { r#in, out, .. }
            | Self::MaxPool { r#in, out, .. }
            | Self::AveragePool { r#in, out, .. }
            | Self::GlobalAveragePool { r#in, out, .. }
            | Self::Lrn { r#in, out, .. }
            | Self::FractionalMaxPool { r#in, out, .. }
            | Self::Flatten { r#in, out, .. }
            | Self::Reshape { r#in, out, .. }
            | Self::Transpose { r#in, out, .. }
            | Self::Slice { r#in, out, .. }
            | Self::Pad { r#in, out, .. }
            | Self::Resize { r#in, out, .. }
            | Self::Dense { r#in, out, .. } => (r#in, &out[0]),
            Self::Add { r#in, out, .. }
            | Self::Sub { r#in, out, .. }
            | Self::Mul { r#in, out, .. }
            | Self::Div { r#in, out, .. }
            | Self::Max { r#in, out, .. }
            | Self::Min { r#in, out, .. }
            | Self::Pow { r#in, out, .. }
            | Self::Matmul { r#in, out, .. } => (r#in, &out[0]),
            Self::Concat { r#in, out, .. } => (r#in, &out[0]),
            Self::Constant { out, .. } => (&[], &out[0]),
        }
    }
}
