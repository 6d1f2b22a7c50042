@group(0) @binding({OUTPUT}) var<storage, read_write> output: array<Values>;

fn keep(index: u32, value: vec4<f32>) {
    output[index] = narrow(value);
}
