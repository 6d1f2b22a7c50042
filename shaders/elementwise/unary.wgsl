// Functions of one value. One invocation a vec4.

struct Params {
    count: u32,
    // 0: ReLU; 1: sigmoid; 2: tanh; 3: exp; 4: root; 5: absolute value; 6: leaky ReLU, slope a; 7: ELU, factor a; 8: clip to a..b;
    // 9: hard sigmoid a x + b; 10: hard swish; 11: logarithm; 12: error function; 13: GELU; 14: GELU by tanh; 15: softplus.
    operation: u32,
    a: f32,
    b: f32,
}

#include "common/values.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<Values>;           // any shape
@group(0) @binding(2) var<storage, read_write> output: array<Values>;    // the same

#include "common/index.wgsl"

// (1 - exp(-2 |x|)) / (1 + exp(-2 |x|)); near 0, where the difference has no digits left, the first terms of the series.
fn hyperbolic_tangent(x: vec4<f32>) -> vec4<f32> {
    let e = exp(-2.0 * abs(x));
    let near = x - x * x * x / 3.0;
    return select(sign(x) * (1.0 - e) / (1.0 + e), near, abs(x) < vec4<f32>(0.03));
}

// exp(x) - 1 for x below 0; near 0 by its series.
fn exp_minus_1(x: vec4<f32>) -> vec4<f32> {
    return select(exp(x) - 1.0, x + x * x * (0.5 + x / 6.0), abs(x) < vec4<f32>(0.03));
}

// Near 0 by its series, elsewhere by Abramowitz & Stegun 7.1.26, which is within 1.5e-7.
fn error_function(x: vec4<f32>) -> vec4<f32> {
    let size = abs(x);
    let square = x * x;
    let tail = -0.026866171 + square * (0.0052239776 - square * 0.00085483);
    let near = x * (1.1283792 + square * (-0.37612639 + square * (0.11283792 + square * tail)));
    let t = 1.0 / (1.0 + 0.3275911 * size);
    let sum = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
    return select(sign(x) * (1.0 - sum * exp(-square)), near, size < vec4<f32>(0.5));
}

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) grid: vec3<u32>) {
    let index = linear_index(id, grid, 64u);
    if (index >= params.count) {
        return;
    }
    let x = widen(input[index]);
    let zero = vec4<f32>(0.0);
    let one = vec4<f32>(1.0);
    var y = max(x, zero);
    switch (params.operation) {
        case 1u: {
            // exp of a large positive number would overflow: only exp(-|x|) is taken.
            let e = exp(-abs(x));
            y = select(e, one, x >= zero) / (1.0 + e);
        }
        case 2u: {
            y = hyperbolic_tangent(x);
        }
        case 3u: {
            y = exp(x);
        }
        case 4u: {
            y = sqrt(x);
        }
        case 5u: {
            y = abs(x);
        }
        case 6u: {
            y = select(params.a * x, x, x >= zero);
        }
        case 7u: {
            y = select(params.a * exp_minus_1(min(x, zero)), x, x >= zero);
        }
        case 8u: {
            y = min(max(x, vec4<f32>(params.a)), vec4<f32>(params.b));
        }
        case 9u: {
            y = clamp(params.a * x + params.b, zero, one);
        }
        case 10u: {
            y = x * clamp(x / 6.0 + 0.5, zero, one);
        }
        case 11u: {
            // Beyond the last channel lie zeros, whose logarithm would reach others through a weight of 0.
            y = select(log(x), zero, x == zero);
        }
        case 12u: {
            y = error_function(x);
        }
        case 13u: {
            y = 0.5 * x * (1.0 + error_function(x * 0.70710678));
        }
        case 14u: {
            y = 0.5 * x * (1.0 + hyperbolic_tangent(0.79788456 * x * (1.0 + 0.044715 * x * x)));
        }
        case 15u: {
            // exp of a large positive number would overflow; beside a small one 1 leaves no digits: the first terms of the series.
            let e = exp(-abs(x));
            let near = e * (1.0 - e * (0.5 - e * (0.33333333 - e * (0.25 - e * 0.2))));
            y = max(x, zero) + select(log(1.0 + e), near, e < vec4<f32>(0.05));
        }
        default: {}
    }
    output[index] = narrow(y);
}
