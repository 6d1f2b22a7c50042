// What a tile holds: f32, whatever the tensors are.
alias Loaded = vec4<f32>;

fn input_at(index: u32) -> Loaded {
    return widen(input[index]);
}

fn weights_at(index: u32) -> Loaded {
    return widen(weights[index]);
}
