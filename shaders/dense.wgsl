// Dense layer for GPUs: one invocation four outputs of one image, streaming its columns of the weights.

#include "common/dense.wgsl"
@group(0) @binding(2) var<storage, read> weights: array<Values>;         // [member, O/4 / tile, C/4, 4, tile] vec4

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
    var at = weights_start(member, channel);
    var sum = bias[member * params.out_c4 + channel];
    for (var c = 0u; c < params.in_c4; c++) {
        let v = widen(input[image * params.in_c4 + c]);
        sum += v.x * widen(weights[at]) + v.y * widen(weights[at + params.tile])
            + v.z * widen(weights[at + 2u * params.tile]) + v.w * widen(weights[at + 3u * params.tile]);
        at += 4u * params.tile;
    }
    store(member, image % params.images, channel, sum);
}
