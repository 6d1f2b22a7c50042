// Winograd's F(4 x 4, 3 x 3), as in Lavin & Gray 2016 (arXiv:1509.09308): a tile of 6 x 6 input pixels d becomes B^T d B, 36 values that lie as 36 images of one
// pixel a tile. What lies beyond the input is zero. One invocation a tile and input vec4.

#include "common/index.wgsl"

fn pixel_at(image: u32, y: i32, x: i32, channel: u32) -> vec4<f32> {
    let inside = u32(y) < params.in_height && u32(x) < params.in_width;
    let at = ((image * params.in_height + u32(y)) * params.in_width + u32(x)) * params.in_c4 + params.in_c4_offset + channel;
    return select(vec4<f32>(0.0), input_at(select(0u, at, inside)), inside);
}

@compute @workgroup_size({LANES})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let across = (params.out_width + 3u) / 4u;
    let tiles = (params.out_height + 3u) / 4u * across;
    let count = params.members * params.together * tiles * params.group_in;
    let index = linear_index(id, grid, {LANES}u);
    if (index >= count) {
        return;
    }
    let channel = index % params.group_in;
    let tile = index / params.group_in % tiles;
    let chosen = index / params.group_in / tiles;
    let image = chosen / params.together * params.images + params.first + chosen % params.together;
    let y = i32(tile / across * 4u) - i32(params.pad_top);
    let x = i32(tile % across * 4u) - i32(params.pad_left);
    #for Y 0 6
    #for X 0 6
    let d{Y}_{X} = pixel_at(image, y + {Y}, x + {X}, channel);
    #end
    #end
    #for X 0 6
    let t0_{X} = 4.0 * d0_{X} - 5.0 * d2_{X} + d4_{X};
    let t1_{X} = -4.0 * d1_{X} - 4.0 * d2_{X} + d3_{X} + d4_{X};
    let t2_{X} = 4.0 * d1_{X} - 4.0 * d2_{X} - d3_{X} + d4_{X};
    let t3_{X} = -2.0 * d1_{X} - d2_{X} + 2.0 * d3_{X} + d4_{X};
    let t4_{X} = 2.0 * d1_{X} - d2_{X} - 2.0 * d3_{X} + d4_{X};
    let t5_{X} = 4.0 * d1_{X} - 5.0 * d3_{X} + d5_{X};
    #end
    #for Y 0 6
    output[index + ({Y}u * 6u + 0u) * count] = 4.0 * t{Y}_0 - 5.0 * t{Y}_2 + t{Y}_4;
    output[index + ({Y}u * 6u + 1u) * count] = -4.0 * t{Y}_1 - 4.0 * t{Y}_2 + t{Y}_3 + t{Y}_4;
    output[index + ({Y}u * 6u + 2u) * count] = 4.0 * t{Y}_1 - 4.0 * t{Y}_2 - t{Y}_3 + t{Y}_4;
    output[index + ({Y}u * 6u + 3u) * count] = -2.0 * t{Y}_1 - t{Y}_2 + 2.0 * t{Y}_3 + t{Y}_4;
    output[index + ({Y}u * 6u + 4u) * count] = 2.0 * t{Y}_1 - t{Y}_2 - 2.0 * t{Y}_3 + t{Y}_4;
    output[index + ({Y}u * 6u + 5u) * count] = 4.0 * t{Y}_1 - 5.0 * t{Y}_3 + t{Y}_5;
    #end
}
