//! A network as data: named operators, the one description that zoo, importers, scheduler and training share.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What to compute.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// `[C, H, W]` of each input by name.
    pub inputs: BTreeMap<String, [usize; 3]>,
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

fn one() -> usize {
    1
}
fn ones() -> [usize; 2] {
    [1; 2]
}
fn unit() -> f64 {
    1.0
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
    /// Nothing, when a network is used.
    Dropout {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        r#in: [String; 1],
        out: [String; 1],
        rate: f64,
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
            | Self::BatchNorm { r#in, out, .. }
            | Self::Relu { r#in, out, .. }
            | Self::Sigmoid { r#in, out, .. }
            | Self::Dropout { r#in, out, .. }
            | Self::Softmax { r#in, out, .. }
            | Self::MaxPool { r#in, out, .. }
            | Self::AveragePool { r#in, out, .. }
            | Self::GlobalAveragePool { r#in, out, .. }
            | Self::Lrn { r#in, out, .. }
            | Self::FractionalMaxPool { r#in, out, .. }
            | Self::Flatten { r#in, out, .. }
            | Self::Dense { r#in, out, .. } => (r#in, &out[0]),
            Self::Add { r#in, out, .. } | Self::Mul { r#in, out, .. } => (r#in, &out[0]),
            Self::Concat { r#in, out, .. } => (r#in, &out[0]),
        }
    }
}
