// How likely a point picks each of its neighbours: a Gaussian of the distances, as wide as makes their entropy that of the wanted perplexity. One invocation a point,
// which halves an interval of sharpnesses.

struct Params {
    points: u32,
    // Neighbours of each.
    neighbours: u32,
    // Halvings.
    steps: u32,
    // The logarithm of the perplexity.
    entropy: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> distances: array<f32>;         // [N, K]: squared, the least first
@group(0) @binding(2) var<storage, read_write> likely: array<f32>;      // [N, K]: of each row the sum is 1

#include "common/index.wgsl"

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    if (index >= params.points) {
        return;
    }
    let first = index * params.neighbours;
    let end = first + params.neighbours;
    let least = distances[first];
    var mean = 0.0;
    for (var at = first; at < end; at++) {
        mean += distances[at] - least;
    }
    mean /= f32(params.neighbours);
    // Neighbours that are all as near are picked alike, whatever the sharpness.
    var sharpness = 1.0 / max(mean, 1e-30);
    var low = 0.0;
    var high = -1.0;
    var sum = 1.0;
    for (var step = 0u; step < params.steps; step++) {
        sum = 0.0;
        var moment = 0.0;
        for (var at = first; at < end; at++) {
            let beyond = (distances[at] - least) * sharpness;
            let own = exp(-beyond);
            sum += own;
            moment += own * beyond;
        }
        if (step + 1u < params.steps) {
            if (log(sum) + moment / sum > params.entropy) {
                low = sharpness;
                sharpness = select(0.5 * (low + high), min(2.0 * low, 1e30), high < 0.0);
            } else {
                high = sharpness;
                sharpness = 0.5 * (low + high);
            }
        }
    }
    for (var at = first; at < end; at++) {
        likely[at] = exp(-(distances[at] - least) * sharpness) / sum;
    }
}
