//! Winograd's F(4 x 4, 3 x 3): a 3 x 3 convolution as 36 products of 1 x 1, of a quarter of the multiply-adds (Lavin & Gray 2016,
//! arXiv:1509.09308). Three dispatches: tiles of the input are transformed, multiplied, and transformed back.

use super::conv::{Conv, ConvWeights, Packed, Variant};
use super::{View, holds, same};
use crate::error::{Error, Result};
use crate::gpu::shader::{self, BindingKind, Shader, conv_direct::Params};
use crate::gpu::{Capabilities, Dispatch, Slice, Work, grid};
use crate::tensor::Tensor;
use crate::window::Window;

/// Values of a transformed tile: 6 x 6.
const POINTS: usize = 36;
/// Side of a tile of output pixels.
const SIDE: usize = 4;
/// G of Lavin & Gray: rows for 0, 1, -1, 2, -2 and infinity.
const KERNEL: [[f64; 3]; 6] = [
    [1.0 / 4.0, 0.0, 0.0],
    [-1.0 / 6.0, -1.0 / 6.0, -1.0 / 6.0],
    [-1.0 / 6.0, 1.0 / 6.0, -1.0 / 6.0],
    [1.0 / 24.0, 1.0 / 12.0, 1.0 / 6.0],
    [1.0 / 24.0, -1.0 / 12.0, 1.0 / 6.0],
    [0.0, 0.0, 1.0],
];
/// Pixels that a workgroup of the products takes: what is not filled is computed all the same.
const TOGETHER: usize = 32;

/// What a 3 x 3 convolution of one image is, as far as this method goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Channels of input and output.
    pub channels: [usize; 2],
    /// Rows and columns of the output.
    pub output: [usize; 2],
}

impl Shape {
    /// Of a convolution that the method computes and, by the multiply-adds that CPU adapters were seen to save, faster than a direct kernel.
    pub fn of(window: Window, groups: usize, channels: [usize; 2], output: [usize; 2]) -> Option<Self> {
        let fits = window.kernel == [3, 3] && window.stride == [1, 1] && window.dilation == [1, 1] && groups == 1;
        let shape = Self { channels, output };
        let direct = 9 * (output[0] * output[1]).next_multiple_of(TOGETHER);
        let products = POINTS * shape.tiles().next_multiple_of(TOGETHER);
        // The transforms cost about as much as LEAST channels' products.
        (fits && channels.iter().all(|&count| count >= LEAST) && 4 * products <= 3 * direct).then_some(shape)
    }

    /// Tiles of an image.
    fn tiles(self) -> usize {
        self.output[0].div_ceil(SIDE) * self.output[1].div_ceil(SIDE)
    }

    /// Bytes of the transformed input and of the products, for `images` of all members.
    pub fn workspace(self, images: usize) -> [u64; 2] {
        self.channels.map(|channels| View::bytes(POINTS * images, channels, 1, self.tiles()))
    }

    /// Bytes of the transformed weights of one member.
    pub fn weights(self) -> u64 {
        let [channels, out] = self.channels;
        4 * (POINTS * channels.next_multiple_of(4) * out.next_multiple_of(64)) as u64
    }
}

/// Channels from which on the method pays.
const LEAST: usize = 32;

/// The kernels of the method: transforms that read as the variant of the products does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Winograd {
    products: Variant,
}

/// Packed weights on the GPU.
#[derive(Debug, Clone, Copy)]
pub struct WinogradWeights {
    /// [`Packed::weights`] of [`Winograd::pack`].
    pub weights: Slice,
    /// Zeros, as many as the biases of 36 members.
    pub zeros: Slice,
    /// [`Packed::bias`] of [`Winograd::pack`].
    pub bias: Slice,
}

impl Winograd {
    /// On an adapter whose transforms were measured: CPUs.
    pub fn choose(capabilities: Capabilities) -> Option<Self> {
        let products = Variant::choose(capabilities, 4, 4, 1);
        capabilities.cpu.then_some(Self { products })
    }

    /// With products of a variant that reads texels; `None` for others.
    pub fn with(products: Variant) -> Option<Self> {
        products.weights().texels().then_some(Self { products })
    }

    /// How the products read their weights.
    pub fn weights(self) -> BindingKind {
        self.products.weights()
    }

    fn transforms(self) -> [&'static Shader; 2] {
        match self.weights() {
            BindingKind::Image => [&shader::WINOGRAD_INPUT_IMAGE, &shader::WINOGRAD_OUTPUT_IMAGE],
            _ => [&shader::WINOGRAD_INPUT_TEXTURE, &shader::WINOGRAD_OUTPUT_TEXTURE],
        }
    }

    /// G g G^T of one weight `[O, C, 3, 3]` and the bias `[O]` of every member.
    ///
    /// # Errors
    /// [`Error::Shape`] where the members differ or a kernel is not 3 x 3.
    pub fn pack(self, at: &str, members: &[(&Tensor, &[f32])]) -> Result<Packed> {
        let mut points = vec![Vec::with_capacity(members.len()); POINTS];
        let mut biases = Vec::new();
        for (weight, bias) in members {
            let &[out, channels, 3, 3] = &weight.shape[..] else {
                return Err(Error::shape(at, format!("weights of 3 x 3 are needed, not {:?}", weight.shape)));
            };
            let mut values = vec![Vec::with_capacity(out * channels); POINTS];
            for kernel in weight.data.chunks_exact(9) {
                for (index, values) in values.iter_mut().enumerate() {
                    let (down, across) = (KERNEL[index / 6], KERNEL[index % 6]);
                    let row = |y: usize| (0..3).map(|x| across[x] * f64::from(kernel[3 * y + x])).sum::<f64>();
                    values.push((0..3).map(|y| down[y] * row(y)).sum::<f64>() as f32);
                }
            }
            for (own, values) in points.iter_mut().zip(values) {
                own.push(Tensor::new(vec![out, channels, 1, 1], values)?);
            }
            if bias.len() != out {
                return Err(Error::shape(at, format!("{} biases of {out} channels", bias.len())));
            }
            biases.extend_from_slice(bias);
            biases.resize(biases.len().next_multiple_of(4), 0.0);
        }
        let zeros = vec![0.0; members.first().map_or(0, |(_, bias)| bias.len())];
        let pairs: Vec<(&Tensor, &[f32])> = points.iter().flatten().map(|tensor| (tensor, &zeros[..])).collect();
        Ok(Packed { weights: self.products.pack(at, &pairs, 1)?.weights, bias: biases })
    }

    /// The dispatches of `conv`: as [`Conv::dispatch`]; what lies between goes to `workspace`, of the sizes of [`Shape::workspace`] or larger.
    ///
    /// # Errors
    /// [`Error::Shape`] where sizes disagree or a buffer is too small.
    pub fn dispatches(
        self,
        at: &str,
        conv: &Conv,
        input: View,
        weights: WinogradWeights,
        workspace: [Slice; 2],
        residual: Option<View>,
        output: View,
    ) -> Result<[Dispatch; 3]> {
        let size = conv.window.output(at, [input.height, input.width], false)?;
        let shape = Shape { channels: [input.channels, conv.out_channels], output: size };
        if conv.window.kernel != [3, 3] || conv.window.stride != [1, 1] || conv.window.dilation != [1, 1] || conv.groups != 1 {
            return Err(Error::shape(at, format!("{:?} in {} groups is not 3 x 3 of stride 1", conv.window, conv.groups)));
        }
        conv.check(at, input, residual, output)?;
        same(at, "output rows", size[0], output.height)?;
        same(at, "output columns", size[1], output.width)?;
        let images = input.images;
        let out_c4 = conv.out_channels.div_ceil(4);
        holds(at, weights.bias, (16 * conv.members * out_c4) as u64)?;
        let [given, products] = workspace;
        let [given_bytes, product_bytes] = shape.workspace(images);
        let between = |slice: Slice, bytes: u64, channels: usize| {
            let slice = Slice { size: slice.size.min(bytes), ..slice };
            View { slice, images: POINTS * images, channels, height: 1, width: shape.tiles() }
        };
        let transformed = between(given, given_bytes, input.channels);
        let multiplied = between(products, product_bytes, conv.out_channels);
        transformed.check(at)?;
        multiplied.check(at)?;

        let n = |value: usize| value as u32;
        let params = Params {
            images: n(images / conv.members),
            groups: n(conv.members),
            in_height: n(input.height),
            in_width: n(input.width),
            in_c4: n(input.c4()),
            out_height: n(output.height),
            out_width: n(output.width),
            out_c4: n(output.c4()),
            out_c4_offset: n(conv.out_c4_offset),
            pad_top: n(conv.window.pad[0]),
            pad_left: n(conv.window.pad[1]),
            bias_stride: n(out_c4),
            relu: u32::from(conv.relu),
            residual: u32::from(residual.is_some()),
            ..Params::default()
        };
        let [forth, back] = self.transforms();
        let transform = |shader: &'static Shader, channels: usize, buffers, vec4s: usize| {
            Ok(Dispatch {
                label: at.to_owned(),
                shader,
                params: bytemuck::bytes_of(&params).to_vec(),
                buffers,
                grid: grid((images * shape.tiles() * channels.div_ceil(4)) as u64, shader.workgroup[0], 1)?,
                // Additions are not counted: the multiply-adds of the products are what the method is for.
                work: Work { flops: 0, bytes: 16 * vec4s as u64 },
            })
        };
        let product = Conv {
            members: POINTS * conv.members,
            out_channels: conv.out_channels,
            window: Window::square(1, 1),
            groups: 1,
            relu: false,
            out_c4_offset: 0,
        };
        let packed = ConvWeights { variant: self.products, weights: weights.weights, bias: weights.zeros };
        let residual_vec4s = residual.map_or(0, |view| view.vec4s());
        let residual = residual.map_or(weights.bias, |view| view.slice);
        Ok([
            transform(forth, input.channels, vec![transformed.slice, input.slice], input.vec4s() + transformed.vec4s())?,
            product.dispatch(at, transformed, packed, None, multiplied)?,
            transform(
                back,
                conv.out_channels,
                vec![weights.bias, residual, output.slice, multiplied.slice],
                multiplied.vec4s() + residual_vec4s + images * output.pixels() * out_c4,
            )?,
        ])
    }
}
