// Depthwise convolution (a group a channel): one invocation an output vec4.

#include "conv/common/conv.wgsl"
@group(0) @binding(5) var<storage, read> weights: array<Values>;         // [member, kh, kw, C/4] vec4
#include "common/residual_buffer.wgsl"
#include "common/output_buffer.wgsl" OUTPUT=3
#include "common/epilogue.wgsl"

#include "common/index.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let pixels = params.images * params.out_height * params.out_width;
    let index = linear_index(id, grid, 64u);
    if (index >= pixels * params.in_c4) {
        return;
    }
    let member = id.z;
    let channel = index % params.in_c4;
    let pixel = index / params.in_c4;
    let y = i32(pixel / params.out_width % params.out_height * params.stride_y) - i32(params.pad_top);
    let x = i32(pixel % params.out_width * params.stride_x) - i32(params.pad_left);
    let image = (member * params.images + pixel / (params.out_width * params.out_height)) * params.in_height * params.in_width;
    var at = member * params.weights_stride + channel;
    var sum = vec4<f32>(0.0);
    for (var ky = 0u; ky < params.kernel_height; ky++) {
        for (var kx = 0u; kx < params.kernel_width; kx++) {
            let iy = u32(y + i32(ky * params.dilation_y));
            let ix = u32(x + i32(kx * params.dilation_x));
            if (iy < params.in_height && ix < params.in_width) {
                sum += widen(weights[at]) * widen(input[(image + iy * params.in_width + ix) * params.in_c4 + channel]);
            }
            at += params.in_c4;
        }
    }
    store(member, pixel, channel, sum);
}
