//! `--kernels`: where a network's time goes on the device.

use serde::Serialize;

use super::ceilings::Peak;
use crate::gpu::{Timing, Work};

/// The dispatches of one name in one submission, together.
#[derive(Debug, Clone, Serialize)]
pub struct Kernel {
    /// The operator.
    pub label: String,
    /// The shader that computes it.
    pub shader: &'static str,
    /// Dispatches.
    pub count: usize,
    /// Their time by the device's own clock, the fastest of a few runs.
    pub ms: f64,
    /// Operations a second, in 10^9.
    pub gflops: f64,
    /// Bytes read and written a second, in 10^9.
    pub gbytes_per_s: f64,
    /// The time that the ceilings alone would take, over `ms`.
    pub share_of_roof: Option<f64>,
    #[serde(skip)]
    work: Work,
}

/// The timings of several runs of one plan: each dispatch at its fastest, those of one operator and shader together, the slowest first.
pub fn kernels(runs: &[Vec<Timing>]) -> Vec<Kernel> {
    let Some((first, others)) = runs.split_first() else { return Vec::new() };
    let mut kernels: Vec<Kernel> = Vec::new();
    for (index, timing) in first.iter().enumerate() {
        let again = others.iter().filter_map(|run| run.get(index)).map(|timing| timing.seconds);
        let ms = 1e3 * again.fold(timing.seconds, f64::min);
        let Work { flops, bytes } = timing.work;
        match kernels.iter_mut().find(|kernel| kernel.label == timing.label && kernel.shader == timing.shader) {
            Some(kernel) => {
                kernel.count += 1;
                kernel.ms += ms;
                kernel.work = Work { flops: kernel.work.flops + flops, bytes: kernel.work.bytes + bytes };
            }
            None => kernels.push(Kernel {
                label: timing.label.clone(),
                shader: timing.shader,
                count: 1,
                ms,
                gflops: 0.0,
                gbytes_per_s: 0.0,
                share_of_roof: None,
                work: timing.work,
            }),
        }
    }
    for kernel in &mut kernels {
        // A clock may be too coarse to see a small dispatch.
        let seconds = (kernel.ms / 1e3).max(1e-9);
        kernel.gflops = kernel.work.flops as f64 / seconds / 1e9;
        kernel.gbytes_per_s = kernel.work.bytes as f64 / seconds / 1e9;
    }
    kernels.sort_by(|a, b| b.ms.total_cmp(&a.ms));
    kernels
}

impl Kernel {
    /// Sets the share of the roof.
    pub fn against(&mut self, peak: &Peak, precision: &str) {
        self.share_of_roof = peak.seconds(self.work, precision).map(|roof| 1e3 * roof / self.ms.max(1e-6));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dispatches_of_one_operator_count_together_each_at_its_fastest() {
        let timing = |label: &str, seconds: f64| {
            let work = Work { flops: 1_000_000, bytes: 4_000_000 };
            Timing { label: label.into(), shader: "dense", begin: 0.0, seconds, work }
        };
        let runs = [
            vec![timing("small", 1e-3), timing("fc", 2e-3), timing("fc", 5e-3)],
            vec![timing("small", 2e-3), timing("fc", 3e-3), timing("fc", 2e-3)],
        ];
        let mut found = kernels(&runs);
        assert_eq!(
            found.iter().map(|k| (k.label.as_str(), k.count, k.ms)).collect::<Vec<_>>(),
            [("fc", 2, 4.0), ("small", 1, 1.0)]
        );
        assert_eq!((found[0].gflops, found[0].gbytes_per_s), (0.5, 2.0));
        found[0].against(&Peak { gflops_f32: Some(10.0), gflops_f16_matrix: None, gbytes_per_s: Some(4.0) }, "f16");
        assert_eq!(found[0].share_of_roof, Some(0.5));
        assert!(kernels(&[]).is_empty());
    }
}
