// Max pooling over windows that start where a table says (fractional max pooling). One invocation an output vec4.

struct Params {
    images: u32,
    c4: u32,
    in_height: u32,
    in_width: u32,
    out_height: u32,
    out_width: u32,
    kernel_height: u32,
    kernel_width: u32,
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Values>;           // [images, H, W, C/4] vec4
@group(0) @binding(2) var<storage, read> starts: array<u32>;                // first row of every window, then first column
@group(0) @binding(3) var<storage, read_write> output: array<Values>;    // [images, OH, OW, C/4] vec4

#include "common/index.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    if (index >= params.images * params.out_height * params.out_width * params.c4) {
        return;
    }
    let channel = index % params.c4;
    let pixel = index / params.c4;
    let image = pixel / (params.out_width * params.out_height);
    let y = starts[pixel / params.out_width % params.out_height];
    let x = starts[params.out_height + pixel % params.out_width];
    let base = image * params.in_height * params.in_width;
    var most = vec4<f32>(-3.4028234e38);
    for (var ky = 0u; ky < params.kernel_height; ky++) {
        for (var kx = 0u; kx < params.kernel_width; kx++) {
            most = max(most, widen(input[(base + (y + ky) * params.in_width + x + kx) * params.c4 + channel]));
        }
    }
    output[index] = narrow(most);
}
