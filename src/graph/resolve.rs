//! A network with its names bound and every shape known; what is wrong with a description is said here.

use std::collections::HashMap;

use super::network::{Network, Op};
use crate::error::{Error, Result};
use crate::operators::{Binary, Lrn, MOST_AXES, Pooling, Rearrange, Resampling, Unary, Window};

/// A tensor of a [`Graph`].
pub type TensorId = usize;

/// A tensor's name and shape, without the batch.
#[derive(Debug, Clone, PartialEq)]
pub struct TensorInfo {
    /// Name in the description.
    pub name: String,
    /// Channels, height, width: how it lies on the GPU.
    pub shape: [usize; 3],
    /// Its sizes in logical order, of any number; those from the third on are its width together.
    pub dims: Vec<usize>,
}

impl TensorInfo {
    fn new(name: &str, dims: Vec<usize>) -> Self {
        let at = |i: usize| dims.get(i).copied().unwrap_or(1);
        let shape = [at(0), at(1), dims.iter().skip(2).product()];
        Self { name: name.to_owned(), shape, dims }
    }

    /// Logical shape of `images` of it.
    pub fn logical(&self, images: usize) -> Vec<usize> {
        [&[images], &self.dims[..]].concat()
    }

    /// Values for one image.
    pub fn values(&self) -> usize {
        self.shape.iter().product()
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
    /// Transposed convolution with weights `name.weight`, and `name.bias` if `bias`.
    ConvTranspose {
        /// Name of the weights.
        name: String,
        /// Output channels.
        channels: usize,
        /// Window of the convolution that it turns around.
        window: Window,
        /// Groups.
        groups: usize,
        /// Whether there is a bias.
        bias: bool,
    },
    /// Locally connected layer with weights `name.weight`, and `name.bias` if `bias`.
    LocalConv {
        /// Name of the weights.
        name: String,
        /// Output channels.
        channels: usize,
        /// Window with its pads found.
        window: Window,
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
    /// Its logarithm.
    LogSoftmax,
    /// The first channel with the largest value.
    ArgMax,
    /// Products of matrices, one a channel.
    Matmul,
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
    /// The same values in logical order in other sizes.
    Reshape,
    /// Values from other places: transpose, slice, pad.
    Rearrange(Rearrange),
    /// Resized rows and columns.
    Resample {
        /// How.
        how: Resampling,
        /// What coordinates are divided by, where it is not the quotient of the sizes.
        scale: Option<[f32; 2]>,
    },
    /// A slope a channel below 0, `name.weight`.
    Prelu {
        /// Name of the weights.
        name: String,
    },
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
            Self::ConvTranspose { .. } => "conv_transpose",
            Self::LocalConv { .. } => "local_conv",
            Self::Unary(Unary::Relu) => "relu",
            Self::Unary(Unary::Sigmoid) => "sigmoid",
            Self::Unary(Unary::Tanh) => "tanh",
            Self::Unary(Unary::Exp) => "exp",
            Self::Unary(Unary::Log) => "log",
            Self::Unary(Unary::Sqrt) => "sqrt",
            Self::Unary(Unary::Abs) => "abs",
            Self::Unary(Unary::LeakyRelu(_)) => "leaky_relu",
            Self::Unary(Unary::Elu(_)) => "elu",
            Self::Unary(Unary::Clip(..)) => "clip",
            Self::Unary(Unary::HardSigmoid(..)) => "hard_sigmoid",
            Self::Unary(Unary::HardSwish) => "hard_swish",
            Self::Unary(Unary::Erf) => "erf",
            Self::Unary(Unary::Gelu | Unary::GeluTanh) => "gelu",
            Self::Unary(Unary::Softplus) => "softplus",
            Self::LogSoftmax => "log_softmax",
            Self::ArgMax => "arg_max",
            Self::Matmul => "matmul",
            Self::Prelu { .. } => "prelu",
            Self::Identity => "dropout",
            Self::Softmax => "softmax",
            Self::Pool { pooling: Pooling::Max, .. } => "max_pool",
            Self::Pool { .. } => "average_pool",
            Self::FractionalMaxPool { .. } => "fractional_max_pool",
            Self::GlobalAverage => "global_average_pool",
            Self::Lrn(_) => "lrn",
            Self::Reshape => "reshape",
            Self::Rearrange(_) => "rearrange",
            Self::Resample { .. } => "resize",
            Self::Dense { .. } => "dense",
            Self::Binary(Binary::Add) => "add",
            Self::Binary(Binary::Mul) => "mul",
            Self::Binary(Binary::Sub) => "sub",
            Self::Binary(Binary::Div) => "div",
            Self::Binary(Binary::Max) => "max",
            Self::Binary(Binary::Min) => "min",
            Self::Binary(Binary::Pow) => "pow",
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

fn fits(dims: &[usize]) -> bool {
    dims.len() < MOST_AXES
        && dims.iter().try_fold(1_usize, |product, &n| product.checked_mul(n)).is_some_and(|n| (1..=MOST_VALUES).contains(&n))
}

/// A tensor of the file: `name.value`, the same for every image.
#[derive(Debug, Clone, PartialEq)]
pub struct Constant {
    /// Name of the weight, without `.value`.
    pub name: String,
    /// The tensor it is.
    pub output: TensorId,
}

/// A network with names bound and shapes known.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// Tensors; the inputs come first, sorted by name.
    pub tensors: Vec<TensorInfo>,
    /// Number of inputs.
    pub inputs: usize,
    /// Tensors of the file.
    pub constants: Vec<Constant>,
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
        if network.inputs.is_empty() {
            return Err(Error::shape("inputs", "a network has at least one"));
        }
        let inputs = network.inputs.len();
        let mut graph = Self { tensors: Vec::new(), inputs, constants: Vec::new(), nodes: Vec::new(), outputs: Vec::new() };
        let mut ids = HashMap::new();
        for (id, (name, dims)) in network.inputs.iter().enumerate() {
            if dims.iter().any(|&n| n > 1 << 16) || !fits(dims) {
                return Err(Error::shape(
                    name,
                    format!("sizes lie between 1 and 65536, {MOST_VALUES} values in all, not {dims:?}"),
                ));
            }
            graph.tensors.push(TensorInfo::new(name, dims.clone()));
            ids.insert(name.as_str(), id);
        }
        for op in &network.ops {
            let (inputs, out) = op.tensors();
            let find = |name: &String| {
                ids.get(name.as_str())
                    .copied()
                    .ok_or_else(|| Error::shape(out, format!("it reads `{name}`, which nothing before it makes")))
            };
            let inputs = inputs.iter().map(find).collect::<Result<Vec<_>>>()?;
            let (kind, dims) = match op {
                Op::Constant { shape, .. } => (None, shape.clone()),
                _ => graph.infer(op, out, &inputs).map(|(kind, dims)| (Some(kind), dims))?,
            };
            if !fits(&dims) {
                let most = MOST_AXES - 1;
                return Err(Error::shape(
                    out,
                    format!("its shape would be {dims:?}: 1 to {MOST_VALUES} values of {most} dimensions are possible"),
                ));
            }
            graph.tensors.push(TensorInfo::new(out, dims));
            let output = graph.tensors.len() - 1;
            if ids.insert(out, output).is_some() {
                return Err(Error::shape(out, "two operators make a tensor of this name"));
            }
            if let Some(kind) = kind {
                graph.check_constants(&kind, &inputs, out)?;
                graph.nodes.push(Node { kind, inputs, output });
            } else if let Op::Constant { name, .. } = op {
                graph.constants.push(Constant { name: name.clone(), output });
            }
        }
        for name in &network.outputs {
            let id = graph.find(name)?;
            graph.answers(id)?;
            graph.outputs.push(id);
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

    /// Whether tensor `id` is of the file.
    pub fn is_constant(&self, id: TensorId) -> bool {
        // They were appended in the order of their tensors.
        self.constants.binary_search_by_key(&id, |constant| constant.output).is_ok()
    }

    /// Checks that tensor `id` can be an answer: a constant has no image.
    ///
    /// # Errors
    /// [`Error::Shape`] where it cannot.
    pub fn answers(&self, id: TensorId) -> Result<()> {
        if self.is_constant(id) {
            return Err(Error::shape(&self.tensors[id].name, "a constant is no answer: it lies in the file"));
        }
        Ok(())
    }

    /// Constants have one image: what reads them repeats it.
    fn check_constants(&self, kind: &Kind, inputs: &[TensorId], out: &str) -> Result<()> {
        let Some(&id) = inputs.iter().find(|&&id| self.is_constant(id)) else { return Ok(()) };
        let name = &self.tensors[id].name;
        if !matches!(kind, Kind::Binary(_)) {
            return Err(Error::shape(
                out,
                format!("{} reads the constant `{name}`: add, sub, mul, div, max, min and pow do that", kind.name()),
            ));
        }
        if inputs.iter().all(|&id| self.is_constant(id)) {
            return Err(Error::shape(out, "it reads constants only: write its value as one"));
        }
        Ok(())
    }
}
