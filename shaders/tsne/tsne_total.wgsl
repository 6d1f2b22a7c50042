// The sum of w over all pairs, in 64 parts: lane l adds those of every 64th four points.

struct Params {
    points: u32,
    fours: u32,
    parts: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> sums: array<vec4<f32>>;            // [parts, 3, N/4] vec4: way x, way y, w
@group(0) @binding(2) var<storage, read_write> totals: array<f32>;          // [64]

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    var total = 0.0;
    for (var at = lane; at < params.fours; at += 64u) {
        var own = vec4<f32>(0.0);
        for (var part = 0u; part < params.parts; part++) {
            own += sums[(3u * part + 2u) * params.fours + at];
        }
        // Beyond the last point are none.
        let there = (vec4<u32>(0u, 1u, 2u, 3u) + 4u * at) < vec4<u32>(params.points);
        total += dot(own, select(vec4<f32>(0.0), vec4<f32>(1.0), there));
    }
    totals[lane] = total;
}
