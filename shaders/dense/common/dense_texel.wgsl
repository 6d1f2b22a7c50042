// Dense layer for CPU adapters with subgroups: weights come as texels, each once for IMAGES images. Every lane loads a different input vec4, and
// subgroupBroadcast hands it round.

@compute @workgroup_size({LANES})
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let index = group.y * grid.x + group.x;
    let parts = (params.out_c4 + {LANES}u - 1u) / {LANES}u;
    let blocks = (params.images + {IMAGES}u - 1u) / {IMAGES}u;
    if (index >= params.members * blocks * parts) {
        return;
    }
    // Lanes beyond the last output compute it again and store nothing: an early return would make the broadcasts read garbage.
    let raw = index % parts * {LANES}u + lane;
    let channel = min(raw, params.out_c4 - 1u);
    let member = index / parts / blocks;
    let first = index / parts % blocks * {IMAGES}u;
    var at = weights_start(member, channel);
    #for M 0 IMAGES
    let source{M} = (member * params.images + min(first + {M}u, params.images - 1u)) * params.in_c4;
    var sum{M} = bias[member * params.out_c4 + channel];
    #end
    for (var c = 0u; c < params.in_c4; c += {LANES}u) {
        let present = c + lane < params.in_c4;
        #for M 0 IMAGES
        let v{M} = select(vec4<f32>(0.0), widen(input[select(0u, source{M} + c + lane, present)]), present);
        #end
        #for L 0 LANES
        {
            // Beyond the last input its weights are read again, and count nothing.
            let row = at + 4u * params.tile * min(c + {L}u, params.in_c4 - 1u);
            let w0 = weights_at(row);
            let w1 = weights_at(row + params.tile);
            let w2 = weights_at(row + 2u * params.tile);
            let w3 = weights_at(row + 3u * params.tile);
            #for M 0 IMAGES
            {
                let b = subgroupBroadcast(v{M}, {L}u);
                sum{M} = fma(vec4<f32>(b.w), w3, fma(vec4<f32>(b.z), w2, fma(vec4<f32>(b.y), w1, fma(vec4<f32>(b.x), w0, sum{M}))));
            }
            #end
        }
        #end
    }
    #for M 0 IMAGES
    if (raw < params.out_c4 && first + {M}u < params.images) {
        store(member, first + {M}u, channel, sum{M});
    }
    #end
}
