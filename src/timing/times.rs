//! Several times of the same work.

/// Of the interval of the median.
const CONFIDENCE: f64 = 0.95;

/// Times in seconds of interleaved repeats.
#[derive(Debug, Clone, PartialEq)]
pub struct Times(Vec<f64>);

impl Times {
    /// Times of at least one repeat.
    pub fn new(mut seconds: Vec<f64>) -> Self {
        seconds.sort_by(f64::total_cmp);
        Self(seconds)
    }

    /// How many repeats there were.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The value below which `share` of the repeats lie.
    pub fn quantile(&self, share: f64) -> f64 {
        let at = (share * self.0.len().saturating_sub(1) as f64).round() as usize;
        self.0.get(at).copied().unwrap_or(f64::NAN)
    }

    /// The middle repeat.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The fastest repeat.
    pub fn fastest(&self) -> f64 {
        self.quantile(0.0)
    }

    /// A 95 % confidence interval of the median: the two repeats between which it lies, by exact binomial ranks (order statistics), whatever the distribution.
    /// `None` of fewer than 6 repeats, which say no more than that they differ.
    pub fn interval(&self) -> Option<[f64; 2]> {
        let count = self.0.len();
        // Of `count` repeats, `rank` or fewer lie below the median with a probability that is summed term by term.
        let (mut log, mut below, mut rank) = (-(count as f64) * std::f64::consts::LN_2, 0.0, 0);
        loop {
            below += f64::exp(log);
            if below > (1.0 - CONFIDENCE) / 2.0 || rank >= count {
                break;
            }
            rank += 1;
            log += ((count - rank + 1) as f64 / rank as f64).ln();
        }
        let low = self.0.get(rank.checked_sub(1)?)?;
        Some([*low, *self.0.get(count - rank)?])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ranks of David and Nagaraja, Order Statistics, and of the tables of the sign test.
    #[test]
    fn the_interval_of_the_median_has_the_ranks_of_the_sign_test() {
        let ranks = |count: usize| Times::new((1..=count).map(|at| at as f64).collect()).interval();
        assert_eq!((ranks(0), ranks(5)), (None, None));
        let known = [(6, 1), (8, 1), (9, 2), (10, 2), (20, 6), (30, 10), (50, 18), (100, 40), (1000, 469), (2000, 956)];
        for (count, rank) in known {
            assert_eq!(ranks(count), Some([rank as f64, (count + 1 - rank) as f64]), "{count}");
        }
    }
}
