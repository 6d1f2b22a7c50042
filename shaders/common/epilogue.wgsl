@group(0) @binding(1) var<storage, read> bias: array<vec4<f32>>;            // [member, O/4] vec4
@group(0) @binding(2) var<storage, read> residual: array<Values>;        // [member * images, OH, OW, O/4] vec4, or anything
@group(0) @binding(3) var<storage, read_write> output: array<Values>;    // [member * images, OH, OW, out C/4] vec4

// Bias, residual, ReLU, and the store. `pixel` counts over [images, OH, OW] of one member, `channel` over O/4.
fn store(member: u32, pixel: u32, channel: u32, sum: vec4<f32>) {
    let at = member * params.images * params.out_height * params.out_width + pixel;
    var value = sum + bias[member * params.bias_stride + channel];
    if (params.residual != 0u) {
        value += widen(residual[at * params.bias_stride + channel]);
    }
    if (params.relu != 0u) {
        value = max(value, vec4<f32>(0.0));
    }
    output[at * params.out_c4 + params.out_c4_offset + channel] = narrow(value);
}
