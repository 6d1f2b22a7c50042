// Softmax over the channels of every pixel, or its logarithm. One invocation a pixel; lanes beyond the last channel become 0.

struct Params {
    pixels: u32,
    channels: u32,
    logarithm: u32,
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Values>;           // [pixels, C/4] vec4
@group(0) @binding(2) var<storage, read_write> output: array<Values>;    // [pixels, C/4] vec4

#include "common/index.wgsl"

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let pixel = linear_index(id, grid, 32u);
    if (pixel >= params.pixels) {
        return;
    }
    let c4 = (params.channels + 3u) / 4u;
    let base = pixel * c4;
    var most = -3.4028234e38;
    for (var c = 0u; c < params.channels; c++) {
        most = max(most, widen(input[base + c / 4u])[c % 4u]);
    }
    var sum = 0.0;
    for (var c = 0u; c < params.channels; c++) {
        sum += exp(widen(input[base + c / 4u])[c % 4u] - most);
    }
    for (var c = 0u; c < c4; c++) {
        let present = vec4<u32>(4u * c) + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(params.channels);
        let below = widen(input[base + c]) - most;
        var value = exp(below) / sum;
        if (params.logarithm != 0u) {
            value = below - log(sum);
        }
        output[base + c] = narrow(select(vec4<f32>(0.0), value, present));
    }
}
