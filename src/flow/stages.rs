//! The dispatches of the flow, for who records them: frames to expansions, pairs of expansions to flow.

use super::parameters::Parameters;
use super::pyramid::{Level, levels};
use crate::error::Result;
use crate::gpu::{Buffer, Gpu, Recording, Slice};
use crate::kernels::{self, ExpandVariant, FlowStart, Frames, Pairs, WINDOW_ZEROS, pack_taps};
use crate::operators::{Expansion, FlowWindow};

/// Bytes of a pixel's expansion, and of its equations.
const FIVE: u64 = 20;

/// The levels of frames of one size on a GPU, with all that dispatches read of them. Clones share it.
#[derive(Debug, Clone)]
pub struct Stages {
    size: [usize; 2],
    levels: Vec<(Level, Constants)>,
    expansion: Expansion,
    expand: ExpandVariant,
    expansion_window: Buffer,
    window: FlowWindow,
    weights: Buffer,
    iterations: u32,
    /// What displacements of a level are multiplied by on the finer one.
    factor: f32,
}

/// Filters of a level: a Gaussian and taps, each along rows and along columns; taps that enlarge.
#[derive(Debug, Clone)]
struct Constants {
    across: [Buffer; 2],
    down: [Buffer; 2],
    enlarge: Buffer,
}

/// Where expansions of frames are kept, each in a slot of its own, and live beyond a recording. Clones share it.
#[derive(Debug, Clone)]
pub struct Slots {
    levels: Vec<Buffer>,
    count: usize,
}

impl Slots {
    /// How many frames it holds.
    pub fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn buffers(&self) -> impl Iterator<Item = &Buffer> {
        self.levels.iter()
    }
}

/// New frames of a recording.
#[derive(Debug, Clone, Copy)]
pub struct NewFrames {
    /// How many, at least 1.
    pub count: usize,
    /// `[count, H, W]` bytes, four a word: what [`crate::kernels::gray`] writes.
    pub pixels: Slice,
    /// `[count]` u32: the slot each goes to.
    pub slots: Slice,
}

/// Pairs of a recording.
#[derive(Debug, Clone, Copy)]
pub struct NewPairs {
    /// How many, at least 1.
    pub count: usize,
    /// `[count, 2]` u32: the slots of both frames.
    pub slots: Slice,
    /// `[count, h, w, 2]` f32: where the flow begins, in pixels of the coarsest level, whose size is [`Stages::coarsest`].
    pub initial: Option<Slice>,
}

impl Stages {
    /// Uploads filters and windows for frames of `[width, height]`.
    ///
    /// # Errors
    /// [`crate::Error::Argument`] as [`Parameters::check`]; [`crate::Error::OutOfMemory`], [`crate::Error::DeviceLost`].
    pub fn new(gpu: &Gpu, size: [usize; 2], parameters: &Parameters) -> Result<Self> {
        parameters.check()?;
        let (expansion, window) = (parameters.expansion(), parameters.flow_window());
        let floats = |label: &str, values: &[f32]| gpu.upload(label, bytemuck::cast_slice(values));
        let constants = |level: &Level| {
            let gaussian = |values: &[f32]| floats("gaussian", &[values, &[0.0]].concat());
            let taps = |taps: Vec<u32>| gpu.upload("taps", bytemuck::cast_slice(&taps));
            let [rows, columns] = &level.enlarge;
            Ok(Constants {
                across: [gaussian(&level.across.gaussian)?, taps(pack_taps(&level.across.taps, &[]))?],
                down: [gaussian(&level.down.gaussian)?, taps(pack_taps(&level.down.taps, &[]))?],
                enlarge: taps(pack_taps(rows, columns))?,
            })
        };
        let levels: Result<Vec<_>> =
            levels(size, parameters).into_iter().map(|level| Ok((level.clone(), constants(&level)?))).collect();
        let own: Vec<[f32; 4]> =
            (0..expansion.g.len()).map(|k| [expansion.g[k], expansion.xg[k], expansion.xxg[k], 0.0]).collect();
        Ok(Self {
            size,
            levels: levels?,
            expand: ExpandVariant::choose(gpu.capabilities(), expansion.reach()),
            expansion_window: floats("expansion window", own.as_flattened())?,
            weights: floats("window", &[&window.weights[..], &[0.0; WINDOW_ZEROS]].concat())?,
            expansion,
            window,
            iterations: parameters.iterations,
            factor: (1.0 / parameters.pyr_scale) as f32,
        })
    }

    /// Width and height of the coarsest level, and how large it is beside a frame.
    pub fn coarsest(&self) -> ([usize; 2], f32) {
        let level = self.levels.first().map(|(level, _)| level);
        level.map_or((self.size, 1.0), |level| ([level.width, level.height], level.scale as f32))
    }

    /// Bytes of the largest buffer that a frame, or a pair, needs a part of; and of all that one of each needs.
    pub fn bytes(&self) -> (u64, u64) {
        let pixels = (self.size[0] * self.size[1]) as u64;
        let slot: u64 = self.levels.iter().map(|(level, _)| FIVE * level.pixels() as u64).sum();
        // Bytes and two pictures of a frame; equations and sums of a pair, its flow.
        (FIVE * pixels, slot + (1 + 8 + 2 * FIVE + 8) * pixels)
    }

    /// Memory for the expansions of `count` frames.
    ///
    /// # Errors
    /// [`crate::Error::Limit`], [`crate::Error::OutOfMemory`].
    pub fn slots(&self, gpu: &Gpu, count: usize) -> Result<Slots> {
        let of = |(level, _): &(Level, Constants)| gpu.reserve("expansions", FIVE * (count * level.pixels()) as u64);
        Ok(Slots { levels: self.levels.iter().map(of).collect::<Result<_>>()?, count })
    }

    /// Appends what makes expansions of `frames` in `slots`, and flow of `pairs` of them: `[pairs, H, W, 2]` f32, dx and dy in pixels, in a buffer of the recording.
    /// Slots that are named there have to be among `slots`, and those that no new frame goes to hold what they held.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] where a buffer is too small; [`crate::Error::Argument`] where the grid is.
    pub fn record(
        &self,
        recording: &mut Recording,
        slots: &Slots,
        frames: Option<NewFrames>,
        pairs: Option<NewPairs>,
    ) -> Result<Option<Slice>> {
        let held: Vec<Slice> = slots.levels.iter().map(|buffer| recording.shared("expansions", buffer)).collect();
        if let Some(frames) = frames {
            self.expand(recording, &held, frames)?;
        }
        pairs.map(|pairs| self.solve(recording, &held, pairs)).transpose()
    }

    fn expand(&self, recording: &mut Recording, held: &[Slice], frames: NewFrames) -> Result<()> {
        let NewFrames { count, pixels, slots } = frames;
        let [width, height] = self.size;
        let bytes = 4 * (count * width * height) as u64;
        let [across, picture] = ["rows", "level"].map(|label| recording.slab(label, bytes));
        let window = recording.shared("expansion window", &self.expansion_window);
        for ((level, constants), &held) in self.levels.iter().zip(held) {
            let mut filter = |buffers: &[Buffer; 2]| buffers.each_ref().map(|buffer| recording.shared("filter", buffer));
            let (filter_across, filter_down) = (filter(&constants.across), filter(&constants.down));
            let whole = Frames { count, width, height };
            recording.dispatch(kernels::shrink_across("rows", whole, &level.across, pixels, filter_across, across)?);
            let narrow = Frames { width: level.width, ..whole };
            recording.dispatch(kernels::shrink_down("columns", narrow, &level.down, across, filter_down, picture)?);
            let own = Frames { height: level.height, ..narrow };
            recording.dispatch(kernels::expand("expansion", self.expand, own, &self.expansion, picture, window, slots, held)?);
        }
        Ok(())
    }

    fn solve(&self, recording: &mut Recording, held: &[Slice], pairs: NewPairs) -> Result<Slice> {
        let NewPairs { count, slots, initial } = pairs;
        let pixels = (count * self.size[0] * self.size[1]) as u64;
        let [equations, sums] = ["equations", "sums"].map(|label| recording.slab(label, FIVE * pixels));
        let flow = recording.slab("flow", 8 * pixels);
        let weights = recording.shared("window", &self.weights);
        // On the coarsest level there is nothing to enlarge: what is given has its size.
        let mut start = FlowStart { coarse: [0, 0], factor: 0.0 };
        let mut coarse = flow;
        if let (Some(initial), ([width, height], _)) = (initial, self.coarsest()) {
            (start, coarse) = (FlowStart { coarse: [height, width], factor: 1.0 }, initial);
        }
        for ((level, constants), &expansions) in self.levels.iter().zip(held) {
            let frames = Frames { count, width: level.width, height: level.height };
            let from = Pairs { frames, expansions, pairs: slots };
            let enlarge = recording.shared("taps", &constants.enlarge);
            recording.dispatch(kernels::flow_start("first equations", from, start, coarse, enlarge, equations)?);
            for iteration in 1..=self.iterations {
                let last = iteration == self.iterations;
                recording.dispatch(kernels::window_down("window", frames, &self.window, equations, weights, sums)?);
                recording.dispatch(kernels::flow_solve("flow", from, &self.window, weights, sums, flow, equations, last)?);
            }
            (start, coarse) = (FlowStart { coarse: [level.height, level.width], factor: self.factor }, flow);
        }
        Ok(Slice { size: 8 * pixels, ..flow })
    }
}
