//! What each operator makes of its inputs: kind and sizes, by the rules of its description.

use super::network::{AutoPad, Op, Pad, PadMode};
use super::resolve::{Graph, Kind, TensorId, TensorInfo};
use crate::error::{Error, Result};
use crate::operators::{Beyond, Binary, Lrn, Pooling, Rearrange, Resampling, Unary, Window, fractional_starts, taps};

impl Graph {
    /// The kind of `op`, which is no constant, and the sizes of the tensor `out` that it makes of `inputs`.
    pub(super) fn infer(&self, op: &Op, out: &str, inputs: &[TensorId]) -> Result<(Kind, Vec<usize>)> {
        let Some(first) = inputs.first().map(|&id| &self.tensors[id]) else {
            return Err(Error::shape(out, "it reads nothing"));
        };
        let [channels, height, width] = first.shape;
        let size = [height, width];
        let made = |kind: Kind, dims: Vec<usize>| Ok((kind, dims));
        let same = |kind: Kind| made(kind, first.dims.clone());
        let number = |what: &str, value: f64| {
            let value = value as f32;
            if value.is_finite() {
                Ok(value)
            } else {
                Err(Error::shape(out, format!("its {what} is {value}: give a finite number")))
            }
        };
        match op {
            Op::Conv { name, channels: outputs, kernel, stride, pad, dilation, groups, bias, .. } => {
                divides(out, channels, *outputs, *groups)?;
                let window = window(out, size, *kernel, *stride, *pad, *dilation)?;
                let [h, w] = window.output(out, size, false)?;
                picture(out, first)?;
                let kind = Kind::Conv { name: name.clone(), channels: *outputs, window, groups: *groups, bias: *bias };
                made(kind, vec![*outputs, h, w])
            }
            Op::ConvTranspose { name, channels: outputs, kernel, stride, pad, dilation, output_pad, groups, bias, .. } => {
                divides(out, channels, *outputs, *groups)?;
                let window = window(out, size, *kernel, *stride, Pad::Fixed(*pad), *dilation)?;
                picture(out, first)?;
                let length = |axis: usize| {
                    let reach = (size[axis] - 1) * stride[axis] + dilation[axis] * (kernel[axis] - 1) + 1 + output_pad[axis];
                    let length = reach
                        .checked_sub(pad[axis].saturating_add(pad[axis + 2]))
                        .filter(|length| (1..=1 << 16).contains(length));
                    length.ok_or_else(|| {
                        Error::shape(out, format!("it would make {reach} - {pad:?} rows or columns: 1 to 65536 are possible"))
                    })
                };
                if output_pad.iter().chain(pad).any(|&n| n > 1 << 16) {
                    return Err(Error::shape(out, format!("pads {pad:?} and {output_pad:?} are at most 65536")));
                }
                let dims = vec![*outputs, length(0)?, length(1)?];
                made(Kind::ConvTranspose { name: name.clone(), channels: *outputs, window, groups: *groups, bias: *bias }, dims)
            }
            Op::LocalConv { name, channels: outputs, kernel, stride, pad, dilation, bias, .. } => {
                divides(out, channels, *outputs, 1)?;
                let window = window(out, size, *kernel, *stride, *pad, *dilation)?;
                let [h, w] = window.output(out, size, false)?;
                picture(out, first)?;
                made(Kind::LocalConv { name: name.clone(), channels: *outputs, window, bias: *bias }, vec![*outputs, h, w])
            }
            Op::BatchNorm { name, eps, .. } => same(Kind::BatchNorm { name: name.clone(), eps: *eps }),
            Op::Relu { .. } => same(Kind::Unary(Unary::Relu)),
            Op::Sigmoid { .. } => same(Kind::Unary(Unary::Sigmoid)),
            Op::Tanh { .. } => same(Kind::Unary(Unary::Tanh)),
            Op::Exp { .. } => same(Kind::Unary(Unary::Exp)),
            Op::Log { .. } => same(Kind::Unary(Unary::Log)),
            Op::Sqrt { .. } => same(Kind::Unary(Unary::Sqrt)),
            Op::Abs { .. } => same(Kind::Unary(Unary::Abs)),
            Op::LeakyRelu { slope, .. } => same(Kind::Unary(Unary::LeakyRelu(number("slope", *slope)?))),
            Op::Elu { alpha, .. } => same(Kind::Unary(Unary::Elu(number("alpha", *alpha)?))),
            Op::Clip { min, max, .. } => {
                let (min, max) = (number("min", *min)?, number("max", *max)?);
                if min > max {
                    return Err(Error::shape(out, format!("it clips to {min} .. {max}: the first is not above the second")));
                }
                same(Kind::Unary(Unary::Clip(min, max)))
            }
            Op::HardSigmoid { alpha, beta, .. } => {
                same(Kind::Unary(Unary::HardSigmoid(number("alpha", *alpha)?, number("beta", *beta)?)))
            }
            Op::HardSwish { .. } => same(Kind::Unary(Unary::HardSwish)),
            Op::Prelu { name, .. } => same(Kind::Prelu { name: name.clone() }),
            Op::Identity { .. } | Op::Dropout { .. } => same(Kind::Identity),
            Op::Erf { .. } => same(Kind::Unary(Unary::Erf)),
            Op::Gelu { tanh, .. } => same(Kind::Unary(if *tanh { Unary::GeluTanh } else { Unary::Gelu })),
            Op::Softplus { .. } => same(Kind::Unary(Unary::Softplus)),
            Op::Softmax { .. } => same(Kind::Softmax),
            Op::LogSoftmax { .. } => same(Kind::LogSoftmax),
            Op::ArgMax { .. } => {
                let mut dims = first.dims.clone();
                dims.iter_mut().take(1).for_each(|n| *n = 1);
                made(Kind::ArgMax, dims)
            }
            Op::MaxPool { kernel, stride, pad, dilation, ceil, .. } => {
                let window = window(out, size, *kernel, *stride, *pad, *dilation)?;
                pool(out, first, Pooling::Max, window, *ceil)
            }
            Op::AveragePool { kernel, stride, pad, ceil, count_include_pad, .. } => {
                let pooling = Pooling::Average { count_include_pad: *count_include_pad };
                pool(out, first, pooling, window(out, size, *kernel, *stride, *pad, [1, 1])?, *ceil)
            }
            Op::Lrn { size, alpha, beta, k, .. } => {
                let lrn = Lrn { size: *size, alpha: *alpha, beta: *beta, k: *k };
                lrn.check(out)?;
                picture(out, first)?;
                same(Kind::Lrn(lrn))
            }
            Op::FractionalMaxPool { kernel, size: to, sample, .. } => {
                picture(out, first)?;
                for axis in 0..2 {
                    fractional_starts(out, size[axis], to[axis], kernel[axis], sample[axis])?;
                }
                crate::kernels::check_steps(out, *kernel)?;
                made(Kind::FractionalMaxPool { kernel: *kernel, sample: *sample }, vec![channels, to[0], to[1]])
            }
            Op::GlobalAveragePool { .. } => {
                let mut dims = first.dims.clone();
                dims.iter_mut().skip(1).for_each(|n| *n = 1);
                made(Kind::GlobalAverage, dims)
            }
            Op::Flatten { .. } => made(Kind::Reshape, vec![channels * height * width]),
            Op::Reshape { shape, .. } => {
                let count = shape.iter().try_fold(1_usize, |product, &n| product.checked_mul(n));
                if count != Some(first.values()) {
                    return Err(Error::shape(
                        out,
                        format!("`{}` {:?} does not become {shape:?}: the number of values differs", first.name, first.dims),
                    ));
                }
                made(Kind::Reshape, shape.clone())
            }
            Op::Transpose { axes, .. } => {
                let mut sorted = axes.clone();
                sorted.sort_unstable();
                if !sorted.iter().copied().eq(0..first.dims.len()) {
                    return Err(Error::shape(
                        out,
                        format!("axes {axes:?} do not name each dimension of `{}` {:?} once", first.name, first.dims),
                    ));
                }
                let dims = axes.iter().map(|&axis| first.dims[axis]).collect();
                made(Kind::Rearrange(Rearrange::transpose(&first.dims, axes)), dims)
            }
            Op::Slice { axis, start, count, step, .. } => {
                let mut dims = first.dims.clone();
                let length = dims.get(*axis).copied().unwrap_or(0);
                let last = i64::try_from(count.saturating_sub(1))
                    .ok()
                    .and_then(|steps| steps.checked_mul(*step))
                    .and_then(|reach| reach.checked_add_unsigned(*start as u64));
                if *count == 0 || *step == 0 || *start >= length || last.is_none_or(|last| !(0..length as i64).contains(&last)) {
                    let (name, dims) = (&first.name, &first.dims);
                    return Err(Error::shape(
                        out,
                        format!(
                            "{count} positions from {start} by {step} along dimension {axis} of `{name}` {dims:?}: they do not lie in it"
                        ),
                    ));
                }
                // A single position has no next one, however far that would be.
                let step = if *count == 1 { 1 } else { *step };
                dims[*axis] = *count;
                made(Kind::Rearrange(Rearrange::slice(&first.dims, *axis, *start, *count, step)), dims)
            }
            Op::Pad { before, after, mode, value, .. } => {
                let rank = first.dims.len();
                if [before.len(), after.len()] != [rank; 2] || before.iter().chain(after).any(|&n| n > 1 << 16) {
                    return Err(Error::shape(
                        out,
                        format!("pads {before:?} and {after:?}: one of at most 65536 for each of {rank} dimensions"),
                    ));
                }
                let beyond = match mode {
                    PadMode::Constant => Beyond::Constant(number("value", *value)?),
                    PadMode::Reflect => Beyond::Reflect,
                    PadMode::Edge => Beyond::Edge,
                };
                let pad = Rearrange::pad(&first.dims, before, after, beyond);
                pad.check(out, first.values())?;
                let dims = pad.axes.iter().map(|axis| axis.size).collect();
                made(Kind::Rearrange(pad), dims)
            }
            Op::Resize { size: to, scale, mode, coordinates, rounding, .. } => {
                picture(out, first)?;
                let how = Resampling { mode: *mode, coordinates: *coordinates, rounding: *rounding };
                for axis in 0..2 {
                    taps(out, how, size[axis], to[axis], scale.map(|scale| scale[axis]))?;
                }
                made(Kind::Resample { how, scale: *scale }, vec![channels, to[0], to[1]])
            }
            Op::Dense { name, channels: outputs, bias, .. } => {
                if first.dims.len() != 1 && height * width != 1 {
                    return Err(Error::shape(
                        out,
                        format!(
                            "a dense layer reads a flat tensor, `{}` is {:?}: put a flatten before it",
                            first.name, first.shape
                        ),
                    ));
                }
                made(Kind::Dense { name: name.clone(), channels: *outputs, bias: *bias }, vec![*outputs])
            }
            Op::Add { .. } => made(Kind::Binary(Binary::Add), self.broadcast(out, inputs)?),
            Op::Sub { .. } => made(Kind::Binary(Binary::Sub), self.broadcast(out, inputs)?),
            Op::Mul { .. } => made(Kind::Binary(Binary::Mul), self.broadcast(out, inputs)?),
            Op::Div { .. } => made(Kind::Binary(Binary::Div), self.broadcast(out, inputs)?),
            Op::Max { .. } => made(Kind::Binary(Binary::Max), self.broadcast(out, inputs)?),
            Op::Min { .. } => made(Kind::Binary(Binary::Min), self.broadcast(out, inputs)?),
            Op::Pow { .. } => made(Kind::Binary(Binary::Pow), self.broadcast(out, inputs)?),
            Op::Matmul { .. } => made(Kind::Matmul, self.product(out, inputs)?),
            Op::Constant { .. } => Err(Error::shape(out, "a constant reads nothing")),
            Op::Concat { .. } => {
                let mut total = 0_usize;
                for &id in inputs {
                    let part = &self.tensors[id];
                    if part.dims.len() != first.dims.len() || part.dims.is_empty() || part.dims[1..] != first.dims[1..] {
                        return Err(Error::shape(
                            out,
                            format!(
                                "`{}` {:?} and `{}` {:?} differ in more than channels",
                                first.name, first.dims, part.name, part.dims
                            ),
                        ));
                    }
                    total = total.saturating_add(part.dims[0]);
                }
                let mut dims = first.dims.clone();
                dims[0] = total;
                made(Kind::Concat, dims)
            }
        }
    }

    /// Sizes of a function of two tensors: along each dimension they agree or one is 1; dimensions that one lacks are 1.
    fn broadcast(&self, out: &str, inputs: &[TensorId]) -> Result<Vec<usize>> {
        let [left, right] = inputs else { return Err(Error::shape(out, "it reads two tensors")) };
        let (left, right) = (&self.tensors[*left], &self.tensors[*right]);
        let size = |side: &TensorInfo, axis: usize| side.dims.get(axis).copied().unwrap_or(1);
        let rank = left.dims.len().max(right.dims.len());
        let wrong = |reason: &str| {
            Error::shape(out, format!("`{}` {:?} and `{}` {:?} {reason}", left.name, left.dims, right.name, right.dims))
        };
        let common = |axis: usize| match (size(left, axis), size(right, axis)) {
            (a, b) if a == b || b == 1 => Ok(a),
            (1, b) => Ok(b),
            _ => Err(wrong("do not broadcast")),
        };
        let dims = (0..rank).map(common).collect::<Result<Vec<_>>>()?;
        // What lies in the width is one axis on the GPU.
        let tail: usize = dims.iter().skip(2).product();
        if [left, right].iter().any(|side| side.shape[2] != tail && side.shape[2] != 1) {
            return Err(wrong("broadcast some of the dimensions from the third on, and not all: reshape them first"));
        }
        Ok(dims)
    }

    /// Sizes of a product of matrices.
    fn product(&self, out: &str, inputs: &[TensorId]) -> Result<Vec<usize>> {
        let [left, right] = inputs else { return Err(Error::shape(out, "it reads two tensors")) };
        let (left, right) = (&self.tensors[*left], &self.tensors[*right]);
        match (&left.dims[..], &right.dims[..]) {
            (&[count, rows, depth], &[other, below, columns]) if (count, depth) == (other, below) => {
                crate::kernels::check_steps(out, [1, depth])?;
                Ok(vec![count, rows, columns])
            }
            _ => Err(Error::shape(
                out,
                format!(
                    "`{}` {:?} times `{}` {:?}: as many matrices, of as many columns as the others have rows, are multiplied",
                    left.name, left.dims, right.name, right.dims
                ),
            )),
        }
    }
}

fn pool(out: &str, input: &TensorInfo, pooling: Pooling, window: Window, ceil: bool) -> Result<(Kind, Vec<usize>)> {
    let [channels, height, width] = input.shape;
    picture(out, input)?;
    let [h, w] = crate::operators::check_window(out, pooling, window, [height, width], ceil)?;
    Ok((Kind::Pool { pooling, window, ceil }, vec![channels, h, w]))
}

/// Checks that `input` is `[C, H, W]`.
fn picture(at: &str, input: &TensorInfo) -> Result<()> {
    if input.dims.len() != 3 {
        let (name, dims) = (&input.name, &input.dims);
        return Err(Error::shape(at, format!("it reads [C, H, W], `{name}` is {dims:?}: put it before a flatten, or reshape")));
    }
    Ok(())
}

fn divides(at: &str, channels: usize, made: usize, groups: usize) -> Result<()> {
    if groups == 0 || made == 0 || !channels.is_multiple_of(groups) || !made.is_multiple_of(groups) {
        return Err(Error::shape(at, format!("{channels} -> {made} channels do not divide into {groups} groups")));
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
