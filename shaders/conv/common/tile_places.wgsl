// Where a workgroup of a tiled convolution stands, and what each of its threads loads: every DEEP-th vec4 of the input, counted over taps and input
// channels together, so that a stem of three channels fills a slab too, and rows of the weights, which lie in the same order.
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
    let total = params.kernel_height * params.kernel_width * params.group_in;
    let slabs = (total + {DEEP}u - 1u) / {DEEP}u;
    let first_slab = slabs * part / params.parts;
    let end_slab = slabs * (part + 1u) / params.parts;

    let lane = thread % {DEEP}u;
    var k = first_slab * {DEEP}u + lane;
    var c = k % params.group_in;
    var kx = k / params.group_in % params.kernel_width * params.dilation_x;
    var ky = k / params.group_in / params.kernel_width * params.dilation_y;
    #for I 0 LOADS_IN
    let pixel{I} = min(first + thread / {DEEP}u + {I}u * {THREADS}u / {DEEP}u, pixels - 1u);
    let y{I} = pixel{I} / params.out_width % params.out_height * params.stride_y - params.pad_top;
    let x{I} = pixel{I} % params.out_width * params.stride_x - params.pad_left;
    let image{I} = (member * params.images + pixel{I} / (params.out_width * params.out_height)) * params.in_height * params.in_width;
    var next_in{I} = Loaded();
    #end
    let load_column = thread % {COLS}u;
    let load_row = thread / {COLS}u;
    let packed_tile = tile * ({COLS}u / 8u) + load_column / 8u;
    let weights_first = member * params.weights_stride + (conv_group * packed_tiles + packed_tile) * total * 32u + load_column % 8u;
    let rows = select(0u, total * 4u, packed_tile < packed_tiles);
    var deeper = first_slab * {DEEP}u * 4u + load_row;
    #for I 0 LOADS_WEIGHTS
    var next_weights{I} = Loaded();
    #end
