enable f16;
enable wgpu_cooperative_matrix;
// Loops run to parameters and places of workgroups: the same for all threads, which naga does not see.
diagnostic(off, derivative_uniformity);

// Convolution for GPUs with cooperative matrices, of tensors in f16.
#variant conv_matrix_128 STEM=0 PIX=128 COLS=32 THREADS=128 WM=4 WN=4 ACROSS=2 DEEP=8 STEPS=2 ROWS=4 LOADS_IN=8 LOADS_WEIGHTS=8 IN=1280 WEIGHTS=1088 SUMS=256
#variant conv_matrix_64 STEM=0 PIX=64 COLS=16 THREADS=128 WM=2 WN=2 ACROSS=2 DEEP=8 STEPS=2 ROWS=8 LOADS_IN=4 LOADS_WEIGHTS=4 IN=640 WEIGHTS=576 SUMS=256
#variant conv_matrix_32 STEM=0 PIX=32 COLS=8 THREADS=64 WM=1 WN=2 ACROSS=1 DEEP=8 STEPS=2 ROWS=8 LOADS_IN=4 LOADS_WEIGHTS=4 IN=320 WEIGHTS=320 SUMS=128

#include "common/conv_params.wgsl"
@group(0) @binding(4) var<storage, read> input: array<vec4<f16>>;           // [member * images, H, W, C/4] vec4
@group(0) @binding(5) var<storage, read> weights: array<vec4<f16>>;         // [member, group, tile, kh, kw, C/4, 4, 8] vec4
#include "common/residual_buffer.wgsl"
#include "common/output_buffer.wgsl" OUTPUT=3
#include "common/epilogue.wgsl"
#include "conv/common/finish_store.wgsl"
#include "conv/common/tile_half.wgsl"
#include "conv/common/conv_matrix.wgsl"
