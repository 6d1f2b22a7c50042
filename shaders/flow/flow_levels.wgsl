// Flow as whole levels from 0 to 255, each pair in a slot that lives beyond a recording. One invocation a pixel.

struct Params {
    pairs: u32,
    pixels: u32,
    // A displacement in pixels times this, plus that, rounded down: half a level is in it.
    times: f32,
    plus: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> flow: array<vec2<f32>>;          // [pairs, H * W]: across, down
@group(0) @binding(2) var<storage, read> slots: array<u32>;               // [pairs]
@group(0) @binding(3) var<storage, read_write> levels: array<u32>;        // [slots, H * W]: across + 256 down

#include "common/index.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    if (index >= params.pairs * params.pixels) {
        return;
    }
    let moved = floor(flow[index] * params.times + params.plus);
    let level = vec2<u32>(clamp(moved, vec2<f32>(0.0), vec2<f32>(255.0)));
    let slot = slots[index / params.pixels];
    levels[slot * params.pixels + index % params.pixels] = level.x + 256u * level.y;
}
