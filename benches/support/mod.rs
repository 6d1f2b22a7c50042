//! What the benches share: a kernel and the adapter's own ceilings, timed in turns.

use std::time::Duration;

use criterion::BenchmarkGroup;
use criterion::measurement::WallTime;
use moue::timing::{Load, PeakLoads, Times};

/// A kernel's times, and those of the multiply-add and the copy ceiling of the same run.
pub struct Measured {
    pub kernel: Times,
    pub fma: Times,
    pub copy: Times,
}

/// A group whose kernels are timed for two seconds each.
pub fn settle(group: &mut BenchmarkGroup<'_, WallTime>) {
    group.sample_size(10).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
}

/// Times `load` under `name`, the ceilings after every fourth run; `None` where criterion's filter left it out.
pub fn interleaved(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    load: &mut Load,
    peaks: &mut PeakLoads,
) -> Option<Measured> {
    let (mut kernel, mut fma, mut copy) = (Vec::new(), Vec::new(), Vec::new());
    group.bench_function(name, |bencher| {
        bencher.iter_custom(|rounds| {
            let mut total = 0.0;
            for round in 0..rounds {
                let seconds = load.seconds().unwrap();
                if round % 4 == 0 {
                    let peak = peaks.seconds().unwrap();
                    fma.push(peak.fma);
                    copy.push(peak.copy);
                }
                kernel.push(seconds);
                total += seconds;
            }
            Duration::from_secs_f64(total)
        });
    });
    (!kernel.is_empty()).then(|| Measured { kernel: Times::new(kernel), fma: Times::new(fma), copy: Times::new(copy) })
}
