//! Operators on constants: exporters write shapes as small programs of them.

use super::node::{Attributes, axes_of, axis_of};
use super::types;
use super::value::{Constant, Numbers};
use crate::weights::assembly::volume;
pub(super) use crate::weights::constant::{broadcast, expand, range, transpose, within};
use crate::weights::constant::{places, strides};

fn binary(op: &str, left: &Constant, right: &Constant, most: usize) -> Result<Constant, String> {
    let shape = broadcast(&left.shape, &right.shape)?;
    within(&shape, most)?;
    let (left, right) = (expand(left, &shape)?, expand(right, &shape)?);
    if let (Numbers::Int(a), Numbers::Int(b)) = (&left.numbers, &right.numbers) {
        let apply = |(&a, &b): (&i64, &i64)| match op {
            "Add" => Ok(a.wrapping_add(b)),
            "Sub" => Ok(a.wrapping_sub(b)),
            "Mul" => Ok(a.wrapping_mul(b)),
            "Div" => a.checked_div(b).ok_or("a division by 0"),
            "Max" => Ok(a.max(b)),
            "Min" => Ok(a.min(b)),
            "Equal" => Ok(i64::from(a == b)),
            "Less" => Ok(i64::from(a < b)),
            "LessOrEqual" => Ok(i64::from(a <= b)),
            "GreaterOrEqual" => Ok(i64::from(a >= b)),
            "And" => Ok(i64::from(a != 0 && b != 0)),
            "Or" => Ok(i64::from(a != 0 || b != 0)),
            // Of the divisor's sign.
            "Mod" => a
                .checked_rem(b)
                .map(|rest| if rest != 0 && (rest < 0) != (b < 0) { rest + b } else { rest })
                .ok_or("a division by 0"),
            "Pow" => u32::try_from(b).map(|b| a.wrapping_pow(b)).map_err(|_| "a negative power of an integer"),
            _ => Ok(i64::from(a > b)),
        };
        return Ok(Constant::ints(shape, a.iter().zip(b).map(apply).collect::<Result<_, _>>()?));
    }
    let (a, b) = (left.as_floats(), right.as_floats());
    let pairs = a.into_iter().zip(b);
    if matches!(op, "Equal" | "Less" | "Greater" | "LessOrEqual" | "GreaterOrEqual") {
        let apply = |(a, b): (f32, f32)| {
            i64::from(match op {
                "Equal" => a == b,
                "Less" => a < b,
                "LessOrEqual" => a <= b,
                "GreaterOrEqual" => a >= b,
                _ => a > b,
            })
        };
        return Ok(Constant::ints(shape, pairs.map(apply).collect()));
    }
    if matches!(op, "And" | "Or" | "Mod") {
        return Err("of floats it is not computed".into());
    }
    let apply = |(a, b): (f32, f32)| match op {
        "Add" => a + b,
        "Sub" => a - b,
        "Mul" => a * b,
        "Div" => a / b,
        "Pow" => f64::from(a).powf(b.into()) as f32,
        "Max" => a.max(b),
        _ => a.min(b),
    };
    Ok(Constant::floats(shape, pairs.map(apply).collect()))
}

/// A shape as integers give it.
fn shape_of(sizes: &[i64]) -> Result<Vec<usize>, String> {
    sizes.iter().map(|&n| usize::try_from(n).map_err(|_| format!("a size of {n}"))).collect()
}

/// The sizes that a Reshape to `target` gives to `count` values of `shape`.
pub(super) fn reshaped(shape: &[usize], target: &[i64], zero_is_zero: bool) -> Result<Vec<usize>, String> {
    let count = volume(shape);
    let wrong = || format!("{shape:?} does not become {target:?}");
    let mut sizes = Vec::new();
    for (i, &n) in target.iter().enumerate() {
        sizes.push(match n {
            0 if !zero_is_zero => *shape.get(i).ok_or_else(wrong)?,
            -1 => 1,
            n => usize::try_from(n).map_err(|_| wrong())?,
        });
    }
    let known = sizes.iter().try_fold(1_usize, |product, &n| product.checked_mul(n)).ok_or_else(wrong)?;
    match target.iter().filter(|&&n| n == -1).count() {
        0 if known == count => Ok(sizes),
        1 if known > 0 && count.is_multiple_of(known) => {
            let free = target.iter().position(|&n| n == -1).unwrap_or(0);
            sizes[free] = count / known;
            Ok(sizes)
        }
        _ => Err(wrong()),
    }
}

/// Operators that are computed on constants and not on the image.
pub(super) const OPERATORS: &[&str] = &[
    "ConstantOfShape",
    "Range",
    "Where",
    "Equal",
    "Less",
    "Greater",
    "LessOrEqual",
    "GreaterOrEqual",
    "And",
    "Or",
    "Not",
    "Mod",
    "Floor",
    "Ceil",
    "ReduceProd",
    "Log",
];

/// The output of the operator `op` on constants; `None` where it is not one of those that are computed at import. A missing optional input is `None`.
pub(super) fn fold(
    op: &str,
    version: i64,
    attributes: &Attributes<'_>,
    inputs: &[Option<&Constant>],
    most: usize,
) -> Result<Option<Constant>, String> {
    let first = || inputs.first().copied().flatten().ok_or("its first input is missing".to_owned());
    let second = || inputs.get(1).copied().flatten().ok_or("its second input is missing".to_owned());
    Ok(Some(match op {
        "Identity" | "Dropout" => first()?.clone(),
        "Cast" => match attributes.int("to", 1)? {
            1 | 10 | 11 | 16 => Constant::floats(first()?.shape.clone(), first()?.as_floats()),
            to @ (2 | 3 | 5 | 6 | 7 | 9) => {
                let whole: Vec<i64> = match &first()?.numbers {
                    Numbers::Int(values) => values.clone(),
                    Numbers::Float(values) if to == 9 => values.iter().map(|&value| i64::from(value != 0.0)).collect(),
                    Numbers::Float(values) => values.iter().map(|&value| value as i64).collect(),
                };
                let held = |value: i64| match to {
                    2 => i64::from(value as u8),
                    3 => i64::from(value as i8),
                    5 => i64::from(value as i16),
                    6 => i64::from(value as i32),
                    9 => i64::from(value != 0),
                    _ => value,
                };
                Constant::ints(first()?.shape.clone(), whole.into_iter().map(held).collect())
            }
            other => return Err(format!("a cast to {}", types::name(i32::try_from(other).unwrap_or(-1)))),
        },
        "Shape" => {
            let shape = &first()?.shape;
            let (start, count) = range(shape.len(), attributes.int("start", 0)?, attributes.int("end", i64::MAX)?, 1)?;
            Constant::ints(vec![count], shape[start..start + count].iter().map(|&n| n as i64).collect())
        }
        "Size" => Constant::ints(vec![], vec![first()?.count() as i64]),
        "ConstantOfShape" => {
            let shape = shape_of(&first()?.as_ints()?)?;
            within(&shape, most)?;
            let value = attributes.tensor("value")?.unwrap_or_else(|| Constant::floats(vec![1], vec![0.0]));
            expand(&Constant { shape: vec![], ..value }, &shape)?
        }
        "Range" => {
            let ends: Vec<i64> = inputs.iter().flatten().map(|end| end.as_ints()).collect::<Result<Vec<_>, _>>()?.concat();
            let [start, limit, step] = ends[..] else { return Err("a range of other than three integers".into()) };
            let count = if step == 0 { 0 } else { ((limit.saturating_sub(start)) as f64 / step as f64).ceil().max(0.0) as usize };
            within(&[count], most)?;
            Constant::ints(vec![count], (0..count as i64).map(|i| start.wrapping_add(i.wrapping_mul(step))).collect())
        }
        "Gather" => {
            let (data, indices) = (first()?, second()?);
            let axis = axis_of(attributes.int("axis", 0)?, data.shape.len())?;
            let length = data.shape[axis] as i64;
            let (before, after): (usize, usize) = (volume(&data.shape[..axis]), volume(&data.shape[axis + 1..]));
            let shape = [&data.shape[..axis], &indices.shape[..], &data.shape[axis + 1..]].concat();
            within(&shape, most)?;
            let mut from = Vec::new();
            for index in indices.as_ints()? {
                let index = if index < 0 { index.saturating_add(length) } else { index };
                if !(0..length).contains(&index) {
                    return Err(format!("index {index} of {length}"));
                }
                from.push(index as usize);
            }
            let places = (0..before).flat_map(|b| {
                from.iter().flat_map(move |&index| (0..after).map(move |a| (b * length as usize + index) * after + a))
            });
            data.gather(shape, places.collect::<Vec<_>>().into_iter())
        }
        "Unsqueeze" | "Squeeze" | "Flatten" | "Reshape" => {
            let data = first()?;
            let shape = new_shape(op, version, attributes, &data.shape, inputs.get(1).copied().flatten())?;
            Constant { shape, numbers: data.numbers.clone() }
        }
        "Transpose" => {
            let data = first()?;
            let reversed: Vec<i64> = (0..data.shape.len() as i64).rev().collect();
            let axes = axes_of(attributes.ints("perm")?.unwrap_or(&reversed), data.shape.len())?;
            let mut sorted = axes.clone();
            sorted.sort_unstable();
            if !sorted.into_iter().eq(0..data.shape.len()) {
                return Err(format!("axes {axes:?} of {:?}", data.shape));
            }
            transpose(data, &axes)
        }
        "Concat" => {
            let parts: Vec<&Constant> = inputs.iter().flatten().copied().collect();
            let data = first()?;
            let axis = axis_of(attributes.int("axis", 1)?, data.shape.len())?;
            concat(&parts, axis, most)?
        }
        "Slice" => {
            let mut data = first()?.clone();
            for (axis, start, end, step) in slices(version, attributes, &data.shape, inputs)? {
                let (start, count) = range(data.shape[axis], start, end, step)?;
                let own = strides(&data.shape);
                let mut shape = data.shape.clone();
                shape[axis] = count;
                let steps: Vec<i64> = own
                    .iter()
                    .enumerate()
                    .map(|(i, &stride)| if i == axis { (stride as i64).saturating_mul(step) } else { stride as i64 })
                    .collect();
                data = data.gather(shape.clone(), places(&shape, &steps, (start * own[axis]) as i64).into_iter());
            }
            data
        }
        "Expand" => {
            let shape = broadcast(&first()?.shape, &shape_of(&second()?.as_ints()?)?)?;
            within(&shape, most)?;
            expand(first()?, &shape)?
        }
        "Where" => {
            let (Some(yes), Some(no)) = (inputs.get(1).copied().flatten(), inputs.get(2).copied().flatten()) else {
                return Err("it reads three tensors".into());
            };
            let shape = broadcast(&broadcast(&first()?.shape, &yes.shape)?, &no.shape)?;
            within(&shape, most)?;
            let (condition, yes, no) = (expand(first()?, &shape)?.as_ints()?, expand(yes, &shape)?, expand(no, &shape)?);
            match (&yes.numbers, &no.numbers) {
                (Numbers::Int(a), Numbers::Int(b)) => Constant::ints(
                    shape,
                    condition.iter().zip(a.iter().zip(b)).map(|(&c, (&a, &b))| if c != 0 { a } else { b }).collect(),
                ),
                _ => {
                    let (a, b) = (yes.as_floats(), no.as_floats());
                    Constant::floats(
                        shape,
                        condition.iter().zip(a.into_iter().zip(b)).map(|(&c, (a, b))| if c != 0 { a } else { b }).collect(),
                    )
                }
            }
        }
        "Add" | "Sub" | "Mul" | "Div" | "Pow" if version < 7 && attributes.has("axis") => {
            return Err(
                "sizes that repeat from an axis on are not read in constants: convert it with onnx.version_converter".into()
            );
        }
        "Mod" if attributes.int("fmod", 0)? != 0 => return Err("a remainder with the sign of what is divided is not read".into()),
        "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Mod" | "And" | "Or" | "Equal" | "Less" | "Greater" | "LessOrEqual"
        | "GreaterOrEqual" => binary(op, first()?, second()?, most)?,
        "Max" | "Min" | "Sum" | "Mean" => {
            let step = if matches!(op, "Sum" | "Mean") { "Add" } else { op };
            let mut all = inputs.iter().flatten();
            let start = all.next().map(|&constant| constant.clone()).ok_or("nothing to compare")?;
            let whole = all.try_fold(start, |left, right| binary(step, &left, right, most))?;
            if op == "Mean" {
                let count = Constant::floats(vec![], vec![inputs.iter().flatten().count() as f32]);
                binary("Div", &whole, &count, most)?
            } else {
                whole
            }
        }
        "Not" => {
            let data = first()?;
            Constant::ints(data.shape.clone(), data.as_ints()?.iter().map(|&value| i64::from(value == 0)).collect())
        }
        "Tile" => {
            let data = first()?;
            let repeats = shape_of(&second()?.as_ints()?)?;
            if repeats.len() != data.shape.len() {
                return Err(format!("{} repeats of {:?}", repeats.len(), data.shape));
            }
            let shape: Vec<usize> = data.shape.iter().zip(&repeats).map(|(&n, &times)| n.saturating_mul(times)).collect();
            within(&shape, most)?;
            let own = strides(&data.shape);
            let mut all = vec![0];
            for ((&n, &times), &stride) in data.shape.iter().zip(&repeats).zip(&own) {
                all = all.into_iter().flat_map(|at| (0..n * times).map(move |i| at + i % n * stride)).collect();
            }
            data.gather(shape, all.into_iter())
        }
        "Neg" | "Abs" | "Floor" | "Ceil" | "Sqrt" | "Exp" | "Log" | "Reciprocal" => {
            let data = first()?;
            match (&data.numbers, op) {
                (Numbers::Int(values), "Neg") => {
                    Constant::ints(data.shape.clone(), values.iter().map(|value| value.wrapping_neg()).collect())
                }
                (Numbers::Int(values), "Abs") => {
                    Constant::ints(data.shape.clone(), values.iter().map(|value| value.wrapping_abs()).collect())
                }
                (Numbers::Int(_), _) => data.clone(),
                (Numbers::Float(values), _) => {
                    let apply = |&x: &f32| match op {
                        "Neg" => -x,
                        "Abs" => x.abs(),
                        "Floor" => x.floor(),
                        "Ceil" => x.ceil(),
                        "Sqrt" => x.sqrt(),
                        "Exp" => x.exp(),
                        "Log" => x.ln(),
                        _ => 1.0 / x,
                    };
                    Constant::floats(data.shape.clone(), values.iter().map(apply).collect())
                }
            }
        }
        "ReduceMean" | "ReduceSum" | "ReduceProd" | "ReduceMax" | "ReduceMin" | "ReduceL1" | "ReduceL2" | "ReduceSumSquare" => {
            let data = first()?;
            let axes = reduced_axes(op, version, attributes, inputs.get(1).copied().flatten(), data.shape.len())?;
            match axes {
                Some(axes) => reduce(op, data, &axes, attributes.int("keepdims", 1)? != 0)?,
                None => data.clone(),
            }
        }
        _ => return Ok(None),
    }))
}

/// The dimensions that a reduction is over; `None` where it is over none.
pub(super) fn reduced_axes(
    op: &str,
    version: i64,
    attributes: &Attributes<'_>,
    given: Option<&Constant>,
    rank: usize,
) -> Result<Option<Vec<usize>>, String> {
    let by_input = version >= if op == "ReduceSum" { 13 } else { 18 };
    let axes = if by_input { given.map(Constant::as_ints).transpose()? } else { attributes.ints("axes")?.map(<[i64]>::to_vec) };
    match axes.filter(|axes| !axes.is_empty()) {
        Some(axes) => axes_of(&axes, rank).map(Some),
        None if by_input && attributes.int("noop_with_empty_axes", 0)? != 0 => Ok(None),
        None => Ok(Some((0..rank).collect())),
    }
}

fn reduce(op: &str, data: &Constant, axes: &[usize], keep: bool) -> Result<Constant, String> {
    let reduced = |dim: &usize| axes.contains(dim);
    let rank = data.shape.len();
    let order: Vec<usize> = (0..rank).filter(|dim| !reduced(dim)).chain((0..rank).filter(reduced)).collect();
    let kept: Vec<usize> = (0..rank).filter(|dim| !reduced(dim)).map(|dim| data.shape[dim]).collect();
    let rows = volume(&kept);
    let each = data.count().checked_div(rows).filter(|&each| each > 0).ok_or("it reduces a constant without values")?;
    let turned = transpose(data, &order);
    let shape = if keep { (0..rank).map(|dim| if reduced(&dim) { 1 } else { data.shape[dim] }).collect() } else { kept };
    match turned.numbers {
        Numbers::Int(values) => {
            let of = |row: &[i64]| match op {
                "ReduceSum" => Ok(row.iter().fold(0, |sum: i64, &n| sum.wrapping_add(n))),
                "ReduceProd" => Ok(row.iter().fold(1, |product: i64, &n| product.wrapping_mul(n))),
                "ReduceMean" => Ok(row.iter().fold(0, |sum: i64, &n| sum.wrapping_add(n)) / each as i64),
                "ReduceMax" => Ok(row.iter().copied().max().unwrap_or(0)),
                "ReduceMin" => Ok(row.iter().copied().min().unwrap_or(0)),
                _ => Err("of integers it is not computed"),
            };
            Ok(Constant::ints(shape, values.chunks_exact(each).map(of).collect::<Result<_, _>>()?))
        }
        Numbers::Float(values) => {
            let of = |row: &[f32]| {
                let row = row.iter().map(|&value| f64::from(value));
                let found = match op {
                    "ReduceSum" => row.sum(),
                    "ReduceProd" => row.product(),
                    "ReduceMean" => row.sum::<f64>() / each as f64,
                    "ReduceMax" => row.fold(f64::NEG_INFINITY, f64::max),
                    "ReduceMin" => row.fold(f64::INFINITY, f64::min),
                    "ReduceL1" => row.map(f64::abs).sum(),
                    "ReduceL2" => row.map(|value| value * value).sum::<f64>().sqrt(),
                    _ => row.map(|value| value * value).sum(),
                };
                found as f32
            };
            Ok(Constant::floats(shape, values.chunks_exact(each).map(of).collect()))
        }
    }
}

fn concat(parts: &[&Constant], axis: usize, most: usize) -> Result<Constant, String> {
    let first = parts.first().ok_or("nothing to concatenate")?;
    let mut shape = first.shape.clone();
    shape[axis] = 0;
    for part in parts {
        if part.shape.len() != shape.len() || part.shape.iter().enumerate().any(|(i, &n)| i != axis && n != first.shape[i]) {
            return Err(format!("{:?} and {:?} do not concatenate along {axis}", first.shape, part.shape));
        }
        shape[axis] += part.shape[axis];
    }
    within(&shape, most)?;
    let outer = volume(&shape[..axis]);
    let ints = parts.iter().all(|part| matches!(part.numbers, Numbers::Int(_)));
    let (mut whole, mut real) = (Vec::new(), Vec::new());
    for row in 0..outer {
        for part in parts {
            let each = part.count() / outer;
            match &part.numbers {
                Numbers::Int(values) if ints => whole.extend_from_slice(&values[row * each..(row + 1) * each]),
                _ => real.extend_from_slice(&part.as_floats()[row * each..(row + 1) * each]),
            }
        }
    }
    Ok(if ints { Constant::ints(shape, whole) } else { Constant::floats(shape, real) })
}

/// The shape after Squeeze, Unsqueeze, Flatten or Reshape; their axes or sizes are an attribute or the second input.
pub(super) fn new_shape(
    op: &str,
    version: i64,
    attributes: &Attributes<'_>,
    shape: &[usize],
    second: Option<&Constant>,
) -> Result<Vec<usize>, String> {
    let axes = || match (attributes.ints("axes")?, second) {
        (Some(axes), _) if version < 13 => Ok(Some(axes.to_vec())),
        (_, Some(axes)) => axes.as_ints().map(Some),
        _ => Ok::<_, String>(None),
    };
    match op {
        "Flatten" => {
            let axis = attributes.int("axis", 1)?;
            let axis = if axis == shape.len() as i64 { shape.len() } else { axis_of(axis, shape.len())? };
            Ok(vec![volume(&shape[..axis]), volume(&shape[axis..])])
        }
        "Reshape" => {
            let target = match second {
                Some(target) => target.as_ints()?,
                None => {
                    attributes.ints("shape")?.ok_or("its shape is computed from the image: only fixed shapes are read")?.to_vec()
                }
            };
            reshaped(shape, &target, attributes.int("allowzero", 0)? != 0)
        }
        "Squeeze" => match axes()? {
            None => Ok(shape.iter().copied().filter(|&n| n != 1).collect()),
            Some(axes) => {
                let axes = axes_of(&axes, shape.len())?;
                if let Some(&axis) = axes.iter().find(|&&axis| shape[axis] != 1) {
                    return Err(format!("dimension {axis} of {shape:?} is not 1"));
                }
                Ok(shape.iter().enumerate().filter(|(i, _)| !axes.contains(i)).map(|(_, &n)| n).collect())
            }
        },
        _ => {
            let axes = axes()?.ok_or("it has no axes")?;
            let rank = shape.len() + axes.len();
            let axes = axes_of(&axes, rank)?;
            let mut rest = shape.iter();
            Ok((0..rank).map(|i| if axes.contains(&i) { 1 } else { rest.next().copied().unwrap_or(1) }).collect())
        }
    }
}

/// Axis, start, end and step of every slice.
pub(super) fn slices(
    version: i64,
    attributes: &Attributes<'_>,
    shape: &[usize],
    inputs: &[Option<&Constant>],
) -> Result<Vec<(usize, i64, i64, i64)>, String> {
    let input = |index: usize| inputs.get(index).copied().flatten().map(|constant| constant.as_ints()).transpose();
    let own = |name: &str| attributes.ints(name).map(|ints| ints.map(<[i64]>::to_vec));
    let (starts, ends, axes, steps) = if version < 10 {
        (own("starts")?, own("ends")?, own("axes")?, None)
    } else {
        (input(1)?, input(2)?, input(3)?, input(4)?)
    };
    let (starts, ends) =
        (starts.ok_or("its starts are computed from the image")?, ends.ok_or("its ends are computed from the image")?);
    let axes = axes_of(&axes.unwrap_or_else(|| (0..starts.len() as i64).collect()), shape.len())?;
    let steps = steps.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), steps.len()] != [starts.len(); 3] {
        return Err("starts, ends, axes and steps differ in number".into());
    }
    Ok(axes.into_iter().enumerate().map(|(i, axis)| (axis, starts[i], ends[i], steps[i])).collect())
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn a_size_of_0_does_not_hide_one_that_is_too_large() {
        assert!(within(&[1 << 50, 0], 1 << 20).is_err() && within(&[0, 1 << 50], 1 << 20).is_err());
        assert!(within(&[3, 0, 4], 1 << 20).is_ok());
    }
}
