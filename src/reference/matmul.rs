//! Products of matrices, one a channel.

use crate::error::{Error, Result};
use crate::tensor::Tensor;

/// `left` `[N, C, M, K]` times `right` `[N, C, K, P]`: `[N, C, M, P]`.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree.
pub fn matmul(at: &str, left: &Tensor, right: &Tensor) -> Result<Tensor> {
    let ([n, c, rows, depth], [n2, c2, depth2, columns]) = (left.nchw(), right.nchw());
    if [n, c, depth] != [n2, c2, depth2] {
        return Err(Error::shape(at, format!("{:?} times {:?}", left.shape, right.shape)));
    }
    let mut out = Tensor::zeros(vec![n, c, rows, columns]);
    for (index, to) in out.data.iter_mut().enumerate() {
        let (column, row, matrix) = (index % columns, index / columns % rows, index / (columns * rows));
        let product = |k: usize| {
            let (a, b) = (left.data[(matrix * rows + row) * depth + k], right.data[(matrix * depth + k) * columns + column]);
            f64::from(a) * f64::from(b)
        };
        *to = (0..depth).map(product).sum::<f64>() as f32;
    }
    Ok(out)
}
