// Winograd's F(OUT x OUT, 3 x 3): the SIDE x SIDE products m of a tile become A^T m A, OUT x OUT output pixels. One invocation a tile and output vec4.

#include "common/index.wgsl"
#include "winograd/common/winograd_{OUT}.wgsl"

@compute @workgroup_size({LANES})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let across = (params.out_width + {OUT}u - 1u) / {OUT}u;
    let tiles = (params.out_height + {OUT}u - 1u) / {OUT}u * across;
    let count = params.members * params.together * tiles * params.bias_stride;
    let index = linear_index(id, grid, {LANES}u);
    if (index >= count) {
        return;
    }
    let channel = index % params.bias_stride;
    let tile = index / params.bias_stride % tiles;
    let chosen = index / params.bias_stride / tiles;
    let member = chosen / params.together;
    let first = (params.first + chosen % params.together) * params.out_height;
    let y = tile / across * {OUT}u;
    let x = tile % across * {OUT}u;
    #for Y 0 OUT
    var row{Y}: array<vec4<f32>, {SIDE}>;
    #end
    #for X 0 SIDE
    {
        var column: array<vec4<f32>, {SIDE}>;
        #for Y 0 SIDE
        column[{Y}] = product_at(index + ({Y}u * {SIDE}u + {X}u) * count);
        #end
        let pixels = back(column);
        #for Y 0 OUT
        row{Y}[{X}] = pixels[{Y}];
        #end
    }
    #end
    #for Y 0 OUT
    if (y + {Y}u < params.out_height) {
        let row = (first + y + {Y}u) * params.out_width + x;
        let pixels = back(row{Y});
        #for X 0 OUT
        if (x + {X}u < params.out_width) {
            store(member, row + {X}u, channel, pixels[{X}]);
        }
        #end
    }
    #end
}
