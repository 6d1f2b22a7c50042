// The face in its ellipse, gray as OpenCV has it, black around. One invocation four pixels.

struct Params {
    frames: u32,
    width: u32,
    height: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pixels: array<u32>;          // [frames, H, W] 0xBBGGRR
@group(0) @binding(2) var<storage, read> spans: array<vec2<u32>>;     // [H]: first column inside, first beyond
@group(0) @binding(3) var<storage, read_write> gray: array<u32>;      // [frames, H, W] bytes, four a word, first pixel lowest

#include "common/index.wgsl"

#include "two_stream/common/face.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    let count = params.frames * params.width * params.height;
    if (4u * index >= count) {
        return;
    }
    var word = 0u;
    for (var i = 0u; i < 4u; i++) {
        let at = 4u * index + i;
        if (at < count && inside(at % params.width, at / params.width % params.height)) {
            let rgb = colour(pixels[at]);
            word |= ((9798u * rgb.x + 19235u * rgb.y + 3735u * rgb.z + 16384u) >> 15u) << (8u * i);
        }
    }
    gray[index] = word;
}
