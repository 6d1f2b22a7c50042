// What every locally connected layer shares: parameters, the bias, and the end.

#include "common/conv_params.wgsl"
@group(0) @binding(1) var<storage, read> bias: array<vec4<f32>>;            // [member, OH, OW, O/4] vec4, with PReLU then [member, O/4] slopes

#include "common/activation.wgsl"

// Bias, activation, and the store, to `[member * images, OH, OW, out C/4]` vec4. `place` counts over [OH, OW], `channel` over O/4.
fn finish(member: u32, image: u32, place: u32, channel: u32, sum: vec4<f32>) {
    let own = member * params.bias_stride + place * params.group_out + channel;
    let own_slope = params.activation == 2u;
    let slope = bias[select(own, params.members * params.bias_stride + member * params.group_out + channel, own_slope)];
    let at = (member * params.images + image) * params.out_height * params.out_width + place;
    let value = activated(sum + bias[own], select(vec4<f32>(params.slope), slope, own_slope));
    keep(at * params.out_c4 + params.out_c4_offset + channel, value);
}
