@group(0) @binding({INPUT}) var<storage, read> input: array<vec4<f32>>;

fn input_at(index: u32) -> vec4<f32> {
    return input[index];
}
