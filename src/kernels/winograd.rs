//! Winograd's F(4 x 4, 3 x 3) and F(2 x 2, 3 x 3): a 3 x 3 convolution as 36 products of 1 x 1 of a quarter of the multiply-adds, or as 16 of four ninths
//! (Lavin & Gray 2016, arXiv:1509.09308). What lies between is f32 whatever the tensors are: the way back cancels most of what it adds. Three dispatches:
//! tiles of the input are transformed, multiplied, and transformed back; on GPUs three for every few images, so that what lies between stays in the cache.

use super::conv::{Conv, ConvWeights, params};
use super::variant::Variant;
use super::{View, holds, same};
use crate::error::{Error, Result};
use crate::gpu::shader::{self, BindingKind, Shader, conv_direct::Params};
use crate::gpu::{Capabilities, Dispatch, MOST_LAYERS, Slice, Work, grid};
use crate::operators::{Activation, Window, WinogradSize as Size};
use crate::tensor::{Precision, Tensor};

/// What a value of the transformed input, of the products and of the weights costs, and what the dispatches cost, in multiply-adds: measured with VGG16's,
/// ResNet-18's and GoogLeNet's layers on lavapipe. F(4, 3) reads four times as many weights as a direct kernel, F(2, 3) 16 / 9.
const INPUT: f64 = 76.0;
const OUTPUT: f64 = 146.0;
const WEIGHT: f64 = 4.0;
const FIXED: f64 = 3e6;
/// F(2, 3) is taken before F(4, 3) where it is cheaper by this: what is alike for one image F(4, 3) does faster for eight.
const LEAD: f64 = 1.1;
/// Pixels that a workgroup of the products takes: what is not filled is computed all the same.
const TOGETHER: usize = 32;
/// The same for both on GPUs: what is multiplied there is never far from what is moved. Tiles of many images fill the workgroups.
const MOVED: f64 = 50.0;
/// Bytes that GPUs transform at a time: on an H200 VGG16 takes 45, 32 and 29 ms for 64 images with 16, 128 and 512 MiB.
const MOST_BETWEEN: u64 = 1 << 28;

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

    /// Tiles of an image.
    fn tiles(self, size: Size) -> usize {
        self.output[0].div_ceil(size.pixels()) * self.output[1].div_ceil(size.pixels())
    }

    /// Bytes of the transformed input and of the products, for `images` of all members at a time.
    fn workspace(self, size: Size, images: usize) -> [u64; 2] {
        self.channels.map(|channels| View::bytes(Precision::F32, size.points() * images, channels, 1, self.tiles(size)))
    }
}

/// The kernels of the method: transforms that read as the variant of the products does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Winograd {
    /// Of its tiles.
    pub size: Size,
    products: Variant,
    /// Bytes of the transformed input and of the products that are worked with at a time, each: of one image it may be more.
    between: u64,
}

/// What the dispatches read and write besides input and output.
#[derive(Debug, Clone, Copy)]
pub struct WinogradBuffers {
    /// [`Winograd::pack`] of every product.
    pub weights: Slice,
    /// Zeros, as many as the biases of as many members as there are products.
    pub zeros: Slice,
    /// `[member, O/4]` vec4.
    pub bias: Slice,
    /// For the transformed input and the products: of the sizes of [`Winograd::workspace`] or larger.
    pub workspace: [Slice; 2],
}

impl Winograd {
    /// With tiles of every size, for an adapter and tensors in `precision`; `None` where cooperative matrices do more for it than fewer products.
    pub fn choose(capabilities: Capabilities, precision: Precision) -> Option<[Self; 2]> {
        let matrices = Variant::choose(capabilities, precision, [64, 64], Window::square(1, 1), 1) == Variant::Matrix;
        if matrices { None } else { Self::on(capabilities) }
    }

    /// With tiles of every size, for an adapter, whether it is a good choice there or not.
    pub fn on(capabilities: Capabilities) -> Option<[Self; 2]> {
        let products = Variant::choose(capabilities, Precision::F32, [64, 64], Window::square(1, 1), 1);
        let [four, two] = Size::ALL.map(|size| Self::with(products, size));
        // What works with a bounded part works with one binding of it.
        let bounded = |method: Self| if method.on_cpu() { method } else { method.within(MOST_BETWEEN.min(capabilities.binding)) };
        Some([bounded(four?), bounded(two?)])
    }

    /// With products of a variant; `None` where it does not compute them in f32, without groups.
    pub fn with(products: Variant, size: Size) -> Option<Self> {
        // CPUs have no use for parts: their caches hold no image.
        let between = if products.weights().texels() { u64::MAX } else { MOST_BETWEEN };
        (products.tile().is_some() && products != Variant::Matrix).then_some(Self { size, products, between })
    }

    /// With no more than `bytes` of what lies between, but for one image.
    #[must_use]
    pub fn within(self, bytes: u64) -> Self {
        Self { between: bytes, ..self }
    }

    /// The cheapest of `methods` for a shape; `None` where a direct kernel is.
    ///
    /// On lavapipe F(2, 3) takes 0.64 of the direct kernels' time for one image of 10 x 10 and 512 channels (F(4, 3): 1.08) and 0.90 for VGG_M's 13 x 13 from
    /// 256 to 512 (0.98): few tiles of 4 x 4 leave workgroups empty and have weights to read. From 512 to 512 at 14 x 14 and 13 x 13 (0.70 and 0.81) the sizes are
    /// within a tenth of one another, now this one ahead and now that; at 7 x 7 direct kernels are faster (1.06, 2.03), on larger maps F(4, 3) is (28 x 28:
    /// 0.68, 0.48).
    pub fn cheapest(methods: impl IntoIterator<Item = Self>, shape: Shape) -> Option<Self> {
        let paying = methods.into_iter().filter(|method| method.pays(shape));
        let cost = |method: &Self| method.cost(shape) * if method.size == Size::Two { LEAD } else { 1.0 };
        paying.min_by(|a, b| cost(a).total_cmp(&cost(b)))
    }

    /// Whether the rule takes it before a direct kernel.
    fn pays(self, shape: Shape) -> bool {
        let [c, o] = shape.channels.map(|count| count as f64);
        let direct = 9.0 * c * o * (self.padded(shape.output[0] * shape.output[1]) + self.weight());
        // On GPUs tiles of all images fill the workgroups, and F(2, 3) was not measured: it is left to `--tune`.
        (self.on_cpu() || self.size == Size::Four) && self.cost(shape) < 0.95 * direct
    }

    /// What it costs, in multiply-adds.
    fn cost(self, shape: Shape) -> f64 {
        // Sizes of hostile networks may be large: no integer holds their products.
        let [c, o] = shape.channels.map(|count| count as f64);
        let (input, output, fixed) = if self.on_cpu() { (INPUT, OUTPUT, FIXED) } else { (MOVED, MOVED, 0.0) };
        let (points, tiles) = (self.size.points() as f64, shape.tiles(self.size));
        points * (c * o * (self.padded(tiles) + self.weight()) + tiles as f64 * (input * c + output * o)) + fixed
    }

    /// What a value of the weights costs: many images share them on GPUs.
    fn weight(self) -> f64 {
        if self.on_cpu() { WEIGHT } else { 0.0 }
    }

    /// Pixels or tiles that are computed, of so many.
    fn padded(self, count: usize) -> f64 {
        count.next_multiple_of(if self.on_cpu() { TOGETHER } else { 1 }) as f64
    }

    /// CPU adapters read texels.
    fn on_cpu(self) -> bool {
        self.weights().texels()
    }

    /// Images of each of `members` that are transformed at a time, of `images` that each has.
    fn together(self, shape: Shape, members: usize, images: usize) -> usize {
        let [given, made] = shape.workspace(self.size, members);
        (self.between / given.max(made).max(1)).clamp(1, images.max(1) as u64) as usize
    }

    /// Bytes of the larger of the two for an image, where they grow with the images.
    pub fn grows(self, shape: Shape) -> u64 {
        let [given, made] = shape.workspace(self.size, 1);
        if self.between == u64::MAX { given.max(made) } else { 0 }
    }

    /// Bytes of the transformed input and of the products, for `images` of each of `members`.
    pub fn workspace(self, shape: Shape, members: usize, images: usize) -> [u64; 2] {
        shape.workspace(self.size, members * self.together(shape, members, images))
    }

    /// Whether `images` of each of `members` are transformed at a time.
    pub fn at_once(self, shape: Shape, members: usize, images: usize) -> bool {
        self.together(shape, members, images) >= images
    }

    /// Whether the method computes a convolution of this window and these groups.
    pub fn computes(window: Window, groups: usize) -> bool {
        window.kernel == [3, 3] && window.stride == [1, 1] && window.dilation == [1, 1] && groups == 1
    }

    /// Whether one image of `members` fits: weights, workspace and products into `most` bytes each and one grid.
    pub fn fits(self, shape: Shape, members: usize, most: u64) -> bool {
        let [given, made] = shape.workspace(self.size, members);
        let layers = self.size.points() * members * shape.channels[1].div_ceil(4 * self.tile());
        let bytes = [given, made, self.weight_bytes(shape.channels, members)];
        bytes.into_iter().all(|bytes| bytes <= most) && layers <= MOST_LAYERS && shape.tiles(self.size) <= 1 << 16
    }

    fn tile(self) -> usize {
        self.products.tile().unwrap_or(1)
    }

    /// Bytes of the packed weights of a convolution of `channels` for `members`.
    pub fn weight_bytes(self, [channels, out]: [usize; 2], members: usize) -> u64 {
        let out = out.next_multiple_of(4 * self.tile());
        4 * self.size.points() as u64 * members as u64 * channels.next_multiple_of(4) as u64 * out as u64
    }

    /// How the products read their weights.
    pub fn weights(self) -> BindingKind {
        self.products.weights()
    }

    fn transforms(self) -> [&'static Shader; 2] {
        match (self.weights(), self.size) {
            (BindingKind::Image, Size::Four) => [&shader::WINOGRAD_INPUT_IMAGE_4, &shader::WINOGRAD_OUTPUT_IMAGE_4],
            (BindingKind::Image, Size::Two) => [&shader::WINOGRAD_INPUT_IMAGE_2, &shader::WINOGRAD_OUTPUT_IMAGE_2],
            (BindingKind::Texture, Size::Four) => [&shader::WINOGRAD_INPUT_TEXTURE_4, &shader::WINOGRAD_OUTPUT_TEXTURE_4],
            (BindingKind::Texture, Size::Two) => [&shader::WINOGRAD_INPUT_TEXTURE_2, &shader::WINOGRAD_OUTPUT_TEXTURE_2],
            (_, Size::Four) => [&shader::WINOGRAD_INPUT_BUFFER_4, &shader::WINOGRAD_OUTPUT_BUFFER_4],
            (_, Size::Two) => [&shader::WINOGRAD_INPUT_BUFFER_2, &shader::WINOGRAD_OUTPUT_BUFFER_2],
        }
    }

    /// The weights `[O, C, 3, 3]` of every member for one of the products, G g G^T at `point`, packed. Those of all products lie one after the
    /// other.
    ///
    /// # Errors
    /// [`Error::Shape`] where the members differ or a kernel is not 3 x 3.
    pub fn pack(self, at: &str, members: &[&Tensor], point: usize) -> Result<Vec<f32>> {
        let factors = self.size.factors(point);
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
        let shape = Shape { channels: [conv.in_channels(input), conv.out_channels], output: size };
        if !Self::computes(conv.window, conv.groups) {
            return Err(Error::shape(at, format!("{:?} in {} groups is not 3 x 3 of stride 1", conv.window, conv.groups)));
        }
        let precision = conv.check(at, input, residual, output)?;
        same(at, "output rows", size[0], output.height)?;
        same(at, "output columns", size[1], output.width)?;
        let (members, out_c4) = (conv.members, conv.out_channels.div_ceil(4));
        let images = input.images / members;
        holds(at, buffers.bias, (16 * conv.activation.bias_parts() * members * out_c4) as u64)?;
        let most = self.together(shape, members, images);
        let mut dispatches = Vec::new();
        for first in (0..images).step_by(most) {
            let together = most.min(images - first);
            let part = Part { at, shape, precision, first, together };
            dispatches.extend(self.part(part, conv, input, buffers, residual, output)?);
        }
        Ok(dispatches)
    }

    /// The dispatches for some images of every member.
    fn part(
        self,
        part: Part<'_>,
        conv: &Conv,
        input: View,
        buffers: WinogradBuffers,
        residual: Option<View>,
        output: View,
    ) -> Result<[Dispatch; 3]> {
        let Part { at, shape, precision, first, together } = part;
        let (points, tiles) = (self.size.points(), shape.tiles(self.size));
        let all = conv.members * together;
        let between = |slice: Slice, bytes: u64, channels: usize| {
            let slice = Slice { size: slice.size.min(bytes), ..slice };
            let view = View { slice, images: points * all, channels, height: 1, width: tiles, precision: Precision::F32 };
            view.check(at).map(|()| view)
        };
        let channels = conv.in_channels(input);
        let [given_bytes, product_bytes] = shape.workspace(self.size, all);
        let transformed = between(buffers.workspace[0], given_bytes, channels)?;
        let multiplied = between(buffers.workspace[1], product_bytes, conv.out_channels)?;

        let n = |value: usize| value as u32;
        let (activation, [slope, least, most]) = conv.activation.code();
        let params = Params {
            in_c4_offset: n(conv.in_c4_offset()),
            group_in: n(channels.div_ceil(4)),
            out_c4_offset: n(conv.out_c4_offset),
            bias_stride: n(conv.out_channels.div_ceil(4)),
            activation,
            slope,
            least,
            most,
            residual: n(residual.map_or(0, |view| view.c4())),
            first: n(first),
            together: n(together),
            ..params(conv.members, input.images / conv.members, input, output, conv.window)
        };
        let [forth, back] = self.transforms();
        let transform = |shader: &'static Shader, channels: usize, bound, bytes: u64| {
            Ok(Dispatch {
                label: at.to_owned(),
                shader: shader.of(precision),
                params: bytemuck::bytes_of(&params).to_vec(),
                buffers: bound,
                grid: grid((all * tiles * channels.div_ceil(4)) as u64, shader.workgroup[0], 1)?,
                // Additions are not counted: the multiply-adds of the products are what the method is for.
                work: Work { flops: 0, bytes },
            })
        };
        let product = Conv {
            members: points * conv.members,
            out_channels: conv.out_channels,
            window: Window::square(1, 1),
            groups: 1,
            activation: Activation::None,
            out_c4_offset: 0,
            reads: None,
            tiling: None,
        };
        let product = Conv { tiling: product.whole(self.products, points * all, [1, tiles], channels), ..product };
        let packed = ConvWeights { variant: self.products, weights: buffers.weights, bias: buffers.zeros };
        let bound = residual.map_or(buffers.bias, |view| view.slice);
        // Of what the images of this part take.
        let share = |bytes: u64| bytes * all as u64 / input.images as u64;
        let outputs = precision.vec4() * (all * output.pixels() * conv.out_channels.div_ceil(4)) as u64;
        let there = share(conv.in_bytes(input)) + transformed.size();
        let there = transform(forth, channels, vec![transformed.slice, input.slice], there)?;
        let [multiply] = <[Dispatch; 1]>::try_from(product.dispatches(at, transformed, packed, None, multiplied, None)?)
            .map_err(|parts| Error::Defect(format!("{at}: the products are {} dispatches", parts.len())))?;
        let bytes = multiplied.size() + residual.map_or(0, |view| share(view.size())) + outputs;
        let again = transform(back, conv.out_channels, vec![buffers.bias, bound, output.slice, multiplied.slice], bytes)?;
        Ok([there, multiply, again])
    }
}

/// Some images of every member.
#[derive(Clone, Copy)]
struct Part<'a> {
    at: &'a str,
    shape: Shape,
    precision: Precision,
    first: usize,
    together: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_grid_does_not_hold_is_left_to_the_direct_kernels() {
        let method = Winograd::with(Variant::Direct, Size::Four).unwrap();
        let shape = Shape { channels: [60, 736], output: [16, 16] };
        assert!(method.fits(shape, 2, u64::MAX));
        assert!(!method.fits(shape, 20, u64::MAX), "36 x 20 x 92 layers");
        assert!(!method.fits(shape, 2, 1 << 20), "weights of 12 MB");
    }

    #[test]
    fn the_method_is_taken_where_it_pays() {
        let square = Window::square(3, 1).padded(1);
        let of = |products, channels, side| {
            let shape = Shape::of(square, 1, channels, [side; 2]).unwrap();
            let methods = Size::ALL.map(|size| Winograd::with(products, size).unwrap());
            Winograd::cheapest(methods, shape).map(|method| method.size)
        };
        let cpu = |channels, side| of(Variant::Direct, channels, side);
        assert_eq!([cpu([256; 2], 56), cpu([512; 2], 28), cpu([512; 2], 14)], [Some(Size::Four); 3]);
        assert_eq!([cpu([16; 2], 44), cpu([512; 2], 7)], [None; 2], "few channels, and few tiles");
        assert_eq!([cpu([512; 2], 10), cpu([256, 512], 13)], [Some(Size::Two); 2], "few tiles of 4 x 4");
        let gpu = |channels, side| of(Variant::Tile, channels, side);
        assert_eq!([gpu([64; 2], 56), gpu([512; 2], 7)], [Some(Size::Four); 2], "many images fill the tiles");
        assert_eq!([gpu([16; 2], 44), gpu([512; 2], 1)], [None; 2], "few channels, and tiles that are mostly empty");
        assert!(Shape::of(Window::square(3, 2).padded(1), 1, [256; 2], [28; 2]).is_none(), "stride 2");
        assert!(Shape::of(square, 2, [256; 2], [56; 2]).is_none(), "groups");
    }

    #[test]
    fn the_smaller_tiles_need_less_memory_for_weights() {
        let bytes = Size::ALL.map(|size| Winograd::with(Variant::Direct, size).unwrap().weight_bytes([512; 2], 1));
        assert_eq!(bytes, [36 << 20, 16 << 20]);
        let shape = Shape { channels: [512; 2], output: [14; 2] };
        let fitting = Size::ALL.map(|size| Winograd::with(Variant::Direct, size).unwrap());
        let fitting = fitting.into_iter().filter(|method| method.fits(shape, 1, 32 << 20));
        assert_eq!(Winograd::cheapest(fitting, shape).map(|method| method.size), Some(Size::Two));
    }

    #[test]
    fn a_small_binding_bounds_what_lies_between() {
        let capabilities = Capabilities {
            cpu: false,
            integrated: false,
            lanes: 32,
            timestamps: false,
            f16: true,
            binding: 1 << 27,
            matrices: false,
            arithmetic_f16: false,
        };
        let shape = Shape { channels: [64, 64], output: [224, 224] };
        for method in Winograd::choose(capabilities, Precision::F32).unwrap() {
            let [given, _] = method.workspace(shape, 1, 64);
            assert!(given <= 1 << 27 && given > 1 << 26, "{given}");
        }
        let matrices = Capabilities { matrices: true, ..capabilities };
        assert_eq!(Winograd::choose(matrices, Precision::F16), None, "the rule's");
        assert_eq!(Winograd::on(matrices), Winograd::on(capabilities), "what is measured beside it");
    }

    #[test]
    fn what_lies_between_is_bounded_on_gpus() {
        let method = Winograd::with(Variant::Tile, Size::Four).unwrap();
        let shape = Shape { channels: [64, 64], output: [224, 224] };
        let [given, made] = method.workspace(shape, 1, 64);
        assert!(given == made && given <= MOST_BETWEEN && given > MOST_BETWEEN / 2, "{given}");
        assert_eq!(method.workspace(shape, 20, 64), shape.workspace(Size::Four, 20), "one image of each member is the least");
        assert_eq!(Winograd::with(Variant::Direct, Size::Four).unwrap().workspace(shape, 2, 3), shape.workspace(Size::Four, 6));
    }
}
