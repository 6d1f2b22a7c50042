//! Random problems for every kernel, held against the twin. A problem is a value; odd sizes, one pixel, groups, channels not divisible by four,
//! batches of 1 and 7 are there on purpose.

mod conv;
mod layers;
mod moves;
mod pixels;

use conv::Method;
use moue::gpu::Gpu;
use moue::gpu::shader::BindingKind;
use moue::kernels::{DenseVariant, Variant};

pub type Check = fn(&Gpu) -> Result<(), String>;

/// Every kernel by the name of its shader, with the check of its problems.
pub const CHECKS: &[(&str, Check)] = &[
    ("warp", pixels::warp),
    ("gray", pixels::gray),
    ("lbp", pixels::lbp),
    ("normalise", pixels::normalise),
    ("conv_broadcast_8", |gpu| conv::conv(gpu, Method::Direct(Variant::Broadcast8))),
    ("conv_broadcast_4", |gpu| conv::conv(gpu, Method::Direct(Variant::Broadcast4))),
    ("conv_direct", |gpu| conv::conv(gpu, Method::Direct(Variant::Direct))),
    ("conv_tile", |gpu| conv::conv(gpu, Method::Direct(Variant::Tile))),
    ("conv_grouped", |gpu| conv::conv(gpu, Method::Direct(Variant::Grouped))),
    ("conv_depthwise", |gpu| conv::conv(gpu, Method::Direct(Variant::Depthwise))),
    ("winograd_input_image", |gpu| conv::winograd(gpu, Variant::Broadcast8)),
    ("winograd_output_image", |gpu| conv::winograd(gpu, Variant::Broadcast8)),
    ("winograd_input_texture", |gpu| conv::winograd(gpu, Variant::Direct)),
    ("winograd_output_texture", |gpu| conv::winograd(gpu, Variant::Direct)),
    ("conv_transpose", conv::conv_transpose),
    ("dense", |gpu| layers::dense(gpu, DenseVariant::Stream)),
    ("dense_texel_8x1", |gpu| layers::dense(gpu, DenseVariant::Texel8)),
    ("dense_texel_8x4", |gpu| layers::dense(gpu, DenseVariant::Texel8)),
    ("dense_texel_8x8", |gpu| layers::dense(gpu, DenseVariant::Texel8)),
    ("dense_texel_4x1", |gpu| layers::dense(gpu, DenseVariant::Texel4)),
    ("dense_texel_4x4", |gpu| layers::dense(gpu, DenseVariant::Texel4)),
    ("dense_texel_4x8", |gpu| layers::dense(gpu, DenseVariant::Texel4)),
    ("dense_direct_1", |gpu| layers::dense(gpu, DenseVariant::Direct)),
    ("dense_direct_4", |gpu| layers::dense(gpu, DenseVariant::Direct)),
    ("dense_direct_8", |gpu| layers::dense(gpu, DenseVariant::Direct)),
    ("pool", |gpu| layers::pool(gpu, BindingKind::Read)),
    ("pool_image", |gpu| layers::pool(gpu, BindingKind::Image)),
    ("fractional_max_pool", layers::fractional_max_pool),
    ("lrn", layers::lrn),
    ("global_average", layers::global_average),
    ("affine", layers::affine),
    ("prelu", layers::prelu),
    ("unary", layers::unary),
    ("binary", layers::binary),
    ("softmax", layers::softmax),
    ("rearrange", moves::rearrange),
    ("resample", moves::resample),
    ("copy", moves::copy),
    ("pack", moves::pack),
    ("unpack", moves::unpack),
    ("fuse", moves::fuse),
    ("peak_fma", moves::peak_fma),
    ("peak_copy", moves::peak_copy),
];

fn text(error: moue::Error) -> String {
    error.to_string()
}
