// Dense layer: one invocation four outputs of one image, streaming its columns of the weights. Outputs lie in tiles, so that a tile can be read,
// packed and sent off without the others.

struct Params {
    images: u32,       // of one member
    members: u32,
    in_c4: u32,
    out_c4: u32,           // of this dispatch
    out_stride: u32,       // of the whole layer
    out_offset: u32,
    tile: u32,             // outputs / 4 of a tile
    relu: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<vec4<f32>>;           // [member * images, C/4] vec4
@group(0) @binding(2) var<storage, read> weights: array<vec4<f32>>;         // [member, O/4 / tile, C/4, 4, tile] vec4
@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>;            // [member, O/4] vec4
@group(0) @binding(4) var<storage, read_write> output: array<vec4<f32>>;    // [member * images, stride] vec4

#include "common/index.wgsl"

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 32u);
    if (index >= params.members * params.images * params.out_c4) {
        return;
    }
    let channel = index % params.out_c4;
    let image = index / params.out_c4;
    let member = image / params.images;
    let tiles = (params.out_c4 + params.tile - 1u) / params.tile;
    var at = (member * tiles + channel / params.tile) * params.in_c4 * 4u * params.tile + channel % params.tile;
    var sum = bias[member * params.out_c4 + channel];
    for (var c = 0u; c < params.in_c4; c++) {
        let v = input[image * params.in_c4 + c];
        sum += v.x * weights[at] + v.y * weights[at + params.tile]
            + v.z * weights[at + 2u * params.tile] + v.w * weights[at + 3u * params.tile];
        at += 4u * params.tile;
    }
    if (params.relu != 0u) {
        sum = max(sum, vec4<f32>(0.0));
    }
    output[image * params.out_stride + params.out_offset + channel] = sum;
}
