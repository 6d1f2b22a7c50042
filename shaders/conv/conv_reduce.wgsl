// The parts of a split convolution added up, bias, residual and activation. One invocation an output vec4.

#include "common/conv_params.wgsl"
#include "common/residual_buffer.wgsl"
#include "common/output_buffer.wgsl" OUTPUT=3
#include "common/epilogue.wgsl"
@group(0) @binding(4) var<storage, read> partial: array<vec4<f32>>;         // [part, member * images, OH, OW, O/4] vec4

#include "common/index.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let pixels = params.images * params.out_height * params.out_width;
    let count = params.members * pixels * params.bias_stride;
    let index = linear_index(id, grid, 64u);
    if (index >= count) {
        return;
    }
    var sum = vec4<f32>(0.0);
    for (var part = 0u; part < params.parts; part++) {
        sum += partial[part * count + index];
    }
    let pixel = index / params.bias_stride;
    store(pixel / pixels, pixel % pixels, index % params.bias_stride, sum);
}
