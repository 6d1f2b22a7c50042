// Global average pooling: one invocation four channels of one image.

struct Params {
    images: u32,
    c4: u32,
    pixels: u32,
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Values>;           // [images, H * W, C/4] vec4
@group(0) @binding(2) var<storage, read_write> output: array<Values>;    // [images, C/4] vec4

#include "common/index.wgsl"

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 32u);
    if (index >= params.images * params.c4) {
        return;
    }
    let channel = index % params.c4;
    let image = index / params.c4;
    var sum = vec4<f32>(0.0);
    for (var p = 0u; p < params.pixels; p++) {
        sum += widen(input[(image * params.pixels + p) * params.c4 + channel]);
    }
    output[index] = narrow(sum / f32(params.pixels));
}
