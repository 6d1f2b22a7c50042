// Weighted fusion of members x crops: for every face the fused probabilities, calibrated, then each member's mean over its crops.
// One invocation a face and class; with a temperature each sums all classes, to make them sum to 1.

struct Params {
    faces: u32,
    members: u32,
    crops: u32,
    classes: u32,
    // 1 / temperature; 1 leaves the weighted mean as it is.
    exponent: f32,
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> probabilities: array<Values>;   // [member, face, crop, classes/4] vec4
@group(0) @binding(2) var<storage, read> weights: array<f32>;            // [member]
@group(0) @binding(3) var<storage, read_write> fused: array<f32>;        // [face, 1 + member, classes]

#include "common/index.wgsl"

fn member_mean(member: u32, face: u32, class_index: u32) -> f32 {
    let c4 = (params.classes + 3u) / 4u;
    let first = (member * params.faces + face) * params.crops;
    var sum = 0.0;
    for (var crop = 0u; crop < params.crops; crop++) {
        sum += widen(probabilities[(first + crop) * c4 + class_index / 4u])[class_index % 4u];
    }
    return sum / f32(params.crops);
}

fn weighted_mean(face: u32, class_index: u32) -> f32 {
    var total = 0.0;
    for (var member = 0u; member < params.members; member++) {
        total += weights[member] * member_mean(member, face, class_index);
    }
    return total;
}

// x^exponent, 0 for 0.
fn calibrated(x: f32) -> f32 {
    return select(0.0, exp2(params.exponent * log2(max(x, 1e-37))), x > 0.0);
}

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 32u);
    if (index >= params.faces * params.classes) {
        return;
    }
    let class_index = index % params.classes;
    let face = index / params.classes;
    let out = face * (1u + params.members) * params.classes + class_index;
    for (var member = 0u; member < params.members; member++) {
        fused[out + (1u + member) * params.classes] = member_mean(member, face, class_index);
    }
    let mean = weighted_mean(face, class_index);
    if (params.exponent == 1.0) {
        fused[out] = mean;
        return;
    }
    // Relative to the largest, so that no exponent underflows all of them.
    var most = mean;
    for (var other = 0u; other < params.classes; other++) {
        most = max(most, weighted_mean(face, other));
    }
    var total = 0.0;
    for (var other = 0u; other < params.classes; other++) {
        total += calibrated(weighted_mean(face, other) / most);
    }
    fused[out] = calibrated(mean / most) / total;
}
