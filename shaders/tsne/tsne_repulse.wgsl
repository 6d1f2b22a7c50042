// What all points of a map do to each: with w = 1 / (1 + d^2), the sums of w and of w^2 times the way from the other. One invocation four points and a part of the
// others, four at a time: a load of eight numbers serves sixteen pairs, and no N x N lies anywhere. A point's own w, 1, is in its sum.

struct Params {
    // Points / 4, rounded up. Places beyond the last point hold what is far from all.
    fours: u32,
    // Fours of a part.
    part: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> places: array<vec4<f32>>;          // [2, N/4] vec4: x, y
@group(0) @binding(2) var<storage, read_write> sums: array<vec4<f32>>;      // [parts, 3, N/4] vec4: way x, way y, w

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let index = id.x;
    if (index >= params.fours) {
        return;
    }
    let x = places[index];
    let y = places[params.fours + index];
    var way_x = vec4<f32>(0.0);
    var way_y = vec4<f32>(0.0);
    var all = vec4<f32>(0.0);
    let start = id.y * params.part;
    let end = min(start + params.part, params.fours);
    for (var at = start; at < end; at++) {
        let other_x = places[at];
        let other_y = places[params.fours + at];
#for K 0 4
        let dx{K} = x - other_x[{K}];
        let dy{K} = y - other_y[{K}];
        let w{K} = 1.0 / fma(dx{K}, dx{K}, fma(dy{K}, dy{K}, vec4<f32>(1.0)));
        let w2{K} = w{K} * w{K};
        all += w{K};
        way_x = fma(w2{K}, dx{K}, way_x);
        way_y = fma(w2{K}, dy{K}, way_y);
#end
    }
    let to = 3u * id.y * params.fours + index;
    sums[to] = way_x;
    sums[to + params.fours] = way_y;
    sums[to + 2u * params.fours] = all;
}
