// For GPUs.
#variant winograd_output_buffer LANES=64

#include "common/conv_params.wgsl"
#include "common/epilogue.wgsl"
@group(0) @binding(4) var<storage, read> products: array<vec4<f32>>;        // [36, member * images, tiles, O/4] vec4

fn product_at(index: u32) -> vec4<f32> {
    return products[index];
}

#include "common/winograd_output.wgsl"
