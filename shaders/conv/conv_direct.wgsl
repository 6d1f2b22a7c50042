// Convolution for adapters without subgroups that are CPUs: no barrier, no workgroup memory. An invocation computes PX pixels x 8 channels. With STEM=1 it is
// that of an image, as in conv_broadcast.wgsl.
#variant conv_direct PX=8 INPUT=4 STEM=0 CHANNELS=4
#variant conv_direct_stem PX=8 INPUT=4 STEM=1 CHANNELS=3

#include "conv/common/conv_texture.wgsl"

#include "common/index.wgsl"

@compute @workgroup_size(16)
fn main(
    @builtin(global_invocation_id) id: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
) {
    let pixels = params.images * params.out_height * params.out_width;
    let first = linear_index(id, grid, 16u) * {PX}u;
    if (first >= pixels) {
        return;
    }
    let group_tiles = (params.group_out + 1u) / 2u;
    let member = id.z / (params.groups * group_tiles);
    let tile = id.z % (params.groups * group_tiles);
    let conv_group = tile / group_tiles;

    #for P 0 PX
    let pixel{P} = min(first + {P}u, pixels - 1u);
    #include "conv/common/conv_place.wgsl"
    var acc{P}_0 = vec4<f32>(0.0);
    var acc{P}_1 = vec4<f32>(0.0);
    #end
    var at = member * params.weights_stride + tile * params.kernel_height * params.kernel_width * params.group_in * 8u;
    for (var ky = 0u; ky < params.kernel_height; ky++) {
        #include "conv/common/conv_row.wgsl"
        for (var kx = 0u; kx < params.kernel_width; kx++) {
            #include "conv/common/conv_tap.wgsl"
            {
                #for I 0 CHANNELS
                let w{I}_0 = weights_at(at + 2u * {I}u);
                let w{I}_1 = weights_at(at + 2u * {I}u + 1u);
                #end
                at += 8u;
                #for P 0 PX
                {
                    let v = select(vec4<f32>(0.0), input_at(source{P} + c), inside{P});
                    #for I 0 CHANNELS
                    acc{P}_0 = fma(vec4<f32>(v[{I}]), w{I}_0, acc{P}_0);
                    acc{P}_1 = fma(vec4<f32>(v[{I}]), w{I}_1, acc{P}_1);
                    #end
                }
                #end
            }
        }
    }
    let channel = tile % group_tiles * 2u;
    let out_channel = conv_group * params.group_out + channel;
    let second = channel + 1u < params.group_out;
    let end0 = ending(member, out_channel);
    let end1 = ending(member, out_channel + u32(second));
    #for P 0 PX
    if (first + {P}u < pixels) {
        finished(end0, member, pixel{P}, out_channel, acc{P}_0);
        if (second) {
            finished(end1, member, pixel{P}, out_channel + 1u, acc{P}_1);
        }
    }
    #end
}
