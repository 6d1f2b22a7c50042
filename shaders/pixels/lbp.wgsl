// Local Binary Pattern codes of 8 neighbours at an integer radius, ties decided exactly. One invocation four codes.
//
// Four times the difference of a diagonal neighbour to the centre is a + b sqrt 2 with integers |a|, |b| < 2^31 (radius <= 512).
// Where f32 leaves no doubt of its sign, f32 decides; elsewhere a^2 is compared with 2 b^2 in 64 bits.

struct Params {
    images: u32,
    height: u32,
    width: u32,
    radius: u32,
    // Bilinear weights of reference::lbp::Diagonal, a then b.
    near: u32,
    near_near_a: i32,
    near_near_b: i32,
    near_far_a: i32,
    near_far_b: i32,
    far_far_a: i32,
    far_far_b: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> gray: array<u32>;           // [images, H, W] bytes, four a word
@group(0) @binding(2) var<storage, read_write> codes: array<u32>;    // [images, H - 2R, W - 2R] bytes, four a word

#include "common/index.wgsl"

fn byte(at: u32) -> i32 {
    return i32((gray[at >> 2u] >> (8u * (at & 3u))) & 255u);
}

// The 64-bit product as (high, low).
fn multiply(x: u32, y: u32) -> vec2<u32> {
    let x0 = x & 65535u;
    let x1 = x >> 16u;
    let y0 = y & 65535u;
    let y1 = y >> 16u;
    let low = x0 * y0;
    let middle = x1 * y0 + (low >> 16u);
    let cross = x0 * y1 + (middle & 65535u);
    return vec2<u32>(x1 * y1 + (middle >> 16u) + (cross >> 16u), (cross << 16u) | (low & 65535u));
}

// a + b sqrt 2 >= 0.
fn not_negative(a: i32, b: i32) -> bool {
    let fa = f32(a);
    let fb = 1.4142135 * f32(b);
    let f = fa + fb;
    if (abs(f) > (abs(fa) + abs(fb)) * 0.000002) {
        return f > 0.0;
    }
    let p = multiply(u32(abs(a)), u32(abs(a)));
    let q = multiply(u32(abs(b)), u32(abs(b)));
    let q2 = vec2<u32>((q.x << 1u) | (q.y >> 31u), q.y << 1u);
    let a_larger = p.x > q2.x || (p.x == q2.x && p.y > q2.y);
    let equal = p.x == q2.x && p.y == q2.y;
    return equal || (a_larger && a > 0) || (!a_larger && b > 0);
}

fn diagonal(at: u32, centre: i32, across: i32, down: i32) -> bool {
    let near = i32(params.near);
    let far = near + 1;
    let base = i32(at);
    let nn = byte(u32(base + near * (across + down))) - centre;
    let nf = byte(u32(base + near * across + far * down)) + byte(u32(base + far * across + near * down)) - 2 * centre;
    let ff = byte(u32(base + far * (across + down))) - centre;
    let a = params.near_near_a * nn + params.near_far_a * nf + params.far_far_a * ff;
    let b = params.near_near_b * nn + params.near_far_b * nf + params.far_far_b * ff;
    return not_negative(a, b);
}

fn code(index: u32) -> u32 {
    let width = params.width - 2u * params.radius;
    let height = params.height - 2u * params.radius;
    let x = index % width + params.radius;
    let y = index / width % height + params.radius;
    let image = index / (width * height);
    let at = (image * params.height + y) * params.width + x;
    let centre = byte(at);
    let row = i32(params.width);
    let r = params.radius;
    let down = r * params.width;
    var bits = select(0u, 1u, byte(at + r) >= centre);
    bits |= select(0u, 2u, diagonal(at, centre, 1, -row));
    bits |= select(0u, 4u, byte(at - down) >= centre);
    bits |= select(0u, 8u, diagonal(at, centre, -1, -row));
    bits |= select(0u, 16u, byte(at - r) >= centre);
    bits |= select(0u, 32u, diagonal(at, centre, -1, row));
    bits |= select(0u, 64u, byte(at + down) >= centre);
    bits |= select(0u, 128u, diagonal(at, centre, 1, row));
    return bits;
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let word = linear_index(id, groups, 64u);
    let count = params.images * (params.height - 2u * params.radius) * (params.width - 2u * params.radius);
    let first = 4u * word;
    if (first >= count) {
        return;
    }
    var packed = 0u;
    for (var i = 0u; i < 4u; i++) {
        packed |= code(min(first + i, count - 1u)) << (8u * i);
    }
    codes[word] = packed;
}
