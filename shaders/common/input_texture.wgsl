// Read through a texture of 1024 columns, one row after another: see `BindingKind::Texture`.
@group(0) @binding({INPUT}) var input: texture_2d<f32>;

fn input_at(index: u32) -> vec4<f32> {
    return textureLoad(input, vec2<u32>(index & 1023u, index >> 10u), 0);
}
