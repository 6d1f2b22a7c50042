// For GPUs.
#variant winograd_input_buffer INPUT=2 LANES=64

#include "common/conv_params.wgsl"
@group(0) @binding(1) var<storage, read_write> output: array<vec4<f32>>;    // [36, member * images, tiles, C/4] vec4
#include "common/input_buffer.wgsl"

#include "common/winograd_input.wgsl"
