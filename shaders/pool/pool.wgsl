// For every adapter: one invocation an output vec4.
#variant pool INPUT=2

#include "pool/common/window.wgsl"

#include "common/input_buffer.wgsl"
#include "common/output_buffer.wgsl" OUTPUT=1

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
        most = sum / divisor(y, x, y1 - y0, x1 - x0);
    }
    keep(index, most);
}
