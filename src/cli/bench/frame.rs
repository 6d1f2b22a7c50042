//! Codes and colours of one 4K frame: what the pixels of a video go through before a network sees them.

use crate::bench::Cost;
use crate::error::Result;
use crate::gpu::{Gpu, Plan, Recording, Timing, Work};
use crate::kernels::{self, Normalise, Source, View};
use crate::lbp::{Metric, published};
use crate::precision::Precision;

const WIDTH: u32 = 3840;
const HEIGHT: u32 = 2160;
const RADIUS: u32 = 1;

/// Gray, codes of radius 1, lookup in the cyclic table, of a frame that lies on the device; the colours stay there, as numbers of `precision`.
#[derive(Debug)]
pub struct Frame {
    gpu: Gpu,
    plan: Plan,
    cost: Cost,
}

impl Frame {
    /// Records it, uploads a frame of noise and runs a first time.
    ///
    /// # Errors
    /// The device's: [`crate::Error::Limit`] where its bindings do not hold the frame.
    pub fn new(gpu: &Gpu, pixels: &[u32], precision: Precision) -> Result<Self> {
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
        recording.dispatch(kernels::gray("gray", count, frame, gray)?);
        recording.dispatch(kernels::lbp("codes", 1, size, RADIUS, gray, codes)?);
        recording.dispatch(kernels::normalise("colours", step, codes, table, crops, 1, output, 0)?);
        // Integers and comparisons are no floating-point operations, and of interpolation in place there is none: bytes are what counts.
        let work = Work { flops: 0, bytes: recording.work().bytes };
        let cost = Cost { work, ..Cost::of(&recording, 1) };
        let mut plan = Plan::new(gpu, recording)?;
        plan.run(&[(frame, bytemuck::cast_slice(pixels)), (table, bytemuck::cast_slice(&words)), (crops, &[0; 8])])?;
        Ok(Self { gpu: gpu.clone(), plan, cost })
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

    /// Once more, from submission to completion.
    ///
    /// # Errors
    /// The device's.
    pub fn run(&mut self) -> Result<()> {
        self.plan.run(&[]).map(drop)
    }

    /// What a run costs.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// How long each dispatch takes; nothing where the adapter has no timestamps.
    ///
    /// # Errors
    /// The device's.
    pub fn profile(&mut self) -> Result<Vec<Timing>> {
        if self.gpu.capabilities().timestamps { self.plan.profile(&[]) } else { Ok(Vec::new()) }
    }
}
