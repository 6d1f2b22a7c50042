// Implicit GEMM: a workgroup computes PIX pixels x 4 COLS channels, 16 input channels of one tap at a time; a thread PX pixels x CX vec4s. While a slab is
// multiplied the next is on its way. `finish(part, member, pixel, channel, sum)` takes the sums of the slabs of one part of them.

var<workgroup> tile_in: array<vec4<f32>, {IN}>;             // [PIX, 4] vec4 along the input channels
var<workgroup> tile_weights: array<vec4<f32>, {WEIGHTS}>;   // [16 input channels, COLS] vec4 along the output channels

@compute @workgroup_size({THREADS})
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) grid: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let pixels = params.images * params.out_height * params.out_width;
    let first = (group.y * grid.x + group.x) * {PIX}u;
    if (first >= pixels) {
        return;
    }
    // Weights lie in tiles of 8 vec4s.
    let packed_tiles = (params.group_out + 7u) / 8u;
    let tiles = (params.group_out + {COLS}u - 1u) / {COLS}u;
    let part = group.z % params.parts;
    let tile = group.z / params.parts % tiles;
    let conv_group = group.z / params.parts / tiles % params.groups;
    let member = group.z / params.parts / tiles / params.groups;
    let taps = params.kernel_height * params.kernel_width;
    let deep = (params.group_in + 3u) / 4u;
    let first_slab = taps * deep * part / params.parts;
    let end_slab = taps * deep * (part + 1u) / params.parts;

    // What this thread loads: input vec4 `lane` of every so many-th pixel, and of the weights vec4 `load_column` of every so many-th row.
    let lane = thread % 4u;
    #for I 0 LOADS_IN
    let pixel{I} = min(first + thread / 4u + {I}u * {THREADS}u / 4u, pixels - 1u);
    let y{I} = i32(pixel{I} / params.out_width % params.out_height * params.stride_y) - i32(params.pad_top);
    let x{I} = i32(pixel{I} % params.out_width * params.stride_x) - i32(params.pad_left);
    let image{I} = (member * params.images + pixel{I} / (params.out_width * params.out_height)) * params.in_height * params.in_width;
    var next_in{I} = vec4<f32>(0.0);
    #end
    let load_column = thread % {COLS}u;
    let load_row = thread / {COLS}u;
    let packed_tile = tile * ({COLS}u / 8u) + load_column / 8u;
    let loads_weights = packed_tile < packed_tiles;
    let weights_first = member * params.weights_stride
        + (conv_group * packed_tiles + packed_tile) * taps * params.group_in * 32u + load_column % 8u;
    #for I 0 LOADS_WEIGHTS
    var next_weights{I} = vec4<f32>(0.0);
    #end

    let row = thread / {ACROSS}u * {PX}u;
    let column = thread % {ACROSS}u;
    #for P 0 PX
    #for C 0 CX
    var acc{P}_{C} = vec4<f32>(0.0);
    #end
    #end

    var tap = first_slab / deep;
    var c = first_slab % deep * 4u;
    for (var slab = first_slab; slab <= end_slab; slab++) {
        let more = slab < end_slab;
        if (more) {
            let ky = i32(tap / params.kernel_width * params.dilation_y);
            let kx = i32(tap % params.kernel_width * params.dilation_x);
            #for I 0 LOADS_IN
            {
                let iy = u32(y{I} + ky);
                let ix = u32(x{I} + kx);
                let inside = iy < params.in_height && ix < params.in_width && c + lane < params.group_in;
                let source = (image{I} + iy * params.in_width + ix) * params.in_c4 + conv_group * params.group_in + c + lane;
                next_in{I} = select(vec4<f32>(0.0), widen(input[select(0u, source, inside)]), inside);
            }
            #end
            #for I 0 LOADS_WEIGHTS
            {
                // The last slab of a tap may be shorter.
                let deeper = load_row + {I}u * {ROWS}u;
                let present = loads_weights && c + deeper / 4u < params.group_in;
                let at = weights_first + ((tap * params.group_in + c) * 4u + deeper) * 8u;
                next_weights{I} = select(vec4<f32>(0.0), widen(weights[select(0u, at, present)]), present);
            }
            #end
            c += 4u;
            if (c >= params.group_in) {
                c = 0u;
                tap += 1u;
            }
        }
        if (slab > first_slab) {
            #for K 0 4
            {
                #for C 0 CX
                let w0_{C} = tile_weights[{K}u * 4u * {COLS}u + column + {C}u * {ACROSS}u];
                let w1_{C} = tile_weights[({K}u * 4u + 1u) * {COLS}u + column + {C}u * {ACROSS}u];
                let w2_{C} = tile_weights[({K}u * 4u + 2u) * {COLS}u + column + {C}u * {ACROSS}u];
                let w3_{C} = tile_weights[({K}u * 4u + 3u) * {COLS}u + column + {C}u * {ACROSS}u];
                #end
                #for P 0 PX
                {
                    let v = tile_in[(row + {P}u) * 4u + {K}u];
                    #for C 0 CX
                    acc{P}_{C} = fma(vec4<f32>(v.w), w3_{C}, fma(vec4<f32>(v.z), w2_{C}, fma(vec4<f32>(v.y), w1_{C}, fma(vec4<f32>(v.x), w0_{C}, acc{P}_{C}))));
                    #end
                }
                #end
            }
            #end
        }
        if (more) {
            workgroupBarrier();
            #for I 0 LOADS_IN
            tile_in[thread + {I}u * {THREADS}u] = next_in{I};
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
        if (first + row + {P}u < pixels) {
            finish(part, member, first + row + {P}u, conv_group * params.group_out + channel{C}, acc{P}_{C});
        }
        #end
    }
    #end
}
