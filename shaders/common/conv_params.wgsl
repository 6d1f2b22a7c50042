// What every convolution shares: parameters, bindings, where an output pixel reads, and the epilogue.

struct Params {
    images: u32,              // of one member
    in_height: u32,
    in_width: u32,
    in_c4: u32,               // channels / 4 of the input tensor
    in_c4_offset: u32,        // where those that are read start, when it holds the inputs of others too
    out_height: u32,
    out_width: u32,
    out_c4: u32,              // channels / 4 of the output tensor: a concatenation's, when this writes a slice of it
    out_c4_offset: u32,       // where the slice starts
    members: u32,             // where invocations are counted over all of them
    groups: u32,
    group_in: u32,            // input channels of one group: vec4s, in the grouped kernel scalars
    group_out: u32,           // output channels of one group: vec4s, in the grouped kernel scalars
    kernel_height: u32,
    kernel_width: u32,
    stride_y: u32,
    stride_x: u32,
    pad_top: u32,
    pad_left: u32,
    dilation_y: u32,
    dilation_x: u32,
    weights_stride: u32,      // elements of `weights` from one member to the next
    bias_stride: u32,         // vec4s of `bias` from one member to the next
    activation: u32,
    slope: f32,               // of the activation
    least: f32,
    most: f32,
    residual: u32,            // channels / 4 of the residual, which is added to the first; 0 without
    parts: u32,               // of the sum, in the tiled kernels
    first: u32,               // image of each member that the transforms of Winograd's method start with
    together: u32,            // images of each member that they transform
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
