#include "conv/common/conv.wgsl"
@group(0) @binding(5) var<storage, read> weights: array<Values>;         // [member, group, tile, kh, kw, C/4, 4, tile/4] vec4
#include "common/residual_buffer.wgsl"
#include "common/output_buffer.wgsl" OUTPUT=3
#include "common/epilogue.wgsl"
