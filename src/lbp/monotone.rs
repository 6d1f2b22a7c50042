//! Kruskal's monotone regression by pooling adjacent violators.

/// The non-decreasing sequence nearest to `values` in least squares, into `fitted` (same length).
pub(super) fn regress(values: impl ExactSizeIterator<Item = f64>, fitted: &mut [f64]) {
    // Blocks as (sum, length): the mean of a block is what it is fitted with.
    let mut blocks: Vec<(f64, usize)> = Vec::with_capacity(values.len());
    for value in values {
        let mut last = (value, 1);
        while let Some(&(sum, length)) = blocks.last() {
            if sum / (length as f64) < last.0 / last.1 as f64 {
                break;
            }
            last = (last.0 + sum, last.1 + length);
            blocks.pop();
        }
        blocks.push(last);
    }
    let mut rest = fitted;
    for (sum, length) in blocks {
        let (block, after) = rest.split_at_mut(length.min(rest.len()));
        block.fill(sum / length as f64);
        rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::regress;

    fn fitted(values: &[f64]) -> Vec<f64> {
        let mut out = vec![f64::NAN; values.len()];
        regress(values.iter().copied(), &mut out);
        out
    }

    #[test]
    fn ordered_values_stay() {
        assert_eq!(fitted(&[-1.0, 0.0, 0.0, 4.0]), [-1.0, 0.0, 0.0, 4.0]);
    }

    #[test]
    fn violators_become_their_mean() {
        assert_eq!(fitted(&[1.0, 3.0, 2.0, 4.0]), [1.0, 2.5, 2.5, 4.0]);
        assert_eq!(fitted(&[4.0, 3.0, 2.0, 7.0, 1.0]), [3.0, 3.0, 3.0, 4.0, 4.0]);
    }

    #[test]
    fn pooling_reaches_back() {
        assert_eq!(fitted(&[1.0, 5.0, 6.0, 0.0, 9.0]), [1.0, 11.0 / 3.0, 11.0 / 3.0, 11.0 / 3.0, 9.0]);
    }
}
