// For GPUs.
#variant winograd_output_buffer_4 LANES=64 OUT=4 SIDE=6
#variant winograd_output_buffer_2 LANES=64 OUT=2 SIDE=4

#include "common/conv_params.wgsl"
#include "common/residual_buffer.wgsl"
#include "common/output_buffer.wgsl" OUTPUT=3
#include "common/epilogue.wgsl"
@group(0) @binding(4) var<storage, read> products: array<vec4<f32>>;        // [points, member * images, tiles, O/4] vec4

fn product_at(index: u32) -> vec4<f32> {
    return products[index];
}

#include "winograd/common/winograd_output.wgsl"
