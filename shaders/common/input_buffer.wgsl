@group(0) @binding({INPUT}) var<storage, read> input: array<Values>;

fn input_at(index: u32) -> vec4<f32> {
    return widen(input[index]);
}
