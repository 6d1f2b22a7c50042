// Locally connected layer for GPUs: weights are streamed once for IMAGES images. A workgroup computes 8 output vec4s of a place; 32 threads take turns with what is
// under the window of each, and their sums meet in workgroup memory.
#variant local_conv_stream_1 IMAGES=1 AHEAD=4
#variant local_conv_stream_4 IMAGES=4 AHEAD=2
#variant local_conv_stream_8 IMAGES=8 AHEAD=2

#include "conv/common/local_conv.wgsl"
#include "common/output_buffer.wgsl" OUTPUT=2
#include "common/input_buffer.wgsl" INPUT=3
@group(0) @binding(4) var<storage, read> weights: array<Values>;            // [member, OH, OW, kh, kw, C/4, 4, O/4] vec4

var<workgroup> sums: array<vec4<f32>, 256>;

@compute @workgroup_size(256)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let index = group.y * grid.x + group.x;
    let tiles = (params.group_out + 7u) / 8u;
    let blocks = (params.images + {IMAGES}u - 1u) / {IMAGES}u;
    let area = params.out_height * params.out_width;
    if (index >= params.members * area * blocks * tiles) {
        return;
    }
    // Threads beyond the last output sum it again, and store nothing.
    let raw = index % tiles * 8u + thread % 8u;
    let channel = min(raw, params.group_out - 1u);
    // Blocks of images that read the same weights follow one another.
    let first = index / tiles % blocks * {IMAGES}u;
    let place = index / tiles / blocks % area;
    let member = index / tiles / blocks / area;
    // Above and left of the image, u32 wraps.
    let y = place / params.out_width * params.stride_y - params.pad_top;
    let x = place % params.out_width * params.stride_x - params.pad_left;
    let depth = params.kernel_height * params.kernel_width * params.in_c4;
    let start = member * params.weights_stride + place * depth * 4u * params.group_out + channel;
    #for M 0 IMAGES
    let image{M} = (member * params.images + min(first + {M}u, params.images - 1u)) * params.in_height * params.in_width;
    var sum{M} = vec4<f32>(0.0);
    #end
    for (var d = thread / 8u; d < depth; d += 32u * {AHEAD}u) {
        // Memory is waited for once for AHEAD positions; what lies beyond the last or beyond the edges reads the first weights, and is nothing.
        #for A 0 AHEAD
        let d{A} = d + {A}u * 32u;
        let tap{A} = d{A} / params.in_c4;
        let iy{A} = y + tap{A} / params.kernel_width * params.dilation_y;
        let ix{A} = x + tap{A} % params.kernel_width * params.dilation_x;
        let inside{A} = d{A} < depth && iy{A} < params.in_height && ix{A} < params.in_width;
        let source{A} = (iy{A} * params.in_width + ix{A}) * params.in_c4 + d{A} % params.in_c4;
        let row{A} = start + select(0u, d{A} * 4u * params.group_out, inside{A});
        let w{A}_0 = widen(weights[row{A}]);
        let w{A}_1 = widen(weights[row{A} + params.group_out]);
        let w{A}_2 = widen(weights[row{A} + 2u * params.group_out]);
        let w{A}_3 = widen(weights[row{A} + 3u * params.group_out]);
        #for M 0 IMAGES
        let v{A}_{M} = select(vec4<f32>(0.0), input_at(image{M} * params.in_c4 + select(0u, source{A}, inside{A})), inside{A});
        #end
        #end
        #for A 0 AHEAD
        #for M 0 IMAGES
        sum{M} = fma(vec4<f32>(v{A}_{M}.x), w{A}_0, sum{M});
        sum{M} = fma(vec4<f32>(v{A}_{M}.y), w{A}_1, sum{M});
        sum{M} = fma(vec4<f32>(v{A}_{M}.z), w{A}_2, sum{M});
        sum{M} = fma(vec4<f32>(v{A}_{M}.w), w{A}_3, sum{M});
        #end
        #end
    }
    #for M 0 IMAGES
    workgroupBarrier();
    sums[thread] = sum{M};
    for (var half = 128u; half >= 8u; half /= 2u) {
        workgroupBarrier();
        if (thread < half) {
            sums[thread] += sums[thread + half];
        }
    }
    workgroupBarrier();
    if (thread < 8u && raw < params.group_out && first + {M}u < params.images) {
        finish(member, first + {M}u, place, channel, sums[thread]);
    }
    #end
}
