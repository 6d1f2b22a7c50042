// Polynomial expansion as `expand` makes it, for adapters in software and the windows that people use: an invocation makes 8 x 2 pixels, all unrolled, and nothing is
// shared between them, since lavapipe of Mesa 22.3 keeps the workgroup memory of every dispatch until its device is gone.

#variant expand_strip_2 REACH=2 AFTER=3 COLUMNS=12 ROWS=6
#variant expand_strip_5 REACH=5 AFTER=6 COLUMNS=18 ROWS=12
#variant expand_strip_7 REACH=7 AFTER=8 COLUMNS=22 ROWS=16

#include "flow/common/expansion.wgsl"

// Value, slope and curvature along a column of two pixels, one below the other, `base` subtracted.
struct Pair {
    upper: vec3<f32>,
    lower: vec3<f32>,
}

fn down(first: u32, column: u32, y: u32, base: f32, weights: array<vec3<f32>, {AFTER}>) -> Pair {
    let x = u32(clamp(i32(column) - {REACH}, 0, i32(params.width) - 1));
    let top = i32(y) - {REACH};
    let last_y = i32(params.height) - 1;
#for R 0 ROWS
    let row{R} = input[(first + u32(clamp(top + {R}, 0, last_y))) * params.width + x] - base;
#end
    let rows = array<f32, {ROWS}>(
#for R 0 ROWS
        row{R},
#end
    );
    let g = weights[0].x;
    var pair = Pair(vec3<f32>(g * rows[{REACH}], 0.0, 0.0), vec3<f32>(g * rows[{REACH} + 1], 0.0, 0.0));
#for K 1 AFTER
    pair.upper = column_sums(rows[{REACH} - {K}], rows[{REACH} + {K}], weights[{K}], pair.upper);
    pair.lower = column_sums(rows[{REACH} + 1 - {K}], rows[{REACH} + 1 + {K}], weights[{K}], pair.lower);
#end
    return pair;
}

fn column_sums(above: f32, below: f32, weights: vec3<f32>, sums: vec3<f32>) -> vec3<f32> {
    let both = above + below;
    return fma(weights, vec3<f32>(both, below - above, both), sums);
}

// Sums along a row under the window of 1, x, x^2 times the values, and of 1 and x times slopes and 1 times curvatures.
struct Sums {
    one_x_xx: vec3<f32>,
    y_xy_yy: vec3<f32>,
}

fn row_sums(left: vec3<f32>, right: vec3<f32>, weights: vec3<f32>, sums: Sums) -> Sums {
    let both = left + right;
    let slope = right - left;
    return Sums(
        fma(weights, vec3<f32>(both.x, slope.x, both.x), sums.one_x_xx),
        fma(weights.xyx, vec3<f32>(both.y, slope.y, both.z), sums.y_xy_yy),
    );
}

fn finish(slot: u32, x: u32, y: u32, sums: Sums) {
    if (x < params.width && y < params.height) {
        let first = sums.one_x_xx;
        let second = sums.y_xy_yy;
        keep(slot, x, y, first.x, first.y, second.x, first.z, second.z, second.y);
    }
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    let x = 8u * id.x;
    let y = 2u * id.y;
    if (x >= params.width || y >= params.height) {
        return;
    }
    // Read once: what is stored below could be the same memory, for all a compiler knows.
    let slot = slots[id.z];
    var weights: array<vec3<f32>, {AFTER}>;
#for K 0 AFTER
    weights[{K}] = window[{K}].xyz;
#end
    let first = id.z * params.height;
    let base = input[(first + y) * params.width + min(x + 4u, params.width - 1u)];
#for I 0 COLUMNS
    let column{I} = down(first, x + {I}u, y, base, weights);
#end
    let columns = array<Pair, {COLUMNS}>(
#for I 0 COLUMNS
        column{I},
#end
    );
    let g = weights[0].x;
#for P 0 8
    let own{P} = columns[{P} + {REACH}];
    var upper{P} = Sums(vec3<f32>(g * own{P}.upper.x, 0.0, 0.0), vec3<f32>(g * own{P}.upper.y, 0.0, g * own{P}.upper.z));
    var lower{P} = Sums(vec3<f32>(g * own{P}.lower.x, 0.0, 0.0), vec3<f32>(g * own{P}.lower.y, 0.0, g * own{P}.lower.z));
#for K 1 AFTER
    upper{P} = row_sums(columns[{P} + {REACH} - {K}].upper, columns[{P} + {REACH} + {K}].upper, weights[{K}], upper{P});
    lower{P} = row_sums(columns[{P} + {REACH} - {K}].lower, columns[{P} + {REACH} + {K}].lower, weights[{K}], lower{P});
#end
    finish(slot, x + {P}u, y, upper{P});
    finish(slot, x + {P}u, y + 1u, lower{P});
#end
}
