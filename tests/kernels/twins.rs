//! Every kernel against its plain-Rust twin, on every adapter.

use crate::problems;

use crate::common::{dispatched, gpus, through_texels};
use moue::gpu::shader::Shader;

fn holds(name: &str) {
    let (check, precision) = problems::check_of(name);
    let forms: Vec<&Shader> = problems::shader_of(name).forms().collect();
    for gpu in gpus() {
        dispatched();
        if let Err(error) = check(&gpu, precision) {
            panic!("{name} on {}: {error}", gpu.name());
        }
        if forms.iter().any(|form| form.texels.is_some())
            && let Err(error) = through_texels(|| check(&gpu, precision))
        {
            panic!("{name}, which writes a texture, on {}: {error}", gpu.name());
        }
        let reached = dispatched();
        for form in forms.iter().map(|form| form.name).filter(|form| !reached.contains(form)) {
            let lacks = problems::lacks(&gpu, form);
            let lacks = lacks.unwrap_or_else(|| panic!("{form} on {}: no problem reached it", gpu.name()));
            eprintln!("SKIPPED: {form} on {}, which has no {lacks}", gpu.name());
        }
    }
}

/// Kernels for CPU adapters would else be skipped on all of them.
#[test]
fn adapters_in_software_have_their_lanes() {
    for gpu in gpus() {
        let bits = gpu.name().strip_suffix(" bits)").and_then(|name| name.rsplit(' ').next()?.parse::<u32>().ok());
        let lanes = if gpu.name().contains("SwiftShader") { Some(4) } else { bits.map(|bits| bits / 32) };
        assert!(lanes.is_none_or(|lanes| lanes == gpu.capabilities().lanes), "{}: {:?}", gpu.name(), gpu.capabilities());
    }
}

macro_rules! kernels {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            holds(stringify!($name));
        })*

        #[test]
        fn every_shader_has_a_test() {
            let tested = [$(stringify!($name)),*];
            let tested: Vec<&Shader> = tested.iter().flat_map(|name| problems::shader_of(name).forms()).collect();
            for shader in moue::gpu::shader::ALL {
                assert!(tested.iter().any(|form| form.name == shader.name), "{} has no test", shader.name);
            }
        }
    };
}

kernels!(
    turn,
    flow_levels,
    flow_stack,
    decode,
    suppress,
    nearest_select,
    nearest_merge,
    shrink_across,
    shrink_down,
    expand,
    expand_strip_2,
    expand_strip_5,
    expand_strip_7,
    flow_start,
    window_down,
    flow_solve,
    mask_gray,
    luma_table,
    equalise,
    flow_bytes,
    sum_bytes,
    planes,
    tsne_affinities,
    tsne_repulse,
    tsne_total,
    tsne_move,
    warp,
    gray,
    lbp,
    lbp_radius_1,
    normalise,
    normalise_crop,
    conv_broadcast_8,
    conv_broadcast_4,
    conv_direct,
    conv_broadcast_8_stem,
    conv_broadcast_4_stem,
    conv_direct_stem,
    conv_tile_128_stem,
    conv_tile_64_stem,
    conv_tile_32_stem,
    conv_split_64_stem,
    conv_split_32_stem,
    conv_tile_128,
    conv_tile_64,
    conv_tile_32,
    conv_split_64,
    conv_split_32,
    conv_reduce,
    conv_matrix_128,
    conv_matrix_64,
    conv_matrix_32,
    conv_matrix_split_64,
    conv_matrix_split_32,
    conv_half_128,
    conv_half_64,
    conv_half_32,
    conv_half_split_64,
    conv_half_split_32,
    conv_grouped,
    conv_depthwise,
    conv_broadcast_8x4,
    conv_broadcast_8x2,
    conv_depthwise_image_3,
    conv_depthwise_image_3_2,
    conv_depthwise_image_5,
    conv_depthwise_image_5_2,
    conv_depthwise_texture_3,
    conv_depthwise_texture_3_2,
    conv_depthwise_texture_5,
    conv_depthwise_texture_5_2,
    winograd_input_buffer_4,
    winograd_input_buffer_2,
    winograd_output_buffer_4,
    winograd_output_buffer_2,
    winograd_input_image_4,
    winograd_input_image_2,
    winograd_output_image_4,
    winograd_output_image_2,
    winograd_input_texture_4,
    winograd_input_texture_2,
    winograd_output_texture_4,
    winograd_output_texture_2,
    conv_transpose,
    local_conv_image_1,
    local_conv_image_4,
    local_conv_image_8,
    local_conv_texture_1,
    local_conv_texture_4,
    local_conv_texture_8,
    local_conv_stream_1,
    local_conv_stream_4,
    local_conv_stream_8,
    dense_stream_1,
    dense_stream_4,
    dense_stream_8,
    dense_texel_8x1,
    dense_texel_8x4,
    dense_texel_8x8,
    dense_texel_4x1,
    dense_texel_4x4,
    dense_texel_4x8,
    dense_direct_1,
    dense_direct_4,
    dense_direct_8,
    pool,
    pool_image,
    fractional_max_pool,
    lrn,
    lrn_image,
    global_average,
    affine,
    prelu,
    unary,
    binary,
    softmax,
    arg_max,
    matmul,
    rearrange,
    resample,
    copy,
    pack,
    unpack,
    fuse,
    peak_fma,
    peak_matrix,
    peak_copy,
    flow_stack_f16,
    normalise_f16,
    normalise_crop_f16,
    conv_broadcast_8_f16,
    conv_broadcast_4_f16,
    conv_direct_f16,
    conv_broadcast_8_stem_f16,
    conv_broadcast_4_stem_f16,
    conv_direct_stem_f16,
    conv_tile_128_stem_f16,
    conv_tile_64_stem_f16,
    conv_tile_32_stem_f16,
    conv_split_64_stem_f16,
    conv_split_32_stem_f16,
    conv_tile_128_f16,
    conv_tile_64_f16,
    conv_tile_32_f16,
    conv_split_64_f16,
    conv_split_32_f16,
    conv_reduce_f16,
    conv_grouped_f16,
    conv_depthwise_f16,
    conv_broadcast_8x4_f16,
    conv_broadcast_8x2_f16,
    conv_depthwise_image_3_f16,
    conv_depthwise_image_3_2_f16,
    conv_depthwise_image_5_f16,
    conv_depthwise_image_5_2_f16,
    conv_depthwise_texture_3_f16,
    conv_depthwise_texture_3_2_f16,
    conv_depthwise_texture_5_f16,
    conv_depthwise_texture_5_2_f16,
    winograd_input_buffer_4_f16,
    winograd_input_buffer_2_f16,
    winograd_output_buffer_4_f16,
    winograd_output_buffer_2_f16,
    winograd_input_image_4_f16,
    winograd_input_image_2_f16,
    winograd_output_image_4_f16,
    winograd_output_image_2_f16,
    winograd_input_texture_4_f16,
    winograd_input_texture_2_f16,
    winograd_output_texture_4_f16,
    winograd_output_texture_2_f16,
    conv_transpose_f16,
    local_conv_image_1_f16,
    local_conv_image_4_f16,
    local_conv_image_8_f16,
    local_conv_texture_1_f16,
    local_conv_texture_4_f16,
    local_conv_texture_8_f16,
    local_conv_stream_1_f16,
    local_conv_stream_4_f16,
    local_conv_stream_8_f16,
    dense_stream_1_f16,
    dense_stream_4_f16,
    dense_stream_8_f16,
    dense_texel_8x1_f16,
    dense_texel_8x4_f16,
    dense_texel_8x8_f16,
    dense_texel_4x1_f16,
    dense_texel_4x4_f16,
    dense_texel_4x8_f16,
    dense_direct_1_f16,
    dense_direct_4_f16,
    dense_direct_8_f16,
    pool_f16,
    pool_image_f16,
    fractional_max_pool_f16,
    lrn_f16,
    lrn_image_f16,
    global_average_f16,
    affine_f16,
    prelu_f16,
    unary_f16,
    binary_f16,
    softmax_f16,
    arg_max_f16,
    matmul_f16,
    rearrange_f16,
    resample_f16,
    copy_f16,
    pack_f16,
    unpack_f16,
    fuse_f16,
);
