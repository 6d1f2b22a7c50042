//! Values from other places of the same image: transpose, slice and pad, and reshape along with them.

use crate::error::{Error, Result};

/// Most axes of a [`Rearrange`].
pub const MOST_AXES: usize = 8;

/// One axis of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    /// Positions of the result.
    pub size: usize,
    /// Step of the input's logical index from one position to the next.
    pub stride: i64,
    /// Positions of the result before the input's first.
    pub before: usize,
    /// Positions of the input.
    pub within: usize,
}

impl Axis {
    fn words(&self) -> String {
        let Self { size, stride, before, within } = self;
        format!("an axis of {size} positions, {before} of them before the {within} of the input by steps of {stride}")
    }
}

/// What positions beyond the input become.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Beyond {
    /// This value.
    Constant(f32),
    /// The mirror image, the edge itself not repeated.
    Reflect,
    /// The value at the edge.
    Edge,
}

/// Where every value of a result comes from: position p of an axis reads position p - before of the input, whose logical index the strides give.
#[derive(Debug, Clone, PartialEq)]
pub struct Rearrange {
    /// Axes of the result in logical order, outermost first.
    pub axes: Vec<Axis>,
    /// Logical index of the input value at position 0 of every axis.
    pub first: usize,
    /// Beyond the input.
    pub beyond: Beyond,
}

/// Steps of the logical index along each dimension of `shape`.
fn strides(shape: &[usize]) -> Vec<i64> {
    let mut strides = vec![1; shape.len()];
    for i in (1..shape.len()).rev() {
        strides[i - 1] = strides[i] * shape[i] as i64;
    }
    strides
}

impl Rearrange {
    fn plain(axes: impl Iterator<Item = (usize, i64)>, first: usize) -> Self {
        let axes = axes.map(|(size, stride)| Axis { size, stride, before: 0, within: size }).collect();
        Self { axes, first, beyond: Beyond::Constant(0.0) }
    }

    /// The same values in the same logical order.
    pub fn reshape(count: usize) -> Self {
        Self::plain([(count, 1)].into_iter(), 0)
    }

    /// Dimension `axes[i]` of an input of `shape` becomes dimension i.
    pub fn transpose(shape: &[usize], axes: &[usize]) -> Self {
        let strides = strides(shape);
        Self::plain(axes.iter().map(|&axis| (shape[axis], strides[axis])), 0)
    }

    /// `count` positions of dimension `axis` of an input of `shape`, from `start` on by `step`.
    pub fn slice(shape: &[usize], axis: usize, start: usize, count: usize, step: i64) -> Self {
        let strides = strides(shape);
        let axes = shape
            .iter()
            .zip(&strides)
            .enumerate()
            .map(|(i, (&size, &stride))| if i == axis { (count, step.saturating_mul(stride)) } else { (size, stride) });
        Self::plain(axes, start * strides[axis] as usize)
    }

    /// An input of `shape` with `before` and `after` more positions of each dimension.
    pub fn pad(shape: &[usize], before: &[usize], after: &[usize], beyond: Beyond) -> Self {
        let axes = strides(shape)
            .into_iter()
            .enumerate()
            .map(|(i, stride)| Axis { size: before[i] + shape[i] + after[i], stride, before: before[i], within: shape[i] })
            .collect();
        Self { axes, first: 0, beyond }
    }

    /// What it puts before and after each dimension of an input of `shape`, where all that it does is to put zeros there.
    pub fn zeros_around<const N: usize>(&self, shape: [usize; N]) -> Option<[[usize; N]; 2]> {
        let (mut before, mut after) = ([0; N], [0; N]);
        if self.first != 0 || self.beyond != Beyond::Constant(0.0) || self.axes.len() != N {
            return None;
        }
        for (i, (axis, stride)) in self.axes.iter().zip(strides(&shape)).enumerate() {
            if axis.within != shape[i] || (axis.stride != stride && axis.within > 1) {
                return None;
            }
            before[i] = axis.before;
            after[i] = axis.size.checked_sub(axis.before + axis.within)?;
        }
        Some([before, after])
    }

    /// Values of the result.
    pub fn count(&self) -> usize {
        self.axes.iter().map(|axis| axis.size).product()
    }

    /// Checks that every position reads one of `values` values.
    ///
    /// # Errors
    /// [`Error::Shape`] where one would not.
    pub fn check(&self, at: &str, values: usize) -> Result<()> {
        let (mut least, mut most) = (self.first as i64, self.first as i64);
        for axis in &self.axes {
            let after = (axis.size as i64) - (axis.before as i64) - (axis.within as i64);
            let mirrored = axis.before < axis.within.max(1) && after < axis.within.max(1) as i64;
            if axis.size == 0
                || axis.within == 0
                || axis.size > 1 << 28
                || axis.within > 1 << 28
                || (self.beyond == Beyond::Reflect && !mirrored)
            {
                return Err(Error::shape(
                    at,
                    format!("{}: sizes are positive, and a reflected pad is smaller than what it reflects", axis.words()),
                ));
            }
            let reach = axis
                .stride
                .checked_mul(axis.within as i64 - 1)
                .ok_or_else(|| Error::shape(at, format!("{}: too large", axis.words())))?;
            least = least.saturating_add(reach.min(0));
            most = most.saturating_add(reach.max(0));
        }
        if self.axes.len() > MOST_AXES || least < 0 || most >= values as i64 {
            return Err(Error::shape(
                at,
                format!("at most {MOST_AXES} dimensions, and places within the {values} values there are, not {least} to {most}"),
            ));
        }
        Ok(())
    }
}
