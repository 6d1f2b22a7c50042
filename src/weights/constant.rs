//! Values that are known when a file of another framework is read: weights, and the integers that say sizes and axes.

/// Numbers of a constant. Booleans are integers here.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Numbers {
    Float(Vec<f32>),
    Int(Vec<i64>),
}

/// A tensor that is known at import.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Constant {
    pub shape: Vec<usize>,
    pub numbers: Numbers,
}

impl Constant {
    pub fn floats(shape: Vec<usize>, values: Vec<f32>) -> Self {
        Self { shape, numbers: Numbers::Float(values) }
    }

    pub fn ints(shape: Vec<usize>, values: Vec<i64>) -> Self {
        Self { shape, numbers: Numbers::Int(values) }
    }

    pub fn count(&self) -> usize {
        match &self.numbers {
            Numbers::Float(values) => values.len(),
            Numbers::Int(values) => values.len(),
        }
    }

    /// Its values as f32.
    pub fn as_floats(&self) -> Vec<f32> {
        match &self.numbers {
            Numbers::Float(values) => values.clone(),
            Numbers::Int(values) => values.iter().map(|&value| value as f32).collect(),
        }
    }

    /// Its values as integers.
    pub fn as_ints(&self) -> Result<Vec<i64>, String> {
        match &self.numbers {
            Numbers::Int(values) => Ok(values.clone()),
            Numbers::Float(_) => Err("floats where integers are wanted".into()),
        }
    }

    /// Its only value as f32.
    pub fn scalar(&self) -> Result<f32, String> {
        match self.as_floats()[..] {
            [value] => Ok(value),
            _ => Err(format!("a constant of shape {:?} where one number is wanted", self.shape)),
        }
    }

    /// Values at `places` in a new shape; a place beyond the values is a defect of the caller and reads 0.
    pub fn gather(&self, shape: Vec<usize>, places: impl Iterator<Item = usize>) -> Self {
        let numbers = match &self.numbers {
            Numbers::Float(values) => Numbers::Float(places.map(|at| values.get(at).copied().unwrap_or(0.0)).collect()),
            Numbers::Int(values) => Numbers::Int(places.map(|at| values.get(at).copied().unwrap_or(0)).collect()),
        };
        Self { shape, numbers }
    }
}

/// Steps of the index along each dimension of `shape`.
pub(super) fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for i in (1..shape.len()).rev() {
        strides[i - 1] = strides[i] * shape[i];
    }
    strides
}

/// Indices of every position of `shape`, each dimension with its own step.
pub(super) fn places(shape: &[usize], steps: &[i64], first: i64) -> Vec<usize> {
    let mut all = vec![first];
    for (&size, &step) in shape.iter().zip(steps) {
        all = all.into_iter().flat_map(|at| (0..size as i64).map(move |i| at + i * step)).collect();
    }
    all.into_iter().map(|at| at.max(0) as usize).collect()
}

/// `constant` repeated to `shape` by ONNX's broadcast.
pub(super) fn expand(constant: &Constant, shape: &[usize]) -> Result<Constant, String> {
    let lacking = shape
        .len()
        .checked_sub(constant.shape.len())
        .ok_or_else(|| format!("{:?} does not repeat to {shape:?}", constant.shape))?;
    let own = strides(&constant.shape);
    let mut steps = vec![0; shape.len()];
    for (i, &size) in constant.shape.iter().enumerate() {
        if size != 1 && size != shape[lacking + i] {
            return Err(format!("{:?} does not repeat to {shape:?}", constant.shape));
        }
        steps[lacking + i] = if size == 1 { 0 } else { own[i] as i64 };
    }
    Ok(constant.gather(shape.to_vec(), places(shape, &steps, 0).into_iter()))
}

/// The shape that two broadcast to.
pub(super) fn broadcast(left: &[usize], right: &[usize]) -> Result<Vec<usize>, String> {
    let rank = left.len().max(right.len());
    let size = |side: &[usize], i: usize| (i + side.len()).checked_sub(rank).and_then(|i| side.get(i)).copied().unwrap_or(1);
    (0..rank)
        .map(|i| match (size(left, i), size(right, i)) {
            (a, b) if a == b || b == 1 => Ok(a),
            (1, b) => Ok(b),
            _ => Err(format!("{left:?} and {right:?} do not broadcast")),
        })
        .collect()
}

pub(super) fn transpose(constant: &Constant, axes: &[usize]) -> Constant {
    let own = strides(&constant.shape);
    let shape: Vec<usize> = axes.iter().map(|&axis| constant.shape[axis]).collect();
    let steps: Vec<i64> = axes.iter().map(|&axis| own[axis] as i64).collect();
    constant.gather(shape.clone(), places(&shape, &steps, 0).into_iter())
}

/// Where a slice starts, how many positions it has and its step, along a dimension of `length`.
pub(super) fn range(length: usize, start: i64, end: i64, step: i64) -> Result<(usize, usize), String> {
    let length = length as i64;
    let from_end = |at: i64| if at < 0 { at.saturating_add(length) } else { at };
    let (start, end) = if step > 0 {
        (from_end(start).clamp(0, length), from_end(end).clamp(0, length))
    } else {
        (from_end(start).clamp(-1, length - 1), from_end(end).clamp(-1, length - 1))
    };
    let distance = if step > 0 { end - start } else { start - end };
    match step {
        0 | i64::MIN => Err(format!("a step of {step}")),
        _ if distance <= 0 => Ok((0, 0)),
        _ => Ok((start as usize, ((distance - 1) / step.abs() + 1) as usize)),
    }
}

/// Checks that a constant of `shape` has at most `most` values.
pub(super) fn within(shape: &[usize], most: usize) -> Result<(), String> {
    // A size of 0 empties what the others would make, which is listed place by place all the same.
    match shape.iter().try_fold(1_usize, |product, &n| product.checked_mul(n.max(1))) {
        Some(count) if count <= most => Ok(()),
        _ => Err(format!("a constant of shape {shape:?} would be made: the file has no need of more than {most} values")),
    }
}
