//! Problems of the locally connected layers, the same for every variant.

use moue::Precision;
use moue::gpu::Gpu;
use moue::kernels::{LocalConv, LocalConvVariant, pack_local_conv, packed_bias};
use moue::operators::{Activation, Window};
use moue::reference;
use moue::tensor::Tensor;

use super::text;
use crate::common::{Bench, Random, Tolerance, close_in, stored, unpacked};

pub(super) fn local_conv(gpu: &Gpu, precision: Precision, variant: LocalConvVariant) -> Result<(), String> {
    if !variant.fits(gpu.capabilities()) {
        return Ok(());
    }
    let mut random = Random(29);
    let w = Window::square;
    let uneven = Window { kernel: [3, 2], stride: [1, 2], pad: [2, 0, 1, 3], dilation: [2, 3] };
    // Outputs of one dispatch: all of them, or a layer split over two or three.
    for (members, images, [channels, outputs], size, window, activation, each) in [
        (1, 1, [1, 1], [1, 1], w(1, 1), Activation::None, 4),
        (1, 7, [3, 5], [4, 5], w(3, 1).padded(1), Activation::Relu, 8),
        (2, 3, [6, 9], [5, 7], w(3, 2).padded(1), Activation::Prelu, 8),
        (1, 1, [8, 10], [6, 5], uneven, Activation::HardSwish, 12),
        (1, 4, [5, 8], [6, 5], uneven, Activation::Clip(-0.2, 0.3), 8),
        (3, 1, [13, 36], [5, 4], w(2, 2), Activation::None, 36),
        (1, 8, [9, 6], [3, 3], w(3, 1).padded(1), Activation::LeakyRelu(0.1), 4),
        (2, 17, [10, 13], [3, 2], w(3, 1).padded(1), Activation::Prelu, 8),
        // More than a row of a texture.
        (1, 1, [1, 4], [33, 32], w(1, 1), Activation::None, 4),
        (1, 4, [2, 4], [17, 16], w(1, 1), Activation::None, 4),
        (1, 8, [1, 8], [9, 8], w(1, 1), Activation::None, 8),
        // Taps that no window has inside, and sums of several rounds of the threads.
        (1, 2, [4, 4], [1, 1], w(3, 1).padded(1), Activation::Relu, 4),
        (2, 1, [70, 40], [3, 4], w(3, 1).padded(1), Activation::Relu, 40),
    ] {
        let [rows, columns] = window.output("problem", size, false).map_err(text)?;
        let (area, terms) = (rows * columns, channels * window.kernel[0] * window.kernel[1]);
        let input = stored(precision, random.tensor(&[members * images, channels, size[0], size[1]]));
        let shape = [outputs, rows, columns, channels, window.kernel[0], window.kernel[1]];
        let weights: Vec<Tensor> = (0..members).map(|_| stored(precision, random.tensor(&shape))).collect();
        let biases: Vec<Vec<f32>> = (0..members).map(|_| random.values(outputs * area)).collect();
        let slopes: Vec<Vec<f32>> = (0..members).map(|_| random.values(outputs)).collect();
        let mut bench = Bench::of(gpu, precision);
        let view = bench.tensor(&input);
        let made = [members * images, outputs, rows, columns];
        let output = bench.output(&made);
        for first in (0..outputs).step_by(each) {
            let end = outputs.min(first + each);
            let (mut packed, mut bias) = (Vec::new(), Vec::new());
            for (weight, own) in weights.iter().zip(&biases) {
                let rows = weight.data[first * area * terms..end * area * terms].to_vec();
                let rows = Tensor::new([&[end - first], &shape[1..]].concat(), rows).unwrap();
                let (weight, own) = pack_local_conv("problem", &rows, &own[first * area..end * area]).map_err(text)?;
                packed.extend(weight);
                bias.extend(own);
            }
            if activation == Activation::Prelu {
                bias.extend(slopes.iter().flat_map(|own| packed_bias(&own[first..end])));
            }
            let (weights, bias) = (bench.values(&packed), bench.floats(&bias));
            let layer = LocalConv { variant, members, outputs: (first, end), window, weights, bias, activation };
            bench.recording.dispatch(layer.dispatch("problem", view, output).map_err(text)?);
        }
        let got = unpacked(&bench.run_tensor(output)?, &made);
        let mut want = Vec::new();
        for (member, part) in input.data.chunks_exact(input.data.len() / members).enumerate() {
            let part = Tensor::new(vec![images, channels, size[0], size[1]], part.to_vec()).unwrap();
            let sum = reference::local_conv("twin", &part, &weights[member], &biases[member], window)
                .and_then(|sum| reference::activate("twin", activation, &slopes[member], sum));
            want.extend(sum.map_err(text)?.data);
        }
        let what = format!("{members} x {images} images, local {channels} to {outputs}, {window}");
        close_in(precision, &what, &got, &want, Tolerance::Sum(terms))?;
    }
    Ok(())
}
