//! Codes and colours of 4K frames: what the pixels of a video go through before a network sees them.

use crate::error::Result;
use crate::gpu::{Cost, Gpu, Plan, Recording, Slice, Timing, Wait, Work};
use crate::kernels::{self, Normalise, Source, View};
use crate::lbp::{Metric, published};
use crate::tensor::Precision;

const WIDTH: u32 = 3840;
const HEIGHT: u32 = 2160;
const RADIUS: u32 = 1;

/// Gray, codes of radius 1, lookup in the cyclic table, of a frame that lies on the device; the colours stay there, as numbers of `precision`.
#[derive(Debug)]
pub struct Frame<'p> {
    gpu: Gpu,
    pixels: &'p [u32],
    precision: Precision,
    /// By the frames of a submission.
    plans: Vec<(u32, Plan, Cost)>,
    /// The plan that ran last.
    last: usize,
}

impl<'p> Frame<'p> {
    /// Of `pixels`: see [`Frame::noise`].
    pub fn new(gpu: &Gpu, pixels: &'p [u32], precision: Precision) -> Self {
        Self { gpu: gpu.clone(), pixels, precision, plans: Vec::new(), last: 0 }
    }

    /// Records `frames` one after another in the same memory, as those of a video come, uploads one of them and runs a first time.
    ///
    /// # Errors
    /// The device's: [`crate::Error::Limit`] where its bindings do not hold the frame.
    async fn plan(&self, frames: u32, wait: Wait) -> Result<(Plan, Cost)> {
        let precision = self.precision;
        let count = (WIDTH * HEIGHT) as usize;
        let size = [HEIGHT, WIDTH];
        let inner = size.map(|side| side - 2 * RADIUS);
        let codes_count = u64::from(inner[0] * inner[1]);
        let words: Vec<u32> =
            published(Metric::Cyclic).colours.iter().map(|&[r, g, b]| u32::from_le_bytes([r, g, b, 0])).collect();

        let mut recording = Recording::default();
        let frame = recording.upload("frame", 4 * count as u64);
        let table = recording.upload("table", 1024);
        let crops = recording.upload("crops", 8);
        let gray = recording.slab("gray", count as u64);
        let codes = recording.slab("codes", codes_count);
        let [height, width] = inner.map(|side| side as usize);
        let output = View {
            slice: recording.slab("colours", View::bytes(precision, 1, 3, height, width)),
            images: 1,
            channels: 3,
            height,
            width,
            precision,
        };
        let step = Normalise {
            source: Source::Mapped,
            size: inner,
            resize: inner,
            crops: 1,
            reversed: false,
            mean: [127.5; 3],
            scale: [1.0 / 127.5; 3],
        };
        for _ in 0..frames {
            recording.dispatch(kernels::gray("gray", count, frame, gray)?);
            recording.dispatch(kernels::lbp("codes", 1, size, RADIUS, gray, codes)?);
            recording.dispatch(kernels::normalise("colours", step, codes, table, crops, 1, output, 0)?);
        }
        // Integers and comparisons are no floating-point operations, and of interpolation in place there is none: bytes are what counts.
        let work = Work { flops: 0, bytes: recording.work().bytes };
        let cost = Cost { work, ..Cost::of(&recording, frames as usize) };
        let mut plan = Plan::new(&self.gpu, recording)?;
        let uploads: [(Slice, &[u8]); 3] =
            [(frame, bytemuck::cast_slice(self.pixels)), (table, bytemuck::cast_slice(&words)), (crops, &[0; 8])];
        plan.answer(&uploads, wait).await?;
        Ok((plan, cost))
    }

    /// A frame of noise: what is hardest to compare, and the same everywhere.
    pub fn noise() -> Vec<u32> {
        let mut state = 0x9e37_79b9_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state >> 8
        };
        (0..WIDTH * HEIGHT).map(|_| next()).collect()
    }

    /// So many frames, from submission to completion; the first time their plan is made.
    ///
    /// # Errors
    /// The device's.
    pub async fn run(&mut self, frames: u32, wait: Wait) -> Result<()> {
        self.last = match self.plans.iter().position(|(of, ..)| *of == frames) {
            Some(place) => place,
            None => {
                let (plan, cost) = self.plan(frames, wait).await?;
                self.plans.push((frames, plan, cost));
                self.plans.len() - 1
            }
        };
        self.plans[self.last].1.answer(&[], wait).await.map(drop)
    }

    /// What the last run cost.
    pub fn cost(&self) -> Option<Cost> {
        self.plans.get(self.last).map(|(.., cost)| *cost)
    }

    /// The frames of the last run's plan, and how long each of its dispatches takes; none where the adapter has no timestamps.
    ///
    /// # Errors
    /// The device's.
    pub async fn profile(&mut self, wait: Wait) -> Result<Option<(usize, Vec<Timing>)>> {
        match self.plans.get_mut(self.last) {
            Some((frames, plan, _)) if self.gpu.capabilities().timestamps => {
                Ok(Some((*frames as usize, plan.timings(&[], wait).await?)))
            }
            _ => Ok(None),
        }
    }
}
