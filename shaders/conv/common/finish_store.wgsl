fn finish(part: u32, member: u32, pixel: u32, channel: u32, sum: vec4<f32>) {
    store(member, pixel, channel, sum);
}

