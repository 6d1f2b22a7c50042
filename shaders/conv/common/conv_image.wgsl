#include "common/conv_params.wgsl"
#include "common/input_image.wgsl"
@group(0) @binding(5) var weights: Texels;              // [member, group, tile, kh, kw, C/4, 4, tile/4] vec4
#include "common/residual_image.wgsl"
#include "common/output_either.wgsl" OUTPUT=3
#include "common/epilogue.wgsl"

fn weights_at(index: u32) -> vec4<f32> {
    return textureLoad(weights, vec2<u32>(index & 1023u, index >> 10u));
}
