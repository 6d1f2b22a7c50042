#include "common/conv_params.wgsl"
// Read through textures of 1024 columns, one row after another: a CPU adapter loads a texel ten times faster than from a storage buffer.
@group(0) @binding(1) var input: texture_storage_2d<rgba32float, read>;          // [member * images, H, W, C/4] vec4
@group(0) @binding(2) var weights: texture_storage_2d<rgba32float, read>;        // [member, group, tile, kh, kw, C/4, 4, tile/4] vec4
#include "common/epilogue.wgsl"

fn input_at(index: u32) -> vec4<f32> {
    return textureLoad(input, vec2<u32>(index & 1023u, index >> 10u));
}

fn weights_at(index: u32) -> vec4<f32> {
    return textureLoad(weights, vec2<u32>(index & 1023u, index >> 10u));
}
