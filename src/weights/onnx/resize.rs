//! Resize and Upsample.

use super::builder::Builder;
use super::node::axes_of;
use super::reading::{Made, Reading, image};
use super::shapes::alike;
use super::value::Constant;
use crate::graph::Op;
use crate::operators::{Coordinates, ResizeMode, Rounding};
use crate::weights::assembly::Shaped;

pub(super) const OPERATORS: &[&str] = &["Resize", "Upsample"];

/// Reads a node of this file.
pub(super) fn read(builder: &mut Builder, node: &Reading<'_>) -> Result<Made, String> {
    let out = node.output()?;
    let input = node.image(0)?.clone();
    let &[channels, height, width] = &input.dims[..] else { return Err(format!("it reads {:?} and not [C, H, W]", input.dims)) };
    let rank = input.rank();
    let axes = match node.attributes.ints("axes")? {
        Some(axes) if node.version >= 18 => axes_of(axes, rank)?,
        _ => (0..rank).collect(),
    };
    let (scales, sizes) = alike(builder, |run, batch| {
        let (scales, mut sizes) = factors(node, run)?;
        // What the batch becomes is compared here, and the same for all then.
        for (place, _) in axes.iter().enumerate().filter(|(_, axis)| **axis == 0) {
            let size = sizes.as_mut().and_then(|sizes| sizes.get_mut(place));
            let scale = scales.as_ref().and_then(|scales| scales.get(place));
            if size.as_ref().is_some_and(|size| **size != batch as i64) || scale.is_some_and(|&scale| scale != 1.0) {
                return Err("it resizes the batch".to_owned());
            }
            if let (Some(size), Some(&first)) = (size, builder.batches.first()) {
                *size = first as i64;
            }
        }
        Ok((scales, sizes))
    })?;
    if scales.as_ref().map_or(sizes.as_ref().map_or(0, Vec::len), Vec::len) != axes.len() {
        return Err(format!("scales {scales:?} and sizes {sizes:?} for axes {axes:?}"));
    }
    let lengths = [builder.batches.first().copied().unwrap_or(1), channels, height, width];
    let (mut to, mut scale) = (lengths, [None; 4]);
    for (i, &axis) in axes.iter().enumerate() {
        if let Some(scales) = &scales {
            let length = (lengths[axis] as f32 * scales[i]).floor();
            if !(1.0..=65536.0).contains(&length) {
                return Err(format!("a scale of {}", scales[i]));
            }
            (to[axis], scale[axis]) = (length as usize, Some(scales[i]));
        } else if let Some(sizes) = &sizes {
            to[axis] = usize::try_from(sizes[i]).map_err(|_| format!("a size of {}", sizes[i]))?;
        }
    }
    if node.attributes.int("antialias", 0)? != 0 {
        return Err("antialias is not read".into());
    }
    let policy = node.attributes.text("keep_aspect_ratio_policy", "stretch")?;
    if sizes.is_some() && policy != "stretch" {
        // One scale for all axes: the smallest or the largest of theirs.
        let each = axes.iter().map(|&axis| to[axis] as f32 / lengths[axis] as f32);
        let common = match policy.as_str() {
            "not_larger" => each.fold(f32::MAX, f32::min),
            "not_smaller" => each.fold(0.0, f32::max),
            other => return Err(format!("keep_aspect_ratio_policy `{other}`")),
        };
        for &axis in &axes {
            (to[axis], scale[axis]) = ((lengths[axis] as f32 * common).round() as usize, Some(common));
        }
    }
    if to[..2] != lengths[..2] {
        return Err("it resizes the batch or the channels".into());
    }
    let mode = match node.attributes.text("mode", "nearest")?.as_str() {
        "nearest" => ResizeMode::Nearest,
        "linear" | "bilinear" => ResizeMode::Linear,
        other => return Err(format!("the mode `{other}`: nearest and linear are read")),
    };
    let (coordinates, rounding) = rules(node)?;
    let to = [to[2], to[3]];
    let scale = [scale[2].unwrap_or(to[0] as f32 / height as f32), scale[3].unwrap_or(to[1] as f32 / width as f32)];
    let Some(rounding) = rounding else {
        // Before opset 11 the nearest pixel is the upper one where an axis shrinks and the lower one where it grows: an axis at a time.
        let side = |scale: f32| if scale < 1.0 { Rounding::Ceil } else { Rounding::Floor };
        let inner = builder.fresh(&format!("{out}/rows"));
        let rows = resize(builder, &input, [to[0], width], [scale[0], 1.0], mode, coordinates, side(scale[0]), inner);
        let made = resize(builder, &rows, to, [1.0, scale[1]], mode, coordinates, side(scale[1]), out.clone());
        return Ok(image(out, made));
    };
    let made = resize(builder, &input, to, scale, mode, coordinates, rounding, out.clone());
    Ok(image(out, made))
}

#[expect(clippy::too_many_arguments, reason = "the fields of one operator")]
fn resize(
    builder: &mut Builder,
    input: &Shaped,
    size: [usize; 2],
    scale: [f32; 2],
    mode: ResizeMode,
    coordinates: Coordinates,
    rounding: Rounding,
    out: String,
) -> Shaped {
    let from = input.name.clone();
    builder.push(out, vec![input.dims[0], size[0], size[1]], |out| Op::Resize {
        name: None,
        r#in: [from],
        out,
        size,
        scale: Some(scale),
        mode,
        coordinates,
        rounding,
    })
}

/// Scales, or sizes.
#[expect(clippy::type_complexity, reason = "one of two lists")]
fn factors(node: &Reading<'_>, run: usize) -> Result<(Option<Vec<f32>>, Option<Vec<i64>>), String> {
    if node.op == "Upsample" && node.version < 9 {
        return Ok((node.attributes.floats("scales")?.map(<[f32]>::to_vec), None));
    }
    if node.version < 11 {
        return Ok((Some(node.needed(1)?.as_floats()), None));
    }
    let scales = node.at(2, run)?.map(Constant::as_floats).filter(|scales| !scales.is_empty());
    let sizes = node.at(3, run)?.map(|sizes| sizes.as_ints()).transpose()?.filter(|sizes| !sizes.is_empty());
    match (&scales, &sizes) {
        (Some(_), None) | (None, Some(_)) => Ok((scales, sizes)),
        _ => Err("it has one of scales and sizes".into()),
    }
}

/// How coordinates are found, and which pixel is nearest; `None`: the rule of before opset 11.
fn rules(node: &Reading<'_>) -> Result<(Coordinates, Option<Rounding>), String> {
    if node.version < 11 {
        return Ok((Coordinates::Asymmetric, None));
    }
    let coordinates = match node.attributes.text("coordinate_transformation_mode", "half_pixel")?.as_str() {
        "half_pixel" => Coordinates::HalfPixel,
        "half_pixel_symmetric" => Coordinates::HalfPixelSymmetric,
        "pytorch_half_pixel" => Coordinates::PytorchHalfPixel,
        "align_corners" => Coordinates::AlignCorners,
        "asymmetric" => Coordinates::Asymmetric,
        "tf_half_pixel_for_nn" => Coordinates::TfHalfPixelForNn,
        other => return Err(format!("the coordinates `{other}`")),
    };
    let rounding = match node.attributes.text("nearest_mode", "round_prefer_floor")?.as_str() {
        "round_prefer_floor" => Rounding::RoundPreferFloor,
        "round_prefer_ceil" => Rounding::RoundPreferCeil,
        "floor" => Rounding::Floor,
        "ceil" => Rounding::Ceil,
        other => return Err(format!("the nearest_mode `{other}`")),
    };
    Ok((coordinates, Some(rounding)))
}
