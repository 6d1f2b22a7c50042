// Logical order to the GPU's layout: [images, C, H, W] to [images, H, W, C/4] vec4. One invocation a vec4; lanes beyond the last channel become 0.

struct Params {
    images: u32,
    pixels: u32,
    channels: u32,
    in_stride: u32,     // scalars from one image to the next
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;                 // [images, C, H * W]
@group(0) @binding(2) var<storage, read_write> output: array<Values>;    // [images, H * W, C/4] vec4

#include "common/index.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 256u);
    let c4 = (params.channels + 3u) / 4u;
    if (index >= params.images * params.pixels * c4) {
        return;
    }
    let channel = index % c4 * 4u;
    let pixel = index / c4 % params.pixels;
    let image = index / (c4 * params.pixels);
    var value = vec4<f32>(0.0);
    for (var i = 0u; i < min(4u, params.channels - channel); i++) {
        value[i] = input[image * params.in_stride + (channel + i) * params.pixels + pixel];
    }
    output[index] = narrow(value);
}
