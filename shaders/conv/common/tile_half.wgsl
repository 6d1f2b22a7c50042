// What a tile holds: f16, as the tensors are.
alias Loaded = vec4<f16>;

fn input_at(index: u32) -> Loaded {
    return input[index];
}

fn weights_at(index: u32) -> Loaded {
    return weights[index];
}
