// What becomes of a value at the end of a kernel, by `params.activation`: 0: nothing; 1: ReLU; 2: clip to a..b; 3: leaky ReLU, slope a; 4: PReLU; 5: hard swish;
// 6: hard sigmoid a x + b; 7: sigmoid. `slope_at` gives PReLU the slopes of a channel.
fn activated(x: vec4<f32>, channel: u32) -> vec4<f32> {
    let zero = vec4<f32>(0.0);
    let one = vec4<f32>(1.0);
    var y = x;
    switch (params.activation) {
        case 1u: {
            y = max(x, zero);
        }
        case 2u: {
            y = min(max(x, vec4<f32>(params.a)), vec4<f32>(params.b));
        }
        case 3u: {
            y = select(params.a * x, x, x >= zero);
        }
        case 4u: {
            y = select(slope_at(channel) * x, x, x >= zero);
        }
        case 5u: {
            y = x * clamp(x / 6.0 + 0.5, zero, one);
        }
        case 6u: {
            y = clamp(params.a * x + params.b, zero, one);
        }
        case 7u: {
            // exp of a large positive number would overflow: only exp(-|x|) is taken.
            let e = exp(-abs(x));
            y = select(e, one, x >= zero) / (1.0 + e);
        }
        default: {}
    }
    return y;
}
