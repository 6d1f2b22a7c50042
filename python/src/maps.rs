//! Local Binary Patterns and their colours, of arrays.

use std::str::FromStr;

use image::{GrayImage, ImageBuffer, Luma, RgbImage};
use moue::lbp::{self, Metric};
use moue::{Error, Result, reference};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::failure::failure;

/// `(bytes, height, width, bytes a value, values a pixel, radius, map) -> (bytes, height, width)`: codes, or with a map their colours.
pub fn lbp(
    py: Python<'_>,
    (pixels, height, width, depth, channels, radius, map): (Vec<u8>, u32, u32, u32, u32, u32, Option<String>),
) -> PyResult<(Py<PyBytes>, u32, u32)> {
    let mapped = py.detach(|| mapped(pixels, [width, height, depth, channels], radius, map.as_deref()));
    let (bytes, height, width) = mapped.map_err(|error| failure(&error))?;
    Ok((PyBytes::new(py, &bytes).unbind(), height, width))
}

fn mapped(pixels: Vec<u8>, shape: [u32; 4], radius: u32, map: Option<&str>) -> Result<(Vec<u8>, u32, u32)> {
    let [width, height, depth, channels] = shape;
    let wrong = || Error::Defect("an array is shorter than its shape says".into());
    let codes = match (depth, channels) {
        (1, 3) => reference::lbp(&reference::gray(&RgbImage::from_raw(width, height, pixels).ok_or_else(wrong)?), radius)?,
        (1, _) => reference::lbp(&GrayImage::from_raw(width, height, pixels).ok_or_else(wrong)?, radius)?,
        _ => {
            let values: Vec<u16> = pixels.chunks_exact(2).map(|pair| u16::from_ne_bytes([pair[0], pair[1]])).collect();
            let gray: ImageBuffer<Luma<u16>, Vec<u16>> = ImageBuffer::from_raw(width, height, values).ok_or_else(wrong)?;
            reference::lbp(&gray, radius)?
        }
    };
    let (width, height) = codes.dimensions();
    let bytes = match map {
        None => codes.into_raw(),
        Some(metric) => reference::lookup(&codes, &lbp::computed(Metric::from_str(metric)?).colours).into_raw(),
    };
    Ok((bytes, height, width))
}

/// `(metric, whether the published one) -> (256 x 3 bytes, stress or none, codes that were filled)`.
pub fn lut(py: Python<'_>, (metric, published): (String, bool)) -> PyResult<(Py<PyBytes>, Option<f64>, Vec<u16>)> {
    let metric = Metric::from_str(&metric).map_err(|error| failure(&error))?;
    let table = py.detach(|| if published { lbp::published(metric) } else { lbp::computed(metric) });
    // Bytes of Rust's are `bytes` in Python.
    let filled = table.filled.iter().map(|&code| u16::from(code)).collect();
    Ok((PyBytes::new(py, table.colours.as_flattened()).unbind(), table.stress, filled))
}

/// `(metric) -> 256 x 256 u32`, in the machine's order of bytes.
pub fn distances(py: Python<'_>, (metric,): (String,)) -> PyResult<Py<PyBytes>> {
    let metric = Metric::from_str(&metric).map_err(|error| failure(&error))?;
    let matrix = py.detach(|| lbp::distances(metric));
    let bytes: Vec<u8> = matrix.iter().flatten().flat_map(|value| value.to_ne_bytes()).collect();
    Ok(PyBytes::new(py, &bytes).unbind())
}
