// A histogram of each frame's luma, black beyond the ellipse, and what equalises it. One workgroup a frame.

struct Params {
    width: u32,
    height: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pixels: array<u32>;            // [frames, H, W] 0xBBGGRR
@group(0) @binding(2) var<storage, read> spans: array<vec2<u32>>;       // [H]: first column inside, first beyond
@group(0) @binding(3) var<storage, read_write> tables: array<u32>;      // [frames, 256]: the new luma of each

#include "two_stream/common/face.wgsl"

var<workgroup> counts: array<atomic<u32>, 256>;

// 255 / divisor, rounded to the nearest f32 by long division: WGSL's own may be off by its last digits. `divisor` lies between 1 and 2^24.
fn scale_of(divisor: u32) -> f32 {
    var rest = 255u;
    var by = divisor;
    var exponent = 127u;
    while (rest < by) {
        rest <<= 1u;
        exponent -= 1u;
    }
    while (rest >= 2u * by) {
        by <<= 1u;
        exponent += 1u;
    }
    var digits = 0u;
    for (var i = 0u; i < 24u; i++) {
        digits <<= 1u;
        if (rest >= by) {
            rest -= by;
            digits |= 1u;
        }
        rest <<= 1u;
    }
    if (rest > by || (rest == by && (digits & 1u) == 1u)) {
        digits += 1u;
    }
    return bitcast<f32>((exponent << 23u) + digits - 0x800000u);
}

@compute @workgroup_size(256)
fn main(@builtin(local_invocation_index) lane: u32, @builtin(workgroup_id) group: vec3<u32>) {
    atomicStore(&counts[lane], 0u);
    workgroupBarrier();
    let size = params.width * params.height;
    for (var at = lane; at < size; at += 256u) {
        let rgb = colour(pixels[group.x * size + at]);
        let own = select(0u, luma(rgb), inside(at % params.width, at / params.width));
        atomicAdd(&counts[own], 1u);
    }
    workgroupBarrier();
    var first = 0u;
    while (first < 255u && atomicLoad(&counts[first]) == 0u) {
        first += 1u;
    }
    let least = atomicLoad(&counts[first]);
    var made = 0u;
    if (least == size) {
        made = first;
    } else {
        var below = 0u;
        for (var bin = first + 1u; bin <= lane; bin++) {
            below += atomicLoad(&counts[bin]);
        }
        made = u32(min(round(f32(below) * scale_of(size - least)), 255.0));
    }
    tables[256u * group.x + lane] = made;
}
