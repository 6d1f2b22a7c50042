//! By how much one answer is better than another on the same faces, and how sure that is.

use serde::Serialize;

use crate::weights::Stream;

/// Times that bursts are drawn.
const DRAWS: usize = 4000;
/// Bursts below which an interval would pretend to know.
const FEW: usize = 10;

/// A difference of accuracies, and where it lies in 95 of 100 cases.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Gain {
    /// The difference.
    pub gain: f64,
    /// From, to; none where there are too few bursts to say.
    pub interval: Option<[f64; 2]>,
}

/// `gains`: for each face 1 where the first alone is right, -1 where the second alone is, else 0, or a share of that. Bursts are drawn with replacement, whole,
/// as faces of one burst say the same (the percentile bootstrap of clusters).
pub fn gain(gains: &[f64], bursts: &[usize]) -> Gain {
    let mean = gains.iter().sum::<f64>() / gains.len().max(1) as f64;
    let mut names: Vec<usize> = bursts.to_vec();
    names.sort_unstable();
    names.dedup();
    if names.len() < FEW {
        return Gain { gain: mean, interval: None };
    }
    let mut sums = vec![(0.0, 0_usize); names.len()];
    for (gain, burst) in gains.iter().zip(bursts) {
        let at = names.binary_search(burst).unwrap_or(0);
        sums[at] = (sums[at].0 + gain, sums[at].1 + 1);
    }
    let random = Stream::new(1, "bursts");
    let mut drawn: Vec<f64> = (0..DRAWS)
        .map(|draw| {
            let one = |at: usize| {
                sums[((random.unit((draw * sums.len() + at) as u64) * sums.len() as f64) as usize).min(sums.len() - 1)]
            };
            let (sum, count) = (0..sums.len()).map(one).fold((0.0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
            sum / count.max(1) as f64
        })
        .collect();
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| drawn[((share * DRAWS as f64) as usize).min(DRAWS - 1)];
    Gain { gain: mean, interval: Some([at(0.025), at(0.975)]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two hundred faces alone: as wide as the normal distribution says, about 1.96 * sqrt(p (1 - p) / n).
    #[test]
    fn an_interval_is_as_wide_as_it_must_be_and_wider_where_bursts_are_few() {
        let gains: Vec<f64> = (0..200).map(|face| f64::from(u8::from(face % 4 == 0))).collect();
        let alone = gain(&gains, &(0..200).collect::<Vec<_>>());
        let [from, to] = alone.interval.unwrap();
        let wanted = 2.0 * 1.96 * (0.25_f64 * 0.75 / 200.0).sqrt();
        assert!(alone.gain == 0.25 && (to - from - wanted).abs() < 0.02, "{alone:?}");
        let sorted: Vec<f64> = (0..200).map(|face| f64::from(u8::from(face < 50))).collect();
        let together = gain(&sorted, &(0..200).map(|face| face / 10).collect::<Vec<_>>());
        let [low, high] = together.interval.unwrap();
        assert!(high - low > 2.0 * (to - from), "{together:?}");
        assert_eq!(gain(&gains, &[1; 200]).interval, None);
    }
}
