// What a pixel says of its flow: of the polynomials around it, and where its flow leads in the other frame, the equations G d = h of its displacement d, as
// g11, g12, g22, h1 and h2. The shader that includes it has `expansions`: [slots, 5, H, W] of y, x, y^2, x^2, xy.

#include "flow/common/planes.wgsl"

fn expansion(at: u32, size: u32) -> Five {
    let four = vec4<f32>(expansions[at], expansions[at + size], expansions[at + 2u * size], expansions[at + 3u * size]);
    return Five(four, expansions[at + 4u * size]);
}

// Weights of the rows and columns next to the border, from it on.
fn border(i: u32, length: u32) -> f32 {
    let end = length - 1u - i;
    let near = select(1.0, select(0.4472, 0.14, i < 2u), i < 5u);
    return near * select(1.0, select(0.4472, 0.14, end < 2u), end < 5u);
}

fn equations(slots: vec2<u32>, x: u32, y: u32, flow: vec2<f32>) -> Five {
    let size = params.width * params.height;
    let own = expansion(plane(slots.x) + y * params.width + x, size);
    let target_x = f32(x) + flow.x;
    let target_y = f32(y) + flow.y;
    let left = floor(target_x);
    let top = floor(target_y);
    var slope = own.four.xy;
    var bend = own.four.zw;
    var cross = 0.5 * own.one;
    // In floats: not a number is outside, and so are numbers beyond all integers.
    if (left >= 0.0 && left < f32(params.width - 1u) && top >= 0.0 && top < f32(params.height - 1u)) {
        let s = target_x - left;
        let t = target_y - top;
        let at = plane(slots.y) + u32(top) * params.width + u32(left);
        let upper_left = expansion(at, size);
        let upper_right = expansion(at + 1u, size);
        let lower_left = expansion(at + params.width, size);
        let lower_right = expansion(at + params.width + 1u, size);
        let weights = vec4<f32>((1.0 - s) * (1.0 - t), s * (1.0 - t), (1.0 - s) * t, s * t);
        let other = weights.x * upper_left.four + weights.y * upper_right.four + weights.z * lower_left.four
            + weights.w * lower_right.four;
        let ones = vec4<f32>(upper_left.one, upper_right.one, lower_left.one, lower_right.one);
        slope = own.four.xy - other.xy;
        bend = 0.5 * (own.four.zw + other.zw);
        cross = 0.25 * (own.one + dot(weights, ones));
    }
    let weight = border(x, params.width) * border(y, params.height);
    let p = weight * (0.5 * slope.x + bend.x * flow.y + cross * flow.x);
    let q = weight * (0.5 * slope.y + cross * flow.y + bend.y * flow.x);
    let a = weight * bend.x;
    let c = weight * bend.y;
    let d = weight * cross;
    return Five(vec4<f32>(a * a + d * d, (a + c) * d, c * c + d * d, a * p + d * q), d * p + c * q);
}
