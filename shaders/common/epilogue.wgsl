@group(0) @binding(1) var<storage, read> bias: array<vec4<f32>>;            // [member, O/4] vec4, with PReLU then as many slopes
@group(0) @binding(2) var<storage, read> residual: array<Values>;        // [member * images, OH, OW, residual] vec4, or anything
@group(0) @binding(3) var<storage, read_write> output: array<Values>;    // [member * images, OH, OW, out C/4] vec4

fn slope_at(channel: u32) -> vec4<f32> {
    return bias[params.members * params.bias_stride + channel];
}

#include "common/activation.wgsl"

// Bias, residual, activation, and the store. `pixel` counts over [images, OH, OW] of one member, `channel` over O/4.
fn store(member: u32, pixel: u32, channel: u32, sum: vec4<f32>) {
    let at = member * params.images * params.out_height * params.out_width + pixel;
    let own = member * params.bias_stride + channel;
    var value = sum + bias[own];
    if (channel < params.residual) {
        value += widen(residual[at * params.residual + channel]);
    }
    output[at * params.out_c4 + params.out_c4_offset + channel] = narrow(activated(value, own));
}
