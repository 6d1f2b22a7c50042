//! Operators on tensors that do not have the images first: what each does to one image, and where the images are then.

use std::sync::Arc;

use super::builder::{Builder, Value};
use super::fold::{broadcast, new_shape, range, reduced_axes};
use super::layers::linear;
use super::layout::{Axis, Layout, Moved};
use super::maths::{Side, binary};
use super::node::{axes_of, axis_of};
use super::products::rows;
use super::reading::{Made, Reader, Reading};
use super::value::Constant;
use super::{reduce, shapes};
use crate::weights::assembly::{Shaped, volume};

/// Of one operand, value by value.
const UNARY: &[&str] = &[
    "Identity",
    "Dropout",
    "Cast",
    "Relu",
    "LeakyRelu",
    "Elu",
    "Clip",
    "Sigmoid",
    "Tanh",
    "Exp",
    "Sqrt",
    "Abs",
    "Neg",
    "Reciprocal",
    "HardSwish",
    "HardSigmoid",
    "Erf",
    "Gelu",
    "Softplus",
];
/// Of several operands that broadcast.
const SEVERAL: &[&str] = &["Add", "Sub", "Mul", "Div", "Pow", "Max", "Min", "Sum", "Mean"];
/// Along one dimension, or from one on.
const ALONG: &[&str] = &["Gather", "Split", "Softmax", "LogSoftmax", "LayerNormalization", "RMSNormalization"];

/// Whether `node` reads a tensor that does not have the images first, or makes one of one that has.
pub(super) fn concerns(builder: &Builder, node: &Reading<'_>) -> Result<bool, String> {
    if node.inputs.iter().flatten().any(|input| matches!(input, Value::Moved(_))) {
        return Ok(true);
    }
    let Some(Some(Value::Image(image))) = node.inputs.first() else { return Ok(false) };
    Ok(match node.op {
        "Transpose" => node.attributes.ints("perm")?.map_or(image.rank() > 1, |axes| axes.first().is_some_and(|&axis| axis != 0)),
        "Reshape" => {
            let shapes = targets(builder, node, &Layout::first(&image.dims, builder.batches == [1]));
            shapes.is_ok_and(|shapes| shapes.iter().zip(&builder.batches).any(|(shape, images)| shape.first() != Some(images)))
        }
        _ => false,
    })
}

/// Reads `node`, which [`concerns`]; `reader` reads it where the images are first.
pub(super) fn read(builder: &mut Builder, node: &Reading<'_>, reader: Option<Reader>) -> Result<Made, String> {
    let name = || node.outputs.first().cloned().unwrap_or_default();
    match node.op {
        "Shape" | "Size" => shape(builder, node),
        "Transpose" => {
            let Moved { image, layout, by } = lifted(builder, node, 0)?;
            let reversed: Vec<i64> = (0..layout.0.len() as i64).rev().collect();
            let axes = axes_of(node.attributes.ints("perm")?.unwrap_or(&reversed), layout.0.len())?;
            let mut sorted = axes.clone();
            sorted.sort_unstable();
            if !sorted.into_iter().eq(0..layout.0.len()) {
                return Err(format!("axes {axes:?} of {} dimensions", layout.0.len()));
            }
            let (layout, order) = layout.turned(&axes);
            let image = builder.turned(&name(), &image, order);
            Ok(vec![(name(), settled(builder, Moved { image, layout, by }))])
        }
        "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" => {
            let moved = reshaped(builder, node)?;
            Ok(vec![(name(), settled(builder, moved))])
        }
        "MatMul" => products(builder, node, reader),
        "Gemm" => gemm(builder, node, &name()),
        "Gather" if !matches!(node.inputs.get(1), Some(Some(Value::Constant(places))) if places.shape.len() < 2) => {
            strided(builder, node, &name())
        }
        op if UNARY.contains(&op) => {
            let moved = lifted(builder, node, 0)?;
            let mut inputs = node.inputs.clone();
            inputs[0] = Some(Value::Image(moved.image.clone()));
            with(builder, node, reader, inputs, None, &moved, &moved.layout.0)
        }
        op if SEVERAL.contains(&op) && node.version >= 7 => several(builder, node, reader),
        op if ALONG.contains(&op) => along(builder, node, reader),
        "Slice" => sliced(builder, node),
        op if op.starts_with("Reduce") && reduce::OPERATORS.contains(&op) => reduced(builder, node),
        _ => {
            let by = node.inputs.iter().flatten().find_map(|input| match input {
                Value::Moved(moved) => Some(&*moved.by),
                _ => None,
            });
            Err(format!(
                "it reads images that `{}` moved from the first dimension: move them back before it",
                by.unwrap_or(node.name)
            ))
        }
    }
}

/// As an image where the images are first.
fn settled(builder: &mut Builder, moved: Moved) -> Value {
    let single = builder.batches == [1];
    if !moved.layout.is_first(single) {
        return Value::Moved(moved);
    }
    let dims = Layout(moved.layout.0[1..].to_vec()).dims();
    let near = moved.image.name.clone();
    Value::Image(builder.viewed(&near, &moved.image, dims))
}

/// An input, images first or not.
fn lifted(builder: &mut Builder, node: &Reading<'_>, index: usize) -> Result<Moved, String> {
    if let Some(Some(Value::Moved(moved))) = node.inputs.get(index) {
        return Ok(moved.clone());
    }
    let image = node.image(index)?;
    let layout = Layout::first(&image.dims, builder.batches == [1]);
    let near = image.name.clone();
    Ok(Moved { image: builder.viewed(&near, image, layout.dims()), layout, by: Arc::from(node.name) })
}

/// What `reader` makes of `inputs`, in the dimensions `axes`.
fn with(
    builder: &mut Builder,
    node: &Reading<'_>,
    reader: Option<Reader>,
    inputs: Vec<Option<Value>>,
    axis: Option<i64>,
    moved: &Moved,
    axes: &[Axis],
) -> Result<Made, String> {
    let reader = reader.ok_or("this operator is not read")?;
    let attributes = axis.map_or_else(|| node.attributes.clone(), |axis| node.attributes.with_axis(axis));
    let made = reader(builder, &Reading { inputs, attributes, ..*node })?;
    let made = made.into_iter();
    Ok(made
        .map(|(name, value)| {
            let Value::Image(image) = value else { return (name, value) };
            let layout = Layout(axes.to_vec()).resized(&image.dims);
            let by = Arc::clone(&moved.by);
            (name, settled(builder, Moved { image, layout, by }))
        })
        .collect())
}

fn shape(builder: &mut Builder, node: &Reading<'_>) -> Result<Made, String> {
    let Moved { layout, .. } = lifted(builder, node, 0)?;
    let (start, count) = range(layout.0.len(), node.attributes.int("start", 0)?, node.attributes.int("end", i64::MAX)?, 1)?;
    let each = builder.batches.iter().map(|&images| {
        let sizes: Vec<i64> = layout.shape(images).into_iter().map(|size| size as i64).collect();
        if node.op == "Size" {
            Constant::ints(vec![], vec![sizes.iter().fold(1, |product: i64, &size| product.saturating_mul(size))])
        } else {
            Constant::ints(vec![count], sizes[start..start + count].to_vec())
        }
    });
    Ok(vec![(node.output()?, Builder::known(each.collect()))])
}

/// The sizes that it makes, for each number of images.
fn targets(builder: &Builder, node: &Reading<'_>, layout: &Layout) -> Result<Vec<Vec<usize>>, String> {
    let sizes = |(run, &images): (usize, &usize)| {
        new_shape(node.op, node.version, &node.attributes, &layout.shape(images), node.at(1, run)?)
    };
    builder.batches.iter().enumerate().map(sizes).collect()
}

fn reshaped(builder: &mut Builder, node: &Reading<'_>) -> Result<Moved, String> {
    let Moved { image, layout, by } = lifted(builder, node, 0)?;
    let targets = targets(builder, node, &layout)?;
    let wanted = layout.regrouped(&targets, &builder.batches);
    let layout = wanted.ok_or_else(|| builder.mixing(&targets[0], builder.batches[0], &image.dims))?;
    let near = node.outputs.first().map_or("", String::as_str);
    Ok(Moved { image: builder.viewed(near, &image, layout.dims()), layout, by })
}

/// Sizes of two that broadcast, with the images in the same place.
fn common(left: &Layout, right: &Layout) -> Result<Layout, String> {
    let wrong = || format!("{:?} and {:?} of one image do not have the images in the same place", left.shape(1), right.shape(1));
    let both = |(left, right): (&Axis, &Axis)| match (*left, *right) {
        (Axis::Own(left), Axis::Own(right)) => Ok(Axis::Own(broadcast(&[left], &[right])?[0])),
        (left, right) if left == right => Ok(left),
        _ => Err(wrong()),
    };
    if left.0.len() != right.0.len() {
        return Err(wrong());
    }
    left.0.iter().zip(&right.0).map(both).collect::<Result<_, _>>().map(Layout)
}

/// `constant` as it meets [`Layout::dims`], behind a 1 for the images.
fn beside(constant: &Constant, layout: &Layout) -> Result<Constant, String> {
    let wrong = || format!("a constant of shape {:?} beside {:?} of one image", constant.shape, layout.shape(1));
    let lacking = layout.0.len().checked_sub(constant.shape.len()).ok_or_else(wrong)?;
    let mut shape = vec![1];
    for (axis, &size) in layout.0.iter().zip(vec![1; lacking].iter().chain(&constant.shape)) {
        match axis {
            Axis::Own(_) => shape.push(size),
            Axis::Images { .. } if size == 1 => shape.extend(axis.dims().iter().map(|_| 1)),
            Axis::Images { .. } => return Err(wrong()),
        }
    }
    Ok(Constant { shape, numbers: constant.numbers.clone() })
}

fn several(builder: &mut Builder, node: &Reading<'_>, reader: Option<Reader>) -> Result<Made, String> {
    let mut found: Option<Moved> = None;
    let mut inputs = Vec::new();
    for index in 0..node.inputs.len() {
        let constant = matches!(node.inputs[index], Some(Value::Constant(_) | Value::Varying(_)));
        inputs.push(if constant { None } else { Some(lifted(builder, node, index)?) });
        if let Some(Some(next)) = inputs.last() {
            found = Some(match found {
                None => next.clone(),
                Some(moved) => Moved { layout: common(&moved.layout, &next.layout)?, ..moved },
            });
        }
    }
    let moved = found.ok_or("it reads constants only")?;
    let inputs = inputs.into_iter().enumerate().map(|(index, input)| match input {
        Some(input) => Ok(Some(Value::Image(input.image))),
        None => Ok(Some(Value::Constant(Arc::new(beside(&*node.needed(index)?, &moved.layout)?)))),
    });
    let inputs = inputs.collect::<Result<Vec<_>, String>>()?;
    with(builder, node, reader, inputs, None, &moved, &moved.layout.0)
}

fn along(builder: &mut Builder, node: &Reading<'_>, reader: Option<Reader>) -> Result<Made, String> {
    let moved = lifted(builder, node, 0)?;
    let rank = moved.layout.0.len();
    let softmax = matches!(node.op, "Softmax" | "LogSoftmax");
    let usual = match node.op {
        "Gather" | "Split" => 0,
        _ if softmax && node.version < 13 => 1,
        _ => -1,
    };
    let axis = axis_of(node.attributes.int("axis", usual)?, rank)?;
    let at = moved.layout.own(axis).ok_or_else(|| format!("dimension {axis} has the images, which `{}` moved", moved.by))?;
    // From its axis on a softmax was of all dimensions, as a normalisation is.
    let from = node.op.ends_with("Normalization") || (softmax && node.version < 13);
    if from && (axis..rank).any(|axis| moved.layout.own(axis).is_none()) {
        return Err(format!("among its dimensions are the images, which `{}` moved", moved.by));
    }
    let mut axes = moved.layout.0.clone();
    if node.op == "Gather" && node.needed(1)?.shape.is_empty() {
        axes.remove(axis);
    }
    let mut inputs = node.inputs.clone();
    inputs[0] = Some(Value::Image(moved.image.clone()));
    with(builder, node, reader, inputs, Some(at as i64 + 1), &moved, &axes)
}

/// Parts along dimensions without images.
fn sliced(builder: &mut Builder, node: &Reading<'_>) -> Result<Made, String> {
    let Moved { image, layout, by } = lifted(builder, node, 0)?;
    let out = node.output()?;
    let inner = builder.fresh(&format!("{out}/moved"));
    let image = shapes::sliced(builder, node, &image, &layout, inner)?;
    let layout = layout.resized(&image.dims);
    Ok(vec![(out, settled(builder, Moved { image, layout, by }))])
}

/// One number of the values along dimensions without images.
fn reduced(builder: &mut Builder, node: &Reading<'_>) -> Result<Made, String> {
    let Moved { image, layout, by } = lifted(builder, node, 0)?;
    let (out, axes) = (node.output()?, node.constant(1)?);
    let axes = reduced_axes(node.op, node.version, &node.attributes, axes.as_deref(), layout.0.len())?.unwrap_or_default();
    let own = axes.iter().map(|&axis| layout.own(axis)).collect::<Option<Vec<_>>>();
    let own = own.ok_or_else(|| format!("it reduces over the images, which `{by}` moved"))?;
    let inner = builder.fresh(&format!("{out}/moved"));
    let image = reduce::along(builder, node, &image, &own, inner)?;
    let kept = |axis: &usize| node.attributes.int("keepdims", 1) != Ok(0) || !axes.contains(axis);
    let layout = Layout((0..layout.0.len()).filter(kept).map(|axis| layout.0[axis]).collect()).resized(&image.dims);
    Ok(vec![(out, settled(builder, Moved { image, layout, by }))])
}

fn products(builder: &mut Builder, node: &Reading<'_>, reader: Option<Reader>) -> Result<Made, String> {
    let left = lifted(builder, node, 0)?;
    let own =
        |layout: &Layout, from_last: usize| layout.0.len().checked_sub(from_last).and_then(|axis| layout.own(axis)).is_some();
    let wrong = || format!("matrices of images that `{}` moved, and that are in their rows or columns", left.by);
    let mut inputs = node.inputs.clone();
    inputs[0] = Some(Value::Image(left.image.clone()));
    if let Some(Some(Value::Constant(matrix))) = node.inputs.get(1) {
        if matrix.shape.len() != 2 || !own(&left.layout, 1) {
            return Err(wrong());
        }
    } else {
        let right = lifted(builder, node, 1)?;
        let above = |layout: &Layout| layout.0[..layout.0.len().saturating_sub(2)].to_vec();
        let matrices = [&left.layout, &right.layout].into_iter().all(|layout| own(layout, 1) && own(layout, 2));
        if !matrices || above(&left.layout) != above(&right.layout) {
            return Err(wrong());
        }
        inputs[1] = Some(Value::Image(right.image));
    }
    with(builder, node, reader, inputs, None, &left, &left.layout.0)
}

/// A dense layer on every row: all images and what is merged with them.
fn gemm(builder: &mut Builder, node: &Reading<'_>, out: &str) -> Result<Made, String> {
    let moved = lifted(builder, node, 0)?;
    if moved.layout.0.len() != 2 || moved.layout.own(1).is_none() {
        return Err(format!("rows of images that `{}` moved, and that are in the columns", moved.by));
    }
    let (weight, bias) = linear(node)?;
    let name = node.layer(builder, 1);
    let outputs = weight.shape[0];
    let inner = builder.fresh(&format!("{out}/product"));
    let mut image = rows(builder, name, &moved.image, weight, inner)?;
    if let Some(bias) = bias {
        let biased = builder.fresh(&format!("{out}/biased"));
        let bias = Side::Constant(Arc::new(Constant::floats(vec![outputs], bias)));
        image = binary(builder, "Add", Side::Image(image), bias, biased)?;
    }
    let layout = Layout(vec![moved.layout.0[0], Axis::Own(outputs)]);
    Ok(vec![(out.to_owned(), settled(builder, Moved { image, layout, by: moved.by }))])
}

/// A Gather by places among the values of all images, each image's of its own and in the same order: those of the image again.
fn strided(builder: &mut Builder, node: &Reading<'_>, out: &str) -> Result<Made, String> {
    let moved = lifted(builder, node, 0)?;
    let wrong =
        || format!("it gathers of images that `{}` moved: places that are evenly spaced and the same in each are read", moved.by);
    axis_of(node.attributes.int("axis", 0)?, moved.layout.0.len())?;
    if !matches!(moved.layout.0[..], [Axis::Own(_) | Axis::Images { before: 1, .. }]) {
        return Err(wrong());
    }
    let count = volume(&moved.layout.dims());
    let mut found: Option<(Vec<usize>, Vec<usize>)> = None;
    for (run, &images) in builder.batches.iter().enumerate() {
        let places = node.at(1, run)?.ok_or_else(wrong)?;
        let (Some((&first, dims)), values) = (places.shape.split_first(), places.as_ints()?) else { return Err(wrong()) };
        let each = volume(dims);
        if first != images || each == 0 {
            return Err(wrong());
        }
        let own: Option<Vec<usize>> = values
            .iter()
            .enumerate()
            .map(|(at, &place)| {
                usize::try_from(place).ok()?.checked_sub((at / each).saturating_mul(count)).filter(|&place| place < count)
            })
            .collect();
        let own = own.filter(|own| own.chunks_exact(each).all(|next| next == &own[..each])).ok_or_else(wrong)?;
        let own = (own[..each].to_vec(), dims.to_vec());
        if found.get_or_insert_with(|| own.clone()) != &own {
            return Err(wrong());
        }
    }
    let (places, dims) = found.ok_or_else(wrong)?;
    let step = places.get(1).map_or(1, |&second| second as i64 - places[0] as i64);
    if step == 0 || places.windows(2).any(|pair| pair[1] as i64 - pair[0] as i64 != step) {
        return Err(wrong());
    }
    let flat = builder.viewed(out, &moved.image, vec![count]);
    let inner = builder.fresh(&format!("{out}/slice"));
    let made: Shaped = builder.slice(inner, &flat, 0, places[0], places.len(), step);
    Ok(vec![(out.to_owned(), Value::Image(builder.viewed(out, &made, dims)))])
}
