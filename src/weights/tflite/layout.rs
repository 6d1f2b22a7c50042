//! Where the dimensions of a file's tensor lie in the network: TensorFlow Lite has channels last, a network of moue describes them first, and what a
//! file transposes or reshapes need not move at all.

use crate::weights::assembly::{Shaped, volume};

/// A tensor of the file as the network has it.
#[derive(Debug, Clone)]
pub(super) struct Laid {
    /// In the network, without the batch.
    pub image: Shaped,
    /// Dimension i of the network's is dimension `axes[i]` of the file's. Those of the file's that are not among them have size 1: the batch, mostly.
    pub axes: Vec<usize>,
    /// Sizes in the file.
    pub shape: Vec<usize>,
}

/// `[N, H, W, C]` as a network of moue describes pictures.
pub(super) const CHANNELS_FIRST: [usize; 3] = [3, 1, 2];

/// The dimensions of a network's input or output for the sizes of the file's: channels first of pictures, else as in the file without the batch.
pub(super) fn outside(shape: &[usize]) -> Vec<usize> {
    match shape {
        [1, _, _, _] => CHANNELS_FIRST.to_vec(),
        [1, _, ..] => (1..shape.len()).collect(),
        _ => (0..shape.len()).collect(),
    }
}

impl Laid {
    /// Its sizes along the dimensions `axes` of the file.
    pub fn sizes(&self, axes: &[usize]) -> Vec<usize> {
        axes.iter().map(|&axis| self.shape[axis]).collect()
    }

    /// The dimensions of the file that are not 1, in the network's order.
    pub fn long(&self) -> Vec<usize> {
        long(&self.axes, &self.shape)
    }

    /// With dimensions of size 1 before its own, so that it has `rank`.
    pub fn lifted(mut self, rank: usize) -> Self {
        let lacking = rank.saturating_sub(self.shape.len());
        self.axes.iter_mut().for_each(|axis| *axis += lacking);
        self.shape = [vec![1; lacking], self.shape].concat();
        self
    }

    /// Its dimensions in the network with those of the file that `of` has and it lacks behind them.
    pub fn with(&self, of: &[usize]) -> Vec<usize> {
        self.axes.iter().chain(of.iter().filter(|axis| !self.axes.contains(axis))).copied().collect()
    }

    /// The dimensions of the file that its dimensions in the network are if the file has the same values in the sizes `shape`: `None` where something has to
    /// move for that.
    pub fn regrouped(&self, shape: &[usize]) -> Option<Vec<usize>> {
        let (old, order) = (long(&(0..self.shape.len()).collect::<Vec<_>>(), &self.shape), self.long());
        let new = long(&(0..shape.len()).collect::<Vec<_>>(), shape);
        let (mut left, mut right) = (old.iter().peekable(), new.iter().peekable());
        // The first of the old dimensions of a group, and all of its new ones.
        let mut groups: Vec<(usize, Vec<usize>)> = Vec::new();
        while let (Some(&first), Some(_)) = (left.peek(), right.peek()) {
            let (mut olds, mut news) = (Vec::new(), Vec::new());
            let (mut a, mut b) = (1_usize, 1_usize);
            loop {
                if a <= b {
                    let &axis = left.next()?;
                    a *= self.shape[axis];
                    olds.push(axis);
                } else {
                    let &axis = right.next()?;
                    b *= shape[axis];
                    news.push(axis);
                }
                if a == b {
                    break;
                }
            }
            let at = order.iter().position(|axis| axis == first)?;
            if order.get(at..at + olds.len()) != Some(&olds[..]) {
                return None;
            }
            groups.push((at, news));
        }
        groups.sort_by_key(|(at, _)| *at);
        let axes: Vec<usize> = groups.into_iter().flat_map(|(_, news)| news).collect();
        // One dimension is there at least.
        Some(if axes.is_empty() { vec![shape.len().checked_sub(1)?] } else { axes })
    }
}

fn long(axes: &[usize], shape: &[usize]) -> Vec<usize> {
    axes.iter().copied().filter(|&axis| shape[axis] != 1).collect()
}

/// Whether two tensors have as many values.
pub(super) fn as_many(left: &[usize], right: &[usize]) -> bool {
    volume(left) == volume(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(shape: &[usize], axes: &[usize]) -> Laid {
        let dims = axes.iter().map(|&axis| shape[axis]).collect();
        Laid { image: Shaped { name: "x".into(), dims }, axes: axes.to_vec(), shape: shape.to_vec() }
    }

    #[test]
    fn other_sizes_of_what_lies_together_move_nothing() {
        let picture = laid(&[1, 4, 6, 8], &CHANNELS_FIRST);
        // Rows and columns are neighbours in both orders, channels are not theirs.
        assert_eq!(picture.regrouped(&[1, 24, 8]), Some(vec![2, 1]));
        assert_eq!(picture.regrouped(&[1, 24, 2, 4]), Some(vec![2, 3, 1]));
        assert_eq!(picture.regrouped(&[1, 2, 2, 6, 8]), Some(vec![4, 1, 2, 3]));
        assert_eq!(picture.regrouped(&[1, 192]), None);
        assert_eq!(picture.regrouped(&[1, 4, 48]), None);
        assert_eq!(laid(&[1, 1, 1, 8], &CHANNELS_FIRST).regrouped(&[1, 8]), Some(vec![1]));
        assert_eq!(laid(&[1, 1, 1, 1], &CHANNELS_FIRST).regrouped(&[1, 1]), Some(vec![1]));
        assert_eq!(laid(&[1, 146, 2], &[1, 2]).regrouped(&[1, 1, 146, 2]), Some(vec![2, 3]));
        assert_eq!(laid(&[1, 4, 6], &[2, 1]).regrouped(&[1, 24]), None);
        assert_eq!(laid(&[1, 4, 6], &[1, 2]).regrouped(&[1, 8, 3]), Some(vec![1, 2]));
    }
}
