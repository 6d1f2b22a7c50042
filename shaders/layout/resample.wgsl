// Resized rows and columns, nearest or linear: where each output row and column reads was found by the host. One invocation an output vec4.

struct Params {
    images: u32,
    c4: u32,
    in_height: u32,
    in_width: u32,
    out_height: u32,
    out_width: u32,
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Values>;           // [images, H, W, C/4] vec4
@group(0) @binding(2) var<storage, read> taps: array<u32>;                  // [OH + OW, 3]: first, second, share of the second (f32 bits)
@group(0) @binding(3) var<storage, read_write> output: array<Values>;    // [images, OH, OW, C/4] vec4

#include "common/index.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    if (index >= params.images * params.out_height * params.out_width * params.c4) {
        return;
    }
    let c = index % params.c4;
    let pixel = index / params.c4;
    let row = 3u * (pixel / params.out_width % params.out_height);
    let column = 3u * (params.out_height + pixel % params.out_width);
    let image = pixel / (params.out_width * params.out_height) * params.in_height;
    let upper = (image + taps[row]) * params.in_width;
    let lower = (image + taps[row + 1u]) * params.in_width;
    let left = taps[column];
    let right = taps[column + 1u];
    let down = bitcast<f32>(taps[row + 2u]);
    let along = bitcast<f32>(taps[column + 2u]);
    let above = mix(widen(input[(upper + left) * params.c4 + c]), widen(input[(upper + right) * params.c4 + c]), along);
    let below = mix(widen(input[(lower + left) * params.c4 + c]), widen(input[(lower + right) * params.c4 + c]), along);
    output[index] = narrow(mix(above, below, down));
}
