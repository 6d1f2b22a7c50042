// Values from other places of the same image: transpose, slice, reshape, pad. One invocation an output vec4; lanes beyond the last channel become 0.

struct Params {
    images: u32,
    in_channels: u32,
    in_pixels: u32,
    out_channels: u32,
    out_pixels: u32,
    rank: u32,
    // 0: constant; 1: reflect; 2: edge.
    beyond: u32,
    value: f32,
    first: i32,            // logical index of the value that position 0 of every axis reads
    // Of each axis, innermost first: output positions, step of the logical input index, pad before, input positions.
    size_low: vec4<u32>,
    size_high: vec4<u32>,
    stride_low: vec4<i32>,
    stride_high: vec4<i32>,
    before_low: vec4<i32>,
    before_high: vec4<i32>,
    within_low: vec4<i32>,
    within_high: vec4<i32>,
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Values>;              // [images, H * W, C/4] vec4
@group(0) @binding(2) var<storage, read_write> output: array<Values>;    // [images, H * W, C/4] vec4

#include "common/index.wgsl"

// The value at index `logical` of an output image in logical order.
fn gather(image: u32, logical: u32) -> f32 {
    var rest = logical;
    var source = params.first;
    for (var axis = 0u; axis < params.rank; axis++) {
        let lane = axis & 3u;
        let low = axis < 4u;
        let size = select(params.size_high[lane], params.size_low[lane], low);
        let within = select(params.within_high[lane], params.within_low[lane], low);
        var at = i32(rest % size) - select(params.before_high[lane], params.before_low[lane], low);
        rest /= size;
        if (at < 0 || at >= within) {
            if (params.beyond == 0u) {
                return params.value;
            }
            let mirrored = select(2 * (within - 1) - at, -at, at < 0);
            at = select(clamp(at, 0, within - 1), mirrored, params.beyond == 1u);
        }
        source += at * select(params.stride_high[lane], params.stride_low[lane], low);
    }
    let channel = u32(source) / params.in_pixels;
    let pixel = u32(source) % params.in_pixels;
    return widen(input[(image * params.in_pixels + pixel) * ((params.in_channels + 3u) / 4u) + channel / 4u])[channel % 4u];
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    let c4 = (params.out_channels + 3u) / 4u;
    if (index >= params.images * params.out_pixels * c4) {
        return;
    }
    let channel = index % c4 * 4u;
    let pixel = index / c4 % params.out_pixels;
    let image = index / (c4 * params.out_pixels);
    var value = vec4<f32>(0.0);
    for (var i = 0u; i < min(4u, params.out_channels - channel); i++) {
        value[i] = gather(image, (channel + i) * params.out_pixels + pixel);
    }
    output[index] = narrow(value);
}
