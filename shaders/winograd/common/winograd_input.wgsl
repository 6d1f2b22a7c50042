// Winograd's F(OUT x OUT, 3 x 3): a tile of SIDE x SIDE input pixels d becomes B^T d B, a value a point: points lie as images of one pixel a tile. What lies
// beyond the input is zero. One invocation a tile and input vec4.

#include "common/index.wgsl"
#include "winograd/common/winograd_{OUT}.wgsl"

fn pixel_at(image: u32, y: i32, x: i32, channel: u32) -> vec4<f32> {
    let inside = u32(y) < params.in_height && u32(x) < params.in_width;
    let at = ((image * params.in_height + u32(y)) * params.in_width + u32(x)) * params.in_c4 + params.in_c4_offset + channel;
    return select(vec4<f32>(0.0), input_at(select(0u, at, inside)), inside);
}

@compute @workgroup_size({LANES})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let across = (params.out_width + {OUT}u - 1u) / {OUT}u;
    let tiles = (params.out_height + {OUT}u - 1u) / {OUT}u * across;
    let count = params.members * params.together * tiles * params.group_in;
    let index = linear_index(id, grid, {LANES}u);
    if (index >= count) {
        return;
    }
    let channel = index % params.group_in;
    let tile = index / params.group_in % tiles;
    let chosen = index / params.group_in / tiles;
    let image = chosen / params.together * params.images + params.first + chosen % params.together;
    let y = i32(tile / across * {OUT}u) - i32(params.pad_top);
    let x = i32(tile % across * {OUT}u) - i32(params.pad_left);
    #for Y 0 SIDE
    var row{Y}: array<vec4<f32>, {SIDE}>;
    #end
    #for X 0 SIDE
    {
        var column: array<vec4<f32>, {SIDE}>;
        #for Y 0 SIDE
        column[{Y}] = pixel_at(image, y + {Y}, x + {X}, channel);
        #end
        let points = there(column);
        #for Y 0 SIDE
        row{Y}[{X}] = points[{Y}];
        #end
    }
    #end
    #for Y 0 SIDE
    {
        let points = there(row{Y});
        #for X 0 SIDE
        output[index + ({Y}u * {SIDE}u + {X}u) * count] = points[{X}];
        #end
    }
    #end
}
