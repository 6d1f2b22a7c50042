#include "common/conv_params.wgsl"
@group(0) @binding(4) var<storage, read> input: array<Values>;           // [member * images, H, W, C/4] vec4
