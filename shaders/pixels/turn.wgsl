// Turned crop: bilinear samples of a photograph, as many an output pixel as the crop shrinks, averaged; in integers, so that every adapter makes the same
// bytes. One invocation an output pixel, by column, row and face. The bounds of operators::Similarity keep every sum within 32 bits.

struct Params {
    height: u32,
    width: u32,
}

struct Face {
    // First pixel of the uploaded part of the photograph, and its size.
    first: u32,
    part_width: u32,
    part_height: u32,
    // 1: left and right of the crop exchanged.
    mirrored: u32,
    // Where the crop's corner lies in the part, and what one pixel to the right is there, in 1/16384 pixel.
    origin_x: i32,
    origin_y: i32,
    step_x: i32,
    step_y: i32,
    // Along each side of an output pixel.
    samples: i32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> faces: array<Face>;
@group(0) @binding(2) var<storage, read> pixels: array<u32>;             // [part h, part w] 0xBBGGRR, each face's part in turn
@group(0) @binding(3) var<storage, read_write> turned: array<u32>;       // [faces, H, W] 0xBBGGRR

// a / b, cut towards zero, b > 0. Adapters in software divide integers one lane after another, and floats together: the second step is of what 24 bits left over.
fn quotient(a: i32, b: i32) -> i32 {
    let first = i32(f32(a) / f32(b));
    let second = first + i32(f32(a - first * b) / f32(b));
    let rest = a - second * b;
    let least = select(0, 1 - b, a < 0);
    return second + select(0, 1, rest > least + b - 1) - select(0, 1, rest < least);
}

fn colour(face: Face, x: i32, y: i32) -> vec3<u32> {
    let column = u32(clamp(x, 0, i32(face.part_width) - 1));
    let row = u32(clamp(y, 0, i32(face.part_height) - 1));
    return (vec3<u32>(pixels[face.first + row * face.part_width + column]) >> vec3<u32>(0u, 8u, 16u)) & vec3<u32>(255u);
}

// sum / count of at most 256, likewise.
fn shares(sum: vec3<u32>, count: u32) -> vec3<u32> {
    let near = vec3<u32>(vec3<f32>(sum) / f32(count));
    let rest = vec3<i32>(sum - near * count);
    return near + select(vec3<u32>(0u), vec3<u32>(1u), rest >= vec3<i32>(i32(count))) - select(vec3<u32>(0u), vec3<u32>(1u), rest < vec3<i32>(0));
}

// 256 times the colour at a position.
fn bilinear(face: Face, x: i32, y: i32) -> vec3<u32> {
    // Pixels have their centres half a pixel from their corners.
    let left = x - 8192;
    let top = y - 8192;
    let across = u32(left & 16383) >> 6u;
    let down = u32(top & 16383) >> 6u;
    let column = left >> 14u;
    let row = top >> 14u;
    let above = (256u - across) * colour(face, column, row) + across * colour(face, column + 1, row);
    let below = (256u - across) * colour(face, column, row + 1) + across * colour(face, column + 1, row + 1);
    return ((256u - down) * above + down * below + 128u) >> vec3<u32>(8u);
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let from_left = group.x * 64u + lane;
    if (from_left >= params.width) {
        return;
    }
    let face = faces[group.z];
    let column = i32(select(from_left, params.width - 1u - from_left, face.mirrored != 0u));
    let row = i32(group.y);
    let x = face.origin_x + face.step_x * column - face.step_y * row;
    let y = face.origin_y + face.step_y * column + face.step_x * row;
    let parts = 2 * face.samples;
    var sum = vec3<u32>(0u);
    for (var v = 1; v < parts; v += 2) {
        let down_x = quotient(face.step_y * v, parts);
        let down_y = quotient(face.step_x * v, parts);
        for (var u = 1; u < parts; u += 2) {
            sum += bilinear(face, x + quotient(face.step_x * u, parts) - down_x, y + quotient(face.step_y * u, parts) + down_y);
        }
    }
    let count = u32(face.samples * face.samples);
    let rgb = shares(sum + 128u * count, 256u * count);
    turned[(group.z * params.height + group.y) * params.width + from_left] = rgb.x | (rgb.y << 8u) | (rgb.z << 16u);
}
