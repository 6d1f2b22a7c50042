// Local response normalisation across channels: x * (k + alpha / n * sum of x^2 over n channels)^-beta. One invocation a vec4. The input is
// `[images * H * W, C/4]` vec4.

struct Params {
    count: u32,
    c4: u32,
    before: u32,            // channels of the window before its own
    after: u32,             // and after it
    alpha: f32,             // divided by n
    beta: f32,
    k: f32,
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read_write> output: array<Values>;    // as the input

#include "common/index.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    if (index >= params.count) {
        return;
    }
    let own = index % params.c4;
    let base = index - own;
    let channels = vec4<i32>(i32(4u * own)) + vec4<i32>(0, 1, 2, 3);
    let low = channels - i32(params.before);
    let high = channels + i32(params.after);
    let first = u32(max(low.x, 0)) / 4u;
    let last = min(u32(high.w) / 4u, params.c4 - 1u);
    var sum = vec4<f32>(0.0);
    for (var c = first; c <= last; c++) {
        let v = input_at(base + c);
        let squares = v * v;
        let at = i32(4u * c);
        // Channels beyond the last are zero: they add nothing.
        sum += select(vec4<f32>(0.0), squares.xxxx, (low <= vec4<i32>(at)) & (high >= vec4<i32>(at)));
        sum += select(vec4<f32>(0.0), squares.yyyy, (low <= vec4<i32>(at + 1)) & (high >= vec4<i32>(at + 1)));
        sum += select(vec4<f32>(0.0), squares.zzzz, (low <= vec4<i32>(at + 2)) & (high >= vec4<i32>(at + 2)));
        sum += select(vec4<f32>(0.0), squares.wwww, (low <= vec4<i32>(at + 3)) & (high >= vec4<i32>(at + 3)));
    }
    output[index] = narrow(input_at(index) * exp2(-params.beta * log2(params.k + params.alpha * sum)));
}
