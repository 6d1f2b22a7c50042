// For other CPU adapters: input and weights come as texels.
#variant local_conv_texture_1 IMAGES=1
#variant local_conv_texture_4 IMAGES=4
#variant local_conv_texture_8 IMAGES=8

#include "conv/common/local_conv.wgsl"
#include "common/output_either.wgsl" OUTPUT=2
#include "common/input_texture.wgsl" INPUT=3
@group(0) @binding(4) var weights: texture_2d<f32>;     // [member, OH, OW, kh, kw, C/4, 4, O/4] vec4

fn weights_at(index: u32) -> vec4<f32> {
    return textureLoad(weights, vec2<u32>(index & 1023u, index >> 10u), 0);
}

#include "conv/common/local_conv_direct.wgsl"
