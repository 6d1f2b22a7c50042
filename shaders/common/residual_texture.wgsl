@group(0) @binding(2) var residual: texture_2d<f32>;     // [member * images, OH, OW, residual] vec4, or anything

fn residual_at(index: u32) -> vec4<f32> {
    return textureLoad(residual, vec2<u32>(index & 1023u, index >> 10u), 0);
}
