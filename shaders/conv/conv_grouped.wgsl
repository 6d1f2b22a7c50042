// Grouped convolution whose groups are not whole vec4s: one invocation an output vec4, each of its channels from its own group.

#include "conv/common/conv.wgsl"
@group(0) @binding(5) var<storage, read> weights: array<f32>;               // [member, O, kh, kw, C / groups]
#include "common/residual_buffer.wgsl"
#include "common/output_buffer.wgsl" OUTPUT=3
#include "common/epilogue.wgsl"

#include "common/index.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let pixels = params.images * params.out_height * params.out_width;
    let index = linear_index(id, grid, 64u);
    if (index >= pixels * params.bias_stride) {
        return;
    }
    let member = id.z;
    let channel = index % params.bias_stride;
    let pixel = index / params.bias_stride;
    let y = i32(pixel / params.out_width % params.out_height * params.stride_y) - i32(params.pad_top);
    let x = i32(pixel % params.out_width * params.stride_x) - i32(params.pad_left);
    let image = (member * params.images + pixel / (params.out_width * params.out_height)) * params.in_height * params.in_width;
    let taps = params.kernel_height * params.kernel_width * params.group_in;
    var sum = vec4<f32>(0.0);
    for (var i = 0u; i < 4u; i++) {
        let out_channel = channel * 4u + i;
        if (out_channel >= params.groups * params.group_out) {
            break;
        }
        let first = out_channel / params.group_out * params.group_in;
        var at = member * params.weights_stride + out_channel * taps;
        for (var ky = 0u; ky < params.kernel_height; ky++) {
            for (var kx = 0u; kx < params.kernel_width; kx++) {
                let iy = u32(y + i32(ky * params.dilation_y));
                let ix = u32(x + i32(kx * params.dilation_x));
                if (iy < params.in_height && ix < params.in_width) {
                    let source = (image + iy * params.in_width + ix) * params.in_c4;
                    for (var c = 0u; c < params.group_in; c++) {
                        sum[i] += weights[at + c] * widen(input[source + (first + c) / 4u])[(first + c) % 4u];
                    }
                }
                at += params.group_in;
            }
        }
    }
    store(member, pixel, channel, sum);
}
