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

/// A pooling window overlaps the input wherever it lies: pads are smaller than the kernel, and there is no dilation.
pub(crate) fn check(at: &str, window: Window) -> Result<()> {
    let [top, left, bottom, right] = window.pad;
    let [kh, kw] = window.kernel;
    if top >= kh || bottom >= kh || left >= kw || right >= kw || window.dilation != [1, 1] {
        return Err(Error::shape(at, format!("pooling pads are smaller than the kernel and dilation is 1: {window}")));
    }
    Ok(())
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
        let said = check("here", window).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(said.contains("kernel 2 x 3, stride 2 x 1") && !said.contains(['{', '[']), "{said}");
    }
}
