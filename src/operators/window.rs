//! The sliding window of convolution and pooling.

use std::fmt;

use crate::error::{Error, Result};

/// Kernel, stride, pads and dilation; height before width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Kernel height and width.
    pub kernel: [usize; 2],
    /// Vertical and horizontal stride.
    pub stride: [usize; 2],
    /// Top, left, bottom, right.
    pub pad: [usize; 4],
    /// Vertical and horizontal dilation.
    pub dilation: [usize; 2],
}

/// In words, height before width.
impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kernel, stride, pad: [top, left, bottom, right], dilation } = self;
        write!(
            f,
            "kernel {} x {}, stride {} x {}, pads {top} above, {left} left, {bottom} below and {right} right, dilation {} x {}",
            kernel[0], kernel[1], stride[0], stride[1], dilation[0], dilation[1]
        )
    }
}

impl Window {
    /// A square window of `kernel` without pads or dilation.
    pub fn square(kernel: usize, stride: usize) -> Self {
        Self { kernel: [kernel; 2], stride: [stride; 2], pad: [0; 4], dilation: [1; 2] }
    }

    /// The same with `pad` on every side.
    pub fn padded(self, pad: usize) -> Self {
        Self { pad: [pad; 4], ..self }
    }

    /// Of all windows along an axis of `input` rows or columns, which make `output` of them, the taps that lie inside.
    pub fn inside(&self, axis: usize, input: usize, output: usize) -> u64 {
        let within = |place: usize, tap: usize| {
            let at = (place * self.stride[axis] + tap * self.dilation[axis]).checked_sub(self.pad[axis]);
            at.is_some_and(|at| at < input)
        };
        (0..output).map(|place| (0..self.kernel[axis]).filter(|&tap| within(place, tap)).count() as u64).sum()
    }

    /// Output height and width of an input `[height, width]`. With `ceil` sizes round up, and a last window that would start in the padding is
    /// dropped (Caffe and PyTorch agree on this).
    ///
    /// # Errors
    /// [`Error::Shape`] where the window does not fit into the padded input, or a size is 0 or beyond 2^16.
    pub fn output(&self, at: &str, input: [usize; 2], ceil: bool) -> Result<[usize; 2]> {
        let mut out = [0; 2];
        for axis in 0..2 {
            let (kernel, stride, dilation) = (self.kernel[axis], self.stride[axis], self.dilation[axis]);
            let (before, after) = (self.pad[axis], self.pad[axis + 2]);
            if [kernel, stride, dilation].contains(&0)
                || [kernel, stride, dilation, before, after, input[axis]].iter().any(|&n| n > 1 << 16)
            {
                return Err(Error::shape(
                    at,
                    format!("kernel, stride and dilation lie between 1 and 65536: {self}, on {} x {}", input[0], input[1]),
                ));
            }
            let extent = dilation * (kernel - 1) + 1;
            let padded = input[axis] + before + after;
            if padded < extent {
                return Err(Error::shape(
                    at,
                    format!("a window of {extent} does not fit into {padded} (padded): {self}, on {} x {}", input[0], input[1]),
                ));
            }
            let steps = padded - extent;
            out[axis] = if ceil { steps.div_ceil(stride) } else { steps / stride } + 1;
            if ceil && (out[axis] - 1) * stride >= input[axis] + before {
                out[axis] -= 1;
            }
        }
        Ok(out)
    }
}
