//! Dense layer.

use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// `input` [N, ...] (flattened) with `weight` `[O, C]` and `bias` `[O]` to `[N, O]`.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree.
pub fn dense(at: &str, input: &Tensor, weight: &Tensor, bias: &[f32]) -> Result<Tensor> {
    let [images, ..] = input.nchw();
    let columns = input.data.len() / images.max(1);
    let &[out, weight_columns] = &weight.shape[..] else {
        return Err(Error::shape(at, format!("a dense layer's weight is [O, C], not {:?}", weight.shape)));
    };
    if weight_columns != columns || bias.len() != out {
        return Err(Error::shape(at, format!("input of {columns} columns, weight {:?}, bias {}", weight.shape, bias.len())));
    }
    let mut data = Vec::with_capacity(images * out);
    for row in input.data.chunks_exact(columns) {
        for (weights, &bias) in weight.data.chunks_exact(columns).zip(bias) {
            let sum = row.iter().zip(weights).fold(f64::from(bias), |sum, (&x, &w)| sum + f64::from(x) * f64::from(w));
            data.push(sum as f32);
        }
    }
    Ok(Tensor { shape: vec![images, out], data })
}
