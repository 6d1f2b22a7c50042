// Convolution for GPUs: 128 pixels x 128 channels a workgroup, and less where that would leave a GPU idle or is all that it has memory for.
#variant conv_tile_128 PIX=128 COLS=32 THREADS=256 PX=8 CX=2 ACROSS=16 ROWS=8 LOADS_IN=2 LOADS_WEIGHTS=2 IN=512 WEIGHTS=512
#variant conv_tile_64 PIX=64 COLS=16 THREADS=64 PX=8 CX=2 ACROSS=8 ROWS=4 LOADS_IN=4 LOADS_WEIGHTS=4 IN=256 WEIGHTS=256
#variant conv_tile_32 PIX=32 COLS=8 THREADS=64 PX=4 CX=1 ACROSS=8 ROWS=8 LOADS_IN=2 LOADS_WEIGHTS=2 IN=128 WEIGHTS=128

#include "common/conv_vec4.wgsl"

fn finish(part: u32, member: u32, pixel: u32, channel: u32, sum: vec4<f32>) {
    store(member, pixel, channel, sum);
}

#include "common/conv_tile.wgsl"
