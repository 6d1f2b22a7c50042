// The face in its ellipse with its luma by a table, black around, resized between pixels: OpenCV's conversions to YCrCb and back, and its resize of bytes. One
// invocation an output pixel.

struct Params {
    frames: u32,
    width: u32,
    height: u32,
    out_width: u32,
    out_height: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pixels: array<u32>;            // [frames, H, W] 0xBBGGRR
@group(0) @binding(2) var<storage, read> spans: array<vec2<u32>>;       // [H]: first column inside, first beyond
@group(0) @binding(3) var<storage, read> tables: array<u32>;            // [frames, 256]
@group(0) @binding(4) var<storage, read> taps: array<vec4<u32>>;        // [OH + OW]: first, second, 2048ths of each
@group(0) @binding(5) var<storage, read_write> output: array<u32>;      // [frames, OH, OW] 0xBBGGRR

#include "common/index.wgsl"

#include "two_stream/common/face.wgsl"

#include "two_stream/common/between.wgsl"

fn rounded(value: i32) -> i32 {
    return (value + 8192) >> 14u;
}

fn equalised(frame: u32, x: u32, y: u32) -> vec3<u32> {
    if (!inside(x, y)) {
        return vec3<u32>(0u);
    }
    let rgb = colour(pixels[(frame * params.height + y) * params.width + x]);
    let old = luma(rgb);
    let red = clamp(rounded((i32(rgb.x) - i32(old)) * 11682 + 2097152), 0, 255) - 128;
    let blue = clamp(rounded((i32(rgb.z) - i32(old)) * 9241 + 2097152), 0, 255) - 128;
    let own = i32(tables[256u * frame + old]);
    let made = vec3<i32>(own) + vec3<i32>(rounded(22987 * red), rounded(-5636 * blue - 11698 * red), rounded(29049 * blue));
    return vec3<u32>(clamp(made, vec3<i32>(0), vec3<i32>(255)));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    if (index >= params.frames * params.out_height * params.out_width) {
        return;
    }
    let frame = index / (params.out_width * params.out_height);
    let down = taps[index / params.out_width % params.out_height];
    let across = taps[params.out_height + index % params.out_width];
    let upper = across.z * equalised(frame, across.x, down.x) + across.w * equalised(frame, across.y, down.x);
    let lower = across.z * equalised(frame, across.x, down.y) + across.w * equalised(frame, across.y, down.y);
    let rgb = between(upper, lower, down.zw);
    output[index] = rgb.x | (rgb.y << 8u) | (rgb.z << 16u);
}
