//! Larger and smaller pictures: layers of Caffe's forks.

use super::net::Layer;
use super::reading::Reading;
use super::windows::pair;
use crate::graph::Op;
use crate::operators::{Coordinates, ResizeMode, Rounding};
use crate::weights::assembly::Shaped;

pub(super) const TYPES: [&str; 2] = ["Interp", "Upsample"];

/// Reads a layer of this file.
pub(super) fn read(reading: &mut Reading<'_>, layer: &Layer, bottoms: &[Shaped]) -> Result<Shaped, String> {
    let [input] = bottoms else { return Err(format!("it reads {} blobs: one is read", bottoms.len())) };
    let &[_, height, width] = &input.dims[..] else { return Err(format!("it reads {:?} and not [C, H, W]", input.dims)) };
    let interpolates = layer.kind == "Interp";
    let size = if interpolates { interp(layer, [height, width])? } else { upsample(layer, [height, width])? };
    let (mode, coordinates) = if interpolates {
        (ResizeMode::Linear, Coordinates::AlignCorners)
    } else {
        (ResizeMode::Nearest, Coordinates::Asymmetric)
    };
    let (name, r#in, out) = (None, [input.name.clone()], [reading.called(layer, 0)]);
    let op = Op::Resize { name, r#in, out, size, scale: None, mode, coordinates, rounding: Rounding::Floor };
    reading.assembly.append(op, &[input])
}

/// DeepLab's rule (interp_layer.cpp): one factor alone comes before `height` and `width`, and those before both factors.
fn interp(layer: &Layer, size: [usize; 2]) -> Result<[usize; 2], String> {
    let fields = layer.fields.message("interp_param");
    if fields.number("pad_beg", 0)? != 0 || fields.number("pad_end", 0)? != 0 {
        return Err("pads are not read".into());
    }
    let (shrinks, zooms) = (fields.has("shrink_factor"), fields.has("zoom_factor"));
    if shrinks == zooms && fields.has("height") && fields.has("width") {
        return Ok([fields.number("height", 0)?, fields.number("width", 0)?]);
    }
    let (shrink, zoom): (usize, usize) = (fields.number("shrink_factor", 1)?, fields.number("zoom_factor", 1)?);
    if !(shrinks || zooms) || shrink == 0 || zoom == 0 {
        return Err("it says no size: height and width, or factors above 0".into());
    }
    let side = |side: usize| ((side - 1) / shrink).checked_mul(zoom)?.checked_add(1);
    size.map(side)
        .into_iter()
        .collect::<Option<Vec<_>>>()
        .and_then(|sides| sides.try_into().ok())
        .ok_or_else(|| format!("a zoom_factor of {zoom}"))
}

fn upsample(layer: &Layer, size: [usize; 2]) -> Result<[usize; 2], String> {
    let fields = layer.fields.message("upsample_param");
    if !["scale", "scale_h", "scale_w"].iter().any(|name| fields.has(name)) {
        return Err("it has no scale".into());
    }
    let factor = pair(&fields, "scale", "scale", 1)?;
    let [Some(rows), Some(columns)] = [0, 1].map(|axis| size[axis].checked_mul(factor[axis])) else {
        return Err(format!("a scale of {factor:?}"));
    };
    Ok([rows, columns])
}
