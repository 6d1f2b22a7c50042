//! Random numbers that a seed decides, the same on every machine.

/// splitmix64.
#[derive(Debug)]
pub(super) struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of `count` numbers from 0, each as likely as the next; 0 of none.
    pub fn below(&mut self, count: usize) -> usize {
        ((self.unit() * count as f64) as usize).min(count.saturating_sub(1))
    }

    /// One of the places of `weights`, as likely as they are; the last one where all are 0.
    pub fn weighted(&mut self, weights: &[f32]) -> usize {
        let sum: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
        let mut left = self.unit() * sum;
        for (at, &weight) in weights.iter().enumerate() {
            left -= f64::from(weight);
            if left < 0.0 {
                return at;
            }
        }
        weights.len().saturating_sub(1)
    }
}
