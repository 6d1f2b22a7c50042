// The adapter's own ceiling of f32 multiply-adds: chains that do not wait for one another, with one factor and one term for all: three operands that each come
// from a register of their own, and often from one bank, keep an H200 at two thirds of what it can do.

struct Params {
    invocations: u32,
    rounds: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<vec4<f32>>;           // [2] vec4: factor and term, in their first components
@group(0) @binding(2) var<storage, read_write> output: array<vec4<f32>>;    // [invocations] vec4

#include "common/index.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let index = linear_index(id, groups, 256u);
    if (index >= params.invocations) {
        return;
    }
    let factor = vec4<f32>(input[0].x);
    let term = vec4<f32>(input[1].x);
    #for A 0 3
    var acc{A} = vec4<f32>(f32(index % 7u) + {A}.0);
    #end
    for (var i = 0u; i < params.rounds; i++) {
        #for R 0 8
        #for A 0 3
        acc{A} = fma(acc{A}, factor, term);
        #end
        #end
    }
    output[index] = acc0 + acc1 + acc2;
}
