// What every dense layer shares: parameters, bindings, where the weights of an output start, and the store. Outputs lie in tiles, so that a tile can
// be read, packed and sent off without the others.

struct Params {
    images: u32,       // of one member
    members: u32,
    in_c4: u32,
    out_c4: u32,           // of this dispatch
    out_stride: u32,       // of the whole layer
    out_offset: u32,
    tile: u32,             // outputs / 4 of a tile
    activation: u32,
    slope: f32,            // of the activation
    least: f32,
    most: f32,
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Values>;           // [member * images, C/4] vec4
@group(0) @binding(3) var<storage, read> bias: array<vec4<f32>>;            // [member, O/4] vec4, with PReLU then as many slopes
@group(0) @binding(4) var<storage, read_write> output: array<Values>;    // [member * images, stride] vec4

fn weights_start(member: u32, channel: u32) -> u32 {
    let tiles = (params.out_c4 + params.tile - 1u) / params.tile;
    return (member * tiles + channel / params.tile) * params.in_c4 * 4u * params.tile + channel % params.tile;
}

#include "common/activation.wgsl"

fn store(member: u32, image: u32, channel: u32, sum: vec4<f32>) {
    let own_slope = params.activation == 2u;
    let slope = bias[member * params.out_c4 + channel + select(0u, params.members * params.out_c4, own_slope)];
    let value = activated(sum, select(vec4<f32>(params.slope), slope, own_slope));
    output[(member * params.images + image) * params.out_stride + params.out_offset + channel] = narrow(value);
}
