//! What the repeats of one measurement show beside their median: a machine that changed meanwhile. Times are in the order in which they were measured.

use crate::timing::Times;

/// Repeats that a sign is looked for in at least; a drift needs more, see [`SURE`].
const LEAST: usize = 10;
/// Deviations of the Mann-Whitney statistic from its mean, from which on two thirds differ: a chance of 1.4 in 1000 for each measurement. Thirds of fewer than eight
/// repeats never differ by as much.
const SURE: f64 = 3.2;
/// A difference that is worth a word, in parts of the median.
const WORTH: f64 = 0.03;
/// The smaller of two groups has at least this part of the repeats, and so many of them.
const GROUP: f64 = 0.2;
const GROUP_LEAST: usize = 4;
/// The gap between two groups, in parts of the median at least,
const GAP: f64 = 0.05;
/// and in ranges of the wider group, without the tenth at either end.
const RANGES: f64 = 2.0;
/// An outlier takes so many times the median at least,
const FAR: f64 = 1.4;
/// lies so many deviations above it (by the median absolute deviation),
const DEVIATIONS: f64 = 6.0;
/// and is one of so many in a hundred at least.
const OFTEN: f64 = 4.0;

/// What was noticed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Signs {
    /// By how much longer the last third of the repeats took than the first, in parts of it: below 0 they became faster.
    pub drift: Option<f64>,
    /// The medians of two groups, where the repeats fall in two.
    pub groups: Option<[f64; 2]>,
    /// Repeats that took far longer than the others, and the longest of them.
    pub outliers: Option<(usize, f64)>,
}

impl Signs {
    /// Of `seconds` in their order.
    pub fn of(seconds: &[f64]) -> Self {
        if seconds.len() < LEAST {
            return Self::default();
        }
        let drift = drift(seconds);
        // A machine that changed half-way has two groups too.
        let groups = if drift.is_none() { groups(seconds) } else { None };
        let outliers = if drift.is_none() && groups.is_none() { outliers(seconds) } else { None };
        Self { drift, groups, outliers }
    }
}

/// The first and the last third by the Mann-Whitney test, with ties counted half.
fn drift(seconds: &[f64]) -> Option<f64> {
    let third = seconds.len() / 3;
    let (first, last) = (&seconds[..third], &seconds[seconds.len() - third..]);
    let larger = |a: f64, b: f64| if b > a { 1.0 } else { f64::from(u8::from(a == b)) / 2.0 };
    let above: f64 = first.iter().map(|&a| last.iter().map(|&b| larger(a, b)).sum::<f64>()).sum();
    let count = third as f64;
    let (mean, deviation) = (count * count / 2.0, (count * count * (2.0 * count + 1.0) / 12.0).sqrt());
    let median = |part: &[f64]| Times::new(part.to_vec()).median();
    let change = median(last) / median(first) - 1.0;
    ((above - mean).abs() >= SURE * deviation && change.abs() >= WORTH).then_some(change)
}

/// The widest gap between neighbours of the sorted repeats, where each side has its part of them.
fn groups(seconds: &[f64]) -> Option<[f64; 2]> {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    let count = sorted.len();
    let least = ((GROUP * count as f64).ceil() as usize).max(GROUP_LEAST);
    let gap = |at: &usize| sorted[*at] - sorted[at - 1];
    let at = (least..=count.checked_sub(least)?).max_by(|a, b| gap(a).total_cmp(&gap(b)))?;
    let (low, high) = sorted.split_at(at);
    let range = |part: &[f64]| {
        let times = Times::new(part.to_vec());
        times.quantile(0.9) - times.quantile(0.1)
    };
    let median = |part: &[f64]| Times::new(part.to_vec()).median();
    let wide = gap(&at) >= GAP * median(&sorted) && gap(&at) >= RANGES * range(low).max(range(high));
    wide.then(|| [median(low), median(high)])
}

fn outliers(seconds: &[f64]) -> Option<(usize, f64)> {
    let middle = Times::new(seconds.to_vec()).median();
    let deviation = 1.4826 * Times::new(seconds.iter().map(|s| (s - middle).abs()).collect()).median();
    let far = |s: &&f64| **s >= FAR * middle && **s >= middle + DEVIATIONS * deviation;
    let found: Vec<f64> = seconds.iter().filter(far).copied().collect();
    let longest = found.iter().copied().fold(0.0, f64::max);
    (100.0 * found.len() as f64 >= OFTEN * seconds.len() as f64).then_some((found.len(), longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of a normal distribution, the same for a seed everywhere.
    struct Noise(u64);

    impl Noise {
        fn uniform(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
        }

        fn normal(&mut self) -> f64 {
            let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
            radius * (std::f64::consts::TAU * self.uniform()).cos()
        }
    }

    /// Repeats around 10 ms, each changed by `plant` at its position.
    fn times(seed: u64, count: usize, noise: f64, plant: impl Fn(usize) -> f64) -> Vec<f64> {
        let mut made = Noise(seed.wrapping_mul(7919));
        (0..count).map(|at| 0.01 * plant(at) * (noise * made.normal()).exp()).collect()
    }

    /// Thirteen measurements a report: of a hundred reports whose noise has no order, at least 95 have nothing to say.
    #[test]
    fn noise_without_order_says_nothing() {
        for noise in [0.003, 0.02, 0.05, 0.1] {
            for count in [10, 21, 40, 150] {
                let quiet = |report: u64| {
                    (0..13).all(|figure| Signs::of(&times(1000 * report + figure, count, noise, |_| 1.0)) == Signs::default())
                };
                let silent = (0..100).filter(|&report| quiet(report)).count();
                assert!(silent >= 95, "{silent} of 100 reports of {count} repeats with {noise}");
            }
        }
    }

    /// Noise with a long tail, as a machine with much to do has it.
    #[test]
    fn a_long_tail_is_no_drift_and_no_two_groups() {
        let signs = (0..1000).map(|seed| {
            let mut made = Noise(seed);
            let times: Vec<f64> = (0..30).map(|_| 0.01 * (1.0 - 0.1 * (1.0 - made.uniform()).ln())).collect();
            Signs::of(&times)
        });
        let wrong = signs.filter(|signs| signs.drift.is_some() || signs.groups.is_some()).count();
        assert!(wrong <= 10, "{wrong} of 1000");
    }

    #[test]
    fn an_adapter_that_slows_by_a_fifth_half_way_drifts() {
        for seed in 0..100 {
            let found = Signs::of(&times(seed, 24, 0.03, |at| if at < 12 { 1.0 } else { 1.2 }));
            let drift = found.drift.unwrap_or_else(|| panic!("{seed}: {found:?}"));
            assert!((0.1..0.3).contains(&drift) && found.groups.is_none(), "{seed}: {found:?}");
            let rising = Signs::of(&times(seed, 30, 0.01, |at| 1.2 - 0.01 * at.min(20) as f64));
            assert!(rising.drift.is_some_and(|drift| drift < -0.05), "{seed}: {rising:?}");
        }
    }

    #[test]
    fn one_outlier_in_ten_is_counted() {
        for seed in 0..100 {
            let found = Signs::of(&times(seed, 30, 0.02, |at| if at % 10 == 7 { 2.0 } else { 1.0 }));
            let (count, longest) = found.outliers.unwrap_or_else(|| panic!("{seed}: {found:?}"));
            assert!(count == 3 && (0.018..0.024).contains(&longest), "{seed}: {found:?}");
            assert_eq!((found.drift, found.groups), (None, None));
        }
        let once = times(1, 300, 0.02, |at| if at == 100 { 2.0 } else { 1.0 });
        assert_eq!(Signs::of(&once).outliers, None, "one of 300 is life");
    }

    #[test]
    fn repeats_that_go_to_and_fro_between_two_speeds_are_two_groups() {
        for seed in 0..100 {
            let found = Signs::of(&times(seed, 30, 0.02, |at| if at % 3 == 0 { 1.3 } else { 1.0 }));
            let [low, high] = found.groups.unwrap_or_else(|| panic!("{seed}: {found:?}"));
            assert!((0.0095..0.0105).contains(&low) && (0.0122..0.0138).contains(&high), "{seed}: {found:?}");
            assert_eq!((found.drift, found.outliers), (None, None));
        }
    }

    #[test]
    fn few_repeats_say_nothing() {
        assert_eq!(Signs::of(&[1.0, 1.0, 1.0, 9.0, 9.0, 9.0]), Signs::default());
        assert_eq!(Signs::of(&[]), Signs::default());
    }
}
