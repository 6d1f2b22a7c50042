//! Locally connected layer: a convolution whose every output pixel has weights of its own.

use crate::error::{Error, Result};
use crate::operators::Window;
use crate::tensor::Tensor;

/// `input` `[N, C, H, W]` under the windows of `[N, O, OH, OW]`, each times its own part of `weight` `[O, OH, OW, C, kh, kw]`, plus `bias` `[O, OH, OW]`.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree.
pub fn local_conv(at: &str, input: &Tensor, weight: &Tensor, bias: &[f32], window: Window) -> Result<Tensor> {
    let [images, channels, height, width] = input.nchw();
    let [rows, columns] = window.output(at, [height, width], false)?;
    let [kh, kw] = window.kernel;
    let outputs = weight.shape.first().copied().unwrap_or(0);
    if weight.shape != [outputs, rows, columns, channels, kh, kw] || bias.len() != outputs * rows * columns {
        let (weight, bias) = (&weight.shape, bias.len());
        return Err(Error::shape(
            at,
            format!("weight {weight:?} and {bias} biases for [O, {rows}, {columns}, {channels}, {kh}, {kw}], {window}"),
        ));
    }
    let mut data = Vec::with_capacity(images * bias.len());
    for n in 0..images {
        for (place, &bias) in bias.iter().enumerate() {
            let (y, x) = (place / columns % rows, place % columns);
            let mut sum = f64::from(bias);
            for c in 0..channels {
                for ky in 0..kh {
                    for kx in 0..kw {
                        let row = (y * window.stride[0] + ky * window.dilation[0]).checked_sub(window.pad[0]);
                        let column = (x * window.stride[1] + kx * window.dilation[1]).checked_sub(window.pad[1]);
                        let (Some(row), Some(column)) = (row.filter(|&r| r < height), column.filter(|&c| c < width)) else {
                            continue;
                        };
                        let value = input.data[((n * channels + c) * height + row) * width + column];
                        sum += f64::from(value) * f64::from(weight.data[((place * channels + c) * kh + ky) * kw + kx]);
                    }
                }
            }
            data.push(sum as f32);
        }
    }
    Ok(Tensor { shape: vec![images, outputs, rows, columns], data })
}
