//! A network of a moue model file as calls of burn: weights on the device, operators in the file's order, batch-norms within the convolutions before
//! them, as export.py has them for the other programs.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;

use burn::nn::{LocalResponseNorm, LocalResponseNormConfig};
use burn::tensor::activation::{relu, softmax};
use burn::tensor::module::{adaptive_avg_pool2d, avg_pool2d, conv2d, linear, max_pool2d};
use burn::tensor::ops::{AvgPoolOptions, ConvOptions, MaxPoolOptions};
use burn::tensor::{Device, Tensor, TensorData};
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

pub type Result<T> = std::result::Result<T, Box<dyn Error>>;

#[derive(Deserialize)]
struct Model {
    moue: u32,
    networks: BTreeMap<String, Description>,
    members: Vec<Member>,
}

#[derive(Deserialize)]
struct Member {
    network: String,
    weights: String,
}

#[derive(Deserialize)]
struct Description {
    inputs: BTreeMap<String, [usize; 3]>,
    outputs: Vec<String>,
    ops: Vec<Layer>,
}

impl Description {
    /// The batch-norms that alone read what a convolution makes, by the name of that.
    fn folded(&self) -> BTreeMap<&str, &Op> {
        let convs: BTreeSet<&str> =
            self.ops.iter().filter(|layer| matches!(layer.op, Op::Conv { .. })).map(|layer| layer.out[0].as_str()).collect();
        let readers = |tensor: &str| self.ops.iter().flat_map(|layer| &layer.r#in).filter(|name| *name == tensor).count();
        let norms = self.ops.iter().filter(|layer| matches!(layer.op, Op::BatchNorm { .. }));
        let read = norms.filter_map(|layer| Some((layer.r#in.first()?.as_str(), &layer.op)));
        let alone = |tensor: &str| readers(tensor) == 1 && self.outputs.iter().all(|name| name != tensor);
        read.filter(|(tensor, _)| convs.contains(tensor) && alone(tensor)).collect()
    }
}

#[derive(Deserialize)]
struct Layer {
    r#in: Vec<String>,
    out: [String; 1],
    #[serde(flatten)]
    op: Op,
}

/// The operators of convolutional networks among those of a model file; pads are top, left, bottom, right.
#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Op {
    Conv { name: String, stride: [usize; 2], pad: [usize; 4], dilation: [usize; 2], groups: usize, bias: bool },
    BatchNorm { name: String, eps: f32 },
    Relu,
    Identity,
    Dropout,
    Softmax,
    MaxPool(Pool),
    AveragePool(Pool),
    GlobalAveragePool,
    Lrn { size: usize, alpha: f64, beta: f64, k: f64 },
    Flatten,
    Dense { name: String, bias: bool },
    Add,
    Concat,
}

#[derive(Deserialize)]
struct Pool {
    kernel: [usize; 2],
    stride: [usize; 2],
    pad: [usize; 4],
    ceil: bool,
    #[serde(default)]
    count_include_pad: bool,
}

/// An operator with what it holds on the device.
enum Step {
    Conv(Tensor<4>, Option<Tensor<1>>, ConvOptions<2>),
    /// `[1, C, 1, 1]` both: x * scale + shift.
    Affine(Tensor<4>, Tensor<4>),
    Relu,
    Same,
    Softmax,
    MaxPool(MaxPoolOptions<2>),
    AveragePool(AvgPoolOptions<2>),
    Mean,
    Lrn(LocalResponseNorm),
    Flatten,
    /// Weight `[columns, channels]`.
    Dense(Tensor<2>, Option<Tensor<1>>),
    Add,
    Concat,
}

/// A step, the tensors it reads, each with whether nothing reads it later, and its name in errors.
struct Planned {
    step: Step,
    reads: Vec<(usize, bool)>,
    name: String,
}

/// Tensor 0 is the input, tensor i + 1 what step i makes; all are `[N, C, H, W]`, vectors `[N, C, 1, 1]`.
pub struct Network {
    /// `[C, H, W]`.
    pub input: [usize; 3],
    steps: Vec<Planned>,
    output: usize,
}

impl Network {
    /// The first member's network of the model file `bytes`, its weights on `device`.
    ///
    /// # Errors
    /// Where the file is none of version 1, or has an operator, several inputs or a type of weights that this program does not know.
    pub fn load(bytes: &[u8], device: &Device) -> Result<Self> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let text = header.metadata().as_ref().and_then(|entries| entries.get("moue")).ok_or("no model file of moue")?;
        let mut model: Model = serde_json::from_str(text)?;
        let member = model.members.first().filter(|_| model.moue == 1).ok_or("no member, or a version that is not 1")?;
        let description = model.networks.remove(&member.network).ok_or("the member's network is missing")?;
        let [(input, sides)] = &description.inputs.iter().collect::<Vec<_>>()[..] else { return Err("not one input".into()) };
        let weights = Weights { file: SafeTensors::deserialize(bytes)?, prefix: &member.weights, device };

        let mut places = BTreeMap::from([(input.as_str(), 0)]);
        let mut last = vec![usize::MAX];
        let mut steps: Vec<Planned> = Vec::new();
        let norms = description.folded();
        for Layer { r#in, out: [name], op } in &description.ops {
            let find = |input: &String| places.get(input.as_str()).copied().ok_or(format!("{name}: nothing makes {input}"));
            let inputs = r#in.iter().map(find).collect::<std::result::Result<Vec<usize>, _>>()?;
            let several = if matches!(op, Op::Concat) { inputs.len() } else { 1 + usize::from(matches!(op, Op::Add)) };
            if inputs.is_empty() || inputs.len() != several {
                return Err(format!("{name}: it has {} inputs", inputs.len()).into());
            }
            if norms.contains_key(r#in[0].as_str()) {
                places.insert(name, inputs[0]);
                continue;
            }
            inputs.iter().for_each(|&place| last[place] = steps.len());
            let step = weights.step(op, norms.get(name.as_str()).copied()).map_err(|error| format!("{name}: {error}"))?;
            steps.push(Planned { step, reads: inputs.into_iter().map(|place| (place, false)).collect(), name: name.clone() });
            places.insert(name, steps.len());
            last.push(usize::MAX);
        }
        let output = *description.outputs.first().and_then(|name| places.get(name.as_str())).ok_or("it has no output")?;
        last[output] = usize::MAX;
        for (index, planned) in steps.iter_mut().enumerate() {
            // `x + x` reads one tensor twice: it is kept for both.
            let twice = planned.reads.len() == 2 && planned.reads[0].0 == planned.reads[1].0;
            planned.reads.iter_mut().for_each(|(place, at_last)| *at_last = !twice && last[*place] == index);
        }
        Ok(Self { input: **sides, steps, output })
    }

    /// The first output for `images` `[N, C, H, W]`.
    ///
    /// # Errors
    /// Where an operator does not take the sizes it is given.
    pub fn run(&self, images: Tensor<4>) -> Result<Tensor<4>> {
        let mut tensors = vec![Some(images)];
        for Planned { step, reads, name } in &self.steps {
            let mut inputs = Vec::new();
            for &(place, at_last) in reads {
                // A tensor that is still held must be written to memory, whatever burn fuses.
                inputs
                    .push(if at_last { tensors[place].take() } else { tensors[place].clone() }.ok_or("read after its last use")?);
            }
            tensors.push(Some(step.apply(inputs).map_err(|error| format!("{name}: {error}"))?));
        }
        Ok(tensors[self.output].take().ok_or("the output was read")?)
    }
}

impl Step {
    fn apply(&self, inputs: Vec<Tensor<4>>) -> Result<Tensor<4>> {
        let dims: Vec<[usize; 4]> = inputs.iter().map(|tensor| tensor.dims()).collect();
        let ([images, channels, height, width], sizes) = (dims[0], [dims[0][2], dims[0][3]]);
        let fits = |good: bool| if good { Ok(()) } else { Err(format!("it does not take {dims:?}")) };
        let covers =
            |kernel: [usize; 2], pads: [(usize, usize); 2]| (0..2).all(|i| kernel[i] <= sizes[i] + pads[i].0 + pads[i].1);
        if let Self::Concat = self {
            fits(dims.iter().all(|[n, _, h, w]| (*n, [*h, *w]) == (images, sizes)))?;
            return Ok(Tensor::cat(inputs, 1));
        }
        let mut inputs = inputs.into_iter();
        let mut next = || inputs.next().ok_or("an input is missing");
        let x = next()?;
        Ok(match self {
            Self::Conv(weight, bias, options) => {
                let [_, columns, rows, width] = weight.dims();
                let reach = [rows, width].map(|side| side.saturating_sub(1));
                let extent = [0, 1].map(|i| reach[i] * options.dilation[i] + 1);
                fits(channels == columns * options.groups && covers(extent, options.padding))?;
                conv2d(x, weight.clone(), bias.clone(), options.clone())
            }
            Self::Affine(scale, shift) => {
                fits(channels == scale.dims()[1])?;
                x * scale.clone() + shift.clone()
            }
            Self::Relu => relu(x),
            Self::Same | Self::Concat => x,
            Self::Softmax => softmax(x, 1),
            Self::MaxPool(options) => {
                fits(covers(options.kernel_size, options.padding))?;
                max_pool2d(x, options.clone())
            }
            Self::AveragePool(options) => {
                fits(covers(options.kernel_size, options.padding))?;
                avg_pool2d(x, options.clone())
            }
            Self::Mean => adaptive_avg_pool2d(x, [1, 1]),
            Self::Lrn(norm) => norm.forward(x),
            Self::Flatten => x.reshape([images, channels * height * width, 1, 1]),
            Self::Dense(weight, bias) => {
                let [columns, outputs] = weight.dims();
                fits(channels * height * width == columns)?;
                linear(x.reshape([images, columns]), weight.clone(), bias.clone()).reshape([images, outputs, 1, 1])
            }
            Self::Add => {
                fits((0..4).all(|i| dims[0][i] == dims[1][i] || dims[0][i] == 1 || dims[1][i] == 1))?;
                x + next()?
            }
        })
    }
}

/// The tensors of a file whose names begin with `prefix`.
struct Weights<'a> {
    file: SafeTensors<'a>,
    prefix: &'a str,
    device: &'a Device,
}

impl Weights<'_> {
    fn values<const D: usize>(&self, name: &str, of: &str) -> Result<(Vec<f32>, [usize; D])> {
        let name = format!("{}{name}.{of}", self.prefix);
        let view = self.file.tensor(&name)?;
        let shape = view.shape().try_into().map_err(|_| format!("{name} is {:?}", view.shape()))?;
        if view.dtype() != Dtype::F32 {
            return Err(format!("{name} is {:?}, not F32", view.dtype()).into());
        }
        Ok((view.data().as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect(), shape))
    }

    fn tensor<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), self.device)
    }

    fn vector(&self, name: &str, of: &str, channels: usize) -> Result<Vec<f32>> {
        let (values, shape) = self.values::<1>(name, of)?;
        if shape == [channels] { Ok(values) } else { Err(format!("{name}.{of} is not {channels} values").into()) }
    }

    /// A batch-norm of `channels` as scale and shift.
    fn affine(&self, norm: &Op, channels: usize) -> Result<(Vec<f64>, Vec<f64>)> {
        let Op::BatchNorm { name, eps } = norm else { return Err("no batch-norm".into()) };
        let [weight, bias, mean, variance] =
            ["weight", "bias", "running_mean", "running_var"].map(|of| self.vector(name, of, channels));
        let (weight, bias, mean, variance) = (weight?, bias?, mean?, variance?);
        let wide = |value: &f32| f64::from(*value);
        let scale: Vec<f64> = weight.iter().zip(&variance).map(|(w, v)| wide(w) / (wide(v) + f64::from(*eps)).sqrt()).collect();
        let shift = bias.iter().zip(&mean).zip(&scale).map(|((b, m), s)| wide(b) - wide(m) * s).collect();
        Ok((scale, shift))
    }

    /// The step of `op`, a convolution with the batch-norm `norm` in it.
    fn step(&self, op: &Op, norm: Option<&Op>) -> Result<Step> {
        let pads = |[top, left, bottom, right]: [usize; 4]| [(top, bottom), (left, right)];
        let positive = |sides: &[usize]| if sides.contains(&0) { Err("a size of 0") } else { Ok(()) };
        Ok(match op {
            Op::Conv { name, stride, pad, dilation, groups, bias } => {
                let (mut weight, shape) = self.values::<4>(name, "weight")?;
                positive(&[&shape[..], stride, dilation, &[*groups]].concat())?;
                if !shape[0].is_multiple_of(*groups) {
                    return Err(format!("{shape:?} in {groups} groups").into());
                }
                let mut added = if *bias { Some(self.vector(name, "bias", shape[0])?) } else { None };
                if let Some(norm) = norm {
                    let (scale, shift) = self.affine(norm, shape[0])?;
                    let each = weight.len() / shape[0];
                    for (kernel, &scale) in weight.chunks_exact_mut(each).zip(&scale) {
                        kernel.iter_mut().for_each(|value| *value = (f64::from(*value) * scale) as f32);
                    }
                    let before = added.unwrap_or_else(|| vec![0.0; shape[0]]);
                    let folded = before.iter().zip(&scale).zip(&shift).map(|((b, s), t)| (f64::from(*b) * s + t) as f32);
                    added = Some(folded.collect());
                }
                let bias = added.map(|values| self.tensor(values, [shape[0]]));
                let options = ConvOptions::new_with_padding(*stride, pads(*pad), *dilation, *groups);
                Step::Conv(self.tensor(weight, shape), bias, options)
            }
            Op::BatchNorm { name, .. } => {
                let (_, [channels]) = self.values::<1>(name, "weight")?;
                let (scale, shift) = self.affine(op, channels)?;
                let [scale, shift] = [scale, shift]
                    .map(|values| self.tensor(values.iter().map(|&value| value as f32).collect(), [1, channels, 1, 1]));
                Step::Affine(scale, shift)
            }
            Op::Relu => Step::Relu,
            Op::Identity | Op::Dropout => Step::Same,
            Op::Softmax => Step::Softmax,
            Op::MaxPool(pool) => {
                positive(&[pool.kernel, pool.stride].concat())?;
                let options = MaxPoolOptions::new(pool.kernel).with_stride(pool.stride).with_padding_pairs(pads(pool.pad));
                Step::MaxPool(options.with_ceil_mode(pool.ceil))
            }
            Op::AveragePool(pool) => {
                positive(&[pool.kernel, pool.stride].concat())?;
                let options = AvgPoolOptions::new(pool.kernel).with_stride(pool.stride).with_padding_pairs(pads(pool.pad));
                Step::AveragePool(options.with_ceil_mode(pool.ceil).with_count_include_pad(pool.count_include_pad))
            }
            Op::GlobalAveragePool => Step::Mean,
            Op::Lrn { size, alpha, beta, k } => {
                positive(&[*size])?;
                Step::Lrn(LocalResponseNormConfig::new(*size).with_alpha(*alpha).with_beta(*beta).with_k(*k).init())
            }
            Op::Flatten => Step::Flatten,
            Op::Dense { name, bias } => {
                let (weight, shape) = self.values::<2>(name, "weight")?;
                let bias = if *bias { Some(self.tensor(self.vector(name, "bias", shape[0])?, [shape[0]])) } else { None };
                Step::Dense(self.tensor::<2>(weight, shape).transpose(), bias)
            }
            Op::Add => Step::Add,
            Op::Concat => Step::Concat,
        })
    }
}
