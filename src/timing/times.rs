//! Several times of the same work.

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
}
