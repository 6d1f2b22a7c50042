// The lists of a query's lanes become one. An entry's place in it is the number of entries that come before it: in its own list those above it, in each other one those that a
// binary search counts. Higher scores come first; of equal ones the lower row, and of lists that are not full, equal in both, the lower list.

struct Params {
    queries: u32,
    lanes: u32,          // of a query
    most: u32,           // entries of a list, and of the merged one
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> lists: array<vec2<u32>>;             // [most, queries x lanes]: bits of the score, row
@group(0) @binding(2) var<storage, read_write> merged: array<vec2<u32>>;      // [queries, most]

#include "common/index.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    let all = params.queries * params.lanes;
    if (index >= all * params.most) {
        return;
    }
    let list = index % all;
    let query = list / params.lanes;
    let own = lists[index];
    let score = bitcast<f32>(own.x);
    var place = index / all;
    for (var lane = 0u; lane < params.lanes; lane++) {
        let other = query * params.lanes + lane;
        if (other != list) {
            // The first of the other list that does not come before.
            var low = 0u;
            var high = params.most;
            while (low < high) {
                let middle = (low + high) / 2u;
                let entry = lists[middle * all + other];
                let theirs = bitcast<f32>(entry.x);
                let equal = theirs == score;
                let earlier = entry.y < own.y || (entry.y == own.y && other < list);
                if (theirs > score || (equal && earlier)) {
                    low = middle + 1u;
                } else {
                    high = middle;
                }
            }
            place += low;
        }
    }
    if (place < params.most) {
        merged[query * params.most + place] = own;
    }
}
