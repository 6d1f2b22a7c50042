// The GPU's layout to logical order: [images, H, W, C/4] vec4 to [images, C, H, W]. One invocation a scalar; between images may lie a gap,
// which becomes 0.

struct Params {
    images: u32,
    pixels: u32,
    channels: u32,
    out_stride: u32,    // scalars from one image to the next
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Values>;        // [images, H * W, C/4] vec4
@group(0) @binding(2) var<storage, read_write> output: array<f32>;    // [images, C, H * W]

#include "common/index.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 256u);
    if (index >= params.images * params.out_stride) {
        return;
    }
    let at = index % params.out_stride;
    let image = index / params.out_stride;
    let channel = at / params.pixels;
    var value = 0.0;
    if (channel < params.channels) {
        value = widen(input[(image * params.pixels + at % params.pixels) * ((params.channels + 3u) / 4u) + channel / 4u])[channel % 4u];
    }
    output[index] = value;
}
