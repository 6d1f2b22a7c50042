@group(0) @binding(1) var<storage, read> bias: array<vec4<f32>>;            // [member, O/4] vec4, with PReLU then as many slopes

#include "common/activation.wgsl"

// What is the same for all pixels of a channel / 4.
struct Ending {
    bias: vec4<f32>,
    slope: vec4<f32>,
}

fn ending(member: u32, channel: u32) -> Ending {
    let own = member * params.bias_stride + channel;
    let own_slope = params.activation == 2u;
    let slope = bias[own + select(0u, params.members * params.bias_stride, own_slope)];
    return Ending(bias[own], select(vec4<f32>(params.slope), slope, own_slope));
}

// Bias, residual, activation, and the store, to `[member * images, OH, OW, out C/4]` vec4. `pixel` counts over [images, OH, OW] of one member, `channel` over O/4.
fn finished(end: Ending, member: u32, pixel: u32, channel: u32, sum: vec4<f32>) {
    let at = member * params.images * params.out_height * params.out_width + pixel;
    let added = channel < params.residual;
    let more = residual_at(select(0u, at * params.residual + channel, added));
    let value = sum + end.bias + select(vec4<f32>(0.0), more, added);
    keep(at * params.out_c4 + params.out_c4_offset + channel, activated(value, end.slope));
}

fn store(member: u32, pixel: u32, channel: u32, sum: vec4<f32>) {
    finished(ending(member, channel), member, pixel, channel, sum);
}
