// Lookup, resize, crop, normalise: the last step of a representation, where floating point begins. One invocation a pixel.
#include "pixels/common/normalise.wgsl"
#include "common/index.wgsl"

// Lower source position and the weight of the one above it.
fn position(i: u32, length: u32, count: u32) -> vec2<f32> {
    let t = clamp(i32((2u * i + 1u) * length) - i32(count), 0, i32(2u * count * (length - 1u)));
    let j = u32(t) / (2u * count);
    return vec2<f32>(f32(j), f32(u32(t) - 2u * count * j) / f32(2u * count));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let index = linear_index(id, groups, 64u);
    let size = params.out_height * params.out_width;
    if (index >= params.images * params.crops * size) {
        return;
    }
    let crop = crops[index / size % params.crops];
    let image = index / (size * params.crops);
    let y = index / params.out_width % params.out_height;
    let x = index % params.out_width;
    let py = position(crop.x + y, params.in_height, params.resize_height);
    let px = position(crop.y + x, params.in_width, params.resize_width);
    let y0 = u32(py.x);
    let x0 = u32(px.x);
    let y1 = min(y0 + 1u, params.in_height - 1u);
    let x1 = min(x0 + 1u, params.in_width - 1u);
    let top = mix(colour(image, y0, x0), colour(image, y0, x1), px.y);
    let bottom = mix(colour(image, y1, x0), colour(image, y1, x1), px.y);
    keep(params.first * size + index, normalised(mix(top, bottom, py.y)));
}
