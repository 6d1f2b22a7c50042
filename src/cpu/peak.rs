//! What the processor can do at most: chains of multiply-adds on all threads, and a copy of more than its caches hold.

use std::hint::black_box;

use pulp::{Simd, WithSimd};

use super::threads::Cpu;
use crate::host::Clock;

/// Chains of a thread that do not wait for one another.
const CHAINS: usize = 8;
/// Multiply-adds of a chain.
const STEPS: usize = 1 << 18;
/// Floats that are copied.
const COPIED: usize = 1 << 25;

/// Loads that find it.
#[derive(Debug)]
pub(crate) struct Peaks {
    cpu: Cpu,
    from: Vec<f32>,
    to: Vec<f32>,
}

impl Peaks {
    pub fn new(cpu: &Cpu) -> Self {
        Self { cpu: cpu.clone(), from: vec![1.0; COPIED], to: vec![0.0; COPIED] }
    }

    /// Operations, and bytes read and written, a second, in 10^9; once.
    pub fn measure(&mut self) -> [f64; 2] {
        let Self { cpu, from, to } = self;
        let seconds = |work: &mut dyn FnMut()| {
            let start = Clock::start();
            work();
            start.elapsed().as_secs_f64().max(1e-9)
        };
        let threads: Vec<usize> = (0..cpu.threads()).collect();
        let chains = seconds(&mut || drop(black_box(cpu.map(threads.clone(), |index| cpu.vectors(Chains(index as f32))))));
        let flops = 2 * cpu.threads() * CHAINS * STEPS * cpu.lanes();
        let each = COPIED / (4 * cpu.threads()).max(1);
        let copied = seconds(&mut || {
            cpu.run(|| cpu.each(to, each, COPIED, |index, to| to.copy_from_slice(&from[index * each..][..to.len()])));
            black_box(&*to);
        });
        [flops as f64 / chains / 1e9, 8.0 * COPIED as f64 / copied / 1e9]
    }
}

struct Chains(f32);

impl WithSimd for Chains {
    type Output = f32;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f32 {
        let (factor, step) = (simd.splat_f32s(black_box(0.999)), simd.splat_f32s(black_box(0.001)));
        let mut chains = [simd.splat_f32s(self.0); CHAINS];
        for _ in 0..STEPS {
            for chain in &mut chains {
                *chain = simd.mul_add_e_f32s(*chain, factor, step);
            }
        }
        chains.into_iter().map(|chain| simd.reduce_sum_f32s(chain)).sum()
    }
}
