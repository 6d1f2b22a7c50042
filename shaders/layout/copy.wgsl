// Channels copied into a slice of a tensor with more of them: a concatenation whose parts could not be written in place, and the repetition
// of images for members that share a representation. One invocation an output vec4 that the slice touches; its other channels stay.

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

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Values>;           // [images, H * W, C/4] vec4
@group(0) @binding(2) var<storage, read_write> output: array<Values>;    // [images, H * W, out C/4] vec4

#include "common/index.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    let first = params.out_offset / 4u;
    let touched = (params.out_offset + params.written + 3u) / 4u - first;
    if (index >= params.images * params.pixels * touched) {
        return;
    }
    let group = first + index % touched;
    let pixel = index / touched;
    let source = (params.in_first * params.pixels + pixel) * params.in_c4;
    let place = (params.out_first * params.pixels + pixel) * params.out_c4 + group;
    // The first channel of the vec4 is channel `at` of the input; where the slice starts within it, `at` is below zero.
    let at = i32(4u * group) - i32(params.out_offset);
    var value: vec4<f32>;
    if (at >= 0 && (at & 3) == 0 && at + 4 <= i32(params.channels)) {
        value = widen(input[source + u32(at) / 4u]);
    } else {
        value = widen(output[place]);
        for (var i = 0; i < 4; i++) {
            let channel = at + i;
            if (channel >= 0 && channel < i32(params.written)) {
                value[i] = 0.0;
                if (channel < i32(params.channels)) {
                    value[i] = widen(input[source + u32(channel) / 4u])[channel & 3];
                }
            }
        }
    }
    output[place] = narrow(value);
}
