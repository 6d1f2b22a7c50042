// Max and average pooling, floor or ceil: the caller gives the output's size. The input is `[images, H, W, C/4]` vec4, the output `[images, OH, OW, C/4]`.

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

// What an average over the window at `y`, `x` is divided by, of which the input has `rows` and `columns`.
fn divisor(y: i32, x: i32, rows: i32, columns: i32) -> f32 {
    if (params.count_include_pad == 0u) {
        return f32(rows * columns);
    }
    // A last window of ceil mode counts the padding, but not what lies beyond it.
    return f32((min(y + i32(params.kernel_height), i32(params.in_height + params.pad_bottom)) - y)
        * (min(x + i32(params.kernel_width), i32(params.in_width + params.pad_right)) - x));
}
