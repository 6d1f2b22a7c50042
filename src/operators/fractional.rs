//! Where the windows of fractional max pooling start.

use crate::error::{Error, Result};

/// First rows of `out` windows of `kernel` rows over `length` rows (or columns), drawn by `sample` in [0, 1): Graham, "Fractional Max-Pooling", 2014,
/// in the f32 arithmetic of PyTorch's `FractionalMaxPool2d`, whose windows these are.
///
/// # Errors
/// [`Error::Shape`] where the windows do not fit.
pub fn fractional_starts(at: &str, length: usize, out: usize, kernel: usize, sample: f32) -> Result<Vec<u32>> {
    if kernel == 0
        || out == 0
        || kernel > length
        || out > length - kernel + 1
        || length > 1 << 16
        || !(0.0..1.0).contains(&sample)
    {
        return Err(Error::shape(at, format!("{out} windows of {kernel} in {length}, sample {sample}: they do not fit")));
    }
    let room = length - kernel;
    let step = room as f32 / (out.max(2) - 1) as f32;
    let first = (sample * step) as u32;
    let start = |i: usize| if i + 1 == out { room as u32 } else { ((i as f32 + sample) * step) as u32 - first };
    Ok((0..out).map(start).collect())
}

#[cfg(test)]
mod tests {
    use super::fractional_starts;

    #[test]
    fn windows_start_where_pytorch_puts_them() {
        // alpha 2.5: int(1.9 x 2.5) - int(0.9 x 2.5) = 4 - 2.
        assert!(fractional_starts("here", 7, 3, 2, 0.9).is_ok_and(|starts| starts == [0, 2, 5]));
        assert!(fractional_starts("here", 7, 4, 2, 0.0).is_ok_and(|starts| starts == [0, 1, 3, 5]));
        assert!(fractional_starts("here", 5, 1, 2, 0.5).is_ok_and(|starts| starts == [3]));
        assert!(fractional_starts("here", 4, 4, 2, 0.5).is_err());
        assert!(fractional_starts("here", 4, 2, 2, 1.0).is_err());
    }
}
