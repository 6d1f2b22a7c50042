// For CPU adapters that sample quickly.
#variant winograd_input_texture_4 INPUT=2 LANES=8 OUT=4 SIDE=6
#variant winograd_input_texture_2 INPUT=2 LANES=8 OUT=2 SIDE=4

#include "common/conv_params.wgsl"
@group(0) @binding(1) var<storage, read_write> output: array<vec4<f32>>;    // [points, member * images, tiles, C/4] vec4
#include "common/input_texture.wgsl"

#include "winograd/common/winograd_input.wgsl"
