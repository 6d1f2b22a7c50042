// Canonical crop: area-filtered where it shrinks, bilinear where it grows, in integers, so that every adapter makes the same bytes.
// One invocation an output pixel. The bounds of reference::warp keep every sum below 2^32.

struct Params {
    faces: u32,
    height: u32,
    width: u32,
}

struct Face {
    // First pixel of the uploaded part of the photograph, its size, and the rectangle within it (it may reach beyond).
    first: u32,
    part_width: u32,
    part_height: u32,
    x: i32,
    y: i32,
    width: u32,
    height: u32,
    // 1: left and right of the crop exchanged.
    mirrored: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> faces: array<Face>;
@group(0) @binding(2) var<storage, read> pixels: array<u32>;             // [part h, part w] 0xBBGGRR, each face's part in turn
@group(0) @binding(3) var<storage, read_write> canonical: array<u32>;    // [faces, H, W] 0xBBGGRR

#include "common/index.wgsl"

// Source positions first..last of output i and the sum of their weights.
struct Taps {
    first: u32,
    last: u32,
    total: u32,
}

fn taps(i: u32, length: u32, count: u32) -> Taps {
    if (length >= count) {
        return Taps(i * length / count, ((i + 1u) * length + count - 1u) / count - 1u, length);
    }
    let t = position(i, length, count);
    return Taps(t / (2u * count), min(t / (2u * count) + 1u, length - 1u), 2u * count);
}

fn position(i: u32, length: u32, count: u32) -> u32 {
    let t = i32((2u * i + 1u) * length) - i32(count);
    return u32(clamp(t, 0, i32(2u * count * (length - 1u))));
}

fn weight(i: u32, j: u32, tap: Taps, length: u32, count: u32) -> u32 {
    if (length >= count) {
        return min((i + 1u) * length, (j + 1u) * count) - max(i * length, j * count);
    }
    if (tap.first == tap.last) {
        return 2u * count;
    }
    let f = position(i, length, count) % (2u * count);
    return select(f, 2u * count - f, j == tap.first);
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let index = linear_index(id, groups, 64u);
    if (index >= params.faces * params.height * params.width) {
        return;
    }
    let x = index % params.width;
    let y = index / params.width % params.height;
    let face = faces[index / (params.width * params.height)];
    let column_of = select(x, params.width - 1u - x, face.mirrored != 0u);
    let across = taps(column_of, face.width, params.width);
    let down = taps(y, face.height, params.height);
    var sum = vec3<u32>(0u);
    for (var row = down.first; row <= down.last; row++) {
        let py = u32(clamp(face.y + i32(row), 0, i32(face.part_height) - 1));
        let line_start = face.first + py * face.part_width;
        var line = vec3<u32>(0u);
        for (var column = across.first; column <= across.last; column++) {
            let px = u32(clamp(face.x + i32(column), 0, i32(face.part_width) - 1));
            let rgb = (vec3<u32>(pixels[line_start + px]) >> vec3<u32>(0u, 8u, 16u)) & vec3<u32>(255u);
            line += weight(column_of, column, across, face.width, params.width) * rgb;
        }
        let rounded = (256u * line + across.total / 2u) / across.total;
        sum += weight(y, row, down, face.height, params.height) * rounded;
    }
    let rgb = (sum + 128u * down.total) / (256u * down.total);
    canonical[index] = rgb.x | (rgb.y << 8u) | (rgb.z << 16u);
}
