// Convolution for GPUs whose tiles are too few to keep one busy: the sum over taps and input channels in parts, each by workgroups of its own.
#variant conv_split_64 PIX=64 COLS=16 THREADS=64 PX=8 CX=2 ACROSS=8 ROWS=4 LOADS_IN=4 LOADS_WEIGHTS=4 IN=256 WEIGHTS=256
#variant conv_split_32 PIX=32 COLS=8 THREADS=64 PX=4 CX=1 ACROSS=8 ROWS=8 LOADS_IN=2 LOADS_WEIGHTS=2 IN=128 WEIGHTS=128

#include "common/conv_params.wgsl"
@group(0) @binding(1) var<storage, read_write> partial: array<vec4<f32>>;   // [part, member * images, OH, OW, O/4] vec4
@group(0) @binding(2) var<storage, read> input: array<Values>;              // [member * images, H, W, C/4] vec4
@group(0) @binding(3) var<storage, read> weights: array<Values>;            // [member, group, tile, kh, kw, C/4, 4, 8] vec4

fn finish(part: u32, member: u32, pixel: u32, channel: u32, sum: vec4<f32>) {
    let pixels = params.images * params.out_height * params.out_width;
    partial[((part * params.members + member) * pixels + pixel) * params.bias_stride + channel] = sum;
}

#include "common/conv_tile.wgsl"
