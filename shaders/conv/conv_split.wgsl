// Convolution for GPUs whose tiles are too few to keep one busy: the sum over taps and input channels in parts, each by workgroups of its own.
#variant conv_split_64 HALF=0 STEM=0 CHANNELS=4 PIX=64 COLS=16 THREADS=128 PX=8 CX=1 ACROSS=16 DOWN=8 DEEP=4 STRIDE=5 ROWS=8 LOADS_IN=2 LOADS_WEIGHTS=2 IN=320 WEIGHTS=256
#variant conv_split_32 HALF=0 STEM=0 CHANNELS=4 PIX=32 COLS=8 THREADS=64 PX=4 CX=1 ACROSS=8 DOWN=8 DEEP=4 STRIDE=5 ROWS=8 LOADS_IN=2 LOADS_WEIGHTS=2 IN=160 WEIGHTS=128
#variant conv_split_64_stem HALF=0 STEM=1 CHANNELS=3 PIX=64 COLS=16 THREADS=128 PX=8 CX=1 ACROSS=16 DOWN=8 DEEP=4 STRIDE=5 ROWS=8 LOADS_IN=2 LOADS_WEIGHTS=2 IN=320 WEIGHTS=256
#variant conv_split_32_stem HALF=0 STEM=1 CHANNELS=3 PIX=32 COLS=8 THREADS=64 PX=4 CX=1 ACROSS=8 DOWN=8 DEEP=4 STRIDE=5 ROWS=8 LOADS_IN=2 LOADS_WEIGHTS=2 IN=160 WEIGHTS=128

#include "common/conv_params.wgsl"
@group(0) @binding(2) var<storage, read> input: array<Values>;              // [member * images, H, W, C/4] vec4
@group(0) @binding(3) var<storage, read> weights: array<Values>;            // [member, group, tile, kh, kw, C/4, 4, 8] vec4
#include "conv/common/finish_partial.wgsl"
#include "conv/common/tile_widened.wgsl"
#include "conv/common/conv_tile.wgsl"
