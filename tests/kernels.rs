//! Every kernel against its plain-Rust twin, on every adapter.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

#[allow(dead_code)]
mod common;
#[path = "common/problems/mod.rs"]
mod problems;

use common::gpus;

fn holds(name: &str) {
    let (_, check) = problems::CHECKS.iter().find(|(n, _)| *n == name).unwrap();
    for gpu in gpus() {
        if let Err(error) = check(&gpu) {
            panic!("{name} on {}: {error}", gpu.name());
        }
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
            for shader in moue::gpu::shader::ALL {
                assert!(tested.contains(&shader.name), "{} has no test", shader.name);
            }
        }
    };
}

kernels!(
    warp,
    gray,
    lbp,
    normalise,
    conv_broadcast_8,
    conv_broadcast_4,
    conv_direct,
    conv_tile,
    conv_grouped,
    conv_depthwise,
    winograd_input_image,
    winograd_output_image,
    winograd_input_texture,
    winograd_output_texture,
    conv_transpose,
    dense,
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
    global_average,
    affine,
    prelu,
    unary,
    binary,
    softmax,
    rearrange,
    resample,
    copy,
    pack,
    unpack,
    fuse,
    peak_fma,
    peak_copy,
);
