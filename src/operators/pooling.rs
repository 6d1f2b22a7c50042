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
        return Err(Error::shape(at, format!("pooling pads are smaller than the kernel and dilation is 1: {window:?}")));
    }
    Ok(())
}
