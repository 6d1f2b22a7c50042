// Read through a storage texture of 1024 columns, one row after another: see `BindingKind::Image`.
#include "common/texels.wgsl"
@group(0) @binding({INPUT}) var input: Texels;

fn input_at(index: u32) -> vec4<f32> {
    return textureLoad(input, vec2<u32>(index & 1023u, index >> 10u));
}
