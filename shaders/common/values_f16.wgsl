// Four channels of a tensor as they lie in memory: here as f16, two a word. Sums are f32. What f16 does not hold becomes its largest number.
alias Values = vec2<u32>;

fn widen(held: Values) -> vec4<f32> {
    return vec4<f32>(unpack2x16float(held.x), unpack2x16float(held.y));
}

fn narrow(value: vec4<f32>) -> Values {
    let held = clamp(value, vec4<f32>(-65504.0), vec4<f32>(65504.0));
    return vec2<u32>(pack2x16float(held.xy), pack2x16float(held.zw));
}
