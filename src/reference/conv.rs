//! Convolution.

use crate::error::{Error, Result};
use crate::operators::Window;
use crate::tensor::Tensor;

/// `input` `[N, C, H, W]` with `weight` `[O, C / groups, kh, kw]` and `bias` `[O]` to `[N, O, OH, OW]`; then the residual, which
/// may have fewer channels: those of the first.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree.
pub fn conv(
    at: &str,
    input: &Tensor,
    weight: &Tensor,
    bias: &[f32],
    window: Window,
    groups: usize,
    residual: Option<&Tensor>,
) -> Result<Tensor> {
    let [images, channels, height, width] = input.nchw();
    let &[out_channels, group_in, kh, kw] = &weight.shape[..] else {
        return Err(Error::shape(at, format!("a convolution's weight is [O, C / groups, kh, kw], not {:?}", weight.shape)));
    };
    if groups == 0
        || group_in * groups != channels
        || !out_channels.is_multiple_of(groups)
        || [kh, kw] != window.kernel
        || bias.len() != out_channels
    {
        return Err(Error::shape(
            at,
            format!("input of {channels} channels, weight {:?}, bias {}, {groups} groups, {window}", weight.shape, bias.len()),
        ));
    }
    let [out_height, out_width] = window.output(at, [height, width], false)?;
    let mut out = Tensor::zeros(vec![images, out_channels, out_height, out_width]);
    let added = residual.map_or(0, |r| r.nchw()[1]);
    if residual.is_some_and(|r| r.nchw() != [images, added, out_height, out_width] || added > out_channels) {
        return Err(Error::shape(at, format!("the residual is not {:?}, or fewer channels of it", out.shape)));
    }
    let group_out = out_channels / groups;
    let mut sums = vec![0_f64; out_width];
    for (row, line) in out.data.chunks_exact_mut(out_width).enumerate() {
        let (y, o, n) = (row % out_height, row / out_height % out_channels, row / (out_height * out_channels));
        sums.fill(f64::from(bias[o]));
        for c in 0..group_in {
            let plane = &input.data[(n * channels + o / group_out * group_in + c) * height * width..][..height * width];
            for ky in 0..kh {
                let Some(iy) =
                    (y * window.stride[0] + ky * window.dilation[0]).checked_sub(window.pad[0]).filter(|&iy| iy < height)
                else {
                    continue;
                };
                let source = &plane[iy * width..][..width];
                for kx in 0..kw {
                    let weight = f64::from(weight.data[((o * group_in + c) * kh + ky) * kw + kx]);
                    for (x, sum) in sums.iter_mut().enumerate() {
                        let ix = (x * window.stride[1] + kx * window.dilation[1]).wrapping_sub(window.pad[1]);
                        if ix < width {
                            *sum += weight * f64::from(source[ix]);
                        }
                    }
                }
            }
        }
        if let Some(residual) = residual.filter(|_| o < added) {
            let source = &residual.data[((n * added + o) * out_height + y) * out_width..][..out_width];
            sums.iter_mut().zip(source).for_each(|(sum, &value)| *sum += f64::from(value));
        }
        line.iter_mut().zip(&sums).for_each(|(to, &sum)| *to = sum as f32);
    }
    Ok(out)
}
