//! Winograd's F(4 x 4, 3 x 3): a 3 x 3 convolution as 36 products of 1 x 1, of a quarter of the multiply-adds (Lavin & Gray 2016,
//! arXiv:1509.09308). What lies between is f32 whatever the tensors are: the way back cancels most of what it adds. Three dispatches: tiles of the input are transformed, multiplied, and transformed back.

use super::conv::{Conv, ConvWeights, Variant, params};
use super::{View, holds, same};
use crate::error::{Error, Result};
use crate::gpu::shader::{self, BindingKind, Shader, conv_direct::Params};
use crate::gpu::{Capabilities, Dispatch, MOST_LAYERS, Slice, Work, grid};
use crate::precision::Precision;
use crate::tensor::Tensor;
use crate::window::Window;

/// Products: values of a transformed tile, 6 x 6.
pub const POINTS: usize = 36;
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
/// What a value of the transformed input and of the products costs, and what the dispatches cost, in multiply-adds: measured with VGG16's and
/// ResNet-18's layers on lavapipe.
const INPUT: f64 = 76.0;
const OUTPUT: f64 = 146.0;
const FIXED: f64 = 3e6;
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
    /// Of a convolution that the method computes.
    pub fn of(window: Window, groups: usize, channels: [usize; 2], output: [usize; 2]) -> Option<Self> {
        Winograd::computes(window, groups).then_some(Self { channels, output })
    }

    /// Whether it is faster than a direct kernel, by its cost in multiply-adds.
    pub fn pays(self) -> bool {
        // Sizes of hostile networks may be large: no integer holds their products.
        let [c, o] = self.channels.map(|count| count as f64);
        let padded = |count: usize| count.next_multiple_of(TOGETHER) as f64;
        let direct = 9.0 * c * o * padded(self.output[0] * self.output[1]);
        let products = POINTS as f64 * c * o * padded(self.tiles());
        let transforms = POINTS as f64 * self.tiles() as f64 * (INPUT * c + OUTPUT * o) + FIXED;
        products + transforms < 0.95 * direct
    }

    /// Tiles of an image.
    fn tiles(self) -> usize {
        self.output[0].div_ceil(SIDE) * self.output[1].div_ceil(SIDE)
    }

    /// Bytes of the transformed input and of the products, for `images` of all members.
    pub fn workspace(self, images: usize) -> [u64; 2] {
        self.channels.map(|channels| View::bytes(Precision::F32, POINTS * images, channels, 1, self.tiles()))
    }
}

/// The kernels of the method: transforms that read as the variant of the products does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Winograd {
    products: Variant,
}

/// What the dispatches read and write besides input and output.
#[derive(Debug, Clone, Copy)]
pub struct WinogradBuffers {
    /// [`Winograd::pack`] of every product.
    pub weights: Slice,
    /// Zeros, as many as the biases of 36 members.
    pub zeros: Slice,
    /// `[member, O/4]` vec4.
    pub bias: Slice,
    /// For the transformed input and the products: of the sizes of [`Shape::workspace`] or larger.
    pub workspace: [Slice; 2],
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

    /// Whether the method computes a convolution of this window and these groups.
    pub fn computes(window: Window, groups: usize) -> bool {
        window.kernel == [3, 3] && window.stride == [1, 1] && window.dilation == [1, 1] && groups == 1
    }

    /// Whether one image of `members` fits: weights, workspace and products into `most` bytes each and one grid.
    pub fn fits(self, shape: Shape, members: usize, most: u64) -> bool {
        let [given, made] = shape.workspace(members);
        let layers = POINTS * members * shape.channels[1].div_ceil(4 * self.tile());
        let bytes = [given, made, self.weight_bytes(shape.channels, members)];
        bytes.into_iter().all(|bytes| bytes <= most) && layers <= MOST_LAYERS && shape.tiles() <= 1 << 16
    }

    fn tile(self) -> usize {
        self.products.tile().unwrap_or(1)
    }

    /// Bytes of the packed weights of a convolution of `channels` for `members`.
    pub fn weight_bytes(self, [channels, out]: [usize; 2], members: usize) -> u64 {
        let out = out.next_multiple_of(4 * self.tile());
        4 * (POINTS * members * channels.next_multiple_of(4) * out) as u64
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

    /// The weights `[O, C, 3, 3]` of every member for one of the 36 products, G g G^T at `point`, packed. Those of all products lie one after the
    /// other.
    ///
    /// # Errors
    /// [`Error::Shape`] where the members differ or a kernel is not 3 x 3.
    pub fn pack(self, at: &str, members: &[&Tensor], point: usize) -> Result<Vec<f32>> {
        let (down, across) = (KERNEL[point / 6 % 6], KERNEL[point % 6]);
        let mut factors = [0.0; 9];
        factors.iter_mut().enumerate().for_each(|(index, factor)| *factor = down[index / 3] * across[index % 3]);
        let transformed = members.iter().map(|weight| {
            let &[out, channels, 3, 3] = &weight.shape[..] else {
                return Err(Error::shape(at, format!("weights of 3 x 3 are needed, not {:?}", weight.shape)));
            };
            let value = |kernel: &[f32]| kernel.iter().zip(factors).map(|(&k, f)| f64::from(k) * f).sum::<f64>() as f32;
            Tensor::new(vec![out, channels, 1, 1], weight.data.chunks_exact(9).map(value).collect())
        });
        let transformed = transformed.collect::<Result<Vec<_>>>()?;
        let zeros = vec![0.0; transformed.first().map_or(0, |weight| weight.shape[0])];
        let pairs: Vec<(&Tensor, &[f32])> = transformed.iter().map(|weight| (weight, &zeros[..])).collect();
        Ok(self.products.pack(at, &pairs, 1)?.weights)
    }

    /// The dispatches of `conv`, as [`Conv::dispatches`].
    ///
    /// # Errors
    /// [`Error::Shape`] where sizes disagree or a buffer is too small.
    pub fn dispatches(
        self,
        at: &str,
        conv: &Conv,
        input: View,
        buffers: WinogradBuffers,
        residual: Option<View>,
        output: View,
    ) -> Result<Vec<Dispatch>> {
        let size = conv.window.output(at, [input.height, input.width], false)?;
        let shape = Shape { channels: [input.channels, conv.out_channels], output: size };
        if !Self::computes(conv.window, conv.groups) {
            return Err(Error::shape(at, format!("{:?} in {} groups is not 3 x 3 of stride 1", conv.window, conv.groups)));
        }
        let precision = conv.check(at, input, residual, output)?;
        same(at, "output rows", size[0], output.height)?;
        same(at, "output columns", size[1], output.width)?;
        let images = input.images;
        let out_c4 = conv.out_channels.div_ceil(4);
        holds(at, buffers.bias, (16 * conv.members * out_c4) as u64)?;
        let [given, products] = buffers.workspace;
        let [given_bytes, product_bytes] = shape.workspace(images);
        let between = |slice: Slice, bytes: u64, channels: usize| {
            let slice = Slice { size: slice.size.min(bytes), ..slice };
            View { slice, images: POINTS * images, channels, height: 1, width: shape.tiles(), precision: Precision::F32 }
        };
        let transformed = between(given, given_bytes, input.channels);
        let multiplied = between(products, product_bytes, conv.out_channels);
        transformed.check(at)?;
        multiplied.check(at)?;

        let n = |value: usize| value as u32;
        let params = Params {
            out_c4_offset: n(conv.out_c4_offset),
            bias_stride: n(out_c4),
            relu: u32::from(conv.relu),
            residual: u32::from(residual.is_some()),
            ..params(conv.members, images / conv.members, input, output, conv.window)
        };
        let [forth, back] = self.transforms();
        let transform = |shader: &'static Shader, channels: usize, bound, bytes: u64| {
            Ok(Dispatch {
                label: at.to_owned(),
                shader: shader.of(precision),
                params: bytemuck::bytes_of(&params).to_vec(),
                buffers: bound,
                grid: grid((images * shape.tiles() * channels.div_ceil(4)) as u64, shader.workgroup[0], 1)?,
                // Additions are not counted: the multiply-adds of the products are what the method is for.
                work: Work { flops: 0, bytes },
            })
        };
        let product = Conv {
            members: POINTS * conv.members,
            out_channels: conv.out_channels,
            window: Window::square(1, 1),
            groups: 1,
            relu: false,
            out_c4_offset: 0,
            tiling: None,
        };
        let packed = ConvWeights { variant: self.products, weights: buffers.weights, bias: buffers.zeros };
        let residual_bytes = residual.map_or(0, |view| view.size());
        let residual = residual.map_or(buffers.bias, |view| view.slice);
        let there = transform(forth, input.channels, vec![transformed.slice, input.slice], input.size() + transformed.size())?;
        let mut dispatches = vec![there];
        dispatches.extend(product.dispatches(at, transformed, packed, None, multiplied, None)?);
        dispatches.push(transform(
            back,
            conv.out_channels,
            vec![buffers.bias, residual, output.slice, multiplied.slice],
            multiplied.size() + residual_bytes + precision.vec4() * (images * output.pixels() * out_c4) as u64,
        )?);
        Ok(dispatches)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_grid_does_not_hold_is_left_to_the_direct_kernels() {
        let method = Winograd::with(Variant::Direct).unwrap();
        let shape = Shape { channels: [60, 736], output: [16, 16] };
        assert!(method.fits(shape, 2, u64::MAX));
        assert!(!method.fits(shape, 20, u64::MAX), "36 x 20 x 92 layers");
        assert!(!method.fits(shape, 2, 1 << 20), "weights of 12 MB");
    }

    #[test]
    fn the_method_is_taken_where_it_pays() {
        let square = Window::square(3, 1).padded(1);
        let of = |channels, side| Shape::of(square, 1, [channels; 2], [side; 2]).is_some_and(Shape::pays);
        assert!(of(256, 56) && of(512, 28));
        assert!(!of(16, 44) && !of(512, 7), "few channels, and few tiles");
        assert!(Shape::of(Window::square(3, 2).padded(1), 1, [256; 2], [28; 2]).is_none(), "stride 2");
        assert!(Shape::of(square, 2, [256; 2], [56; 2]).is_none(), "groups");
    }
}
