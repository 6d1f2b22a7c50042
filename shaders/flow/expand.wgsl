// Polynomial expansion: of every pixel's neighbourhood the second-order polynomial that fits it best under a Gaussian window. A workgroup makes 16 x 16 pixels:
// first along columns, also of those within reach on either side, then along rows. Beyond the picture its last row and column stand.
// Neighbours are subtracted before they are weighted: where both are equal there is exactly nothing. A brightness near all of them is subtracted of the pixels: no
// coefficient that is kept has a part of it, and what is left of it by rounding would be as large as what is looked for.

#include "flow/common/expansion.wgsl"

// Rows of 16 + 2 x 16 columns: values, slopes and curvatures along columns.
var<workgroup> values: array<f32, 768>;
var<workgroup> slopes: array<f32, 768>;
var<workgroup> bends: array<f32, 768>;

@compute @workgroup_size(256)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let last_x = i32(params.width) - 1;
    let last_y = i32(params.height) - 1;
    let reach = i32(params.reach);
    let columns = 16u + 2u * params.reach;
    let frame = group.z * params.height;
    let middle = vec2<u32>(min(16u * group.x + 8u, params.width - 1u), min(16u * group.y + 8u, params.height - 1u));
    let base = input[(frame + middle.y) * params.width + middle.x];
    for (var i = lane; i < 16u * columns; i += 256u) {
        let x = u32(clamp(i32(16u * group.x + i % columns) - reach, 0, last_x));
        let y = min(i32(16u * group.y + i / columns), last_y);
        let own = input[(frame + u32(y)) * params.width + x] - base;
        var value = window[0].x * own;
        var slope = 0.0;
        var bend = 0.0;
        for (var k = 1; k <= reach; k++) {
            let up = input[(frame + u32(max(y - k, 0))) * params.width + x] - base;
            let down = input[(frame + u32(min(y + k, last_y))) * params.width + x] - base;
            let weights = window[k];
            value = fma(weights.x, up + down, value);
            slope = fma(weights.y, down - up, slope);
            bend = fma(weights.z, up + down, bend);
        }
        let at = i / columns * 48u + i % columns;
        values[at] = value;
        slopes[at] = slope;
        bends[at] = bend;
    }
    workgroupBarrier();
    let x = 16u * group.x + lane % 16u;
    let y = 16u * group.y + lane / 16u;
    if (x >= params.width || y >= params.height) {
        return;
    }
    let own = lane / 16u * 48u + lane % 16u + params.reach;
    let g = window[0].x;
    var one = g * values[own];
    var along_x = 0.0;
    var along_y = g * slopes[own];
    var xx = 0.0;
    var yy = g * bends[own];
    var xy = 0.0;
    for (var k = 1u; k <= params.reach; k++) {
        let left = own - k;
        let right = own + k;
        let weights = window[k];
        let both = values[left] + values[right];
        one = fma(weights.x, both, one);
        xx = fma(weights.z, both, xx);
        along_x = fma(weights.y, values[right] - values[left], along_x);
        along_y = fma(weights.x, slopes[left] + slopes[right], along_y);
        xy = fma(weights.y, slopes[right] - slopes[left], xy);
        yy = fma(weights.x, bends[left] + bends[right], yy);
    }
    keep(slots[group.z], x, y, one, along_x, along_y, xx, yy, xy);
}
