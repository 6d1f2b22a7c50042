//! Pooling.

use crate::error::Result;
use crate::operators::{Pooling, Window, check_window, fractional_starts};
use crate::tensor::Tensor;

/// `input` `[N, C, H, W]` to `[N, C, OH, OW]`.
///
/// # Errors
/// [`crate::Error::Shape`] where the window does not fit or lies wholly in the padding.
pub fn pool(at: &str, pooling: Pooling, window: Window, ceil: bool, input: &Tensor) -> Result<Tensor> {
    let [images, channels, height, width] = input.nchw();
    let [out_height, out_width] = check_window(at, pooling, window, [height, width], ceil)?;
    let mut out = Tensor::zeros(vec![images, channels, out_height, out_width]);
    let [top, left, bottom, right] = window.pad;
    // Positions in padded coordinates: [start, end) of the window, cut to the input and to the padded input.
    let span = |i: usize, stride: usize, kernel: usize, before: usize, length: usize, after: usize| {
        let (start, end) = (i * stride, i * stride + kernel);
        (start.saturating_sub(before)..(end.min(before + length)) - before, end.min(before + length + after) - start)
    };
    // With dilation: positions of the input that a window reads along one axis.
    let taps = |i: usize, axis: usize, length: usize| {
        let (start, step, before) = (i * window.stride[axis], window.dilation[axis], window.pad[axis]);
        let places = (0..window.kernel[axis]).filter_map(move |k| (start + k * step).checked_sub(before));
        places.filter(move |&place| place < length).collect::<Vec<_>>()
    };
    for (index, to) in out.data.iter_mut().enumerate() {
        let (x, y, plane) = (index % out_width, index / out_width % out_height, index / (out_width * out_height));
        if window.dilation != [1, 1] {
            let (rows, columns) = (taps(y, 0, height), taps(x, 1, width));
            let values = rows.iter().flat_map(|iy| columns.iter().map(move |ix| input.data[(plane * height + iy) * width + ix]));
            *to = values.fold(f32::MIN, f32::max);
            continue;
        }
        let (rows, padded_rows) = span(y, window.stride[0], window.kernel[0], top, height, bottom);
        let (columns, padded_columns) = span(x, window.stride[1], window.kernel[1], left, width, right);
        let values = rows.clone().flat_map(|iy| columns.clone().map(move |ix| input.data[(plane * height + iy) * width + ix]));
        *to = match pooling {
            Pooling::Max => values.fold(f32::MIN, f32::max),
            Pooling::Average { count_include_pad } => {
                let count = if count_include_pad { padded_rows * padded_columns } else { rows.len() * columns.len() };
                (values.map(f64::from).sum::<f64>() / count as f64) as f32
            }
        };
    }
    Ok(out)
}

/// `input` `[N, C, H, W]` to `[N, C, size]`: the largest value of every window, drawn by `sample` along rows and columns.
///
/// # Errors
/// [`crate::Error::Shape`] where the windows do not fit.
pub fn fractional_max_pool(at: &str, kernel: [usize; 2], size: [usize; 2], sample: [f32; 2], input: &Tensor) -> Result<Tensor> {
    let [images, channels, height, width] = input.nchw();
    let rows = fractional_starts(at, height, size[0], kernel[0], sample[0])?;
    let columns = fractional_starts(at, width, size[1], kernel[1], sample[1])?;
    let mut out = Tensor::zeros(vec![images, channels, size[0], size[1]]);
    for (index, to) in out.data.iter_mut().enumerate() {
        let (x, y, plane) = (index % size[1], index / size[1] % size[0], index / (size[1] * size[0]));
        let (top, left) = (rows[y] as usize, columns[x] as usize);
        let window = (top..top + kernel[0]).flat_map(|iy| (left..left + kernel[1]).map(move |ix| (iy, ix)));
        *to = window.map(|(iy, ix)| input.data[(plane * height + iy) * width + ix]).fold(f32::MIN, f32::max);
    }
    Ok(out)
}

/// `input` `[N, C, H, W]` to `[N, C]`.
pub fn global_average(input: &Tensor) -> Tensor {
    let [images, channels, height, width] = input.nchw();
    let data = input.data.chunks_exact((height * width).max(1)).map(|plane| mean(plane) as f32).collect();
    Tensor { shape: vec![images, channels], data }
}

fn mean(values: &[f32]) -> f64 {
    values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64
}
