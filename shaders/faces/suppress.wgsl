// Non-maximum suppression: the best candidate that is left takes those that share much with it and stand the same way up, and is their mean, weighted by their scores; again, until none
// is left. One workgroup: candidate i is lane i % 64's.

#include "faces/common/candidate.wgsl"

struct Params {
    // Candidates that `found` holds, 4096 at most, and those that `kept` holds.
    most: u32,
    most_kept: u32,
    // Shared part of the area that both cover together.
    overlap: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> count: array<u32>;                   // [1]: how many were found
@group(0) @binding(2) var<storage, read> found: array<Candidate>;             // [most]
@group(0) @binding(3) var<storage, read_write> kept_count: array<u32>;        // [4]: how many were kept; how many were found
@group(0) @binding(4) var<storage, read_write> kept: array<Candidate>;        // [most_kept], best first

const NONE: u32 = 0xffffffffu;

// Of each lane: its best candidate; then the sums of those that it gives to the best of all.
var<workgroup> places: array<u32, 64>;
var<workgroup> best: u32;
var<workgroup> weights: array<f32, 64>;
var<workgroup> sums: array<array<vec2<f32>, 4>, 64>;

// Whether candidate `a` comes before `b`.
fn before(a: u32, b: u32) -> bool {
    if (b == NONE) {
        return true;
    }
    if (found[a].score == found[b].score) {
        return found[a].number < found[b].number;
    }
    return found[a].score > found[b].score;
}

// The part of the area of both that both share; none of one that stands the other way up: one of the two is seen wrongly, and the mean of both would be neither.
fn overlap(a: Candidate, b: Candidate) -> f32 {
    if (dot(a.left_eye - a.right_eye, b.left_eye - b.right_eye) < 0.0) {
        return 0.0;
    }
    let least = max(a.centre - 0.5 * a.size, b.centre - 0.5 * b.size);
    let most = min(a.centre + 0.5 * a.size, b.centre + 0.5 * b.size);
    let sides = max(most - least, vec2<f32>(0.0));
    let both = sides.x * sides.y;
    return both / max(a.size.x * a.size.y + b.size.x * b.size.y - both, 1e-9);
}

@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) lane: u32) {
    let all = min(count[0], params.most);
    // Bit j: candidate 64 j + lane was taken.
    var taken = array<u32, 2>(0u, 0u);
    var many = 0u;
    loop {
        var mine = NONE;
        for (var at = lane; at < all; at += 64u) {
            let bit = at >> 6u;
            if (((taken[bit >> 5u] >> (bit & 31u)) & 1u) == 0u) {
                if (before(at, mine)) {
                    mine = at;
                }
            }
        }
        places[lane] = mine;
        workgroupBarrier();
        if (lane == 0u) {
            var first = NONE;
            for (var other = 0u; other < 64u; other++) {
                if (places[other] != NONE) {
                    if (before(places[other], first)) {
                        first = places[other];
                    }
                }
            }
            best = first;
        }
        let chosen = workgroupUniformLoad(&best);
        if (chosen == NONE || many == params.most_kept) {
            break;
        }
        let top = found[chosen];
        var weight = 0.0;
        var sum = array<vec2<f32>, 4>(vec2<f32>(0.0), vec2<f32>(0.0), vec2<f32>(0.0), vec2<f32>(0.0));
        for (var at = lane; at < all; at += 64u) {
            let bit = at >> 6u;
            if (((taken[bit >> 5u] >> (bit & 31u)) & 1u) == 0u) {
                let other = found[at];
                if (at == chosen || overlap(top, other) > params.overlap) {
                    taken[bit >> 5u] |= 1u << (bit & 31u);
                    let own = 1.0 / (1.0 + exp(-other.score));
                    weight += own;
                    sum[0] += own * other.centre;
                    sum[1] += own * other.size;
                    sum[2] += own * other.right_eye;
                    sum[3] += own * other.left_eye;
                }
            }
        }
        weights[lane] = weight;
        sums[lane] = sum;
        workgroupBarrier();
        if (lane == 0u) {
            var whole = weights[0];
            var total = sums[0];
            for (var other = 1u; other < 64u; other++) {
                whole += weights[other];
                total[0] += sums[other][0];
                total[1] += sums[other][1];
                total[2] += sums[other][2];
                total[3] += sums[other][3];
            }
            kept[many] = Candidate(top.score, top.number, total[0] / whole, total[1] / whole, total[2] / whole, total[3] / whole);
        }
        many++;
        workgroupBarrier();
    }
    if (lane == 0u) {
        kept_count[0] = many;
        kept_count[1] = count[0];
    }
}
