//! A network with its names bound and every shape known; what is wrong with a description is said here.

use std::collections::HashMap;

use super::network::{AutoPad, Network, Op, Pad};
use crate::error::{Error, Result};
use crate::fractional::fractional_starts;
use crate::kernels::{Binary, Lrn, Pooling, Unary};
use crate::window::Window;

/// A tensor of a [`Graph`].
pub type TensorId = usize;

/// A tensor's name and shape, without the batch.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorInfo {
    /// Name in the description.
    pub name: String,
    /// Channels, height, width.
    pub shape: [usize; 3],
    /// `[N, C]` rather than `[N, C, H, W]`.
    pub flat: bool,
}

impl TensorInfo {
    /// Logical shape of `images` of it.
    pub fn logical(&self, images: usize) -> Vec<usize> {
        let [c, h, w] = self.shape;
        if self.flat { vec![images, c] } else { vec![images, c, h, w] }
    }
}

/// What a node computes.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Convolution with weights `name.weight`, and `name.bias` if `bias`.
    Conv {
        /// Name of the weights.
        name: String,
        /// Output channels.
        channels: usize,
        /// Window with its pads found.
        window: Window,
        /// Groups.
        groups: usize,
        /// Whether there is a bias.
        bias: bool,
    },
    /// Batch-norm with running statistics.
    BatchNorm {
        /// Name of the weights.
        name: String,
        /// Added to the variance.
        eps: f64,
    },
    /// A function of each value.
    Unary(Unary),
    /// Nothing (dropout).
    Identity,
    /// Softmax over the channels.
    Softmax,
    /// Pooling.
    Pool {
        /// Largest or mean.
        pooling: Pooling,
        /// Window with its pads found.
        window: Window,
        /// Sizes round up.
        ceil: bool,
    },
    /// Max pooling over windows drawn by a sample along rows and columns.
    FractionalMaxPool {
        /// Height and width of a window.
        kernel: [usize; 2],
        /// Along rows and columns.
        sample: [f32; 2],
    },
    /// Mean of every channel.
    GlobalAverage,
    /// Local response normalisation across channels.
    Lrn(Lrn),
    /// Logical order in one row.
    Flatten,
    /// Dense layer.
    Dense {
        /// Name of the weights.
        name: String,
        /// Outputs.
        channels: usize,
        /// Whether there is a bias.
        bias: bool,
    },
    /// Two tensors, with broadcast.
    Binary(Binary),
    /// Channels one after another.
    Concat,
}

impl Kind {
    /// Its name in a description.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Conv { .. } => "conv",
            Self::BatchNorm { .. } => "batch_norm",
            Self::Unary(Unary::Relu) => "relu",
            Self::Unary(Unary::Sigmoid) => "sigmoid",
            Self::Identity => "dropout",
            Self::Softmax => "softmax",
            Self::Pool { pooling: Pooling::Max, .. } => "max_pool",
            Self::Pool { .. } => "average_pool",
            Self::FractionalMaxPool { .. } => "fractional_max_pool",
            Self::GlobalAverage => "global_average_pool",
            Self::Lrn(_) => "lrn",
            Self::Flatten => "flatten",
            Self::Dense { .. } => "dense",
            Self::Binary(Binary::Add) => "add",
            Self::Binary(Binary::Mul) => "mul",
            Self::Concat => "concat",
        }
    }
}

/// One operator with its tensors.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it computes.
    pub kind: Kind,
    /// Tensors it reads.
    pub inputs: Vec<TensorId>,
    /// Tensor it makes.
    pub output: TensorId,
}

/// Most values of a tensor, for one image.
const MOST_VALUES: usize = 1 << 28;

fn fits(shape: [usize; 3]) -> bool {
    shape.iter().try_fold(1_usize, |product, &n| product.checked_mul(n)).is_some_and(|n| (1..=MOST_VALUES).contains(&n))
}

/// A network with names bound and shapes known.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// Tensors; the first is the input.
    pub tensors: Vec<TensorInfo>,
    /// Operators in order.
    pub nodes: Vec<Node>,
    /// The answer.
    pub outputs: Vec<TensorId>,
}

impl Graph {
    /// Binds names and finds shapes.
    ///
    /// # Errors
    /// [`Error::Shape`] naming the tensor at fault.
    pub fn new(network: &Network) -> Result<Self> {
        let mut inputs = network.inputs.iter();
        let (Some((name, &shape)), None) = (inputs.next(), inputs.next()) else {
            return Err(Error::shape("inputs", format!("a network has one input here, not {}", network.inputs.len())));
        };
        if shape.iter().any(|&n| n > 1 << 16) || !fits(shape) {
            return Err(Error::shape(name, format!("sizes lie between 1 and 65536, {MOST_VALUES} values in all, not {shape:?}")));
        }
        let mut graph =
            Self { tensors: vec![TensorInfo { name: name.clone(), shape, flat: false }], nodes: Vec::new(), outputs: Vec::new() };
        let mut ids = HashMap::from([(name.as_str(), 0)]);
        for op in &network.ops {
            let (inputs, out) = op.tensors();
            let find = |name: &String| {
                ids.get(name.as_str())
                    .copied()
                    .ok_or_else(|| Error::shape(out, format!("it reads `{name}`, which nothing before it makes")))
            };
            let inputs = inputs.iter().map(find).collect::<Result<Vec<_>>>()?;
            let (kind, shape, flat) = graph.infer(op, out, &inputs)?;
            if !fits(shape) {
                return Err(Error::shape(out, format!("its shape would be {shape:?}: 1 to {MOST_VALUES} values are possible")));
            }
            graph.tensors.push(TensorInfo { name: out.to_owned(), shape, flat });
            let output = graph.tensors.len() - 1;
            if ids.insert(out, output).is_some() {
                return Err(Error::shape(out, "two operators make a tensor of this name"));
            }
            graph.nodes.push(Node { kind, inputs, output });
        }
        for name in &network.outputs {
            graph.outputs.push(graph.find(name)?);
        }
        if graph.outputs.is_empty() {
            return Err(Error::shape("outputs", "a network has at least one"));
        }
        Ok(graph)
    }

    /// The tensor called `name`.
    ///
    /// # Errors
    /// [`Error::Shape`] listing the names there are.
    pub fn find(&self, name: &str) -> Result<TensorId> {
        self.tensors.iter().position(|t| t.name == name).ok_or_else(|| {
            let names: Vec<&str> = self.tensors.iter().map(|t| t.name.as_str()).collect();
            Error::shape(name, format!("no tensor has this name; there are: {}", names.join(", ")))
        })
    }

    fn infer(&self, op: &Op, out: &str, inputs: &[TensorId]) -> Result<(Kind, [usize; 3], bool)> {
        let Some(first) = inputs.first().map(|&id| &self.tensors[id]) else {
            return Err(Error::shape(out, "it reads nothing"));
        };
        let [channels, height, width] = first.shape;
        let size = [height, width];
        let same = |kind: Kind| Ok((kind, first.shape, first.flat));
        match op {
            Op::Conv { name, channels: made, kernel, stride, pad, dilation, groups, bias, .. } => {
                if *groups == 0 || *made == 0 || channels % groups != 0 || made % groups != 0 {
                    return Err(Error::shape(out, format!("{channels} -> {made} channels do not divide into {groups} groups")));
                }
                let window = window(out, size, *kernel, *stride, *pad, *dilation)?;
                let [h, w] = window.output(out, size, false)?;
                Ok((
                    Kind::Conv { name: name.clone(), channels: *made, window, groups: *groups, bias: *bias },
                    [*made, h, w],
                    false,
                ))
            }
            Op::BatchNorm { name, eps, .. } => same(Kind::BatchNorm { name: name.clone(), eps: *eps }),
            Op::Relu { .. } => same(Kind::Unary(Unary::Relu)),
            Op::Sigmoid { .. } => same(Kind::Unary(Unary::Sigmoid)),
            Op::Dropout { .. } => same(Kind::Identity),
            Op::Softmax { .. } => same(Kind::Softmax),
            Op::MaxPool { kernel, stride, pad, ceil, .. } => self.pool(out, first, Pooling::Max, *kernel, *stride, *pad, *ceil),
            Op::AveragePool { kernel, stride, pad, ceil, count_include_pad, .. } => {
                let pooling = Pooling::Average { count_include_pad: *count_include_pad };
                self.pool(out, first, pooling, *kernel, *stride, *pad, *ceil)
            }
            Op::Lrn { size, alpha, beta, k, .. } => {
                let lrn = Lrn { size: *size, alpha: *alpha, beta: *beta, k: *k };
                lrn.check(out)?;
                picture(out, first)?;
                same(Kind::Lrn(lrn))
            }
            Op::FractionalMaxPool { kernel, size: made, sample, .. } => {
                picture(out, first)?;
                for axis in 0..2 {
                    fractional_starts(out, size[axis], made[axis], kernel[axis], sample[axis])?;
                }
                crate::kernels::check_steps(out, *kernel)?;
                Ok((Kind::FractionalMaxPool { kernel: *kernel, sample: *sample }, [channels, made[0], made[1]], false))
            }
            Op::GlobalAveragePool { .. } => Ok((Kind::GlobalAverage, [channels, 1, 1], first.flat)),
            Op::Flatten { .. } => Ok((Kind::Flatten, [channels * height * width, 1, 1], true)),
            Op::Dense { name, channels: made, bias, .. } => {
                if !first.flat && height * width != 1 {
                    return Err(Error::shape(
                        out,
                        format!(
                            "a dense layer reads a flat tensor, `{}` is {:?}: put a flatten before it",
                            first.name, first.shape
                        ),
                    ));
                }
                Ok((Kind::Dense { name: name.clone(), channels: *made, bias: *bias }, [*made, 1, 1], true))
            }
            Op::Add { .. } | Op::Mul { .. } => {
                let second = &self.tensors[inputs[1]];
                let mut shape = [0; 3];
                for (axis, to) in shape.iter_mut().enumerate() {
                    *to = match (first.shape[axis], second.shape[axis]) {
                        (a, b) if a == b => a,
                        (1, b) => b,
                        (a, 1) => a,
                        _ => {
                            return Err(Error::shape(
                                out,
                                format!(
                                    "`{}` {:?} and `{}` {:?} do not broadcast",
                                    first.name, first.shape, second.name, second.shape
                                ),
                            ));
                        }
                    };
                }
                let function = if matches!(op, Op::Add { .. }) { Binary::Add } else { Binary::Mul };
                Ok((Kind::Binary(function), shape, first.flat && second.flat))
            }
            Op::Concat { .. } => {
                let mut total = 0_usize;
                for &id in inputs {
                    let part = &self.tensors[id];
                    if part.shape[1..] != first.shape[1..] || part.flat != first.flat {
                        return Err(Error::shape(
                            out,
                            format!(
                                "`{}` {:?} and `{}` {:?} differ in more than channels",
                                first.name, first.shape, part.name, part.shape
                            ),
                        ));
                    }
                    total = total.saturating_add(part.shape[0]);
                }
                Ok((Kind::Concat, [total, height, width], first.flat))
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "the fields of one operator")]
    fn pool(
        &self,
        out: &str,
        input: &TensorInfo,
        pooling: Pooling,
        kernel: [usize; 2],
        stride: [usize; 2],
        pad: Pad,
        ceil: bool,
    ) -> Result<(Kind, [usize; 3], bool)> {
        let [channels, height, width] = input.shape;
        let window = window(out, [height, width], kernel, stride, pad, [1, 1])?;
        crate::kernels::check_window(out, window)?;
        let [h, w] = window.output(out, [height, width], ceil)?;
        Ok((Kind::Pool { pooling, window, ceil }, [channels, h, w], input.flat))
    }
}

/// Checks that `input` is `[C, H, W]`.
fn picture(at: &str, input: &TensorInfo) -> Result<()> {
    if input.flat {
        return Err(Error::shape(at, format!("it reads [C, H, W], `{}` is flat: put it before the flatten", input.name)));
    }
    Ok(())
}

fn window(at: &str, size: [usize; 2], kernel: [usize; 2], stride: [usize; 2], pad: Pad, dilation: [usize; 2]) -> Result<Window> {
    if [kernel, stride, dilation].iter().flatten().any(|&n| n == 0 || n > 1 << 16) {
        return Err(Error::shape(
            at,
            format!("kernel {kernel:?}, stride {stride:?} and dilation {dilation:?} lie between 1 and 65536"),
        ));
    }
    let pad = match pad {
        Pad::Fixed(pad) => pad,
        Pad::Auto(AutoPad::Valid) => [0; 4],
        Pad::Auto(same) => {
            let mut pads = [0; 4];
            for axis in 0..2 {
                let extent = dilation[axis] * (kernel[axis] - 1) + 1;
                let total = ((size[axis].div_ceil(stride[axis]) - 1) * stride[axis] + extent).saturating_sub(size[axis]);
                let (small, large) = (total / 2, total - total / 2);
                (pads[axis], pads[axis + 2]) = if same == AutoPad::SameUpper { (small, large) } else { (large, small) };
            }
            pads
        }
    };
    Ok(Window { kernel, stride, pad, dilation })
}
