//! Where the images lie in a tensor that does not have them first: PyTorch's attention makes `[L, N, C]` of `[N, L, C]`, then `[N * heads, L, size]`.

use std::sync::Arc;

use crate::weights::assembly::{Shaped, volume};

/// A dimension of the file's tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    /// Of every image.
    Own(usize),
    /// `before` x images x `after` positions.
    Images { before: usize, after: usize },
}

/// The dimensions of the file's tensor, the images in one of them. In a file with one image they are in none: a 1 may stand anywhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout(pub Vec<Axis>);

/// A tensor of images that the file does not have first.
#[derive(Debug, Clone)]
pub(super) struct Moved {
    /// With the images first and [`Layout::dims`] behind.
    pub image: Shaped,
    pub layout: Layout,
    /// The node that moved them.
    pub by: Arc<str>,
}

impl Layout {
    /// Of a tensor that has `dims` for each image.
    pub fn first(dims: &[usize], single: bool) -> Self {
        let images = if single { Axis::Own(1) } else { Axis::Images { before: 1, after: 1 } };
        Self(std::iter::once(images).chain(dims.iter().map(|&size| Axis::Own(size))).collect())
    }

    /// Whether the images are a dimension of their own, and the first.
    pub fn is_first(&self, single: bool) -> bool {
        let images = if single { Axis::Own(1) } else { Axis::Images { before: 1, after: 1 } };
        self.0.first() == Some(&images)
    }

    /// Sizes for each image, in the order of the file: what is merged with the images has its own.
    pub fn dims(&self) -> Vec<usize> {
        self.0.iter().flat_map(|axis| axis.dims()).collect()
    }

    /// Sizes in the file with so many images.
    pub fn shape(&self, images: usize) -> Vec<usize> {
        let size = |axis: &Axis| match *axis {
            Axis::Own(size) => size,
            Axis::Images { before, after } => before.saturating_mul(images).saturating_mul(after),
        };
        self.0.iter().map(size).collect()
    }

    /// With other sizes of dimensions without images: those of `dims`, which are as many as [`Layout::dims`].
    pub fn resized(mut self, dims: &[usize]) -> Self {
        let mut at = 0;
        for axis in &mut self.0 {
            let each = axis.dims().len();
            if let (Axis::Own(size), Some(&new)) = (&mut *axis, dims.get(at)) {
                *size = new;
            }
            at += each;
        }
        self
    }

    /// The place in [`Layout::dims`] of a dimension without images.
    pub fn own(&self, axis: usize) -> Option<usize> {
        match self.0.get(axis)? {
            Axis::Own(_) => Some(self.0[..axis].iter().map(|axis| axis.dims().len()).sum()),
            Axis::Images { .. } => None,
        }
    }

    /// With dimension `axes[i]` as dimension i, and where each of [`Layout::dims`] was.
    pub fn turned(&self, axes: &[usize]) -> (Self, Vec<usize>) {
        let starts: Vec<usize> =
            (0..self.0.len()).map(|axis| self.0[..axis].iter().map(|axis| axis.dims().len()).sum()).collect();
        let order = axes.iter().flat_map(|&axis| starts[axis]..starts[axis] + self.0[axis].dims().len()).collect();
        (Self(axes.iter().map(|&axis| self.0[axis]).collect()), order)
    }

    /// In the sizes `targets`, one for each of the numbers of images `batches`: `None` where a dimension has images in part.
    pub fn regrouped(&self, targets: &[Vec<usize>], batches: &[usize]) -> Option<Self> {
        // More than one are in one place only: what lies before them ends there.
        let (run, &images) = batches.iter().enumerate().max_by_key(|(_, images)| **images)?;
        let target = targets.get(run)?;
        let own = || target.iter().map(|&size| Axis::Own(size)).collect::<Vec<_>>();
        let fits = |layout: &Self| targets.iter().zip(batches).all(|(target, &images)| layout.shape(images) == *target);
        let found = self.0.iter().enumerate().find_map(|(at, axis)| match *axis {
            Axis::Images { before, after } => Some((at, before, after)),
            Axis::Own(_) => None,
        });
        let Some((at, before, after)) = found else {
            return Some(Self(own())).filter(|layout| volume(&layout.dims()) == volume(&self.dims()) && fits(layout));
        };
        let sides = [&self.0[..at], &self.0[at + 1..]].map(|side| volume(&Self(side.to_vec()).dims()));
        let (outer, inner) = (sides[0].saturating_mul(before), sides[1].saturating_mul(after));
        let candidate = |at: usize| {
            let before = quotient(outer, volume(&target[..at]))?;
            let after = quotient(target[at], before.checked_mul(images)?)?;
            let mut axes = own();
            axes[at] = Axis::Images { before, after };
            let whole = after.saturating_mul(volume(&target[at + 1..])) == inner;
            Some(Self(axes)).filter(|layout| whole && fits(layout))
        };
        (0..target.len()).find_map(candidate)
    }
}

impl Axis {
    /// Its sizes for each image.
    pub fn dims(self) -> Vec<usize> {
        match self {
            Self::Own(size) => vec![size],
            Self::Images { before, after } => [before, after].into_iter().filter(|&size| size != 1).collect(),
        }
    }
}

fn quotient(whole: usize, part: usize) -> Option<usize> {
    (part > 0 && whole.is_multiple_of(part)).then(|| whole / part)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Axis = Axis::Images { before: 1, after: 1 };

    fn merged(before: usize, after: usize) -> Axis {
        Axis::Images { before, after }
    }

    /// Regrouped to the sizes that `target` gives for a number of images.
    fn regrouped(axes: &[Axis], target: impl Fn(usize) -> Vec<usize>) -> Option<Vec<Axis>> {
        let batches = [1, 2, 3, 33];
        let targets: Vec<_> = batches.iter().map(|&images| target(images)).collect();
        Layout(axes.to_vec()).regrouped(&targets, &batches).map(|layout| layout.0)
    }

    #[test]
    fn images_are_found_in_other_sizes() {
        let own = Axis::Own;
        let rows = [own(17), ALONE, own(64)];
        assert_eq!(regrouped(&rows, |n| vec![17, 4 * n, 16]), Some(vec![own(17), merged(1, 4), own(16)]));
        assert_eq!(regrouped(&rows, |n| vec![17 * n, 64]), Some(vec![merged(17, 1), own(64)]));
        assert_eq!(regrouped(&rows, |n| vec![17, n, 2, 32]), Some(vec![own(17), ALONE, own(2), own(32)]));
        assert_eq!(regrouped(&[merged(1, 4), own(17)], |n| vec![n, 4, 17]), Some(vec![ALONE, own(4), own(17)]));
        assert_eq!(regrouped(&[merged(17, 1), own(64)], |n| vec![17, n, 64]), Some(rows.to_vec()));
        // A dimension of 33 is no 33 images.
        assert_eq!(regrouped(&[own(33), ALONE], |n| vec![3, 11, n]), Some(vec![own(3), own(11), ALONE]));
        assert_eq!(regrouped(&rows, |n| vec![n, 17, 64]), None);
        assert_eq!(regrouped(&rows, |n| vec![34, n, 32]), None);
        assert_eq!(regrouped(&rows, |_| vec![17, 33, 64]), None);
    }

    #[test]
    fn what_is_merged_with_images_moves_with_them() {
        let layout = Layout(vec![Axis::Own(17), merged(3, 4), Axis::Own(16)]);
        assert_eq!((layout.dims(), layout.shape(2)), (vec![17, 3, 4, 16], vec![17, 24, 16]));
        let (turned, order) = layout.turned(&[1, 2, 0]);
        assert_eq!((turned.dims(), order), (vec![3, 4, 16, 17], vec![1, 2, 3, 0]));
        assert_eq!((layout.own(1), layout.own(2)), (None, Some(3)));
        assert_eq!(layout.resized(&[5, 3, 4, 7]).shape(2), [5, 24, 7]);
    }
}
