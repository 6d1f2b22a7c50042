//! Earth Mover's Distance between binary codes: the work of moving the set bits of one code onto those of the other, one step along the
//! code costing 1. Levi & Hassner, "Emotion Recognition in the Wild via Convolutional Neural Networks and Mapped Binary Patterns",
//! ICMI 2015.

use super::Metric;

/// The distance between codes `a` and `b`, least significant bit first: the sum of the absolute differences of their cumulative sums, without
/// normalisation where the numbers of set bits differ. From 0 to 36.
///
/// The cyclic distance is the least of three over nine entries (a 0, then the code): as they are, with `a` reversed, with `b`
/// reversed. It is 0 for 56 pairs of different codes.
pub fn distance(metric: Metric, a: u8, b: u8) -> u32 {
    match metric {
        Metric::Regular => work::<8>(a.into(), b.into()),
        Metric::Cyclic => {
            let [forward_a, forward_b] = [a, b].map(|code| u16::from(code) << 1);
            let [reversed_a, reversed_b] = [a, b].map(|code| u16::from(code.reverse_bits()));
            work::<9>(forward_a, forward_b).min(work::<9>(reversed_a, forward_b)).min(work::<9>(forward_a, reversed_b))
        }
    }
}

/// All distances: row `a`, column `b`; 256 rows.
pub fn distances(metric: Metric) -> Vec<[u32; 256]> {
    (0..=255).map(|a| std::array::from_fn(|b| distance(metric, a, b as u8))).collect()
}

fn work<const ENTRIES: u32>(a: u16, b: u16) -> u32 {
    let mut surplus = 0_i32;
    (0..ENTRIES)
        .map(|entry| {
            surplus += i32::from(a >> entry & 1) - i32::from(b >> entry & 1);
            surplus.unsigned_abs()
        })
        .sum()
}
