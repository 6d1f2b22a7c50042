// Implicit GEMM by cooperative matrices of 16 x 16 x 16: products of f16, sums of f32. A workgroup computes PIX pixels x 4 COLS channels, 4 DEEP input
// channels at a time; a warp of 32 threads WM x WN matrices. While a slab is multiplied the next is on its way. A row of the tiles is two vec4s longer than it
// holds, so that the rows of a matrix lie in different banks. `finish` takes the sums, as in conv_tile.wgsl.

var<workgroup> tile_in: array<Loaded, {IN}>;             // [PIX, DEEP + 2] vec4 along the input channels
var<workgroup> tile_weights: array<Loaded, {WEIGHTS}>;   // [4 DEEP input channels, COLS + 2] vec4 along the output channels
var<workgroup> sums: array<vec4<f32>, {SUMS}>;              // [warp, 16, 4] vec4: one matrix on its way out

@compute @workgroup_size({THREADS})
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    #include "conv/common/tile_places.wgsl"

    let warp = thread / 32u;
    let row = warp / {ACROSS}u * {WM}u * 16u;
    let column = warp % {ACROSS}u * {WN}u * 4u;
    #for P 0 WM
    #for Q 0 WN
    var acc{P}_{Q} = coop_mat16x16<f32, C>();
    #end
    #end

    for (var slab = first_slab; slab <= end_slab; slab++) {
        let more = slab < end_slab;
        if (more) {
            #include "conv/common/tile_next.wgsl"
        }
        if (slab > first_slab) {
            #for K 0 STEPS
            {
                #for Q 0 WN
                let w{Q} = coopLoadT<coop_mat16x16<f16, B>>(&tile_weights[{K}u * 16u * ({COLS}u + 2u) + column + {Q}u * 4u], {COLS}u + 2u);
                #end
                #for P 0 WM
                {
                    let v = coopLoadT<coop_mat16x16<f16, A>>(&tile_in[(row + {P}u * 16u) * ({DEEP}u + 2u) + {K}u * 4u], {DEEP}u + 2u);
                    #for Q 0 WN
                    acc{P}_{Q} = coopMultiplyAdd(v, w{Q}, acc{P}_{Q});
                    #end
                }
                #end
            }
            #end
        }
        if (more) {
            workgroupBarrier();
            #for I 0 LOADS_IN
            tile_in[(thread / {DEEP}u + {I}u * {THREADS}u / {DEEP}u) * ({DEEP}u + 2u) + lane] = next_in{I};
            #end
            #for I 0 LOADS_WEIGHTS
            tile_weights[(load_row + {I}u * {ROWS}u) * ({COLS}u + 2u) + load_column] = next_weights{I};
            #end
            workgroupBarrier();
        }
    }

    // A matrix comes out through workgroup memory: which thread holds which of its values is the driver's secret.
    let own = warp * 64u;
    let out_lane = thread % 32u;
    #for P 0 WM
    #for Q 0 WN
    coopStoreT(acc{P}_{Q}, &sums[own], 4u);
    workgroupBarrier();
    #for H 0 2
    {
        let pixel = first + row + {P}u * 16u + out_lane / 4u + {H}u * 8u;
        let channel = tile * {COLS}u + column + {Q}u * 4u + out_lane % 4u;
        if (pixel < pixels && channel < params.group_out) {
            finish(part, member, pixel, conv_group * params.group_out + channel, sums[own + out_lane + {H}u * 32u]);
        }
    }
    #end
    workgroupBarrier();
    #end
    #end
}
