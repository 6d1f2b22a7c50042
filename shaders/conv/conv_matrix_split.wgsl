enable f16;
enable wgpu_cooperative_matrix;
// Loops run to parameters and places of workgroups: the same for all threads, which naga does not see.
diagnostic(off, derivative_uniformity);

// As conv_matrix.wgsl, where the tiles are too few to keep a GPU busy: the sum in parts, as in conv_split.wgsl.
#variant conv_matrix_split_64 STEM=0 PIX=64 COLS=16 THREADS=128 WM=2 WN=2 ACROSS=2 DEEP=8 STEPS=2 ROWS=8 LOADS_IN=4 LOADS_WEIGHTS=4 IN=640 WEIGHTS=576 SUMS=256
#variant conv_matrix_split_32 STEM=0 PIX=32 COLS=8 THREADS=64 WM=1 WN=2 ACROSS=1 DEEP=8 STEPS=2 ROWS=8 LOADS_IN=4 LOADS_WEIGHTS=4 IN=320 WEIGHTS=320 SUMS=128

#include "common/conv_params.wgsl"
@group(0) @binding(2) var<storage, read> input: array<vec4<f16>>;           // [member * images, H, W, C/4] vec4
@group(0) @binding(3) var<storage, read> weights: array<vec4<f16>>;         // [member, group, tile, kh, kw, C/4, 4, 8] vec4
#include "conv/common/finish_partial.wgsl"
#include "conv/common/tile_half.wgsl"
#include "conv/common/conv_matrix.wgsl"
