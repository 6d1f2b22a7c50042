enable f16;

// Convolution for GPUs with arithmetic in f16 and without cooperative matrices, of tensors in f16.
#variant conv_half_128 HALF=1 STEM=0 CHANNELS=4 PIX=128 COLS=32 THREADS=256 PX=8 CX=2 ACROSS=16 DOWN=16 DEEP=4 STRIDE=4 ROWS=8 LOADS_IN=2 LOADS_WEIGHTS=2 IN=512 WEIGHTS=512
#variant conv_half_64 HALF=1 STEM=0 CHANNELS=4 PIX=64 COLS=16 THREADS=128 PX=8 CX=1 ACROSS=16 DOWN=8 DEEP=4 STRIDE=4 ROWS=8 LOADS_IN=2 LOADS_WEIGHTS=2 IN=256 WEIGHTS=256
#variant conv_half_32 HALF=1 STEM=0 CHANNELS=4 PIX=32 COLS=8 THREADS=64 PX=4 CX=1 ACROSS=8 DOWN=8 DEEP=4 STRIDE=4 ROWS=8 LOADS_IN=2 LOADS_WEIGHTS=2 IN=128 WEIGHTS=128

#include "common/conv_params.wgsl"
@group(0) @binding(4) var<storage, read> input: array<vec4<f16>>;           // [member * images, H, W, C/4] vec4
@group(0) @binding(5) var<storage, read> weights: array<vec4<f16>>;         // [member, group, tile, kh, kw, C/4, 4, 8] vec4
#include "common/residual_buffer.wgsl"
#include "common/output_buffer.wgsl" OUTPUT=3
#include "common/epilogue.wgsl"
#include "conv/common/finish_store.wgsl"
#include "conv/common/tile_half.wgsl"
#include "conv/common/conv_tile.wgsl"
