// Bytes of pictures as planes of a network's input: less a mean, times a factor, 0 beyond an ellipse. One invocation a value.

struct Params {
    images: u32,
    planes: u32,
    width: u32,
    height: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> words: array<u32>;             // [pictures, H, W] four bytes
@group(0) @binding(2) var<storage, read> places: array<u32>;            // [images, planes]: 4 * picture + byte; 0xffffffff: all are 128
@group(0) @binding(3) var<storage, read> factors: array<vec2<f32>>;     // [images, planes]: mean, factor
@group(0) @binding(4) var<storage, read> spans: array<vec2<u32>>;       // [H]: first column inside, first beyond
@group(0) @binding(5) var<storage, read_write> output: array<f32>;      // [images, planes, H, W]

#include "common/index.wgsl"

@compute @workgroup_size(256)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 256u);
    let size = params.width * params.height;
    if (index >= params.images * params.planes * size) {
        return;
    }
    let place = places[index / size];
    let factor = factors[index / size];
    let pixel = index % size;
    var byte = 128u;
    if (place != 0xffffffffu) {
        byte = (words[(place >> 2u) * size + pixel] >> (8u * (place & 3u))) & 255u;
    }
    let span = spans[pixel / params.width];
    let x = pixel % params.width;
    output[index] = select(0.0, (f32(byte) - factor.x) * factor.y, x >= span.x && x < span.y);
}
