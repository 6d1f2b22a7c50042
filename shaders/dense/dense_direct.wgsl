// Dense layer for CPU adapters without subgroups: weights come as texels, each once for IMAGES images.
#variant dense_direct_1 IMAGES=1
#variant dense_direct_4 IMAGES=4
#variant dense_direct_8 IMAGES=8

#include "dense/common/dense_texture.wgsl"

#include "common/index.wgsl"

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 8u);
    let blocks = (params.images + {IMAGES}u - 1u) / {IMAGES}u;
    if (index >= params.members * blocks * params.out_c4) {
        return;
    }
    let channel = index % params.out_c4;
    let member = index / params.out_c4 / blocks;
    let first = index / params.out_c4 % blocks * {IMAGES}u;
    var at = weights_start(member, channel);
    #for M 0 IMAGES
    let source{M} = (member * params.images + min(first + {M}u, params.images - 1u)) * params.in_c4;
    var sum{M} = bias[member * params.out_c4 + channel];
    #end
    for (var c = 0u; c < params.in_c4; c++) {
        let w0 = weights_at(at);
        let w1 = weights_at(at + params.tile);
        let w2 = weights_at(at + 2u * params.tile);
        let w3 = weights_at(at + 3u * params.tile);
        at += 4u * params.tile;
        #for M 0 IMAGES
        {
            let v = widen(input[source{M} + c]);
            sum{M} += v.x * w0 + v.y * w1 + v.z * w2 + v.w * w3;
        }
        #end
    }
    #for M 0 IMAGES
    if (first + {M}u < params.images) {
        store(member, first + {M}u, channel, sum{M});
    }
    #end
}
