// What makes a network's input shares: parameters, bindings, the colour of a pixel, and how it is stored: `[images, crops, H, W, 1]` vec4.

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
#include "common/output_either.wgsl" OUTPUT=4

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

fn normalised(value: vec4<f32>) -> vec4<f32> {
    let ordered = select(value, value.zyxw, params.reversed != 0u);
    return (ordered - params.mean) * params.scale;
}
