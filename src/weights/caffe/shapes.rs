//! Other sizes, other places.

use super::net::Layer;
use super::reading::Reading;
use crate::weights::assembly::{Shaped, volume};

pub(super) const TYPES: [&str; 6] = ["Concat", "Slice", "Split", "Flatten", "Reshape", "Permute"];

/// The dimension that Caffe's `axis` names, without the batch.
pub(super) fn axis(axis: i64, input: &Shaped) -> Result<usize, String> {
    let rank = input.rank() as i64;
    let at = if axis < 0 { axis.saturating_add(rank) } else { axis };
    match at {
        0 => Err("it works across images".into()),
        at if (1..rank).contains(&at) => Ok(at as usize - 1),
        _ => Err(format!("axis {axis} of {:?}", input.dims)),
    }
}

/// Reads a layer of this file.
pub(super) fn read(reading: &mut Reading<'_>, layer: &Layer, bottoms: &[Shaped]) -> Result<Vec<Shaped>, String> {
    if layer.kind == "Concat" {
        let fields = layer.fields.message("concat_param");
        let along = fields.number("axis", fields.number("concat_dim", 1)?)?;
        let out = reading.called(layer, 0);
        return Ok(vec![reading.assembly.concat(out, bottoms, axis(along, &bottoms[0])?)?]);
    }
    let [input] = bottoms else { return Err(format!("it reads {} blobs: one is read", bottoms.len())) };
    match layer.kind.as_str() {
        "Slice" => slice(reading, layer, input),
        "Split" => Ok((0..layer.tops.len())
            .map(|top| reading.called(layer, top))
            .collect::<Vec<_>>()
            .into_iter()
            .map(|out| reading.assembly.identity(out, input))
            .collect()),
        "Flatten" => {
            let fields = layer.fields.message("flatten_param");
            let (first, last) = (axis(fields.number("axis", 1)?, input)?, axis(fields.number("end_axis", -1)?, input)?);
            let middle = input.dims.get(first..=last).ok_or_else(|| format!("axes {first} to {last} of {:?}", input.dims))?;
            let dims = [&input.dims[..first], &[volume(middle)], &input.dims[last + 1..]].concat();
            let out = reading.called(layer, 0);
            Ok(vec![reading.assembly.reshape(out, input, dims)])
        }
        "Reshape" => reshape(reading, layer, input),
        _ => permute(reading, layer, input),
    }
}

fn slice(reading: &mut Reading<'_>, layer: &Layer, input: &Shaped) -> Result<Vec<Shaped>, String> {
    let fields = layer.fields.message("slice_param");
    let along = axis(fields.number("axis", fields.number("slice_dim", 1)?)?, input)?;
    let (length, parts) = (input.dims[along], layer.tops.len());
    let mut points: Vec<usize> = fields.numbers("slice_point")?;
    if points.is_empty() && length.is_multiple_of(parts) {
        points = (1..parts).map(|part| part * length / parts).collect();
    }
    let ends = [&[0], &points[..], &[length]].concat();
    if points.len() + 1 != parts || ends.windows(2).any(|pair| pair[0] >= pair[1]) {
        return Err(format!("slice points {points:?} of {length} for {parts} tops"));
    }
    Ok(ends
        .windows(2)
        .enumerate()
        .map(|(top, pair)| {
            let out = reading.called(layer, top);
            reading.assembly.slice(out, input, along, pair[0], pair[1] - pair[0], 1)
        })
        .collect())
}

/// Of the image alone: the batch stays as it is.
fn reshape(reading: &mut Reading<'_>, layer: &Layer, input: &Shaped) -> Result<Vec<Shaped>, String> {
    let fields = layer.fields.message("reshape_param");
    let target: Vec<i64> = fields.message("shape").numbers("dim")?;
    if fields.number("axis", 0)? != 0 || fields.number("num_axes", -1)? != -1 {
        return Err("only a reshape of all axes is read".into());
    }
    let (first, rest) = target.split_first().ok_or("it has no shape")?;
    // 0 keeps the batch, 1 is that of a file for one image, -1 is what is left.
    if ![0, 1, -1].contains(first) || (*first == -1 && rest.contains(&-1)) {
        return Err(format!("a shape of {target:?} would mix images"));
    }
    let count = volume(&input.dims);
    let mut dims = Vec::new();
    for (i, &n) in rest.iter().enumerate() {
        dims.push(match n {
            0 => *input.dims.get(i).ok_or_else(|| format!("a shape of {target:?} for {:?}", input.dims))?,
            -1 => 1,
            n => usize::try_from(n).map_err(|_| format!("a size of {n}"))?,
        });
    }
    let known = dims.iter().try_fold(1_usize, |product, &n| product.checked_mul(n)).filter(|&known| known > 0);
    let known = known.ok_or_else(|| format!("a shape of {target:?}"))?;
    if let Some(free) = rest.iter().position(|&n| n == -1) {
        dims[free] = count / known;
    }
    if rest.iter().filter(|&&n| n == -1).count() > 1 || volume(&dims) != count {
        return Err(format!("{:?} does not become {target:?}", input.dims));
    }
    let out = reading.called(layer, 0);
    Ok(vec![reading.assembly.reshape(out, input, dims)])
}

fn permute(reading: &mut Reading<'_>, layer: &Layer, input: &Shaped) -> Result<Vec<Shaped>, String> {
    let mut order: Vec<usize> = layer.fields.message("permute_param").numbers("order")?;
    // Axes that are not named keep their order behind those that are.
    for axis in 0..input.rank() {
        if !order.contains(&axis) {
            order.push(axis);
        }
    }
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if !sorted.into_iter().eq(0..input.rank()) || order.first() != Some(&0) {
        return Err(format!("an order of {order:?} for {} axes, the batch first", input.rank()));
    }
    let out = reading.called(layer, 0);
    Ok(vec![reading.assembly.transpose(out, input, order[1..].iter().map(|axis| axis - 1).collect())])
}
