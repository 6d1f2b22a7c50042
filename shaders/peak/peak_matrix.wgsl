enable f16;
enable wgpu_cooperative_matrix;
diagnostic(off, derivative_uniformity);

// The adapter's own ceiling of cooperative matrices, products of f16 and sums of f32: chains that do not wait for one another.

struct Params {
    workgroups: u32,
    rounds: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<vec4<f16>>;           // [2, 16, 4] vec4: two factors, row by row
@group(0) @binding(2) var<storage, read_write> output: array<vec4<f32>>;    // [workgroups, 4 warps, 16, 4] vec4

@compute @workgroup_size(128)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let index = group.y * grid.x + group.x;
    if (index >= params.workgroups) {
        return;
    }
    let left = coopLoadT<coop_mat16x16<f16, A>>(&input[0], 4u);
    let right = coopLoadT<coop_mat16x16<f16, B>>(&input[64], 4u);
    #for I 0 4
    var acc{I} = coop_mat16x16<f32, C>();
    #end
    for (var i = 0u; i < params.rounds; i++) {
        #for R 0 8
        #for I 0 4
        acc{I} = coopMultiplyAdd(left, right, acc{I});
        #end
        #end
    }
    coopStoreT(acc0 + acc1 + acc2 + acc3, &output[(index * 4u + thread / 32u) * 64u], 4u);
}
