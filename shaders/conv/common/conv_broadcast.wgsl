// Convolution for CPU adapters with subgroups: no barrier, no workgroup memory. Every lane loads a different weight vec4 and
// subgroupBroadcast hands it round, since a storage load costs one scalar load a lane there. A lane computes PX pixels x 4 OUT channels, and loads LOADS of the
// 4 OUT weights of an input vec4. With STEM=1 it is that of an image: a tap is one vec4, of which CHANNELS=3 count, without a loop, which takes as long as what
// it does there.

@compute @workgroup_size({LANES})
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let pixels = params.images * params.out_height * params.out_width;
    let first = (group.y * grid.x + group.x) * {LANES}u * {PX}u;
    if (first >= pixels) {
        return;
    }
    let group_tiles = (params.group_out + {OUT}u - 1u) / {OUT}u;
    let member = group.z / (params.groups * group_tiles);
    let tile = group.z % (params.groups * group_tiles);
    let conv_group = tile / group_tiles;

    #for P 0 PX
    // Lanes beyond the last pixel compute it again and store nothing: an early return would make the broadcasts read garbage.
    let raw{P} = first + lane + {LANES}u * {P}u;
    let pixel{P} = min(raw{P}, pixels - 1u);
    #include "conv/common/conv_place.wgsl"
    #for O 0 OUT
    var acc{P}_{O} = vec4<f32>(0.0);
    #end
    #end
    var at = member * params.weights_stride
        + tile * params.kernel_height * params.kernel_width * params.group_in * 4u * {OUT}u + lane;
    for (var ky = 0u; ky < params.kernel_height; ky++) {
        #include "conv/common/conv_row.wgsl"
        for (var kx = 0u; kx < params.kernel_width; kx++) {
            #include "conv/common/conv_tap.wgsl"
            {
                var w: array<vec4<f32>, {LOADS}>;
                #for L 0 LOADS
                w[{L}] = weights_at(at + {L}u * {LANES}u);
                #end
                at += 4u * {OUT}u;
                #for P 0 PX
                let v{P} = select(vec4<f32>(0.0), input_at(source{P} + c), inside{P});
                #end
                #for O 0 OUT
                {
                    #for I 0 CHANNELS
                    let b{I} = subgroupBroadcast(w[({I}u * {OUT}u + {O}u) / {LANES}u], ({I}u * {OUT}u + {O}u) % {LANES}u);
                    #end
                    #for P 0 PX
                    #for I 0 CHANNELS
                    acc{P}_{O} = fma(vec4<f32>(v{P}[{I}]), b{I}, acc{P}_{O});
                    #end
                    #end
                }
                #end
            }
        }
    }
    let channel = tile % group_tiles * {OUT}u;
    let own = ending(member, conv_group * params.group_out + min(channel + lane, params.group_out - 1u));
    #for O 0 OUT
    let end{O} = Ending(subgroupBroadcast(own.bias, {O}u), subgroupBroadcast(own.slope, {O}u));
    if (channel + {O}u < params.group_out) {
        #for P 0 PX
        if (raw{P} < pixels) {
            finished(end{O}, member, pixel{P}, conv_group * params.group_out + channel + {O}u, acc{P}_{O});
        }
        #end
    }
    #end
}
