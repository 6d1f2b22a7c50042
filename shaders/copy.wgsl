// Channels copied into a slice of a tensor with more of them: a concatenation whose parts could not be written in place, and the repetition
// of images for members that share a representation. One invocation a scalar.

struct Params {
    images: u32,
    pixels: u32,
    channels: u32,
    written: u32,         // channels written: beyond `channels` zeros, where the output's padding begins
    in_c4: u32,
    out_c4: u32,
    out_offset: u32,      // channels
    in_first: u32,        // images
    out_first: u32,       // images
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;           // [images, H * W, C/4 * 4]
@group(0) @binding(2) var<storage, read_write> output: array<f32>;    // [images, H * W, out C/4 * 4]

#include "common/index.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    if (index >= params.images * params.pixels * params.written) {
        return;
    }
    let channel = index % params.written;
    let pixel = index / params.written;
    var value = 0.0;
    if (channel < params.channels) {
        value = input[(params.in_first * params.pixels + pixel) * params.in_c4 * 4u + channel];
    }
    output[(params.out_first * params.pixels + pixel) * params.out_c4 * 4u + params.out_offset + channel] = value;
}
