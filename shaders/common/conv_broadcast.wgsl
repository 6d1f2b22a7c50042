// Convolution for CPU adapters with subgroups: no barrier, no workgroup memory. Every lane loads a different weight vec4 and
// subgroupBroadcast hands it round, since a storage load costs one scalar load a lane there. A lane computes PX pixels x 4 LANES channels.

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
    let group_tiles = (params.group_out + {LANES}u - 1u) / {LANES}u;
    let member = group.z / (params.groups * group_tiles);
    let tile = group.z % (params.groups * group_tiles);
    let conv_group = tile / group_tiles;
    let image_size = params.in_height * params.in_width;

    #for P 0 PX
    // Lanes beyond the last pixel compute it again and store nothing: an early return would make the broadcasts read garbage.
    let raw{P} = first + lane + {LANES}u * {P}u;
    let pixel{P} = min(raw{P}, pixels - 1u);
    let y{P} = i32(pixel{P} / params.out_width % params.out_height * params.stride_y) - i32(params.pad_top);
    let x{P} = i32(pixel{P} % params.out_width * params.stride_x) - i32(params.pad_left);
    let image{P} = (member * params.images + pixel{P} / (params.out_width * params.out_height)) * image_size;
    #for O 0 LANES
    var acc{P}_{O} = vec4<f32>(0.0);
    #end
    #end
    var at = member * params.weights_stride
        + tile * params.kernel_height * params.kernel_width * params.group_in * 4u * {LANES}u + lane;
    for (var ky = 0u; ky < params.kernel_height; ky++) {
        for (var kx = 0u; kx < params.kernel_width; kx++) {
            #for P 0 PX
            let iy{P} = u32(y{P} + i32(ky * params.dilation_y));
            let ix{P} = u32(x{P} + i32(kx * params.dilation_x));
            let inside{P} = iy{P} < params.in_height && ix{P} < params.in_width;
            let source{P} = select(0u, (image{P} + iy{P} * params.in_width + ix{P}) * params.in_c4 + params.in_c4_offset + conv_group * params.group_in, inside{P});
            #end
            for (var c = 0u; c < params.group_in; c++) {
                #for I 0 4
                let w{I} = weights_at(at + {I}u * {LANES}u);
                #end
                at += 4u * {LANES}u;
                #for P 0 PX
                let v{P} = select(vec4<f32>(0.0), input_at(source{P} + c), inside{P});
                #end
                #for O 0 LANES
                {
                    let b0 = subgroupBroadcast(w0, {O}u);
                    let b1 = subgroupBroadcast(w1, {O}u);
                    let b2 = subgroupBroadcast(w2, {O}u);
                    let b3 = subgroupBroadcast(w3, {O}u);
                    #for P 0 PX
                    acc{P}_{O} = fma(vec4<f32>(v{P}.w), b3, fma(vec4<f32>(v{P}.z), b2, fma(vec4<f32>(v{P}.y), b1, fma(vec4<f32>(v{P}.x), b0, acc{P}_{O}))));
                    #end
                }
                #end
            }
        }
    }
    let channel = tile % group_tiles * {LANES}u;
    #for O 0 LANES
    if (channel + {O}u < params.group_out) {
        #for P 0 PX
        if (raw{P} < pixels) {
            store(member, pixel{P}, conv_group * params.group_out + channel + {O}u, acc{P}_{O});
        }
        #end
    }
    #end
}
