//! Transpose, slice, reshape and pad; resized rows and columns.

use crate::error::Result;
use crate::operators::{Beyond, Rearrange, Tap};
use crate::tensor::Tensor;

/// The values of `to` for every image of `input`, `[N, ...]`.
///
/// # Errors
/// [`crate::Error::Shape`] where a position lies in no image.
pub fn rearrange(at: &str, to: &Rearrange, input: &Tensor) -> Result<Tensor> {
    let images = input.shape.first().copied().unwrap_or(1).max(1);
    let each = input.data.len() / images;
    to.check(at, each)?;
    let mut places: Vec<Option<i64>> = vec![Some(to.first as i64)];
    for axis in &to.axes {
        let last = axis.within as i64 - 1;
        let inside = |position: usize| {
            let p = position as i64 - axis.before as i64;
            match to.beyond {
                _ if (0..=last).contains(&p) => Some(p),
                Beyond::Constant(_) => None,
                Beyond::Reflect => Some(if p < 0 { -p } else { 2 * last - p }),
                Beyond::Edge => Some(p.clamp(0, last)),
            }
        };
        let step = |place: Option<i64>| (0..axis.size).map(move |position| Some(place? + inside(position)? * axis.stride));
        places = places.into_iter().flat_map(step).collect();
    }
    let fill = if let Beyond::Constant(value) = to.beyond { value } else { 0.0 };
    let picture = |image: usize| places.iter().map(move |place| place.map_or(fill, |p| input.data[image * each + p as usize]));
    let data = (0..images).flat_map(picture).collect();
    let mut shape = vec![images];
    shape.extend(to.axes.iter().map(|axis| axis.size));
    Ok(Tensor { shape, data })
}

/// `input` `[N, C, H, W]` to a row for every tap of `rows` and a column for every tap of `columns`.
pub fn resample(rows: &[Tap], columns: &[Tap], input: &Tensor) -> Tensor {
    let [images, channels, height, width] = input.nchw();
    let mut data = Vec::with_capacity(images * channels * rows.len() * columns.len());
    for plane in input.data.chunks_exact((height * width).max(1)) {
        for row in rows {
            for column in columns {
                let read = |y: usize, x: usize| f64::from(plane[y * width + x]);
                let mix = |a: f64, b: f64, share: f32| a * (1.0 - f64::from(share)) + b * f64::from(share);
                let line = |y: usize| mix(read(y, column.first), read(y, column.second), column.share);
                data.push(mix(line(row.first), line(row.second), row.share) as f32);
            }
        }
    }
    Tensor { shape: vec![images, channels, rows.len(), columns.len()], data }
}
