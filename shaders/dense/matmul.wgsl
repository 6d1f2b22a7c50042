// Products of matrices, one a channel. One invocation an output vec4: a place of four products.

struct Params {
    images: u32,
    rows: u32,
    depth: u32,
    columns: u32,
    c4: u32,
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<Values>;            // [N, M, K, C/4] vec4
@group(0) @binding(2) var<storage, read> right: array<Values>;           // [N, K, P, C/4] vec4
@group(0) @binding(3) var<storage, read_write> output: array<Values>;    // [N, M, P, C/4] vec4

#include "common/index.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    if (index >= params.images * params.rows * params.columns * params.c4) {
        return;
    }
    let place = index / params.c4;
    let channel = index % params.c4;
    let column = place % params.columns;
    // Counts over images and rows.
    let row = place / params.columns;
    var at_left = row * params.depth * params.c4 + channel;
    var at_right = (row / params.rows * params.depth * params.columns + column) * params.c4 + channel;
    var sum = vec4<f32>(0.0);
    for (var k = 0u; k < params.depth; k++) {
        sum = fma(widen(left[at_left]), widen(right[at_right]), sum);
        at_left += params.c4;
        at_right += params.columns * params.c4;
    }
    output[index] = narrow(sum);
}
