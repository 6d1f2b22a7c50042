// For CPU adapters that sample quickly. The input is `[points, member * images, tiles, O/4]` vec4.
#variant winograd_output_texture_4 INPUT=4 LANES=8 OUT=4 SIDE=6
#variant winograd_output_texture_2 INPUT=4 LANES=8 OUT=2 SIDE=4

#include "common/conv_params.wgsl"
#include "common/residual_buffer.wgsl"
#include "common/output_either.wgsl" OUTPUT=3
#include "common/epilogue.wgsl"
@group(0) @binding(4) var products: texture_2d<f32>;                        // [points, member * images, tiles, O/4] vec4

fn product_at(index: u32) -> vec4<f32> {
    return textureLoad(products, vec2<u32>(index & 1023u, index >> 10u), 0);
}

#include "winograd/common/winograd_output.wgsl"
