// Winograd's F(4 x 4, 3 x 3), as in Lavin & Gray 2016 (arXiv:1509.09308): the 36 products m of a tile become A^T m A, 4 x 4 output pixels. One invocation
// a tile and output vec4.

#include "common/index.wgsl"

@compute @workgroup_size({LANES})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let across = (params.out_width + 3u) / 4u;
    let tiles = (params.out_height + 3u) / 4u * across;
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
    let y = tile / across * 4u;
    let x = tile % across * 4u;
    #for Y 0 6
    #for X 0 6
    let m{Y}_{X} = product_at(index + ({Y}u * 6u + {X}u) * count);
    #end
    #end
    #for X 0 6
    let t0_{X} = m0_{X} + m1_{X} + m2_{X} + m3_{X} + m4_{X};
    let t1_{X} = m1_{X} - m2_{X} + 2.0 * m3_{X} - 2.0 * m4_{X};
    let t2_{X} = m1_{X} + m2_{X} + 4.0 * m3_{X} + 4.0 * m4_{X};
    let t3_{X} = m1_{X} - m2_{X} + 8.0 * m3_{X} - 8.0 * m4_{X} + m5_{X};
    #end
    #for Y 0 4
    if (y + {Y}u < params.out_height) {
        let row = (first + y + {Y}u) * params.out_width + x;
        if (x + 0u < params.out_width) {
            store(member, row + 0u, channel, t{Y}_0 + t{Y}_1 + t{Y}_2 + t{Y}_3 + t{Y}_4);
        }
        if (x + 1u < params.out_width) {
            store(member, row + 1u, channel, t{Y}_1 - t{Y}_2 + 2.0 * t{Y}_3 - 2.0 * t{Y}_4);
        }
        if (x + 2u < params.out_width) {
            store(member, row + 2u, channel, t{Y}_1 + t{Y}_2 + 4.0 * t{Y}_3 + 4.0 * t{Y}_4);
        }
        if (x + 3u < params.out_width) {
            store(member, row + 3u, channel, t{Y}_1 - t{Y}_2 + 8.0 * t{Y}_3 - 8.0 * t{Y}_4 + t{Y}_5);
        }
    }
    #end
}
