// Equations summed over a window, along rows, and solved for the flow; then, unless it is the last time, the equations that this flow leads to. Beyond the picture
// its last column stands. One invocation four pixels of a row.
#variant flow_solve COLUMNS=4

struct Params {
    pairs: u32,
    width: u32,
    height: u32,
    // Columns of the window on either side of its middle.
    reach: u32,
    // What the sums are multiplied by.
    scale: f32,
    // 1: no equations are wanted.
    last: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> expansions: array<f32>;          // [slots, 5, H, W]: y, x, y^2, x^2, xy
@group(0) @binding(2) var<storage, read> pairs: array<vec2<u32>>;         // [pairs]: slots of both frames
@group(0) @binding(3) var<storage, read> weights: array<f32>;             // [2 reach + 8], zeros after the window
@group(0) @binding(4) var<storage, read> input: array<f32>;               // [pairs, 5, H, W]: g11, g12, g22, h1, h2 summed along columns
@group(0) @binding(5) var<storage, read_write> flow: array<vec2<f32>>;    // [pairs, H, W]: x, y in pixels
@group(0) @binding(6) var<storage, read_write> output: array<f32>;        // [pairs, 5, H, W]

#include "common/index.wgsl"

#include "flow/common/matrices.wgsl"

#include "flow/common/store.wgsl"

fn finish(pair: u32, x: u32, y: u32, sums: vec4<f32>, sum: f32) {
    if (x >= params.width) {
        return;
    }
    let g = params.scale * sums;
    let h2 = params.scale * sum;
    // G is a sum of squares: less than nothing its determinant is by rounding alone.
    let inverse = 1.0 / (max(g.x * g.z - g.y * g.y, 0.0) + 1e-3);
    let found = vec2<f32>((g.x * h2 - g.y * g.w) * inverse, (g.z * g.w - g.y * h2) * inverse);
    let size = params.width * params.height;
    flow[pair * size + y * params.width + x] = found;
    if (params.last == 0u) {
        store(plane(pair) + y * params.width + x, size, equations(pairs[pair], x, y, found));
    }
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    let blocks = (params.width + {COLUMNS}u - 1u) / {COLUMNS}u;
    if (index >= params.pairs * params.height * blocks) {
        return;
    }
    let first = index % blocks * {COLUMNS}u;
    let y = index / blocks % params.height;
    let pair = index / (blocks * params.height);
    let size = params.width * params.height;
    let row = plane(pair) + y * params.width;
    let start = i32(first) - i32(params.reach);
    let last = i32(params.width) - 1;
#for R 0 COLUMNS
    var four{R} = vec4<f32>(0.0);
    var one{R} = 0.0;
    var weight{R} = 0.0;
#end
    for (var i = 0u; i < 2u * params.reach + {COLUMNS}u; i++) {
        let at = row + u32(clamp(start + i32(i), 0, last));
        let four = vec4<f32>(input[at], input[at + size], input[at + 2u * size], input[at + 3u * size]);
        let one = input[at + 4u * size];
        // Each column's weight is the one that the column before it had before.
        weight3 = weight2;
        weight2 = weight1;
        weight1 = weight0;
        weight0 = weights[i];
#for R 0 COLUMNS
        four{R} = fma(vec4<f32>(weight{R}), four, four{R});
        one{R} = fma(weight{R}, one, one{R});
#end
    }
#for R 0 COLUMNS
    finish(pair, first + {R}u, y, four{R}, one{R});
#end
}
