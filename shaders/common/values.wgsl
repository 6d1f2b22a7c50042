// Four channels of a tensor as they lie in memory: here as f32. In the f16 form of a shader values_f16.wgsl stands in this place.
alias Values = vec4<f32>;

fn widen(held: Values) -> vec4<f32> {
    return held;
}

fn narrow(value: vec4<f32>) -> Values {
    return value;
}
