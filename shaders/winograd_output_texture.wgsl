// For CPU adapters that sample quickly. The input is `[36, member * images, tiles, O/4]` vec4.
#variant winograd_output_texture INPUT=4

#include "common/conv_params.wgsl"
#include "common/epilogue.wgsl"
#include "common/input_texture.wgsl"

#include "common/winograd_output.wgsl"
