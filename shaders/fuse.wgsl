// Weighted fusion of members x crops: for every face the fused probabilities, then each member's mean over its crops.
// One invocation a face and class.

struct Params {
    faces: u32,
    members: u32,
    crops: u32,
    classes: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> probabilities: array<f32>;      // [member, face, crop, classes/4 * 4]
@group(0) @binding(2) var<storage, read> weights: array<f32>;            // [member]
@group(0) @binding(3) var<storage, read_write> fused: array<f32>;        // [face, 1 + member, classes]

#include "common/index.wgsl"

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 32u);
    if (index >= params.faces * params.classes) {
        return;
    }
    let class_index = index % params.classes;
    let face = index / params.classes;
    let padded = (params.classes + 3u) / 4u * 4u;
    let out = face * (1u + params.members) * params.classes + class_index;
    var total = 0.0;
    for (var member = 0u; member < params.members; member++) {
        let first = (member * params.faces + face) * params.crops;
        var sum = 0.0;
        for (var crop = 0u; crop < params.crops; crop++) {
            sum += probabilities[(first + crop) * padded + class_index];
        }
        let mean = sum / f32(params.crops);
        fused[out + (1u + member) * params.classes] = mean;
        total += weights[member] * mean;
    }
    fused[out] = total;
}
