// What a single-shot detector says of the cells of tiles, as boxes and eyes in the photograph; cells below the threshold are left out, and boxes that a tile
// cuts where the photograph goes on. One invocation a cell.
// Candidates come in any order: each has its own number.

#include "faces/common/candidate.wgsl"

struct Params {
    tiles: u32,
    cells: u32,
    // Pixels of a tile's side.
    side: f32,
    least: f32,
    // Part of its longer side by which a box may be cut.
    cut: f32,
    // Number of the first tile's first cell.
    first: u32,
    // Candidates that `found` holds.
    most: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> boxes: array<f32>;                   // [tiles, cells, 16]: x, y, width, height, six points of x, y
@group(0) @binding(2) var<storage, read> scores: array<f32>;                  // [tiles, cells], before the sigmoid
@group(0) @binding(3) var<storage, read> anchors: array<vec2<f32>>;           // [cells]: x, y in tiles
@group(0) @binding(4) var<storage, read> tiles: array<vec4<f32>>;             // [tiles, 2]: corner x, y and what a pixel to the right is, x, y; where a box may end, left, top, right, bottom, in its pixels
@group(0) @binding(5) var<storage, read_write> count: array<atomic<u32>>;     // [1], 0 before
@group(0) @binding(6) var<storage, read_write> found: array<Candidate>;       // [most]

#include "common/index.wgsl"

// Where the point at `at` of `boxes`, seen from the anchor, lies in the photograph.
fn place(tile: vec4<f32>, anchor: vec2<f32>, at: u32) -> vec2<f32> {
    let point = vec2<f32>(boxes[at], boxes[at + 1u]) + params.side * anchor;
    return tile.xy + vec2<f32>(tile.z * point.x - tile.w * point.y, tile.w * point.x + tile.z * point.y);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let index = linear_index(id, groups, 64u);
    if (index >= params.tiles * params.cells) {
        return;
    }
    let score = scores[index];
    if (score < params.least) {
        return;
    }
    let at = 16u * index;
    let anchor = anchors[index % params.cells];
    let middle = vec2<f32>(boxes[at], boxes[at + 1u]) + params.side * anchor;
    let half = 0.5 * vec2<f32>(boxes[at + 2u], boxes[at + 3u]);
    let ends = tiles[2u * (index / params.cells) + 1u];
    let left_over = 2.0 * params.cut * max(half.x, half.y);
    if (any(middle - half + left_over < ends.xy) || any(middle + half - left_over > ends.zw)) {
        return;
    }
    let to = atomicAdd(&count[0], 1u);
    if (to >= params.most) {
        return;
    }
    let tile = tiles[2u * (index / params.cells)];
    let scale = length(tile.zw);
    found[to] = Candidate(
        score,
        params.first + index,
        place(tile, anchor, at),
        scale * vec2<f32>(boxes[at + 2u], boxes[at + 3u]),
        place(tile, anchor, at + 4u),
        place(tile, anchor, at + 6u),
    );
}
