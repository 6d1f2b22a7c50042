// Max and average pooling, floor or ceil: the caller gives the output's size. One invocation an output vec4. The input is `[images, H, W, C/4]` vec4, the output `[images, OH, OW, C/4]`.

struct Params {
    images: u32,
    c4: u32,
    in_height: u32,
    in_width: u32,
    out_height: u32,
    out_width: u32,
    kernel_height: u32,
    kernel_width: u32,
    stride_y: u32,
    stride_x: u32,
    pad_top: u32,
    pad_left: u32,
    pad_bottom: u32,
    pad_right: u32,
    average: u32,
    count_include_pad: u32,
    dilation_y: u32,          // of means 1
    dilation_x: u32,
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;

#include "common/index.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    if (index >= params.images * params.out_height * params.out_width * params.c4) {
        return;
    }
    let channel = index % params.c4;
    let pixel = index / params.c4;
    let image = pixel / (params.out_width * params.out_height);
    let y = i32(pixel / params.out_width % params.out_height * params.stride_y) - i32(params.pad_top);
    let x = i32(pixel % params.out_width * params.stride_x) - i32(params.pad_left);
    let step_y = i32(params.dilation_y);
    let step_x = i32(params.dilation_x);
    // The first positions that do not lie before the input, and those behind the last.
    let y0 = y + (max(-y, 0) + step_y - 1) / step_y * step_y;
    let x0 = x + (max(-x, 0) + step_x - 1) / step_x * step_x;
    let y1 = min(y + (i32(params.kernel_height) - 1) * step_y + 1, i32(params.in_height));
    let x1 = min(x + (i32(params.kernel_width) - 1) * step_x + 1, i32(params.in_width));
    let base = image * params.in_height * params.in_width;
    var most = vec4<f32>(-3.4028234e38);
    var sum = vec4<f32>(0.0);
    for (var iy = y0; iy < y1; iy += step_y) {
        for (var ix = x0; ix < x1; ix += step_x) {
            let v = input_at((base + u32(iy) * params.in_width + u32(ix)) * params.c4 + channel);
            most = max(most, v);
            sum += v;
        }
    }
    if (params.average != 0u) {
        var count = (y1 - y0) * (x1 - x0);
        if (params.count_include_pad != 0u) {
            // A last window of ceil mode counts the padding, but not what lies beyond it.
            count = (min(y + i32(params.kernel_height), i32(params.in_height + params.pad_bottom)) - y)
                * (min(x + i32(params.kernel_width), i32(params.in_width + params.pad_right)) - x);
        }
        most = sum / f32(count);
    }
    keep(index, most);
}
