//! The processor: its vector instructions, and the threads that may be used.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;
use rayon::{ThreadPool, Yield};

use crate::error::{Error, Result};

/// Multiply-adds, or values moved, that are worth waking a thread for.
const WORTH_A_THREAD: usize = 1 << 15;

/// Looks for work, each in vain, before a thread lets others have its core.
const SPINS: u32 = 2000;

/// As often in vain again, each time after others had the core, it goes back to what it did: that may be a part of a run that waits for another thread, which waits for
/// this part. A thread takes up help in the middle of such a part, too.
const YIELDS: u32 = 2000;

/// A processor with some of its threads. Clones share them.
#[derive(Clone)]
pub struct Cpu {
    arch: Arch,
    pool: Option<Arc<ThreadPool>>,
    threads: usize,
    lanes: usize,
}

impl fmt::Debug for Cpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cpu").field("instructions", &self.instructions()).field("threads", &self.threads).finish()
    }
}

impl Cpu {
    /// The processor with `threads` threads; with `None`, as many as the machine has for this process. In the browser it is one.
    ///
    /// # Errors
    /// [`Error::Argument`] for no threads or more than 1,024, [`Error::Defect`] where the system gives none.
    pub fn new(threads: Option<usize>) -> Result<Self> {
        if threads.is_some_and(|threads| !(1..=1024).contains(&threads)) {
            return Err(Error::Argument("threads: a number from 1 to 1024".into()));
        }
        let there = std::thread::available_parallelism().map_or(1, usize::from);
        let threads = if cfg!(target_family = "wasm") { 1 } else { threads.unwrap_or(there) };
        let pool = if threads > 1 {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).thread_name(|index| format!("moue {index}"));
            Some(pool.build().map_err(|error| Error::Defect(format!("the system gives no {threads} threads: {error}")))?)
        } else {
            None
        };
        let arch = Arch::new();
        Ok(Self { arch, pool: pool.map(Arc::new), threads, lanes: arch.dispatch(Lanes) })
    }

    /// The same by narrower vector instructions, as an older processor has them; `None` where there are none: tests run them all.
    #[doc(hidden)]
    pub fn narrower(&self) -> Option<Self> {
        let arch = match self.arch {
            Arch::Scalar => return None,
            #[cfg(target_arch = "x86_64")]
            Arch::V4(_) => pulp::x86::V3::try_new().map_or(Arch::Scalar, Arch::V3),
            _ => Arch::Scalar,
        };
        Some(Self { arch, lanes: arch.dispatch(Lanes), ..self.clone() })
    }

    /// Threads that are used at most.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// Its widest vector instructions that are used, by name.
    pub fn instructions(&self) -> &'static str {
        match (self.lanes, cfg!(target_arch = "x86_64")) {
            (16, _) => "AVX-512",
            (8, _) => "AVX2",
            (4, false) if cfg!(target_family = "wasm") => "WebAssembly SIMD",
            (4, false) => "NEON",
            (4, true) => "SSE",
            _ => "scalar",
        }
    }

    /// What it is, in words: its vector instructions and threads.
    pub fn words(&self) -> String {
        let threads = if self.threads == 1 { "one thread".to_owned() } else { format!("{} threads", self.threads) };
        format!("{}, {threads}", self.instructions())
    }

    /// Floats of a vector.
    pub(crate) fn lanes(&self) -> usize {
        self.lanes
    }

    /// The same, on the thread that calls.
    pub(crate) fn alone(&self) -> Self {
        Self { pool: None, threads: 1, ..self.clone() }
    }

    /// `work` on every one of `parts`, by as many threads as there are; the results in their order.
    pub(crate) fn map<T: Send, R: Send>(&self, parts: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
        if self.threads == 1 || parts.len() < 2 {
            return parts.into_iter().map(work).collect();
        }
        match &self.pool {
            Some(pool) => pool.install(|| parts.into_par_iter().with_max_len(1).map(work).collect()),
            None => parts.into_iter().map(work).collect(),
        }
    }

    /// `work` by the threads of this processor, for a short time: all of them stay awake until it is done, as to wake one takes as long as a small operator.
    pub(crate) fn run<R: Send>(&self, work: impl FnOnce() -> R + Send) -> R {
        let Some(pool) = &self.pool else { return work() };
        pool.install(|| {
            let (own, done) = (rayon::current_thread_index(), AtomicBool::new(false));
            rayon::scope(|scope| {
                scope.spawn_broadcast(|_, context| {
                    if Some(context.index()) != own {
                        help(&done);
                    }
                });
                // Also where `work` panics: nobody waits for ever.
                let _ends = Ends(&done);
                work()
            })
        })
    }

    /// `work` with the vector instructions there are.
    #[inline(always)]
    pub(crate) fn vectors<W: WithSimd>(&self, work: W) -> W::Output {
        self.arch.dispatch(work)
    }

    /// `work` on every part of `each` floats of `data`, and its number; by several threads where `cost`, in multiply-adds or values, is worth it.
    pub(crate) fn each(&self, data: &mut [f32], each: usize, cost: usize, work: impl Fn(usize, &mut [f32]) + Sync + Send) {
        let each = each.max(1);
        if self.threads == 1 || cost < WORTH_A_THREAD || data.len() <= each {
            data.chunks_mut(each).enumerate().for_each(|(index, part)| work(index, part));
        } else {
            data.par_chunks_mut(each).enumerate().for_each(|(index, part)| work(index, part));
        }
    }

    /// As [`Cpu::each`], with `own` floats of `between` that no other thread uses at the same time: there are as many for every thread.
    pub(crate) fn each_with(
        &self,
        data: &mut [f32],
        each: usize,
        between: &mut [f32],
        own: usize,
        cost: usize,
        work: impl Fn(usize, &mut [f32], &mut [f32]) + Sync + Send,
    ) {
        let each = each.max(1);
        if self.threads == 1 || cost < WORTH_A_THREAD || data.len() <= each {
            let own = &mut between[..own];
            data.chunks_mut(each).enumerate().for_each(|(index, part)| work(index, part, own));
            return;
        }
        let owned: Vec<Mutex<&mut [f32]>> = between.chunks_mut(own.max(1)).map(Mutex::new).collect();
        data.par_chunks_mut(each).enumerate().for_each(|(index, part)| {
            // Each thread has its own: none waits.
            let thread = rayon::current_thread_index().unwrap_or(0) % owned.len().max(1);
            if let Some(own) = owned.get(thread) {
                work(index, part, &mut own.lock().unwrap_or_else(PoisonError::into_inner));
            }
        });
    }

    /// `work` on every one of `parts`, as [`Cpu::each`].
    pub(crate) fn parts<T: Send>(&self, parts: Vec<T>, cost: usize, work: impl Fn(T) + Sync + Send) {
        if self.threads == 1 || cost < WORTH_A_THREAD || parts.len() < 2 {
            parts.into_iter().for_each(work);
        } else {
            parts.into_par_iter().with_max_len(1).for_each(work);
        }
    }

    /// Pixels of a part, of `pixels`, so that every thread gets some parts, of at least `least` pixels and a multiple of `unit`.
    pub(crate) fn share(&self, pixels: usize, least: usize, unit: usize) -> usize {
        // Several a thread: none waits long for the last one.
        let parts = if self.threads == 1 { 1 } else { 4 * self.threads };
        pixels.div_ceil(parts).max(least).next_multiple_of(unit.max(1)).max(1)
    }
}

/// Does what there is to do until `done`, or until there has been nothing for a while.
fn help(done: &AtomicBool) {
    let mut idle = 0_u32;
    while !done.load(Ordering::Acquire) {
        if rayon::yield_now() == Some(Yield::Executed) {
            idle = 0;
        } else if idle < SPINS {
            idle += 1;
            std::hint::spin_loop();
        } else if idle < SPINS + YIELDS {
            // Somebody else may need the core.
            idle += 1;
            std::thread::yield_now();
        } else {
            return;
        }
    }
}

struct Ends<'d>(&'d AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F32_LANES
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// A thread in the middle of a part of the run takes up help: the run waits for that part, and must not wait for ever. Nothing else guards against this hang, which
    /// is seldom. Costs milliseconds.
    #[test]
    fn help_ends_where_the_run_waits_for_what_lies_beneath_it() {
        let cpu = Cpu::new(Some(2)).unwrap();
        let pool = cpu.pool.clone().unwrap();
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let [busy, told, over] = [const { AtomicBool::new(false) }; 3];
            let wait = |flag: &AtomicBool| {
                while !flag.load(Ordering::Acquire) {
                    std::thread::yield_now();
                }
            };
            pool.in_place_scope(|scope| {
                scope.spawn(|_| {
                    busy.store(true, Ordering::Release);
                    wait(&told);
                    // As a part does that waits for a part of its own.
                    while rayon::yield_now() != Some(Yield::Executed) {}
                    over.store(true, Ordering::Release);
                });
                wait(&busy);
                cpu.run(|| {
                    told.store(true, Ordering::Release);
                    wait(&over);
                });
            });
            let _ = sender.send(());
        });
        assert!(receiver.recv_timeout(Duration::from_secs(60)).is_ok(), "two threads wait for each other");
    }
}
