// Polynomial expansion: what both kernels read and write.

struct Params {
    width: u32,
    height: u32,
    // Neighbours on either side, at most 16.
    reach: u32,
    // What makes coefficients of the sums: elements of the inverse of the window's moments.
    inverse_x: f32,
    inverse_one: f32,
    inverse_xx: f32,
    inverse_xy: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<f32>;               // [frames, H, W]
@group(0) @binding(2) var<storage, read> window: array<vec4<f32>>;        // [reach + 1]: g, x g, x^2 g
@group(0) @binding(3) var<storage, read> slots: array<u32>;               // [frames]: where each goes
@group(0) @binding(4) var<storage, read_write> expansions: array<f32>;    // [slots, 5, H, W]: y, x, y^2, x^2, xy

// Keeps the coefficients of a pixel, from the sums under the window of 1, x, y, x^2, y^2 and xy times the brightness.
fn keep(slot: u32, x: u32, y: u32, one: f32, along_x: f32, along_y: f32, xx: f32, yy: f32, xy: f32) {
    let size = params.width * params.height;
    let at = 5u * slot * size + y * params.width + x;
    let level = one * params.inverse_one;
    expansions[at] = along_y * params.inverse_x;
    expansions[at + size] = along_x * params.inverse_x;
    expansions[at + 2u * size] = fma(yy, params.inverse_xx, level);
    expansions[at + 3u * size] = fma(xx, params.inverse_xx, level);
    expansions[at + 4u * size] = xy * params.inverse_xy;
}
