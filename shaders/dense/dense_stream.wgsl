// Dense layer for GPUs: weights are streamed once for all images of a member, IMAGES at most. A workgroup computes 8 output vec4s; 32 threads take turns with the inputs of each, and
// their sums meet in workgroup memory.
#variant dense_stream_1 IMAGES=1 AHEAD=4
#variant dense_stream_4 IMAGES=4 AHEAD=2
#variant dense_stream_8 IMAGES=8 AHEAD=2

#include "dense/common/dense.wgsl"
@group(0) @binding(2) var<storage, read> weights: array<Values>;            // [member, O/4 / 8, C/4, 4, 8] vec4

var<workgroup> sums: array<vec4<f32>, 256>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let index = group.y * grid.x + group.x;
    let tiles = (params.out_c4 + 7u) / 8u;
    if (index >= params.members * tiles) {
        return;
    }
    let channel = index % tiles * 8u + thread % 8u;
    let member = index / tiles;
    // The last tile of the weights is whole: outputs beyond the layer's are summed, and not stored.
    let start = weights_start(member, channel);
    #for M 0 IMAGES
    let source{M} = (member * params.images + min({M}u, params.images - 1u)) * params.in_c4;
    var sum{M} = vec4<f32>(0.0);
    #end
    for (var c = thread / 8u; c < params.in_c4; c += 32u * {AHEAD}u) {
        // Memory is waited for once for AHEAD inputs; beyond the last of them the last is read again, and is nothing.
        #for A 0 AHEAD
        let c{A} = min(c + {A}u * 32u, params.in_c4 - 1u);
        let row{A} = start + 32u * c{A};
        let w{A}_0 = widen(weights[row{A}]);
        let w{A}_1 = widen(weights[row{A} + 8u]);
        let w{A}_2 = widen(weights[row{A} + 16u]);
        let w{A}_3 = widen(weights[row{A} + 24u]);
        #for M 0 IMAGES
        let v{A}_{M} = select(vec4<f32>(0.0), widen(input[source{M} + c{A}]), c + {A}u * 32u < params.in_c4);
        #end
        #end
        #for A 0 AHEAD
        #for M 0 IMAGES
        sum{M} = fma(vec4<f32>(v{A}_{M}.x), w{A}_0, sum{M});
        sum{M} = fma(vec4<f32>(v{A}_{M}.y), w{A}_1, sum{M});
        sum{M} = fma(vec4<f32>(v{A}_{M}.z), w{A}_2, sum{M});
        sum{M} = fma(vec4<f32>(v{A}_{M}.w), w{A}_3, sum{M});
        #end
        #end
    }
    #for M 0 IMAGES
    workgroupBarrier();
    sums[thread] = sum{M};
    for (var half = 128u; half >= 8u; half /= 2u) {
        workgroupBarrier();
        if (thread < half) {
            sums[thread] += sums[thread + half];
        }
    }
    workgroupBarrier();
    if (thread < 8u && channel < params.out_c4 && {M}u < params.images) {
        store(member, {M}u, channel, sums[thread] + bias[member * params.out_c4 + channel]);
    }
    #end
}
