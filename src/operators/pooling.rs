//! Pooling: what a window becomes, and which windows there are.

use super::window::Window;
use crate::error::{Error, Result};

/// What a window becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// Its largest value.
    Max,
    /// Its mean; `count_include_pad` counts padded positions too, as far as the padding reaches.
    Average {
        /// Whether padding counts.
        count_include_pad: bool,
    },
}

/// Rows and columns that a pooling makes of `input`. Its window has a value of the input wherever it lies, and of means no dilation.
pub fn check(at: &str, pooling: Pooling, window: Window, input: [usize; 2], ceil: bool) -> Result<[usize; 2]> {
    let [top, left, bottom, right] = window.pad;
    let [kh, kw] = window.kernel;
    if top >= kh || bottom >= kh || left >= kw || right >= kw {
        return Err(Error::shape(at, format!("pads of a pool are smaller than its window: {window}")));
    }
    let output = window.output(at, input, ceil)?;
    if window.dilation == [1, 1] {
        return Ok(output);
    }
    if pooling != Pooling::Max {
        return Err(Error::shape(at, format!("means of windows with dilation are not computed: {window}")));
    }
    for axis in 0..2 {
        let (step, before) = (window.dilation[axis], window.pad[axis]);
        let empty = |place: usize| {
            let start = place * window.stride[axis];
            // The first position that does not lie before the input.
            let skipped = before.saturating_sub(start).div_ceil(step);
            skipped >= window.kernel[axis] || start + skipped * step - before >= input[axis]
        };
        if (0..output[axis]).any(empty) {
            return Err(Error::shape(at, format!("a window has no value of the {} x {} input: {window}", input[0], input[1])));
        }
    }
    Ok(output)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_said_in_words() {
        let window = Window { kernel: [2, 3], stride: [2, 1], pad: [0, 1, 3, 4], dilation: [1, 1] };
        let error = Window { kernel: [9, 9], ..window }.output("here", [4, 4], false).err().map(|error| error.to_string());
        let said = error.unwrap_or_default();
        assert!(said.contains("pads 0 above, 1 left, 3 below and 4 right") && !said.contains(['{', '[']), "{said}");
        let said = check("here", Pooling::Max, window, [4, 4], false).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains("kernel 2 x 3, stride 2 x 1") && !said.contains(['{', '[']), "{said}");
    }
}
