// Displacements as bytes, 12 a pixel around 128, resized between pixels as OpenCV resizes bytes. One invocation an output pixel.

struct Params {
    flows: u32,
    width: u32,
    height: u32,
    out_width: u32,
    out_height: u32,
    // 1: what is below 0 is made positive, else it is 0.
    folded: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> displacements: array<vec2<f32>>;   // [flows, H, W]: x, y in pixels
@group(0) @binding(2) var<storage, read> taps: array<vec4<u32>>;            // [OH + OW]: first, second, 2048ths of each
@group(0) @binding(3) var<storage, read_write> output: array<u32>;          // [flows, OH, OW] 0xYYXX

#include "common/index.wgsl"

#include "two_stream/common/between.wgsl"

fn bytes(flow: u32, x: u32, y: u32) -> vec3<u32> {
    let scaled = 12.0 * displacements[(flow * params.height + y) * params.width + x] + 128.0;
    let positive = select(max(scaled, vec2<f32>(0.0)), abs(scaled), params.folded != 0u);
    return vec3<u32>(vec2<u32>(round(min(positive, vec2<f32>(255.0)))), 0u);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    if (index >= params.flows * params.out_height * params.out_width) {
        return;
    }
    let flow = index / (params.out_width * params.out_height);
    let down = taps[index / params.out_width % params.out_height];
    let across = taps[params.out_height + index % params.out_width];
    let upper = across.z * bytes(flow, across.x, down.x) + across.w * bytes(flow, across.y, down.x);
    let lower = across.z * bytes(flow, across.x, down.y) + across.w * bytes(flow, across.y, down.y);
    let xy = between(upper, lower, down.zw);
    output[index] = xy.x | (xy.y << 8u);
}
