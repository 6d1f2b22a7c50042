//! Layers one after another: what makes an architecture's file read like its paper's table.

use std::collections::BTreeMap;

use crate::graph::{Network, Op, Pad};

/// A square window. Pools of Caffe round sizes up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    kernel: usize,
    stride: usize,
    pad: usize,
    groups: usize,
    ceil: bool,
}

/// A window of `size` x `size`.
pub(super) fn kernel(size: usize) -> Window {
    Window { kernel: size, stride: 1, pad: 0, groups: 1, ceil: false }
}

impl Window {
    pub(super) fn stride(self, stride: usize) -> Self {
        Self { stride, ..self }
    }

    pub(super) fn pad(self, pad: usize) -> Self {
        Self { pad, ..self }
    }

    pub(super) fn groups(self, groups: usize) -> Self {
        Self { groups, ..self }
    }

    pub(super) fn ceil(self) -> Self {
        Self { ceil: true, ..self }
    }
}

/// The end of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Head {
    /// A dense layer of this many logits, and their probabilities.
    Classes(usize),
    /// A dense layer of this many values: a point in a metric space.
    Embedding(usize),
}

/// A network in the making. Every layer reads what the one before it made, and its output has its name.
pub(super) struct Layers {
    network: Network,
    last: String,
}

impl Layers {
    /// A network that reads `data` `[C, H, W]`.
    pub(super) fn new(channels: usize, height: usize, width: usize) -> Self {
        let inputs = BTreeMap::from([("data".to_owned(), vec![channels, height, width])]);
        Self { network: Network { inputs, outputs: Vec::new(), ops: Vec::new() }, last: "data".to_owned() }
    }

    /// What the last layer made.
    pub(super) fn last(&self) -> String {
        self.last.clone()
    }

    /// The next layer reads `tensor`.
    pub(super) fn from(&mut self, tensor: &str) -> &mut Self {
        tensor.clone_into(&mut self.last);
        self
    }

    fn push(&mut self, name: &str, op: impl FnOnce([String; 1], [String; 1]) -> Op) -> &mut Self {
        let input = std::mem::replace(&mut self.last, name.to_owned());
        self.network.ops.push(op([input], [name.to_owned()]));
        self
    }

    fn convolution(&mut self, name: &str, channels: usize, window: Window, bias: bool) -> &mut Self {
        let Window { kernel, stride, pad, groups, .. } = window;
        self.push(name, |r#in, out| Op::Conv {
            name: name.to_owned(),
            r#in,
            out,
            channels,
            kernel: [kernel; 2],
            stride: [stride; 2],
            pad: Pad::Fixed([pad; 4]),
            dilation: [1; 2],
            groups,
            bias,
        })
    }

    /// A convolution with a bias.
    pub(super) fn conv(&mut self, name: &str, channels: usize, window: Window) -> &mut Self {
        self.convolution(name, channels, window, true)
    }

    /// A convolution without a bias: a batch-norm is near.
    pub(super) fn bare_conv(&mut self, name: &str, channels: usize, window: Window) -> &mut Self {
        self.convolution(name, channels, window, false)
    }

    pub(super) fn batch_norm(&mut self, name: &str) -> &mut Self {
        self.batch_norm_eps(name, 1e-5)
    }

    pub(super) fn batch_norm_eps(&mut self, name: &str, eps: f64) -> &mut Self {
        self.push(name, |r#in, out| Op::BatchNorm { name: name.to_owned(), r#in, out, eps })
    }

    pub(super) fn relu(&mut self, name: &str) -> &mut Self {
        self.push(name, |r#in, out| Op::Relu { name: None, r#in, out })
    }

    pub(super) fn sigmoid(&mut self, name: &str) -> &mut Self {
        self.push(name, |r#in, out| Op::Sigmoid { name: None, r#in, out })
    }

    /// Local response normalisation over five channels.
    pub(super) fn lrn(&mut self, name: &str, alpha: f64, k: f64) -> &mut Self {
        self.push(name, |r#in, out| Op::Lrn { name: None, r#in, out, size: 5, alpha, beta: 0.75, k })
    }

    pub(super) fn max_pool(&mut self, name: &str, window: Window) -> &mut Self {
        let Window { kernel, stride, pad, ceil, .. } = window;
        self.push(name, |r#in, out| Op::MaxPool {
            dilation: [1, 1],
            name: None,
            r#in,
            out,
            kernel: [kernel; 2],
            stride: [stride; 2],
            pad: Pad::Fixed([pad; 4]),
            ceil,
        })
    }

    /// Max pooling whose windows `sample` draws, to `size` x `size`.
    pub(super) fn fractional_max_pool(&mut self, name: &str, kernel: usize, size: usize, sample: [f32; 2]) -> &mut Self {
        self.push(name, |r#in, out| Op::FractionalMaxPool { name: None, r#in, out, kernel: [kernel; 2], size: [size; 2], sample })
    }

    pub(super) fn global_average(&mut self, name: &str) -> &mut Self {
        self.push(name, |r#in, out| Op::GlobalAveragePool { name: None, r#in, out })
    }

    /// A dense layer over all that the last layer made.
    pub(super) fn dense(&mut self, name: &str, channels: usize) -> &mut Self {
        self.dense_of(name, name, channels)
    }

    fn dense_of(&mut self, name: &str, weights: &str, channels: usize) -> &mut Self {
        let flat = format!("{name}_in");
        self.push(&flat, |r#in, out| Op::Flatten { name: None, r#in, out });
        self.push(name, |r#in, out| Op::Dense { name: weights.to_owned(), r#in, out, channels, bias: true })
    }

    pub(super) fn dropout(&mut self, name: &str, rate: f64) -> &mut Self {
        self.push(name, |r#in, out| Op::Dropout { name: None, r#in, out, rate })
    }

    /// The same values in other sizes.
    pub(super) fn reshape(&mut self, name: &str, shape: &[usize]) -> &mut Self {
        self.push(name, |r#in, out| Op::Reshape { name: None, r#in, out, shape: shape.to_vec() })
    }

    /// Dimension `axes[i]` becomes dimension i.
    pub(super) fn transpose(&mut self, name: &str, axes: &[usize]) -> &mut Self {
        self.push(name, |r#in, out| Op::Transpose { name: None, r#in, out, axes: axes.to_vec() })
    }

    /// `count` positions of a dimension from `start` on.
    pub(super) fn slice(&mut self, name: &str, axis: usize, start: usize, count: usize) -> &mut Self {
        self.push(name, |r#in, out| Op::Slice { name: None, r#in, out, axis, start, count, step: 1 })
    }

    /// Over the first dimension.
    pub(super) fn softmax(&mut self, name: &str) -> &mut Self {
        self.push(name, |r#in, out| Op::Softmax { name: None, r#in, out })
    }

    /// The sum of `other` and what the last layer made.
    pub(super) fn add(&mut self, name: &str, other: &str) -> &mut Self {
        self.push(name, |[last], out| Op::Add { name: None, r#in: [other.to_owned(), last], out })
    }

    pub(super) fn concat(&mut self, name: &str, parts: &[String]) -> &mut Self {
        self.push(name, |_, out| Op::Concat { name: None, r#in: parts.to_vec(), out })
    }

    /// The last dense layer, `name` of classes or `embedding`, and with classes their probabilities `prob`: the network.
    pub(super) fn head(self, name: &str, head: Head) -> Network {
        self.head_of(name, name, head)
    }

    /// As [`Layers::head`], where the layer of the classes has another name than its output.
    pub(super) fn head_of(mut self, name: &str, weights: &str, head: Head) -> Network {
        match head {
            Head::Classes(classes) => {
                self.dense_of(name, weights, classes).softmax("prob");
            }
            Head::Embedding(size) => {
                self.dense("embedding", size);
            }
        }
        self.end()
    }

    /// The network, which answers what the last layer made.
    pub(super) fn end(mut self) -> Network {
        self.network.outputs = vec![self.last];
        self.network
    }
}
