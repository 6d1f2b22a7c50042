// What becomes of a value at the end of a kernel, by `params.activation`: 0: nothing; 1: below 0 times the slope, then at least `least` and at most `most`, which is
// ReLU, a clip or leaky ReLU; 2: the same with a slope a channel, PReLU; 3: hard swish; 4: hard sigmoid, both of `slope` x + `least`. Without branches: adapters in
// software compute both sides.
fn activated(x: vec4<f32>, slope: vec4<f32>) -> vec4<f32> {
    let zero = vec4<f32>(0.0);
    let bent = fma(min(x, zero), slope, max(x, zero));
    let held = min(max(bent, vec4<f32>(params.least)), vec4<f32>(params.most));
    let hard = clamp(params.slope * x + params.least, zero, vec4<f32>(1.0));
    let y = select(held, select(hard, x * hard, params.activation == 3u), params.activation > 2u);
    return select(y, x, params.activation == 0u);
}
