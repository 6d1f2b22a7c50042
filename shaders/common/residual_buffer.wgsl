@group(0) @binding(2) var<storage, read> residual: array<Values>;        // [member * images, OH, OW, residual] vec4, or anything

fn residual_at(index: u32) -> vec4<f32> {
    return widen(residual[index]);
}
