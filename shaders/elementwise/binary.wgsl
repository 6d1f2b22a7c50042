// Functions of two values with broadcast: a side of length 1 has stride 0. One invocation an output vec4.

struct Params {
    images: u32,
    height: u32,
    width: u32,
    c4: u32,
    // In vec4s, along image, row, column and channel.
    left: vec4<u32>,
    right: vec4<u32>,
    // 1 where a side has a single channel, which lane 0 holds.
    left_single: u32,
    right_single: u32,
    // 0: add; 1: multiply; 2: subtract; 3: divide; 4: larger; 5: smaller; 6: power.
    operation: u32,
    activation: u32,
    slope: f32,
    least: f32,
    most: f32,
    channels: u32,
    // Images of the output for each of a side.
    left_repeat: u32,
    right_repeat: u32,
    // Of which `images` are as many of each.
    members: u32,
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<Values>;            // [N or 1, H or 1, W or 1, C/4 or 1] vec4
@group(0) @binding(2) var<storage, read> right: array<Values>;           // [N or 1, H or 1, W or 1, C/4 or 1] vec4
@group(0) @binding(3) var<storage, read_write> output: array<Values>;    // [N, H, W, C/4] vec4
@group(0) @binding(4) var<storage, read> slopes: array<vec4<f32>>;       // [member, C/4] vec4, or anything

#include "common/activation.wgsl"

#include "common/index.wgsl"

fn offset(at: vec4<u32>, strides: vec4<u32>) -> u32 {
    return at.x * strides.x + at.y * strides.y + at.z * strides.z + at.w * strides.w;
}

// a to the power of b: a negative base has whole exponents, or no logarithm.
fn power(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
    let zero = vec4<f32>(0.0);
    let size = exp2(b * log2(select(a, abs(a), floor(b) == b)));
    let odd = b - 2.0 * floor(b / 2.0) == vec4<f32>(1.0);
    let signed = select(size, -size, odd & (a < zero));
    let of_zero = select(signed, zero, (a == zero) & (b > zero));
    return select(of_zero, vec4<f32>(1.0), b == zero);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    if (index >= params.images * params.height * params.width * params.c4) {
        return;
    }
    let pixel = index / params.c4;
    let at = vec4<u32>(
        pixel / (params.width * params.height),
        pixel / params.width % params.height,
        pixel % params.width,
        index % params.c4,
    );
    var a = widen(left[offset(vec4<u32>(at.x / params.left_repeat, at.yzw), params.left)]);
    var b = widen(right[offset(vec4<u32>(at.x / params.right_repeat, at.yzw), params.right)]);
    if (params.left_single != 0u) {
        a = a.xxxx;
    }
    if (params.right_single != 0u) {
        b = b.xxxx;
    }
    let present = 4u * at.w + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(params.channels);
    var value = a + b;
    switch (params.operation) {
        case 1u: {
            value = a * b;
        }
        case 2u: {
            value = a - b;
        }
        case 3u: {
            // 0 / 0 beyond the last channel would reach others through a weight of 0.
            value = select(vec4<f32>(0.0), a / select(vec4<f32>(1.0), b, present), present);
        }
        case 4u: {
            value = max(a, b);
        }
        case 5u: {
            value = min(a, b);
        }
        case 6u: {
            value = select(vec4<f32>(0.0), power(a, b), present);
        }
        default: {}
    }
    let member = at.x / (params.images / params.members);
    let own_slope = params.activation == 2u;
    let slope = slopes[select(0u, member * params.c4 + at.w, own_slope)];
    output[index] = narrow(activated(value, select(vec4<f32>(params.slope), slope, own_slope)));
}
