// Lookup, resize, crop, normalise: the last step of a representation, where floating point begins. One invocation a pixel.

struct Params {
    images: u32,
    in_height: u32,
    in_width: u32,
    resize_height: u32,
    resize_width: u32,
    out_height: u32,
    out_width: u32,
    crops: u32,
    // 0: bytes through the table; 1: 0xBBGGRR words; 2: bytes as one channel.
    source: u32,
    // First output image.
    first: u32,
    // 1: blue first.
    reversed: u32,
    mean: vec4<f32>,
    scale: vec4<f32>,
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pixels: array<u32>;           // [images, H, W] bytes, four a word, or 0xBBGGRR words
@group(0) @binding(2) var<storage, read> table: array<u32>;            // [256] 0xBBGGRR
@group(0) @binding(3) var<storage, read> crops: array<vec2<u32>>;      // [crops] y, x
@group(0) @binding(4) var<storage, read_write> output: array<Values>;  // [images, crops, H, W, 1] vec4

#include "common/index.wgsl"

fn colour(image: u32, y: u32, x: u32) -> vec4<f32> {
    let at = (image * params.in_height + y) * params.in_width + x;
    var rgb: u32;
    if (params.source == 1u) {
        rgb = pixels[at];
    } else {
        let byte = (pixels[at >> 2u] >> (8u * (at & 3u))) & 255u;
        if (params.source == 2u) {
            rgb = byte;
        } else {
            rgb = table[byte];
        }
    }
    return vec4<f32>(vec4<u32>(rgb & 255u, (rgb >> 8u) & 255u, (rgb >> 16u) & 255u, 0u));
}

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
    var value = mix(top, bottom, py.y);
    if (params.reversed != 0u) {
        value = value.zyxw;
    }
    output[params.first * size + index] = narrow((value - params.mean) * params.scale);
}
