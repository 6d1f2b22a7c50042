//! Farneback's dense flow: levels of a pyramid, polynomial expansions, equations, windows and what they solve to.

use super::{holds, loops, one_a_item};
use crate::error::{Error, Result};
use crate::gpu::shader::{
    self, EXPAND, EXPAND_STRIP_2, EXPAND_STRIP_5, EXPAND_STRIP_7, FLOW_SOLVE, FLOW_START, SHRINK_ACROSS, SHRINK_DOWN, Shader,
    WINDOW_DOWN,
};
use crate::gpu::{Capabilities, Dispatch, MOST_LAYERS, Slice, Work};
use crate::operators::{Expansion, FlowWindow, MOST_POLY_N, Shrink};

/// Rows and columns that one invocation sums: as in the shaders.
const BLOCK: [usize; 2] = [8, 4];

/// Columns and rows of a workgroup of [`ExpandVariant::Strip`].
const STRIPS: [usize; 2] = [64, 16];

/// Zeros that the weights of a window need behind them.
pub const WINDOW_ZEROS: usize = 7;

/// Frames of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frames {
    /// How many.
    pub count: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Frames {
    fn pixels(self) -> usize {
        self.count * self.width * self.height
    }
}

/// Pairs of frames whose expansions lie in slots.
#[derive(Debug, Clone, Copy)]
pub struct Pairs {
    /// How many, and their size.
    pub frames: Frames,
    /// `[slots, 5, H, W]` f32: y, x, y^2, x^2, xy.
    pub expansions: Slice,
    /// `[pairs, 2]` u32: the slots of both frames; the caller has checked that there are such.
    pub pairs: Slice,
}

impl Pairs {
    fn check(&self, at: &str, equations: Slice) -> Result<()> {
        let Self { frames, expansions, pairs } = *self;
        holds(at, expansions, 20 * (frames.width * frames.height) as u64)?;
        holds(at, pairs, 8 * frames.count as u64)?;
        holds(at, equations, 20 * frames.pixels() as u64)
    }
}

/// `frames` `[frames, H, W]` bytes, four a word, to `output` `[frames, H, OW]` f32, by `gaussian` `[2 reach + 2]` (of `how`, and a zero) and `taps` `[OW, 3]`
/// as [`super::pack_taps`] makes them.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small, or a level too small for its frame.
pub fn shrink_across(
    at: &str,
    size: Frames,
    how: &Shrink,
    frames: Slice,
    [gaussian, taps]: [Slice; 2],
    output: Slice,
) -> Result<Dispatch> {
    let columns = how.taps.len();
    let outputs = size.count * size.height * columns;
    holds(at, frames, size.pixels().next_multiple_of(4) as u64)?;
    filters(at, how, columns, gaussian, taps)?;
    holds(at, output, 4 * outputs as u64)?;
    let params = shader::shrink_across::Params {
        frames: size.count as u32,
        width: size.width as u32,
        height: size.height as u32,
        out_width: columns as u32,
        reach: how.reach() as u32,
    };
    let work = Work { flops: (4 * how.gaussian.len() * outputs) as u64, bytes: (size.pixels() + 4 * outputs) as u64 };
    one_a_item(at, &SHRINK_ACROSS, params, vec![frames, gaussian, taps, output], outputs, work)
}

/// `input` `[frames, H, W]` f32 to `output` `[frames, OH, W]` f32, as [`shrink_across`].
///
/// # Errors
/// As [`shrink_across`].
pub fn shrink_down(
    at: &str,
    size: Frames,
    how: &Shrink,
    input: Slice,
    [gaussian, taps]: [Slice; 2],
    output: Slice,
) -> Result<Dispatch> {
    let rows = how.taps.len();
    let outputs = size.count * size.width * rows;
    holds(at, input, 4 * size.pixels() as u64)?;
    filters(at, how, rows, gaussian, taps)?;
    holds(at, output, 4 * outputs as u64)?;
    let params = shader::shrink_down::Params {
        frames: size.count as u32,
        width: size.width as u32,
        height: size.height as u32,
        out_height: rows as u32,
        reach: how.reach() as u32,
    };
    let work = Work { flops: (4 * how.gaussian.len() * outputs) as u64, bytes: 4 * (size.pixels() + outputs) as u64 };
    one_a_item(at, &SHRINK_DOWN, params, vec![input, gaussian, taps, output], outputs, work)
}

fn filters(at: &str, how: &Shrink, taps_made: usize, gaussian: Slice, taps: Slice) -> Result<()> {
    holds(at, gaussian, 4 * (how.gaussian.len() + 1) as u64)?;
    holds(at, taps, 12 * taps_made as u64)?;
    loops(at, how.gaussian.len() + 1)
}

/// The kernels of polynomial expansion; both are tested against the same twin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExpandVariant {
    /// GPUs, and windows that few people use: a workgroup makes 16 x 16 pixels and shares the sums along columns.
    Group,
    /// CPU adapters: an invocation makes 8 x 2 pixels, and nothing is shared. Of 2, 5 or 7 neighbours on either side.
    Strip,
}

impl ExpandVariant {
    /// The variant for an adapter and `reach` neighbours on either side: a rule from these facts.
    pub fn choose(capabilities: Capabilities, reach: usize) -> Self {
        if capabilities.cpu && Self::strip(reach).is_some() { Self::Strip } else { Self::Group }
    }

    fn strip(reach: usize) -> Option<&'static Shader> {
        match reach {
            2 => Some(&EXPAND_STRIP_2),
            5 => Some(&EXPAND_STRIP_5),
            7 => Some(&EXPAND_STRIP_7),
            _ => None,
        }
    }
}

/// `input` `[frames, H, W]` f32, 0 to 255, to the `slots` `[frames]` u32 of `expansions` `[slots, 5, H, W]` f32: coefficients of y, x, y^2, x^2, xy. `window`
/// `[n + 1, 4]` f32 has `g`, `xg`, `xxg` and 0 of `how`. The caller has checked that there are such slots.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small, or of more than [`MOST_POLY_N`] neighbours; [`Error::Argument`] for too many frames.
#[expect(clippy::too_many_arguments, reason = "what it reads and writes, one by one")]
pub fn expand(
    at: &str,
    variant: ExpandVariant,
    size: Frames,
    how: &Expansion,
    input: Slice,
    window: Slice,
    slots: Slice,
    expansions: Slice,
) -> Result<Dispatch> {
    let reach = how.reach();
    if reach > MOST_POLY_N {
        return Err(Error::shape(at, format!("{reach} neighbours on either side: at most {MOST_POLY_N} are read")));
    }
    holds(at, input, 4 * size.pixels() as u64)?;
    holds(at, window, 16 * (reach + 1) as u64)?;
    holds(at, slots, 4 * size.count as u64)?;
    holds(at, expansions, 20 * size.pixels() as u64)?;
    let (shader, [columns, rows]) = match (variant, ExpandVariant::strip(reach)) {
        (ExpandVariant::Group, _) => (&EXPAND, [16, 16]),
        (ExpandVariant::Strip, Some(shader)) => (shader, STRIPS),
        (ExpandVariant::Strip, None) => return Err(Error::shape(at, format!("no strips are made of {reach} neighbours"))),
    };
    let grid = [size.width.div_ceil(columns), size.height.div_ceil(rows), size.count];
    if grid.iter().any(|&groups| groups > MOST_LAYERS) {
        return Err(Error::Argument(format!("{at}: {} frames are more than a grid holds: use a smaller batch", size.count)));
    }
    let params = shader::expand::Params {
        width: size.width as u32,
        height: size.height as u32,
        reach: reach as u32,
        inverse_x: how.inverse_x as f32,
        inverse_one: how.inverse_one as f32,
        inverse_xx: how.inverse_xx as f32,
        inverse_xy: how.inverse_xy as f32,
    };
    Ok(Dispatch {
        label: at.to_owned(),
        shader,
        params: bytemuck::bytes_of(&params).to_vec(),
        buffers: vec![input, window, slots, expansions],
        grid: grid.map(|groups| groups as u32),
        work: Work { flops: (27 * reach * size.pixels()) as u64, bytes: 24 * size.pixels() as u64 },
    })
}

/// Where the flow of a level begins.
#[derive(Debug, Clone, Copy)]
pub struct FlowStart {
    /// Height and width of the coarser flow.
    pub coarse: [usize; 2],
    /// What its displacements are multiplied by; 0: there is none, and the flow is 0.
    pub factor: f32,
}

/// The first equations of a level: to `equations` `[pairs, 5, H, W]` f32 (g11, g12, g22, h1, h2), from `coarse` `[pairs, CH, CW, 2]` f32 by `taps`
/// `[H + W, 3]` as [`super::pack_taps`] makes them.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small.
pub fn flow_start(at: &str, from: Pairs, start: FlowStart, coarse: Slice, taps: Slice, equations: Slice) -> Result<Dispatch> {
    let size = from.frames;
    from.check(at, equations)?;
    let [coarse_height, coarse_width] = start.coarse;
    if start.factor != 0.0 {
        holds(at, coarse, 8 * (size.count * coarse_height * coarse_width) as u64)?;
    }
    holds(at, taps, 12 * (size.width + size.height) as u64)?;
    let params = shader::flow_start::Params {
        pairs: size.count as u32,
        width: size.width as u32,
        height: size.height as u32,
        coarse_width: coarse_width as u32,
        coarse_height: coarse_height as u32,
        factor: start.factor,
    };
    let work = Work { flops: 90 * size.pixels() as u64, bytes: 68 * size.pixels() as u64 };
    let buffers = vec![from.expansions, from.pairs, coarse, taps, equations];
    one_a_item(at, &FLOW_START, params, buffers, size.pixels(), work)
}

/// `equations` `[pairs, 5, H, W]` f32 summed along columns to `sums` of the same shape; `weights` are those of the window, and [`WINDOW_ZEROS`] zeros.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small.
pub fn window_down(
    at: &str,
    size: Frames,
    window: &FlowWindow,
    equations: Slice,
    weights: Slice,
    sums: Slice,
) -> Result<Dispatch> {
    holds(at, equations, 20 * size.pixels() as u64)?;
    holds(at, sums, 20 * size.pixels() as u64)?;
    weighted(at, window, weights)?;
    let params = shader::window_down::Params {
        pairs: size.count as u32,
        width: size.width as u32,
        height: size.height as u32,
        reach: window.reach() as u32,
    };
    let count = size.count * size.height.div_ceil(BLOCK[0]) * size.width;
    let work = Work { flops: (10 * window.weights.len() * size.pixels()) as u64, bytes: 40 * size.pixels() as u64 };
    one_a_item(at, &WINDOW_DOWN, params, vec![equations, weights, sums], count, work)
}

/// `sums` `[pairs, 5, H, W]` f32 of [`window_down`] summed along rows, and solved to `flow` `[pairs, H, W, 2]` f32, x and y in pixels; with `equations`
/// `[pairs, 5, H, W]` also those that this flow leads to. `last`: those are not wanted.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small.
#[expect(clippy::too_many_arguments, reason = "one dispatch's buffers")]
pub fn flow_solve(
    at: &str,
    from: Pairs,
    window: &FlowWindow,
    weights: Slice,
    sums: Slice,
    flow: Slice,
    equations: Slice,
    last: bool,
) -> Result<Dispatch> {
    let size = from.frames;
    from.check(at, equations)?;
    holds(at, sums, 20 * size.pixels() as u64)?;
    holds(at, flow, 8 * size.pixels() as u64)?;
    weighted(at, window, weights)?;
    let params = shader::flow_solve::Params {
        pairs: size.count as u32,
        width: size.width as u32,
        height: size.height as u32,
        reach: window.reach() as u32,
        scale: window.scale as f32,
        last: u32::from(last),
    };
    let count = size.count * size.height * size.width.div_ceil(BLOCK[1]);
    let more = if last { [0, 0] } else { [80, 60] };
    let work = Work {
        flops: ((10 * window.weights.len() + 20 + more[0]) * size.pixels()) as u64,
        bytes: ((28 + more[1]) * size.pixels()) as u64,
    };
    let buffers = vec![from.expansions, from.pairs, weights, sums, flow, equations];
    one_a_item(at, &FLOW_SOLVE, params, buffers, count, work)
}

fn weighted(at: &str, window: &FlowWindow, weights: Slice) -> Result<()> {
    holds(at, weights, 4 * (window.weights.len() + WINDOW_ZEROS) as u64)?;
    loops(at, window.weights.len() + WINDOW_ZEROS)
}
