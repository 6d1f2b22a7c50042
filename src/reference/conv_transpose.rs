//! Transposed convolution.

use crate::error::{Error, Result};
use crate::operators::Window;
use crate::tensor::Tensor;

/// `input` `[N, C, H, W]` scattered with `weight` `[C, O / groups, kh, kw]` over `[N, O, OH, OW]`, `size` being OH and OW, plus `bias` `[O]`.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree.
pub fn conv_transpose(
    at: &str,
    input: &Tensor,
    weight: &Tensor,
    bias: &[f32],
    window: Window,
    groups: usize,
    size: [usize; 2],
) -> Result<Tensor> {
    let [images, channels, height, width] = input.nchw();
    let &[weight_channels, group_out, kh, kw] = &weight.shape[..] else {
        return Err(Error::shape(
            at,
            format!("a transposed convolution's weight is [C, O / groups, kh, kw], not {:?}", weight.shape),
        ));
    };
    if groups == 0
        || channels != weight_channels
        || !channels.is_multiple_of(groups)
        || bias.len() != group_out * groups
        || [kh, kw] != window.kernel
    {
        let weight = &weight.shape;
        return Err(Error::shape(
            at,
            format!("{channels} channels, weight {weight:?}, bias {}, {groups} groups, {window}", bias.len()),
        ));
    }
    let out_channels = group_out * groups;
    let plane = size[0] * size[1];
    let mut sums: Vec<f64> =
        (0..images).flat_map(|_| bias.iter().flat_map(|&b| std::iter::repeat_n(f64::from(b), plane))).collect();
    for (index, &value) in input.data.iter().enumerate() {
        let (x, y, c, n) =
            (index % width, index / width % height, index / (width * height) % channels, index / (width * height * channels));
        let group = c / (channels / groups);
        for o in 0..group_out {
            let target = (n * out_channels + group * group_out + o) * plane;
            for (ky, kx) in (0..kh).flat_map(|ky| (0..kw).map(move |kx| (ky, kx))) {
                let row =
                    (y * window.stride[0] + ky * window.dilation[0]).checked_sub(window.pad[0]).filter(|&row| row < size[0]);
                let column = (x * window.stride[1] + kx * window.dilation[1])
                    .checked_sub(window.pad[1])
                    .filter(|&column| column < size[1]);
                if let (Some(row), Some(column)) = (row, column) {
                    sums[target + row * size[1] + column] +=
                        f64::from(value) * f64::from(weight.data[((c * group_out + o) * kh + ky) * kw + kx]);
                }
            }
        }
    }
    Ok(Tensor { shape: vec![images, out_channels, size[0], size[1]], data: sums.into_iter().map(|sum| sum as f32).collect() })
}
