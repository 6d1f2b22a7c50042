@group(0) @binding(1) var<storage, read_write> partial: array<vec4<f32>>;   // [part, member * images, OH, OW, O/4] vec4

fn finish(part: u32, member: u32, pixel: u32, channel: u32, sum: vec4<f32>) {
    let pixels = params.images * params.out_height * params.out_width;
    partial[((part * params.members + member) * pixels + pixel) * params.bias_stride + channel] = sum;
}

