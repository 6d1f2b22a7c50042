// A batch-norm that no convolution took in: x * scale + shift a channel. One invocation a vec4.

struct Params {
    images: u32,       // of one member
    members: u32,
    pixels: u32,
    c4: u32,
    activation: u32,
    slope: f32,
    least: f32,
    most: f32,
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Values>;           // [member * images, H * W, C/4] vec4
@group(0) @binding(2) var<storage, read> scale: array<vec4<f32>>;           // [member, C/4] vec4
@group(0) @binding(3) var<storage, read> shift: array<vec4<f32>>;           // [member, C/4] vec4, with PReLU then as many slopes
@group(0) @binding(4) var<storage, read_write> output: array<Values>;    // [member * images, H * W, C/4] vec4

#include "common/activation.wgsl"

#include "common/index.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    if (index >= params.members * params.images * params.pixels * params.c4) {
        return;
    }
    let member = index / (params.images * params.pixels * params.c4);
    let channel = member * params.c4 + index % params.c4;
    let own_slope = params.activation == 2u;
    let slope = shift[channel + select(0u, params.members * params.c4, own_slope)];
    let value = widen(input[index]) * scale[channel] + shift[channel];
    output[index] = narrow(activated(value, select(vec4<f32>(params.slope), slope, own_slope)));
}
