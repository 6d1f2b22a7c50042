//! One network at one batch and precision, measured.

use serde::Serialize;

use super::ceilings::Peak;
use super::kernels::Kernel;
use super::signs::Signs;
use crate::error::Result;
use crate::gpu::{Cost, Spent, Work};
use crate::timing::Times;

/// Half the width of the interval of a median that is known well enough, in parts of the median.
const STEADY: f64 = 0.03;

/// One network at one batch and precision. `*_ms`: wall time of a batch from input on the host to result on the host; of `lbp`, whose result
/// the networks read where it is, from submission to completion.
#[derive(Debug, Serialize)]
pub struct Measurement {
    /// Name of the network.
    pub net: String,
    /// Images answered together.
    pub batch: u32,
    /// `f32` or `f16`.
    pub precision: String,
    /// Median over the repetitions.
    pub median_ms: f64,
    /// The fastest.
    pub min_ms: f64,
    /// Nine of ten were at most this.
    pub p90_ms: f64,
    /// Where the median lies with a confidence of 95 %: two of the repeats, by exact binomial ranks (order statistics). None of fewer than 6 repeats.
    pub low_ms: Option<f64>,
    /// The upper end.
    pub high_ms: Option<f64>,
    /// Whether half the width of that interval is within 3 % of the median.
    pub steady: bool,
    /// Of the last run, by the host's clock: writing the input and recording the commands.
    pub upload_ms: Option<f64>,
    /// From submission to completion.
    pub compute_ms: Option<f64>,
    /// Taking the answers out of the device's memory.
    pub readback_ms: Option<f64>,
    /// Images a second at the median.
    pub images_per_s: f64,
    /// Operations a second at the median, in 10^9, of the kernels that computed them: Winograd's method needs a quarter of most. None where they are not
    /// counted.
    pub gflops: Option<f64>,
    /// Operations of the batch, in 10^9, where every convolution is computed directly, whatever computed it: the multiply-adds of the network's convolutions and
    /// dense layers, two operations each. None for `lbp`.
    pub direct_gflop: Option<f64>,
    /// The time that the ceilings alone would take, over the median.
    pub share_of_roof: Option<f64>,
    /// Bytes that dispatches read and write a second at the median, in 10^9.
    pub gbytes_per_s: Option<f64>,
    /// Time to the first answer: weights to the device, recording, pipelines, the first run, and with `--tune` measuring what was not measured before. Pipelines
    /// that a smaller batch of the same network compiled are there already.
    pub first_ms: f64,
    /// Repetitions after that.
    pub repeats: usize,
    /// Images of one submission: a larger batch goes through in several.
    pub images_a_submission: Option<usize>,
    /// Pipelines that this network compiled so far.
    pub pipelines: Option<usize>,
    /// Dispatches of one submission.
    pub dispatches: Option<usize>,
    /// Bytes of the buffers that they write.
    pub slab_bytes: Option<u64>,
    /// Operators of the last submission of a batch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernels: Option<Vec<Kernel>>,
    /// Images of that submission.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernels_images: Option<usize>,
    /// What the repeats show beside their median.
    #[serde(skip)]
    pub signs: Signs,
    /// Of the whole batch.
    #[serde(skip)]
    work: Option<Work>,
}

impl Measurement {
    /// Figures of the times of several repetitions.
    pub fn new(net: &str, batch: u32, precision: &str, first: f64, times: &Times) -> Self {
        let [low, high] = times.interval().map_or([None; 2], |ends| ends.map(|end| Some(1e3 * end)));
        Self {
            net: net.into(),
            batch,
            precision: precision.into(),
            median_ms: 1e3 * times.median(),
            min_ms: 1e3 * times.fastest(),
            p90_ms: 1e3 * times.quantile(0.9),
            low_ms: low,
            high_ms: high,
            steady: Self::is_steady(times),
            upload_ms: None,
            compute_ms: None,
            readback_ms: None,
            images_per_s: f64::from(batch) / times.median(),
            gflops: None,
            direct_gflop: None,
            share_of_roof: None,
            gbytes_per_s: None,
            first_ms: 1e3 * first,
            repeats: times.count(),
            images_a_submission: None,
            pipelines: None,
            dispatches: None,
            slab_bytes: None,
            kernels: None,
            kernels_images: None,
            signs: Signs::default(),
            work: None,
        }
    }

    /// Whether the median of `times` is known within 3 %.
    pub fn is_steady(times: &Times) -> bool {
        times.interval().is_some_and(|[low, high]| (high - low) / 2.0 <= STEADY * times.median())
    }

    /// Half the width of the median's interval, in parts of the median.
    pub fn half_width(&self) -> Option<f64> {
        Some((self.high_ms? - self.low_ms?) / 2.0 / self.median_ms)
    }

    /// Network, precision and batch.
    pub fn name(&self) -> String {
        format!("{}, {}, batch {}", self.net, self.precision, self.batch)
    }

    /// In a line.
    pub fn describe(&self) -> String {
        let Self { batch, first_ms, median_ms, images_per_s, repeats, .. } = self;
        let parts = match (self.upload_ms, self.compute_ms, self.readback_ms) {
            (Some(up), Some(compute), Some(back)) => format!(" ({up:.2} up, {compute:.2} computing, {back:.2} back)"),
            _ => String::new(),
        };
        let known = self.half_width().map_or(String::new(), |width| format!(" ± {:.1} %", 100.0 * width));
        format!(
            "batch {batch}: {median_ms:.2} ms{known}{parts}, {images_per_s:.1} images/s; first answer {first_ms:.0} ms; {repeats} repeats"
        )
    }

    /// Sets where the time went.
    pub fn spends(&mut self, spent: Spent) {
        let Spent { upload, compute, readback } = spent;
        [self.upload_ms, self.compute_ms, self.readback_ms] =
            [upload, compute, readback].map(|part| Some(1e3 * part.as_secs_f64()));
    }

    /// Sets the operators of the submission that was timed, and its images. What was measured before stays where that failed.
    ///
    /// # Errors
    /// That of `timed`.
    pub fn profiled(&mut self, timed: Result<(usize, Vec<Kernel>)>) -> Result<()> {
        let (images, kernels) = timed?;
        (self.kernels_images, self.kernels) = (Some(images), Some(kernels));
        Ok(())
    }

    /// Sets what a batch costs.
    pub fn costs(&mut self, cost: &Cost, pipelines: usize) {
        let Cost { images, dispatches, slab_bytes, work, .. } = *cost;
        let seconds = self.median_ms / 1e3;
        self.gflops = (work.flops > 0).then_some(work.flops as f64 / seconds / 1e9);
        self.gbytes_per_s = Some(work.bytes as f64 / seconds / 1e9);
        self.images_a_submission = Some(images);
        self.pipelines = Some(pipelines);
        self.dispatches = Some(dispatches);
        self.slab_bytes = Some(slab_bytes);
        self.work = Some(work);
    }

    /// Sets the shares of the roof.
    pub fn against(&mut self, peak: &Peak) {
        let roof = self.work.and_then(|work| peak.seconds(work, &self.precision));
        self.share_of_roof = roof.map(|seconds| 1e3 * seconds / self.median_ms);
        self.kernels.iter_mut().flatten().for_each(|kernel| kernel.against(peak, &self.precision));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_a_second_follow_from_the_median_batch() {
        let found = Measurement::new("default", 4, "f32", 0.5, &Times::new(vec![0.007, 0.001, 0.005]));
        assert_eq!((found.min_ms, found.median_ms, found.p90_ms, found.first_ms), (1.0, 5.0, 7.0, 500.0));
        assert_eq!((found.images_per_s, found.repeats), (800.0, 3));
    }

    #[test]
    fn a_median_is_steady_where_its_interval_is_narrow_and_known() {
        let of = |times: &[f64]| Measurement::new("default", 1, "f32", 0.5, &Times::new(times.to_vec()));
        let wide = of(&[0.95, 0.98, 1.0, 1.0, 1.02, 1.06]);
        assert_eq!((wide.low_ms, wide.high_ms, wide.steady), (Some(950.0), Some(1060.0), false));
        assert!((wide.half_width().unwrap() - 0.055).abs() < 1e-9 && wide.describe().contains("± 5.5 %"));
        assert!(of(&[0.98, 0.98, 1.0, 1.0, 1.02, 1.02]).steady);
        let few = of(&[1.0; 5]);
        assert_eq!((few.low_ms, few.half_width(), few.steady), (None, None, false));
    }

    #[test]
    fn a_measurement_outlives_the_failure_to_time_its_kernels() {
        let mut found = Measurement::new("default", 1, "f32", 0.5, &Times::new(vec![0.01]));
        assert!(found.profiled(Err(crate::error::Error::Defect("no clock".into()))).is_err());
        assert_eq!((found.median_ms, found.kernels.is_none(), found.kernels_images), (10.0, true, None));
        found.profiled(Ok((3, Vec::new()))).unwrap();
        assert_eq!((found.kernels.map(|kernels| kernels.len()), found.kernels_images), (Some(0), Some(3)));
    }

    #[test]
    fn a_batch_in_several_submissions_costs_all_of_them() {
        let mut found = Measurement::new("default", 6, "f32", 0.5, &Times::new(vec![0.01]));
        let work = Work { flops: 4_000_000, bytes: 5_000_000 };
        let mut cost = Cost { submissions: 1, images: 4, dispatches: 3, slab_bytes: 64, work };
        cost.add(Cost { images: 2, dispatches: 3, slab_bytes: 32, work: Work { flops: 2_000_000, bytes: 5_000_000 }, ..cost });
        assert_eq!((cost.submissions, cost.images, cost.dispatches, cost.slab_bytes), (2, 4, 3, 64));
        found.costs(&cost, 2);
        assert_eq!((found.gflops, found.gbytes_per_s, found.images_a_submission), (Some(0.6), Some(1.0), Some(4)));
        found.against(&Peak { gflops_f32: Some(1.2), gflops_f16_matrix: Some(6.0), gbytes_per_s: Some(10.0) });
        assert_eq!(found.share_of_roof, Some(0.5));
    }
}
