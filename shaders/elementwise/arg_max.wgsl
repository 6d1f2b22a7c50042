// The channel of the largest value of every pixel, the first of several. One invocation a pixel.

struct Params {
    pixels: u32,
    channels: u32,
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Values>;           // [pixels, C/4] vec4
@group(0) @binding(2) var<storage, read_write> output: array<Values>;    // [pixels] vec4, of which lane 0 counts

#include "common/index.wgsl"

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let pixel = linear_index(id, grid, 32u);
    if (pixel >= params.pixels) {
        return;
    }
    let base = pixel * ((params.channels + 3u) / 4u);
    var best = 0u;
    var most = widen(input[base]).x;
    for (var c = 1u; c < params.channels; c++) {
        let value = widen(input[base + c / 4u])[c % 4u];
        if (value > most) {
            best = c;
            most = value;
        }
    }
    output[pixel] = narrow(vec4<f32>(f32(best), 0.0, 0.0, 0.0));
}
