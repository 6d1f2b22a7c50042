// A level of a pyramid, along columns: a Gaussian, and two neighbours of what it gives. One invocation a pixel.

struct Params {
    frames: u32,
    width: u32,
    height: u32,
    out_height: u32,
    // Taps of the Gaussian on either side of its middle.
    reach: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;               // [frames, H, W]
@group(0) @binding(2) var<storage, read> gaussian: array<f32>;            // [2 reach + 2], the last 0
@group(0) @binding(3) var<storage, read> taps: array<u32>;                // [OH, 3]: first, second, share of the second (f32 bits)
@group(0) @binding(4) var<storage, read_write> output: array<f32>;        // [frames, OH, W]

#include "common/index.wgsl"

#include "flow/common/line.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    if (index >= params.frames * params.out_height * params.width) {
        return;
    }
    let x = index % params.width;
    let y = index / params.width;
    let tap = 3u * (y % params.out_height);
    let frame = y / params.out_height * params.height;
    let start = i32(taps[tap]) - i32(params.reach);
    var first = 0.0;
    var second = 0.0;
    var before = 0.0;
    for (var i = 0u; i < 2u * params.reach + 2u; i++) {
        let value = input[(frame + mirrored(start + i32(i), i32(params.height))) * params.width + x];
        let weight = gaussian[i];
        first = fma(weight, value, first);
        second = fma(before, value, second);
        before = weight;
    }
    let share = bitcast<f32>(taps[tap + 2u]);
    output[index] = first * (1.0 - share) + second * share;
}
