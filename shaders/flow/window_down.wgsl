// Equations summed over a window, along columns: beyond the picture its last row stands. Sums are direct: a running one would keep what rounding left in it.
// One invocation eight rows of a column.
#variant window_down ROWS=8

struct Params {
    pairs: u32,
    width: u32,
    height: u32,
    // Rows of the window on either side of its middle.
    reach: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;               // [pairs, 5, H, W]: g11, g12, g22, h1, h2
@group(0) @binding(2) var<storage, read> weights: array<f32>;             // [2 reach + 8], zeros after the window
@group(0) @binding(3) var<storage, read_write> output: array<f32>;        // [pairs, 5, H, W]

#include "common/index.wgsl"

#include "flow/common/planes.wgsl"

#include "flow/common/store.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    let blocks = (params.height + {ROWS}u - 1u) / {ROWS}u;
    if (index >= params.pairs * blocks * params.width) {
        return;
    }
    let x = index % params.width;
    let first = index / params.width % blocks * {ROWS}u;
    let size = params.width * params.height;
    let own = plane(index / (params.width * blocks)) + x;
    let start = i32(first) - i32(params.reach);
    let last = i32(params.height) - 1;
#for R 0 ROWS
    var four{R} = vec4<f32>(0.0);
    var one{R} = 0.0;
    var weight{R} = 0.0;
#end
    for (var i = 0u; i < 2u * params.reach + {ROWS}u; i++) {
        let at = own + u32(clamp(start + i32(i), 0, last)) * params.width;
        let four = vec4<f32>(input[at], input[at + size], input[at + 2u * size], input[at + 3u * size]);
        let one = input[at + 4u * size];
        // Each row's weight is the one that the row above it had before.
        weight7 = weight6;
        weight6 = weight5;
        weight5 = weight4;
        weight4 = weight3;
        weight3 = weight2;
        weight2 = weight1;
        weight1 = weight0;
        weight0 = weights[i];
#for R 0 ROWS
        four{R} = fma(vec4<f32>(weight{R}), four, four{R});
        one{R} = fma(weight{R}, one, one{R});
#end
    }
#for R 0 ROWS
    if (first + {R}u < params.height) {
        store(own + (first + {R}u) * params.width, size, Five(four{R}, one{R}));
    }
#end
}
