#include "dense/common/dense.wgsl"
@group(0) @binding(2) var weights: texture_2d<f32>;                         // [member, O/4 / tile, C/4, 4, tile] vec4

fn weights_at(index: u32) -> vec4<f32> {
    return textureLoad(weights, vec2<u32>(index & 1023u, index >> 10u), 0);
}
