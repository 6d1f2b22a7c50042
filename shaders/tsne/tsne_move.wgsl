// A step of the descent: a point is drawn to those it is likely beside, driven off by all, and goes on as it went. One invocation a point.

struct Edge {
    other: u32,
    // p: of all pairs, each counted both ways, the sum is 1.
    weight: f32,
}

struct Params {
    points: u32,
    fours: u32,
    parts: u32,
    exaggeration: f32,
    momentum: f32,
    rate: f32,
    // The longest step.
    most: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> places: array<f32>;                // [2, 4 N/4]: x, y
@group(0) @binding(2) var<storage, read> rows: array<u32>;                  // [N + 1]: where a point's edges begin
@group(0) @binding(3) var<storage, read> edges: array<Edge>;                // [edges]
@group(0) @binding(4) var<storage, read> sums: array<f32>;                  // [parts, 3, 4 N/4]: way x, way y, w
@group(0) @binding(5) var<storage, read> totals: array<f32>;                // [64]
@group(0) @binding(6) var<storage, read_write> motion: array<vec4<f32>>;    // [N] vec4: last step x, y, gains x, y
@group(0) @binding(7) var<storage, read_write> output: array<f32>;          // [2, 4 N/4]: x, y

#include "common/index.wgsl"

const FAR: f32 = 1e18;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    let plane = 4u * params.fours;
    if (index >= plane) {
        return;
    }
    if (index >= params.points) {
        output[index] = FAR;
        output[plane + index] = FAR;
        return;
    }
    let own = vec2<f32>(places[index], places[plane + index]);
    var drawn = vec2<f32>(0.0);
    let end = rows[index + 1u];
    for (var at = rows[index]; at < end; at++) {
        let edge = edges[at];
        let way = own - vec2<f32>(places[edge.other], places[plane + edge.other]);
        drawn += edge.weight / (1.0 + dot(way, way)) * way;
    }
    var driven = vec2<f32>(0.0);
    for (var part = 0u; part < params.parts; part++) {
        let at = 3u * part * plane + index;
        driven += vec2<f32>(sums[at], sums[at + plane]);
    }
    var total = -f32(params.points);
    for (var lane = 0u; lane < 64u; lane++) {
        total += totals[lane];
    }
    let gradient = params.exaggeration * drawn - driven / max(total, 1e-30);
    let before = motion[index];
    // On the way down the step is against the gradient.
    let down = sign(before.xy) != sign(gradient);
    let gains = select(0.8 * before.zw + 0.01, before.zw + 0.2, down);
    var step = params.momentum * before.xy - params.rate * gains * gradient;
    let size = length(step);
    if (size > params.most) {
        step *= params.most / size;
    }
    motion[index] = vec4<f32>(step, gains);
    output[index] = own.x + step.x;
    output[plane + index] = own.y + step.y;
}
