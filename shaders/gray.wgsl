// Matlab's rgb2gray in integers. One invocation four pixels.

struct Params {
    pixels: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rgb: array<u32>;           // [pixels] 0xBBGGRR
@group(0) @binding(2) var<storage, read_write> gray: array<u32>;    // [pixels / 4] four bytes, first pixel lowest

#include "common/index.wgsl"

fn luma(at: u32) -> u32 {
    let pixel = rgb[min(at, params.pixels - 1u)];
    let r = pixel & 255u;
    let g = (pixel >> 8u) & 255u;
    let b = (pixel >> 16u) & 255u;
    return (1253829u * r + 2462237u * g + 478238u * b + 2097152u) >> 22u;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let word = linear_index(id, groups, 64u);
    let first = 4u * word;
    if (first >= params.pixels) {
        return;
    }
    gray[word] = luma(first) | (luma(first + 1u) << 8u) | (luma(first + 2u) << 16u) | (luma(first + 3u) << 24u);
}
