// Implicit GEMM: a workgroup computes PIX pixels x 4 COLS channels, DEEP input vec4s at a time; a thread PX pixels x CX vec4s. While a slab is multiplied the
// next is on its way. The 32 threads of a warp are 4 down and 8 across, and a pixel's row is STRIDE vec4s long, one more than it holds where there is room for it
// in 16 KiB: no two of them wait for one bank. `finish(part, member, pixel, channel, sum)` takes the sums of the slabs of one part of them. With HALF=1 a slab is
// multiplied and added up in f16, and the slabs in f32; else all of it in f32. With STEM=1 it is that of an image: a tap is one vec4, of which CHANNELS=3 count. A
// form includes what loads its vec4s before this.

var<workgroup> tile_in: array<Loaded, {IN}>;             // [PIX, STRIDE] vec4 along the input channels
var<workgroup> tile_weights: array<Loaded, {WEIGHTS}>;   // [4 DEEP input channels, COLS] vec4 along the output channels

@compute @workgroup_size({THREADS})
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    #include "conv/common/tile_places.wgsl"

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
            #include "conv/common/tile_next.wgsl"
        }
        if (slab > first_slab) {
            #for S 0 HALF
            #for P 0 PX
            #for C 0 CX
            var half{P}_{C} = Loaded();
            #end
            #end
            #end
            #for K 0 DEEP
            {
                #for P 0 PX
                let v{P} = tile_in[(row + {P}u * {DOWN}u) * {STRIDE}u + {K}u];
                #end
                #for J 0 CHANNELS
                {
                    #for C 0 CX
                    let w{C} = tile_weights[({K}u * 4u + {J}u) * {COLS}u + column + {C}u * {ACROSS}u];
                    #end
                    #for P 0 PX
                    #for C 0 CX
                    #for S HALF 1
                    acc{P}_{C} = fma(vec4<f32>(v{P}[{J}]), w{C}, acc{P}_{C});
                    #end
                    #for S 0 HALF
                    half{P}_{C} = fma(Loaded(v{P}[{J}]), w{C}, half{P}_{C});
                    #end
                    #end
                    #end
                }
                #end
            }
            #end
            #for S 0 HALF
            #for P 0 PX
            #for C 0 CX
            acc{P}_{C} += vec4<f32>(half{P}_{C});
            #end
            #end
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
