// Convolution for GPUs: implicit GEMM, 64 pixels x 64 channels a workgroup, 16 deep, 4 x 4 a thread.

#include "common/conv_vec4.wgsl"

var<workgroup> tile_in: array<vec4<f32>, 256>;         // [64 pixels, 4] vec4 along the input channels
var<workgroup> tile_weights: array<vec4<f32>, 256>;    // [16 input channels, 16] vec4 along the output channels

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let pixels = params.images * params.out_height * params.out_width;
    let first = (group.y * grid.x + group.x) * 64u;
    if (first >= pixels) {
        return;
    }
    let group_tiles = (params.group_out + 15u) / 16u;
    let member = group.z / (params.groups * group_tiles);
    let tile = group.z % (params.groups * group_tiles);
    let conv_group = tile / group_tiles;

    // What this thread loads: pixel thread / 4 at input vec4 thread % 4, and weight vec4 `thread` of the slab.
    let pixel = min(first + thread / 4u, pixels - 1u);
    let y = i32(pixel / params.out_width % params.out_height * params.stride_y) - i32(params.pad_top);
    let x = i32(pixel % params.out_width * params.stride_x) - i32(params.pad_left);
    let image = (member * params.images + pixel / (params.out_width * params.out_height)) * params.in_height * params.in_width;
    let lane = thread % 4u;
    let weights_at = member * params.weights_stride
        + tile * params.kernel_height * params.kernel_width * params.group_in * 64u + thread;

    // What this thread computes: four pixels from 4 * (thread / 16), output vec4 thread % 16.
    let row = thread / 16u * 4u;
    let column = thread % 16u;
    #for P 0 4
    var acc{P} = vec4<f32>(0.0);
    #end

    var ky = 0u;
    var kx = 0u;
    var c = 0u;
    var at = weights_at;
    while (ky < params.kernel_height) {
        // The slab at (ky, kx, c), four input vec4s deep; the last of a tap may be shorter.
        let iy = u32(y + i32(ky * params.dilation_y));
        let ix = u32(x + i32(kx * params.dilation_x));
        let inside = iy < params.in_height && ix < params.in_width && c + lane < params.group_in;
        let source = select(0u, (image + iy * params.in_width + ix) * params.in_c4 + conv_group * params.group_in + c + lane, inside);
        let next_in = select(vec4<f32>(0.0), widen(input[source]), inside);
        let present = c + thread / 64u < params.group_in;
        let next_weights = select(vec4<f32>(0.0), widen(weights[select(0u, at, present)]), present);
        workgroupBarrier();
        tile_in[thread] = next_in;
        tile_weights[thread] = next_weights;
        workgroupBarrier();
        at += 64u * min(4u, params.group_in - c);
        c += 4u;
        if (c >= params.group_in) {
            c = 0u;
            kx += 1u;
            if (kx == params.kernel_width) {
                kx = 0u;
                ky += 1u;
            }
        }
        #for K 0 4
        {
            let w0 = tile_weights[{K}u * 64u + column];
            let w1 = tile_weights[{K}u * 64u + 16u + column];
            let w2 = tile_weights[{K}u * 64u + 32u + column];
            let w3 = tile_weights[{K}u * 64u + 48u + column];
            #for P 0 4
            {
                let v = tile_in[(row + {P}u) * 4u + {K}u];
                acc{P} = fma(vec4<f32>(v.w), w3, fma(vec4<f32>(v.z), w2, fma(vec4<f32>(v.y), w1, fma(vec4<f32>(v.x), w0, acc{P}))));
            }
            #end
        }
        #end
    }
    let channel = tile % group_tiles * 16u + column;
    if (channel < params.group_out) {
        #for P 0 4
        if (first + row + {P}u < pixels) {
            store(member, first + row + {P}u, conv_group * params.group_out + channel, acc{P});
        }
        #end
    }
}
