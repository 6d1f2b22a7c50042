// Implicit GEMM: a workgroup computes PIX pixels x 4 COLS channels, DEEP input vec4s at a time; a thread PX pixels x CX vec4s. While a slab is multiplied the
// next is on its way. The 32 threads of a warp are 4 down and 8 across, and a pixel's row is STRIDE vec4s long, one more than it holds where there is room for it
// in 16 KiB: no two of them wait for one bank. `finish(part, member, pixel, channel, sum)` takes the sums of the slabs of one part of them.

alias Loaded = vec4<f32>;
var<workgroup> tile_in: array<vec4<f32>, {IN}>;             // [PIX, STRIDE] vec4 along the input channels
var<workgroup> tile_weights: array<vec4<f32>, {WEIGHTS}>;   // [4 DEEP input channels, COLS] vec4 along the output channels

fn input_at(index: u32) -> Loaded {
    return widen(input[index]);
}

fn weights_at(index: u32) -> Loaded {
    return widen(weights[index]);
}

@compute @workgroup_size({THREADS})
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    #include "common/tile_places.wgsl"

    // A thread computes every DOWN-th pixel and every ACROSS-th vec4.
    let warp = thread / 32u;
    let row = warp / ({ACROSS}u / 8u) * 4u + thread % 32u / 8u;
    let column = warp % ({ACROSS}u / 8u) * 8u + thread % 8u;
    #for P 0 PX
    #for C 0 CX
    var acc{P}_{C} = vec4<f32>(0.0);
    #end
    #end

    for (var slab = first_slab; slab <= end_slab; slab++) {
        let more = slab < end_slab;
        if (more) {
            #include "common/tile_next.wgsl"
        }
        if (slab > first_slab) {
            #for K 0 DEEP
            {
                #for P 0 PX
                let v{P} = tile_in[(row + {P}u * {DOWN}u) * {STRIDE}u + {K}u];
                #end
                #for J 0 4
                {
                    #for C 0 CX
                    let w{C} = tile_weights[({K}u * 4u + {J}u) * {COLS}u + column + {C}u * {ACROSS}u];
                    #end
                    #for P 0 PX
                    #for C 0 CX
                    acc{P}_{C} = fma(vec4<f32>(v{P}[{J}]), w{C}, acc{P}_{C});
                    #end
                    #end
                }
                #end
            }
            #end
        }
        if (more) {
            workgroupBarrier();
            #for I 0 LOADS_IN
            tile_in[(thread / {DEEP}u + {I}u * {THREADS}u / {DEEP}u) * {STRIDE}u + lane] = next_in{I};
            #end
            #for I 0 LOADS_WEIGHTS
            tile_weights[thread + {I}u * {THREADS}u] = next_weights{I};
            #end
            workgroupBarrier();
        }
    }
    #for C 0 CX
    let channel{C} = tile * {COLS}u + column + {C}u * {ACROSS}u;
    if (channel{C} < params.group_out) {
        #for P 0 PX
        if (first + row + {P}u * {DOWN}u < pixels) {
            finish(part, member, first + row + {P}u * {DOWN}u, conv_group * params.group_out + channel{C}, acc{P}_{C});
        }
        #end
    }
    #end
}
