// For lavapipe. The input is `[36, member * images, tiles, O/4]` vec4.
#variant winograd_output_image INPUT=4

#include "common/conv_params.wgsl"
#include "common/epilogue.wgsl"
#include "common/input_image.wgsl"

#include "common/winograd_output.wgsl"
