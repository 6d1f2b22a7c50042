// In the form of a shader that writes a texture output_texels.wgsl stands in this place.
#include "common/output_buffer.wgsl"
