// Depthwise convolution (a group a channel) for CPU adapters: an invocation computes 2 rows x 4 columns of a vec4 of channels, from the DOWN x ACROSS vec4s under
// their windows, each loaded once. Weights: [member, kh, kw, C/4] vec4.

#include "common/index.wgsl"

@compute @workgroup_size(32)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let down = (params.out_height + 1u) / 2u;
    let across = (params.out_width + 3u) / 4u;
    let index = linear_index(id, grid, 32u);
    if (index >= params.images * down * across * params.in_c4) {
        return;
    }
    let member = id.z;
    let channel = index % params.in_c4;
    let block = index / params.in_c4;
    let column = block % across * 4u;
    let row = block / across % down * 2u;
    let image = block / across / down;
    // Above and left of the image, u32 wraps.
    let x = column * {STRIDE}u - params.pad_left;
    let y = row * {STRIDE}u - params.pad_top;
    let first = (member * params.images + image) * params.in_height;
    #for J 0 ACROSS
    let inside{J} = x + {J}u < params.in_width;
    let place{J} = (x + {J}u) * params.in_c4 + channel;
    #end
    var v: array<vec4<f32>, {DOWN} * {ACROSS}>;
    #for I 0 DOWN
    {
        let in_rows = y + {I}u < params.in_height;
        let line = (first + y + {I}u) * params.in_width * params.in_c4;
        #for J 0 ACROSS
        {
            let there = in_rows && inside{J};
            v[{I}u * {ACROSS}u + {J}u] = select(vec4<f32>(0.0), input_at(select(0u, line + place{J}, there)), there);
        }
        #end
    }
    #end
    #for R 0 2
    #for C 0 4
    var sum{R}_{C} = vec4<f32>(0.0);
    #end
    #end
    let weight = member * params.weights_stride + channel;
    #for Y 0 KERNEL
    #for X 0 KERNEL
    {
        let w = weights_at(weight + ({Y}u * {KERNEL}u + {X}u) * params.in_c4);
        #for R 0 2
        #for C 0 4
        sum{R}_{C} = fma(v[({R}u * {STRIDE}u + {Y}u) * {ACROSS}u + {C}u * {STRIDE}u + {X}u], w, sum{R}_{C});
        #end
        #end
    }
    #end
    #end
    let end = ending(member, channel);
    let pixel = (image * params.out_height + row) * params.out_width + column;
    #for R 0 2
    #for C 0 4
    if (row + {R}u < params.out_height && column + {C}u < params.out_width) {
        finished(end, member, pixel + {R}u * params.out_width + {C}u, channel, sum{R}_{C});
    }
    #end
    #end
}
