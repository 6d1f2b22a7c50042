// ReLU and sigmoid. One invocation a vec4.

struct Params {
    count: u32,
    // 0: ReLU; 1: sigmoid.
    operation: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<vec4<f32>>;           // any shape
@group(0) @binding(2) var<storage, read_write> output: array<vec4<f32>>;    // the same

#include "common/index.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    if (index >= params.count) {
        return;
    }
    let x = input[index];
    if (params.operation == 0u) {
        output[index] = max(x, vec4<f32>(0.0));
    } else {
        // exp of a large positive number would overflow: only exp(-|x|) is taken.
        let e = exp(-abs(x));
        output[index] = select(e, vec4<f32>(1.0), x >= vec4<f32>(0.0)) / (1.0 + e);
    }
}
