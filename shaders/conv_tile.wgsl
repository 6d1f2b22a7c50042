// Convolution for GPUs: 128 pixels x 128 channels a workgroup, and less where that would leave a GPU idle or is all that it has memory for.
#variant conv_tile_128 PIX=128 COLS=32 THREADS=256 PX=8 CX=2 ACROSS=16 DOWN=16 DEEP=4 STRIDE=4 ROWS=8 LOADS_IN=2 LOADS_WEIGHTS=2 IN=512 WEIGHTS=512
#variant conv_tile_64 PIX=64 COLS=16 THREADS=128 PX=8 CX=1 ACROSS=16 DOWN=8 DEEP=4 STRIDE=5 ROWS=8 LOADS_IN=2 LOADS_WEIGHTS=2 IN=320 WEIGHTS=256
#variant conv_tile_32 PIX=32 COLS=8 THREADS=64 PX=4 CX=1 ACROSS=8 DOWN=8 DEEP=4 STRIDE=5 ROWS=8 LOADS_IN=2 LOADS_WEIGHTS=2 IN=160 WEIGHTS=128

#include "common/conv_vec4.wgsl"
#include "common/finish_store.wgsl"
#include "common/conv_tile.wgsl"
