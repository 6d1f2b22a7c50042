// The adapter's own bandwidth: one invocation a vec4, all of them over and over, so that little of the time is begin and end.

struct Params {
    count: u32,
    rounds: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<f32>>;

#include "common/index.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let index = linear_index(id, groups, 256u);
    if (index < params.count * params.rounds) {
        let at = index % params.count;
        output[at] = input[at];
    }
}
