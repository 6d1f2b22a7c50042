#include "common/conv_params.wgsl"
@group(0) @binding(4) var<storage, read> input: array<vec4<f32>>;           // [member * images, H, W, C/4] vec4
