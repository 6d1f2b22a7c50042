// Stacks of flow as a network's input: across and down of each flow in turn, normalised. One invocation a vec4.

struct Params {
    images: u32,
    pixels: u32,
    // Flows of a stack.
    flows: u32,
    // The level that stands where there is none.
    missing: f32,
    mean: f32,
    scale: f32,
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> levels: array<u32>;                 // [slots, H * W]: across + 256 down
@group(0) @binding(2) var<storage, read> stacks: array<u32>;                 // [images, flows]: a slot, or NONE
@group(0) @binding(3) var<storage, read_write> output: array<Values>;        // [images, H * W, C/4] vec4, C = 2 flows

#include "common/index.wgsl"

const NONE: u32 = 0xffffffffu;

fn levels_of(image: u32, flow: u32, pixel: u32) -> vec2<f32> {
    let slot = stacks[image * params.flows + flow];
    if (slot == NONE) {
        return vec2<f32>(params.missing);
    }
    let both = levels[slot * params.pixels + pixel];
    return vec2<f32>(f32(both & 255u), f32((both >> 8u) & 255u));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    let c4 = (params.flows + 1u) / 2u;
    if (index >= params.images * params.pixels * c4) {
        return;
    }
    let flow = index % c4 * 2u;
    let pixel = index / c4 % params.pixels;
    let image = index / (c4 * params.pixels);
    var value = vec4<f32>((levels_of(image, flow, pixel) - params.mean) * params.scale, 0.0, 0.0);
    if (flow + 1u < params.flows) {
        value = vec4<f32>(value.xy, (levels_of(image, flow + 1u, pixel) - params.mean) * params.scale);
    }
    output[index] = narrow(value);
}
