//! Random problems for every kernel, held against the twin. A problem is a value; odd sizes, one pixel, groups, channels not divisible by four,
//! batches of 1 and 7 are there on purpose.

mod conv;
mod faces;
mod flow;
mod layers;
mod local;
mod moves;
mod nearest;
mod pixels;
mod stacks;
mod tsne;
mod two_stream;

use conv::Method;
use moue::Precision;
use moue::gpu::Gpu;
use moue::gpu::shader::{self, BindingKind, Shader};
use moue::kernels::{DenseVariant, LocalConvVariant, Variant};
use moue::operators::WinogradSize;

pub type Check = fn(&Gpu, Precision) -> Result<(), String>;

/// Every kernel by the name of its shader, with the check of its problems: those of its f16 form are the same.
pub const CHECKS: &[(&str, Check)] = &[
    ("warp", pixels::warp),
    ("turn", pixels::turn),
    ("decode", faces::decode),
    ("suppress", faces::suppress),
    ("nearest_select", nearest::select),
    ("nearest_merge", nearest::merge),
    ("shrink_across", flow::shrink_across),
    ("shrink_down", flow::shrink_down),
    ("expand", flow::expand),
    ("expand_strip_2", flow::expand_strip_2),
    ("expand_strip_5", flow::expand_strip_5),
    ("expand_strip_7", flow::expand_strip_7),
    ("flow_start", flow::flow_start),
    ("window_down", flow::window_down),
    ("flow_solve", flow::flow_solve),
    ("flow_levels", stacks::flow_levels),
    ("flow_stack", stacks::flow_stack),
    ("mask_gray", two_stream::mask_gray),
    ("luma_table", two_stream::luma_table),
    ("equalise", two_stream::equalise),
    ("flow_bytes", two_stream::flow_bytes),
    ("sum_bytes", two_stream::sum_bytes),
    ("planes", two_stream::planes),
    ("tsne_affinities", tsne::affinities),
    ("tsne_repulse", tsne::repulse),
    ("tsne_total", tsne::total),
    ("tsne_move", tsne::descent),
    ("gray", pixels::gray),
    ("lbp", pixels::lbp),
    ("lbp_radius_1", pixels::lbp_radius_1),
    ("normalise", pixels::normalise),
    ("normalise_crop", pixels::normalise_crop),
    ("conv_broadcast_8", |gpu, precision| conv::conv(gpu, precision, Method::Direct(Variant::Broadcast8))),
    ("conv_broadcast_4", |gpu, precision| conv::conv(gpu, precision, Method::Direct(Variant::Broadcast4))),
    ("conv_direct", |gpu, precision| conv::conv(gpu, precision, Method::Direct(Variant::Direct))),
    ("conv_broadcast_8x4", |gpu, precision| conv::conv(gpu, precision, Method::Direct(Variant::Broadcast8x4))),
    ("conv_broadcast_8x2", |gpu, precision| conv::conv(gpu, precision, Method::Direct(Variant::Broadcast8x2))),
    ("conv_broadcast_8_stem", |gpu, precision| conv::stems(gpu, precision, Method::Direct(Variant::Broadcast8))),
    ("conv_broadcast_4_stem", |gpu, precision| conv::stems(gpu, precision, Method::Direct(Variant::Broadcast4))),
    ("conv_direct_stem", |gpu, precision| conv::stems(gpu, precision, Method::Direct(Variant::Direct))),
    ("conv_tile_128_stem", |gpu, precision| conv::tiled_stems(gpu, precision, [128, 1])),
    ("conv_tile_64_stem", |gpu, precision| conv::tiled_stems(gpu, precision, [64, 1])),
    ("conv_tile_32_stem", |gpu, precision| conv::tiled_stems(gpu, precision, [32, 1])),
    ("conv_split_64_stem", |gpu, precision| conv::tiled_stems(gpu, precision, [64, 3])),
    ("conv_split_32_stem", |gpu, precision| conv::tiled_stems(gpu, precision, [32, 2])),
    ("conv_tile_128", |gpu, precision| conv::tiled(gpu, precision, Variant::Tile, [128, 1])),
    ("conv_tile_64", |gpu, precision| conv::tiled(gpu, precision, Variant::Tile, [64, 1])),
    ("conv_tile_32", |gpu, precision| conv::tiled(gpu, precision, Variant::Tile, [32, 1])),
    ("conv_split_64", |gpu, precision| conv::tiled(gpu, precision, Variant::Tile, [64, 3])),
    ("conv_split_32", |gpu, precision| conv::tiled(gpu, precision, Variant::Tile, [32, 2])),
    ("conv_reduce", |gpu, precision| conv::tiled(gpu, precision, Variant::Tile, [32, 5])),
    ("conv_matrix_128", |gpu, _| conv::matrix(gpu, [128, 1])),
    ("conv_matrix_64", |gpu, _| conv::matrix(gpu, [64, 1])),
    ("conv_matrix_32", |gpu, _| conv::matrix(gpu, [32, 1])),
    ("conv_matrix_split_64", |gpu, _| conv::matrix(gpu, [64, 3])),
    ("conv_matrix_split_32", |gpu, _| conv::matrix(gpu, [32, 2])),
    ("conv_half_128", |gpu, _| conv::half(gpu, [128, 1])),
    ("conv_half_64", |gpu, _| conv::half(gpu, [64, 1])),
    ("conv_half_32", |gpu, _| conv::half(gpu, [32, 1])),
    ("conv_half_split_64", |gpu, _| conv::half(gpu, [64, 3])),
    ("conv_half_split_32", |gpu, _| conv::half(gpu, [32, 2])),
    ("conv_grouped", |gpu, precision| conv::conv(gpu, precision, Method::Direct(Variant::Grouped))),
    ("conv_depthwise", |gpu, precision| conv::conv(gpu, precision, Method::Direct(Variant::Depthwise))),
    ("conv_depthwise_image_3", |gpu, precision| conv::conv(gpu, precision, Method::Direct(Variant::DepthwiseImage))),
    ("conv_depthwise_image_3_2", |gpu, precision| conv::conv(gpu, precision, Method::Direct(Variant::DepthwiseImage))),
    ("conv_depthwise_image_5", |gpu, precision| conv::conv(gpu, precision, Method::Direct(Variant::DepthwiseImage))),
    ("conv_depthwise_image_5_2", |gpu, precision| conv::conv(gpu, precision, Method::Direct(Variant::DepthwiseImage))),
    ("conv_depthwise_texture_3", |gpu, precision| conv::conv(gpu, precision, Method::Direct(Variant::DepthwiseTexture))),
    ("conv_depthwise_texture_3_2", |gpu, precision| conv::conv(gpu, precision, Method::Direct(Variant::DepthwiseTexture))),
    ("conv_depthwise_texture_5", |gpu, precision| conv::conv(gpu, precision, Method::Direct(Variant::DepthwiseTexture))),
    ("conv_depthwise_texture_5_2", |gpu, precision| conv::conv(gpu, precision, Method::Direct(Variant::DepthwiseTexture))),
    ("winograd_input_image_4", |gpu, precision| conv::winograd(gpu, precision, Variant::Broadcast8, WinogradSize::Four)),
    ("winograd_input_image_2", |gpu, precision| conv::winograd(gpu, precision, Variant::Broadcast8, WinogradSize::Two)),
    ("winograd_output_image_4", |gpu, precision| conv::winograd(gpu, precision, Variant::Broadcast8, WinogradSize::Four)),
    ("winograd_output_image_2", |gpu, precision| conv::winograd(gpu, precision, Variant::Broadcast8, WinogradSize::Two)),
    ("winograd_input_texture_4", |gpu, precision| conv::winograd(gpu, precision, Variant::Direct, WinogradSize::Four)),
    ("winograd_input_texture_2", |gpu, precision| conv::winograd(gpu, precision, Variant::Direct, WinogradSize::Two)),
    ("winograd_output_texture_4", |gpu, precision| conv::winograd(gpu, precision, Variant::Direct, WinogradSize::Four)),
    ("winograd_output_texture_2", |gpu, precision| conv::winograd(gpu, precision, Variant::Direct, WinogradSize::Two)),
    ("winograd_input_buffer_4", |gpu, precision| conv::winograd(gpu, precision, Variant::Tile, WinogradSize::Four)),
    ("winograd_input_buffer_2", |gpu, precision| conv::winograd(gpu, precision, Variant::Tile, WinogradSize::Two)),
    ("winograd_output_buffer_4", |gpu, precision| conv::winograd(gpu, precision, Variant::Tile, WinogradSize::Four)),
    ("winograd_output_buffer_2", |gpu, precision| conv::winograd(gpu, precision, Variant::Tile, WinogradSize::Two)),
    ("conv_transpose", conv::conv_transpose),
    ("local_conv_image_1", |gpu, precision| local::local_conv(gpu, precision, LocalConvVariant::Image)),
    ("local_conv_image_4", |gpu, precision| local::local_conv(gpu, precision, LocalConvVariant::Image)),
    ("local_conv_image_8", |gpu, precision| local::local_conv(gpu, precision, LocalConvVariant::Image)),
    ("local_conv_texture_1", |gpu, precision| local::local_conv(gpu, precision, LocalConvVariant::Texture)),
    ("local_conv_texture_4", |gpu, precision| local::local_conv(gpu, precision, LocalConvVariant::Texture)),
    ("local_conv_texture_8", |gpu, precision| local::local_conv(gpu, precision, LocalConvVariant::Texture)),
    ("local_conv_stream_1", |gpu, precision| local::local_conv(gpu, precision, LocalConvVariant::Stream)),
    ("local_conv_stream_4", |gpu, precision| local::local_conv(gpu, precision, LocalConvVariant::Stream)),
    ("local_conv_stream_8", |gpu, precision| local::local_conv(gpu, precision, LocalConvVariant::Stream)),
    ("dense_stream_1", |gpu, precision| layers::dense(gpu, precision, DenseVariant::Stream)),
    ("dense_stream_4", |gpu, precision| layers::dense(gpu, precision, DenseVariant::Stream)),
    ("dense_stream_8", |gpu, precision| layers::dense(gpu, precision, DenseVariant::Stream)),
    ("dense_texel_8x1", |gpu, precision| layers::dense(gpu, precision, DenseVariant::Texel8)),
    ("dense_texel_8x4", |gpu, precision| layers::dense(gpu, precision, DenseVariant::Texel8)),
    ("dense_texel_8x8", |gpu, precision| layers::dense(gpu, precision, DenseVariant::Texel8)),
    ("dense_texel_4x1", |gpu, precision| layers::dense(gpu, precision, DenseVariant::Texel4)),
    ("dense_texel_4x4", |gpu, precision| layers::dense(gpu, precision, DenseVariant::Texel4)),
    ("dense_texel_4x8", |gpu, precision| layers::dense(gpu, precision, DenseVariant::Texel4)),
    ("dense_direct_1", |gpu, precision| layers::dense(gpu, precision, DenseVariant::Direct)),
    ("dense_direct_4", |gpu, precision| layers::dense(gpu, precision, DenseVariant::Direct)),
    ("dense_direct_8", |gpu, precision| layers::dense(gpu, precision, DenseVariant::Direct)),
    ("pool", |gpu, precision| layers::pool(gpu, precision, BindingKind::Read)),
    ("pool_image", |gpu, precision| layers::pool(gpu, precision, BindingKind::Image)),
    ("fractional_max_pool", layers::fractional_max_pool),
    ("lrn", |gpu, precision| layers::lrn(gpu, precision, BindingKind::Read)),
    ("lrn_image", |gpu, precision| layers::lrn(gpu, precision, BindingKind::Image)),
    ("global_average", layers::global_average),
    ("affine", layers::affine),
    ("prelu", layers::prelu),
    ("unary", layers::unary),
    ("binary", layers::binary),
    ("softmax", layers::softmax),
    ("arg_max", layers::arg_max),
    ("matmul", layers::matmul),
    ("rearrange", moves::rearrange),
    ("resample", moves::resample),
    ("copy", moves::copy),
    ("pack", moves::pack),
    ("unpack", moves::unpack),
    ("fuse", moves::fuse),
    ("peak_fma", moves::peak_fma),
    ("peak_matrix", |gpu, _| moves::peak_matrix(gpu)),
    ("peak_copy", moves::peak_copy),
];

fn text(error: moue::Error) -> String {
    error.to_string()
}

/// The check of a shader, and the precision of its form.
pub fn check_of(shader: &str) -> (Check, Precision) {
    let (name, precision) = match shader.strip_suffix("_f16") {
        Some(name) => (name, Precision::F16),
        None => (shader, Precision::F32),
    };
    let (_, check) = CHECKS.iter().find(|(n, _)| *n == name).unwrap();
    (*check, precision)
}

/// The shader called `name`.
pub fn shader_of(name: &str) -> &'static Shader {
    shader::ALL.iter().find(|shader| shader.name == name).unwrap()
}

/// What the shader called `name` needs and `gpu` has not.
pub fn lacks(gpu: &Gpu, name: &str) -> Option<String> {
    let shader = shader_of(name);
    let has = gpu.capabilities();
    if shader.matrices && !has.matrices {
        return Some("cooperative matrices of 16 x 16 x 16".to_owned());
    }
    if shader.arithmetic_f16 && !has.arithmetic_f16 {
        return Some("arithmetic in f16".to_owned());
    }
    let image = shader.bindings.iter().any(|binding| binding.kind == BindingKind::Image).then_some("8");
    let lanes = image.or(name.strip_prefix("conv_broadcast_")).or(name.strip_prefix("dense_texel_"))?;
    let lanes: u32 = lanes.split(['x', '_']).next().unwrap().parse().unwrap();
    (has.lanes != lanes).then(|| format!("subgroups of {lanes} lanes"))
}
