//! Problems of the convolutions, the same for every variant.

use moue::Precision;
use moue::gpu::Gpu;
use moue::kernels::{
    self, Conv, ConvTranspose, ConvWeights, Tiling, Variant, View, Winograd, WinogradBuffers, WinogradShape, pack_conv_transpose,
};
use moue::operators::{Activation, Window, WinogradSize};
use moue::reference;
use moue::tensor::Tensor;

use super::text;
use crate::common::{Bench, Random, Tolerance, close_in, stored, unpacked};

/// Weight and bias of a member.
type Pair<'t> = (&'t Tensor, &'t [f32]);

struct ConvProblem {
    members: usize,
    images: usize,
    channels: [usize; 2],
    size: [usize; 2],
    window: Window,
    groups: usize,
    residual: bool,
    activation: Activation,
    /// Channels of the residual, where not all.
    fewer: Option<usize>,
    /// Channels of the output before and after the slice.
    slice: [usize; 2],
    /// Channels of the input before and after those that are read.
    beside: [usize; 2],
}

fn conv_problems() -> Vec<ConvProblem> {
    let base = |channels, size, window| ConvProblem {
        members: 1,
        images: 1,
        channels,
        size,
        window,
        groups: 1,
        residual: false,
        activation: Activation::None,
        fewer: None,
        slice: [0, 0],
        beside: [0, 0],
    };
    let w = Window::square;
    vec![
        base([1, 1], [1, 1], w(1, 1)),
        base([3, 5], [7, 9], w(3, 1).padded(1)),
        ConvProblem { images: 7, activation: Activation::Relu, residual: true, ..base([6, 10], [5, 11], w(3, 1).padded(1)) },
        ConvProblem { images: 2, activation: Activation::Relu, ..base([17, 70], [9, 8], w(3, 2).padded(1)) },
        ConvProblem { members: 3, images: 2, residual: true, ..base([20, 36], [6, 7], w(1, 1)) },
        ConvProblem { members: 2, activation: Activation::Relu, slice: [8, 5], ..base([9, 12], [13, 6], w(5, 2).padded(2)) },
        base([8, 33], [11, 10], Window { kernel: [3, 2], stride: [1, 2], pad: [2, 0, 1, 3], dilation: [2, 3] }),
        base([4, 4], [23, 19], w(7, 2).padded(3)),
        // Of images.
        ConvProblem { images: 2, activation: Activation::Relu, ..base([3, 70], [23, 19], w(7, 2).padded(3)) },
        ConvProblem { members: 2, residual: true, slice: [4, 0], ..base([2, 9], [17, 30], w(11, 4)) },
        base([3, 36], [8, 13], Window { kernel: [3, 2], stride: [1, 2], pad: [2, 0, 1, 3], dilation: [2, 3] }),
        base([70, 130], [4, 5], w(3, 1).padded(1)),
        base([8, 24], [5, 5], w(1, 1)),
        ConvProblem {
            members: 3,
            images: 2,
            residual: true,
            activation: Activation::Relu,
            slice: [4, 8],
            ..base([7, 18], [9, 14], w(3, 1).padded(1))
        },
        base([5, 9], [10, 7], Window { pad: [2, 0, 1, 2], ..w(3, 1) }),
        // What phones compute: few channels, other activations, residuals of fewer channels.
        ConvProblem { activation: Activation::Prelu, members: 2, images: 2, ..base([8, 18], [11, 7], w(1, 1)) },
        ConvProblem { activation: Activation::Prelu, members: 2, ..base([9, 22], [6, 13], w(3, 1).padded(1)) },
        ConvProblem {
            activation: Activation::Clip(-2.0, 2.5),
            residual: true,
            fewer: Some(12),
            ..base([12, 17], [9, 8], w(1, 1))
        },
        ConvProblem {
            activation: Activation::HardSwish,
            residual: true,
            fewer: Some(4),
            ..base([5, 40], [6, 7], w(3, 1).padded(1))
        },
        ConvProblem { activation: Activation::LeakyRelu(0.2), ..base([16, 16], [7, 5], w(1, 1)) },
        ConvProblem { activation: Activation::HardSigmoid(0.2, 0.4), ..base([6, 8], [4, 9], w(1, 1)) },
        ConvProblem { beside: [8, 5], activation: Activation::Relu, ..base([12, 20], [7, 6], w(3, 1).padded(1)) },
        ConvProblem { members: 2, images: 2, beside: [0, 4], slice: [4, 0], ..base([8, 12], [6, 5], w(5, 1).padded(2)) },
        ConvProblem { members: 2, images: 3, beside: [4, 0], residual: true, ..base([20, 34], [5, 9], w(1, 1)) },
        ConvProblem { groups: 2, activation: Activation::Relu, ..base([16, 24], [7, 7], w(3, 1).padded(1)) },
        ConvProblem { groups: 4, members: 2, ..base([16, 80], [5, 6], w(3, 2).padded(1)) },
        ConvProblem { groups: 2, ..base([8, 88], [5, 6], w(3, 1).padded(1)) },
        ConvProblem { groups: 3, images: 7, ..base([9, 6], [5, 5], w(3, 1).padded(1)) },
        ConvProblem { groups: 5, residual: true, activation: Activation::Relu, ..base([5, 15], [6, 4], w(2, 1)) },
        ConvProblem {
            groups: 13,
            members: 2,
            images: 2,
            activation: Activation::Relu,
            ..base([13, 13], [33, 19], w(3, 2).padded(1))
        },
        // Rows and columns that do not fill blocks of 2 x 4, one pixel, windows of 3 and 5 and both strides.
        ConvProblem {
            groups: 6,
            members: 2,
            images: 3,
            activation: Activation::Prelu,
            ..base([6, 6], [8, 11], w(3, 1).padded(1))
        },
        ConvProblem {
            groups: 8,
            residual: true,
            fewer: Some(4),
            activation: Activation::Relu,
            ..base([8, 8], [5, 6], w(3, 1).padded(1))
        },
        ConvProblem { groups: 17, images: 7, ..base([17, 17], [1, 1], w(3, 1).padded(1)) },
        ConvProblem {
            groups: 12,
            members: 3,
            residual: true,
            slice: [4, 8],
            ..base([12, 12], [9, 11], Window { pad: [0, 0, 1, 1], ..w(3, 2) })
        },
        ConvProblem { groups: 9, members: 2, images: 2, ..base([9, 9], [13, 9], w(5, 1).padded(2)) },
        ConvProblem { groups: 7, residual: true, ..base([7, 7], [6, 9], w(5, 1).padded(2)) },
        ConvProblem { groups: 20, images: 2, residual: true, ..base([20, 20], [12, 14], w(5, 2).padded(2)) },
        ConvProblem { groups: 72, members: 2, ..base([72, 72], [13, 22], w(5, 2).padded(2)) },
        ConvProblem {
            groups: 16,
            residual: true,
            ..base([16, 16], [5, 9], Window { kernel: [3, 3], stride: [1, 1], pad: [0, 1, 2, 1], dilation: [1, 2] })
        },
    ]
}

/// How a convolution is computed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Method {
    Direct(Variant),
    Tiled(Variant, Tiling),
    Winograd(Winograd),
}

impl Method {
    fn fits(self, gpu: &Gpu, precision: Precision, p: &ConvProblem) -> bool {
        match self {
            Self::Tiled(_, Tiling { half: true, .. }) if !gpu.capabilities().arithmetic_f16 => false,
            Self::Direct(variant) | Self::Tiled(variant, _) => {
                // What computes groups has no use for a part of a tensor.
                let reads = p.beside == [0, 0] || !(variant == Variant::Grouped || variant.is_depthwise());
                reads && variant.fits(gpu.capabilities(), precision, p.channels, p.window, p.groups)
            }
            Self::Winograd(_) => Winograd::computes(p.window, p.groups),
        }
    }

    fn record(
        self,
        bench: &mut Bench<'_>,
        conv: &Conv,
        (pairs, slopes): (&[Pair<'_>], &[Vec<f32>]),
        [input, output]: [View; 2],
        residual: Option<View>,
    ) -> moue::Result<()> {
        match self {
            Self::Direct(_) | Self::Tiled(..) => {
                let (variant, tiling) = match self {
                    Self::Direct(variant) => (variant, None),
                    Self::Tiled(variant, tiling) => (variant, Some(tiling)),
                    Self::Winograd(_) => unreachable!(),
                };
                let conv = Conv { tiling, ..*conv };
                let mut packed = variant.pack("problem", pairs, conv.groups)?;
                packed.bias.extend(slopes.iter().flat_map(|slopes| kernels::packed_bias(slopes)));
                let stored = variant.stored(input.precision).bytes("weights", &packed.weights)?;
                let (weights, bias) = (bench.bytes(&stored), bench.floats(&packed.bias));
                let weights = ConvWeights { variant, weights, bias };
                let channels = conv.reads.map_or(input.channels, |[_, channels]| channels);
                let bytes = conv.workspace(variant, input.images, [output.height, output.width], channels);
                let workspace = (bytes > 0).then(|| bench.recording.slab("between", bytes));
                for part in conv.dispatches("problem", input, weights, residual, output, workspace)? {
                    bench.recording.dispatch(part);
                }
            }
            Self::Winograd(method) => {
                let own: Vec<&Tensor> = pairs.iter().map(|(weight, _)| *weight).collect();
                let mut packed = Vec::new();
                for point in 0..method.size.points() {
                    packed.extend(method.pack("problem", &own, point)?);
                }
                let channels = [conv.reads.map_or(input.channels, |[_, channels]| channels), conv.out_channels];
                let weight_bytes = method.weight_bytes(channels, conv.members);
                assert_eq!(4 * packed.len() as u64, weight_bytes);
                let mut bias: Vec<f32> = pairs.iter().flat_map(|(_, bias)| kernels::packed_bias(bias)).collect();
                let zeros = bench.floats(&vec![0.0; method.size.points() * bias.len()]);
                bias.extend(slopes.iter().flat_map(|slopes| kernels::packed_bias(slopes)));
                let (weights, bias) = (bench.floats(&packed), bench.floats(&bias));
                let shape = WinogradShape { channels, output: [output.height, output.width] };
                let images = input.images / conv.members;
                let workspace = method.workspace(shape, conv.members, images).map(|bytes| bench.recording.slab("between", bytes));
                let buffers = WinogradBuffers { weights, zeros, bias, workspace };
                for part in method.dispatches("problem", conv, input, buffers, residual, output)? {
                    bench.recording.dispatch(part);
                }
            }
        }
        Ok(())
    }

    fn tolerance(self, terms: usize) -> Tolerance {
        match self {
            Self::Tiled(_, Tiling { half: true, .. }) => Tolerance::Half,
            Self::Direct(_) | Self::Tiled(..) => Tolerance::Sum(terms),
            Self::Winograd(method) => Tolerance::Winograd(method.size.pixels(), terms),
        }
    }
}

/// Winograd's method with products of `variant` and tiles of `size`, where the adapter runs it.
pub(super) fn winograd(gpu: &Gpu, precision: Precision, variant: Variant, size: WinogradSize) -> Result<(), String> {
    let method = Winograd::with(variant, size).ok_or("the variant does not compute its products")?;
    if !variant.fits(gpu.capabilities(), Precision::F32, [4, 4], Window::square(1, 1), 1) {
        return Ok(());
    }
    // All images at a time, and one of each member after the other.
    conv(gpu, precision, Method::Winograd(method))?;
    conv(gpu, precision, Method::Winograd(method.within(1)))
}

/// Tiles of a side, the sum in so many parts.
pub(super) fn tiled(gpu: &Gpu, precision: Precision, variant: Variant, [side, parts]: [usize; 2]) -> Result<(), String> {
    conv(gpu, precision, Method::Tiled(variant, Tiling { side, parts, half: false }))
}

/// The same with products in f16, of tensors in f16.
pub(super) fn half(gpu: &Gpu, [side, parts]: [usize; 2]) -> Result<(), String> {
    conv(gpu, Precision::F16, Method::Tiled(Variant::Tile, Tiling { side, parts, half: true }))
}

/// The same of cooperative matrices, whose tensors are f16.
pub(super) fn matrix(gpu: &Gpu, tiling: [usize; 2]) -> Result<(), String> {
    tiled(gpu, Precision::F16, Variant::Matrix, tiling)
}

/// `tensor` with channels of noise before and after its own.
fn surrounded(tensor: &Tensor, [before, after]: [usize; 2], random: &mut Random) -> Tensor {
    let &[images, channels, height, width] = &tensor.shape[..] else { unreachable!() };
    let plane = height * width;
    let mut data = Vec::new();
    for image in tensor.data.chunks_exact(channels * plane) {
        data.extend(random.values(before * plane));
        data.extend_from_slice(image);
        data.extend(random.values(after * plane));
    }
    Tensor::new(vec![images, before + channels + after, height, width], data).unwrap()
}

pub(super) fn conv(gpu: &Gpu, precision: Precision, method: Method) -> Result<(), String> {
    solve(gpu, precision, method, &conv_problems())
}

/// Those of images alone, for the kernels that are for images alone.
pub(super) fn stems(gpu: &Gpu, precision: Precision, method: Method) -> Result<(), String> {
    let images: Vec<ConvProblem> = conv_problems().into_iter().filter(|p| p.channels[0] <= 3 && p.groups == 1).collect();
    solve(gpu, precision, method, &images)
}

/// As [`stems`], by tiles of a side, the sum in so many parts.
pub(super) fn tiled_stems(gpu: &Gpu, precision: Precision, [side, parts]: [usize; 2]) -> Result<(), String> {
    stems(gpu, precision, Method::Tiled(Variant::Tile, Tiling { side, parts, half: false }))
}

fn solve(gpu: &Gpu, precision: Precision, method: Method, problems: &[ConvProblem]) -> Result<(), String> {
    let mut random = Random(5);
    for (index, p) in problems.iter().enumerate() {
        let [in_channels, out_channels] = p.channels;
        let total = p.members * p.images;
        let input = stored(precision, random.tensor(&[total, in_channels, p.size[0], p.size[1]]));
        let weights: Vec<Tensor> = (0..p.members)
            .map(|_| {
                stored(precision, random.tensor(&[out_channels, in_channels / p.groups, p.window.kernel[0], p.window.kernel[1]]))
            })
            .collect();
        let biases: Vec<Vec<f32>> = (0..p.members).map(|_| random.values(out_channels)).collect();
        let [oh, ow] = p.window.output("problem", p.size, false).unwrap();
        let residual = p.residual.then(|| stored(precision, random.tensor(&[total, p.fewer.unwrap_or(out_channels), oh, ow])));
        let slopes: Vec<Vec<f32>> = (0..p.members).map(|_| random.values(out_channels)).collect();
        let given = if p.activation == Activation::Prelu { &slopes[..] } else { &[] };
        // Depthwise needs its shape; the others have every problem they fit.
        if !method.fits(gpu, precision, p) {
            continue;
        }
        let pairs: Vec<(&Tensor, &[f32])> = weights.iter().zip(&biases).map(|(w, b)| (w, &b[..])).collect();
        let all_channels = p.slice[0] + out_channels + p.slice[1];
        let mut bench = Bench::of(gpu, precision);
        let input_view = bench.tensor(&surrounded(&input, p.beside, &mut random));
        let residual_view = residual.as_ref().map(|r| bench.tensor(r));
        let output = bench.output(&[total, all_channels, oh, ow]);
        let conv = Conv {
            members: p.members,
            out_channels,
            window: p.window,
            groups: p.groups,
            activation: p.activation,
            out_c4_offset: p.slice[0] / 4,
            reads: (p.beside != [0, 0]).then_some([p.beside[0], in_channels]),
            tiling: None,
        };
        method.record(&mut bench, &conv, (&pairs, given), [input_view, output], residual_view).map_err(text)?;
        let got = bench.run_tensor(output)?;
        let got = unpacked(&got, &[total, all_channels, oh, ow]);
        let plane = oh * ow;
        for member in 0..p.members {
            let part = |t: &Tensor| {
                let each = t.data.len() / p.members;
                let mut shape = t.shape.clone();
                shape[0] = p.images;
                Tensor::new(shape, t.data[member * each..(member + 1) * each].to_vec()).unwrap()
            };
            let residual = residual.as_ref().map(part);
            let want =
                reference::conv("twin", &part(&input), &weights[member], &biases[member], p.window, p.groups, residual.as_ref())
                    .and_then(|sum| reference::activate("twin", p.activation, &slopes[member], sum))
                    .map_err(text)?;
            let got: Vec<f32> = (0..p.images)
                .flat_map(|image| {
                    let first = ((member * p.images + image) * all_channels + p.slice[0]) * plane;
                    got[first..first + out_channels * plane].to_vec()
                })
                .collect();
            let terms = in_channels / p.groups * p.window.kernel[0] * p.window.kernel[1];
            close_in(
                precision,
                &format!("{method:?} problem {index} member {member}"),
                &got,
                &want.data,
                method.tolerance(terms),
            )?;
        }
    }
    Ok(())
}

pub(super) fn conv_transpose(gpu: &Gpu, precision: Precision) -> Result<(), String> {
    let mut random = Random(23);
    let w = Window::square;
    // Members, images, channels, size, window, groups, rows and columns more than the windows reach.
    for (members, images, [channels, outputs], size, window, groups, more) in [
        (1, 1, [1, 1], [1, 1], w(1, 1), 1, 0),
        (1, 3, [5, 6], [4, 3], w(3, 2).padded(1), 1, 1),
        (2, 2, [8, 4], [3, 5], w(2, 2), 1, 0),
        (2, 1, [6, 9], [3, 4], Window { kernel: [3, 2], stride: [1, 3], pad: [1, 0, 0, 1], dilation: [2, 1] }, 3, 0),
        (1, 2, [10, 10], [3, 3], w(4, 2).padded(1), 10, 0),
    ] {
        let reach = |axis: usize| {
            let (stride, extent) = (window.stride[axis], window.dilation[axis] * (window.kernel[axis] - 1) + 1);
            (size[axis] - 1) * stride + extent + more - window.pad[axis] - window.pad[axis + 2]
        };
        let to = [reach(0), reach(1)];
        let input = stored(precision, random.tensor(&[members * images, channels, size[0], size[1]]));
        let shape = [channels, outputs / groups, window.kernel[0], window.kernel[1]];
        let weights: Vec<Tensor> = (0..members).map(|_| stored(precision, random.tensor(&shape))).collect();
        let biases: Vec<Vec<f32>> = (0..members).map(|_| random.values(outputs)).collect();
        let pairs: Vec<(&Tensor, &[f32])> = weights.iter().zip(&biases).map(|(w, b)| (w, &b[..])).collect();
        let (packed, bias) = pack_conv_transpose("problem", &pairs, groups).map_err(text)?;
        let mut bench = Bench::of(gpu, precision);
        let view = bench.tensor(&input);
        let output = bench.output(&[members * images, outputs, to[0], to[1]]);
        let (weights_slice, bias) = (bench.floats(&packed), bench.floats(&bias));
        let layer = ConvTranspose { members, out_channels: outputs, window, groups, weights: weights_slice, bias };
        bench.recording.dispatch(layer.dispatch("problem", view, output).map_err(text)?);
        let got = unpacked(&bench.run_tensor(output)?, &[members * images, outputs, to[0], to[1]]);
        let mut want = Vec::new();
        for (member, part) in input.data.chunks_exact(input.data.len() / members).enumerate() {
            let part = Tensor::new(vec![images, channels, size[0], size[1]], part.to_vec()).unwrap();
            want.extend(
                reference::conv_transpose("twin", &part, &weights[member], &biases[member], window, groups, to)
                    .map_err(text)?
                    .data,
            );
        }
        let terms = channels / groups * window.kernel[0] * window.kernel[1];
        close_in(precision, &format!("transposed {channels} to {outputs}, {window:?}"), &got, &want, Tolerance::Sum(terms))?;
    }
    Ok(())
}
