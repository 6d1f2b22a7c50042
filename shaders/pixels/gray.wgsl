// Matlab's rgb2gray in integers. One invocation four pixels; in workgroups of 256, because a GPU starts no more than so many workgroups a second, and with 64
// that would be what it waits for.

struct Params {
    pixels: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rgb: array<vec4<u32>>;     // [pixels / 4] four times 0xBBGGRR
@group(0) @binding(2) var<storage, read_write> gray: array<u32>;    // [pixels / 4] four bytes, first pixel lowest

#include "common/index.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let word = linear_index(id, groups, 256u);
    if (4u * word >= params.pixels) {
        return;
    }
    let four = rgb[word];
    let r = four & vec4<u32>(255u);
    let g = (four >> vec4<u32>(8u)) & vec4<u32>(255u);
    let b = (four >> vec4<u32>(16u)) & vec4<u32>(255u);
    let luma = (1253829u * r + 2462237u * g + 478238u * b + 2097152u) >> vec4<u32>(22u);
    gray[word] = luma.x | (luma.y << 8u) | (luma.z << 16u) | (luma.w << 24u);
}
