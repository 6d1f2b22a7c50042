// Written through a storage texture of 1024 columns, one row after another: see `BindingKind::Store`.
#include "common/written.wgsl"
@group(0) @binding({OUTPUT}) var output: Written;

fn keep(index: u32, value: vec4<f32>) {
    textureStore(output, vec2<u32>(index & 1023u, index >> 10u), widen(narrow(value)));
}
