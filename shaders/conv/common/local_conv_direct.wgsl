// Locally connected layer for CPU adapters: an invocation computes one output vec4 of IMAGES images, for which its weights are read once.

#include "common/index.wgsl"

@compute @workgroup_size(8)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 8u);
    let blocks = (params.images + {IMAGES}u - 1u) / {IMAGES}u;
    let area = params.out_height * params.out_width;
    if (index >= params.members * area * blocks * params.group_out) {
        return;
    }
    let channel = index % params.group_out;
    // Blocks of images that read the same weights follow one another.
    let first = index / params.group_out % blocks * {IMAGES}u;
    let place = index / params.group_out / blocks % area;
    let member = index / params.group_out / blocks / area;
    // Above and left of the image, u32 wraps.
    let y = place / params.out_width * params.stride_y - params.pad_top;
    let x = place % params.out_width * params.stride_x - params.pad_left;
    let taps = params.kernel_height * params.kernel_width;
    var at = member * params.weights_stride + place * taps * params.in_c4 * 4u * params.group_out + channel;
    #for M 0 IMAGES
    let image{M} = (member * params.images + min(first + {M}u, params.images - 1u)) * params.in_height * params.in_width;
    var sum{M} = vec4<f32>(0.0);
    #end
    for (var ky = 0u; ky < params.kernel_height; ky++) {
        let iy = y + ky * params.dilation_y;
        for (var kx = 0u; kx < params.kernel_width; kx++) {
            let ix = x + kx * params.dilation_x;
            if (iy < params.in_height && ix < params.in_width) {
                #for M 0 IMAGES
                let source{M} = (image{M} + iy * params.in_width + ix) * params.in_c4;
                #end
                for (var c = 0u; c < params.in_c4; c++) {
                    let row = at + c * 4u * params.group_out;
                    let w0 = weights_at(row);
                    let w1 = weights_at(row + params.group_out);
                    let w2 = weights_at(row + 2u * params.group_out);
                    let w3 = weights_at(row + 3u * params.group_out);
                    #for M 0 IMAGES
                    {
                        let v = input_at(source{M} + c);
                        sum{M} = fma(vec4<f32>(v.w), w3, fma(vec4<f32>(v.z), w2, fma(vec4<f32>(v.y), w1, fma(vec4<f32>(v.x), w0, sum{M}))));
                    }
                    #end
                }
            }
            at += params.in_c4 * 4u * params.group_out;
        }
    }
    #for M 0 IMAGES
    if (first + {M}u < params.images) {
        finish(member, first + {M}u, place, channel, sum{M});
    }
    #end
}
