// For lavapipe, whose divisions and loads are dear: one invocation RUN output vec4s side by side, which read a column of the input once. Windows are not spread along a row:
// params.dilation_x is 1.
#variant pool_image INPUT=2 RUN=4

#include "pool/common/window.wgsl"

#include "common/input_image.wgsl"
#include "common/output_either.wgsl" OUTPUT=1

fn joined(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
    return select(max(a, b), a + b, params.average != 0u);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    let runs = (params.out_width + {RUN}u - 1u) / {RUN}u;
    if (index >= params.images * params.out_height * runs * params.c4) {
        return;
    }
    let run = index / params.c4;
    let channel = index - run * params.c4;
    let row = run / runs;
    let first = (run - row * runs) * {RUN}u;
    let image = row / params.out_height;
    let y = i32((row - image * params.out_height) * params.stride_y) - i32(params.pad_top);
    let step_y = i32(params.dilation_y);
    let width = i32(params.kernel_width);
    // The first row that does not lie before the input, and the one behind the last.
    let y0 = y + (max(-y, 0) + step_y - 1) / step_y * step_y;
    let y1 = min(y + (i32(params.kernel_height) - 1) * step_y + 1, i32(params.in_height));
    let base = image * params.in_height * params.in_width;
    let none = vec4<f32>(select(-3.4028234e38, 0.0, params.average != 0u));
    #for R 0 RUN
    let x{R} = i32((first + {R}u) * params.stride_x) - i32(params.pad_left);
    var held{R} = none;
    #end
    let end = min(x0 + i32(({RUN}u - 1u) * params.stride_x) + width, i32(params.in_width));
    for (var ix = max(x0, 0); ix < end; ix++) {
        var column = none;
        for (var iy = y0; iy < y1; iy += step_y) {
            column = joined(column, input_at((base + u32(iy) * params.in_width + u32(ix)) * params.c4 + channel));
        }
        #for R 0 RUN
        held{R} = select(held{R}, joined(held{R}, column), ix >= x{R} && ix < x{R} + width);
        #end
    }
    #for R 0 RUN
    if (first + {R}u < params.out_width) {
        if (params.average != 0u) {
            held{R} /= divisor(y, x{R}, y1 - y0, min(x{R} + width, i32(params.in_width)) - max(x{R}, 0));
        }
        keep((row * params.out_width + first + {R}u) * params.c4 + channel, held{R});
    }
    #end
}
