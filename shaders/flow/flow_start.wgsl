// The first equations of a level: from no flow, or from that of the coarser level, enlarged. One invocation a pixel of a pair.

struct Params {
    pairs: u32,
    width: u32,
    height: u32,
    coarse_width: u32,
    coarse_height: u32,
    // What coarser displacements are multiplied by; 0: there is no coarser flow.
    factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> expansions: array<f32>;          // [slots, 5, H, W]: y, x, y^2, x^2, xy
@group(0) @binding(2) var<storage, read> pairs: array<vec2<u32>>;         // [pairs]: slots of both frames
@group(0) @binding(3) var<storage, read> coarse: array<vec2<f32>>;        // [pairs, CH, CW]: x, y in its pixels
@group(0) @binding(4) var<storage, read> taps: array<u32>;                // [H + W, 3]: first, second, share of the second (f32 bits)
@group(0) @binding(5) var<storage, read_write> output: array<f32>;        // [pairs, 5, H, W]: g11, g12, g22, h1, h2

#include "common/index.wgsl"

#include "flow/common/matrices.wgsl"

#include "flow/common/store.wgsl"

fn enlarged(pair: u32, x: u32, y: u32) -> vec2<f32> {
    if (params.factor == 0.0) {
        return vec2<f32>(0.0);
    }
    let row = 3u * y;
    let column = 3u * (params.height + x);
    let upper = (pair * params.coarse_height + taps[row]) * params.coarse_width;
    let lower = (pair * params.coarse_height + taps[row + 1u]) * params.coarse_width;
    let left = taps[column];
    let right = taps[column + 1u];
    let along = bitcast<f32>(taps[column + 2u]);
    let down = bitcast<f32>(taps[row + 2u]);
    let above = coarse[upper + left] * (1.0 - along) + coarse[upper + right] * along;
    let below = coarse[lower + left] * (1.0 - along) + coarse[lower + right] * along;
    return params.factor * (above * (1.0 - down) + below * down);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    if (index >= params.pairs * params.width * params.height) {
        return;
    }
    let x = index % params.width;
    let y = index / params.width % params.height;
    let pair = index / (params.width * params.height);
    let size = params.width * params.height;
    store(plane(pair) + y * params.width + x, size, equations(pairs[pair], x, y, enlarged(pair, x, y)));
}
