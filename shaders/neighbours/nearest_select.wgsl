// The best scores of rows for every query, kept while tiles of rows go by. Several lanes share a query: lane l of L looks at the vec4s l, l + L, ... of a tile, and keeps its own list,
// best first; of equal scores the row that comes first. Between tiles the lists lie in `lists`, where list of query q and lane l is number q L + l.

struct Params {
    queries: u32,
    lanes: u32,          // of a query
    most: u32,           // entries of a list, 80 at most
    rows: u32,           // of this tile
    stride: u32,         // vec4s of a query's scores
    first_row: u32,      // of this tile
    begins: u32,         // 1: lists are empty before
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> scores: array<vec4<f32>>;            // [queries, stride]
@group(0) @binding(2) var<storage, read_write> lists: array<vec2<u32>>;       // [most, queries x lanes]: bits of the score, row

#include "common/index.wgsl"

const LEAST: f32 = -3.4028234e38;
const NONE: u32 = 0xffffffffu;

var<private> best: array<f32, 80>;
var<private> rows: array<u32, 80>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let list = linear_index(id, grid, 64u);
    let all = params.queries * params.lanes;
    if (list >= all) {
        return;
    }
    for (var i = 0u; i < params.most; i++) {
        let kept = lists[i * all + list];
        best[i] = select(bitcast<f32>(kept.x), LEAST, params.begins == 1u);
        rows[i] = select(kept.y, NONE, params.begins == 1u);
    }
    let last = params.most - 1u;
    var least = best[last];
    let start = list / params.lanes * params.stride;
    let end = (params.rows + 3u) / 4u;
    // Four vec4s at a time: mostly none of their scores is kept. A loop is left then, where CPU adapters go through both sides of a branch.
    for (var first = list % params.lanes; first < end; first += 4u * params.lanes) {
        var most = vec4<f32>(LEAST);
        #for I 0 4
        most = max(most, scores[start + min(first + {I}u * params.lanes, end - 1u)]);
        #end
        let highest = max(max(most.x, most.y), max(most.z, most.w));
        for (var entry = 0u; entry < 16u; entry++) {
            if (highest <= least) {
                break;
            }
            let at = first + (entry >> 2u) * params.lanes;
            let row = 4u * at + (entry & 3u);
            let score = scores[start + min(at, end - 1u)][entry & 3u];
            if (score > least && row < params.rows) {
                var place = last;
                while (place > 0u) {
                    if (best[place - 1u] >= score) {
                        break;
                    }
                    best[place] = best[place - 1u];
                    rows[place] = rows[place - 1u];
                    place--;
                }
                best[place] = score;
                rows[place] = params.first_row + row;
                least = best[last];
            }
        }
    }
    for (var i = 0u; i < params.most; i++) {
        lists[i * all + list] = vec2<u32>(bitcast<u32>(best[i]), rows[i]);
    }
}
