// x where it is not below 0, elsewhere times a slope a channel. One invocation a vec4.

struct Params {
    images: u32,       // of one member
    members: u32,
    pixels: u32,
    c4: u32,
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Values>;           // [member * images, H * W, C/4] vec4
@group(0) @binding(2) var<storage, read> slope: array<vec4<f32>>;           // [member, C/4] vec4
@group(0) @binding(3) var<storage, read_write> output: array<Values>;    // [member * images, H * W, C/4] vec4

#include "common/index.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    if (index >= params.members * params.images * params.pixels * params.c4) {
        return;
    }
    let member = index / (params.images * params.pixels * params.c4);
    let x = widen(input[index]);
    output[index] = narrow(select(x * slope[member * params.c4 + index % params.c4], x, x >= vec4<f32>(0.0)));
}
