//! Frames and flows to what the two-stream system for action units reads: a face in its ellipse, its luma equalised; displacements as bytes; sums; planes.

use super::{holds, loops, one_a_item};
use crate::error::{Error, Result};
use crate::gpu::shader::{self, EQUALISE, FLOW_BYTES, LUMA_TABLE, MASK_GRAY, PLANES, SUM_BYTES};
use crate::gpu::{Dispatch, MOST_LAYERS, Slice, Work};

/// Pictures of one size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pictures {
    /// How many.
    pub count: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Pictures {
    fn pixels(self) -> usize {
        self.count * self.width * self.height
    }

    fn words(self, at: &str, slice: Slice) -> Result<()> {
        holds(at, slice, 4 * self.pixels() as u64)
    }

    /// What has the rows of an ellipse in a picture.
    fn spans(self, at: &str, slice: Slice) -> Result<()> {
        holds(at, slice, 8 * self.height as u64)
    }

    /// A workgroup a picture: its lanes go through it together.
    fn groups(self, at: &str, lanes: u32) -> Result<[u32; 3]> {
        loops(at, (self.width * self.height).div_ceil(lanes as usize) + 512)?;
        if self.count > MOST_LAYERS {
            return Err(Error::Argument(format!(
                "{at}: {} pictures are more than a grid holds: use a smaller batch",
                self.count
            )));
        }
        Ok([self.count as u32, 1, 1])
    }
}

/// `pixels` `[pictures, H, W]` 0xBBGGRR to `gray` `[pictures, H, W]` bytes, four a word, black outside of `spans` `[H, 2]` u32.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small.
pub fn mask_gray(at: &str, size: Pictures, pixels: Slice, spans: Slice, gray: Slice) -> Result<Dispatch> {
    size.words(at, pixels)?;
    size.spans(at, spans)?;
    holds(at, gray, size.pixels().next_multiple_of(4) as u64)?;
    let params = shader::mask_gray::Params { frames: size.count as u32, width: size.width as u32, height: size.height as u32 };
    let work = Work { flops: 0, bytes: 5 * size.pixels() as u64 };
    one_a_item(at, &MASK_GRAY, params, vec![pixels, spans, gray], size.pixels().div_ceil(4), work)
}

/// `pixels` `[pictures, H, W]` 0xBBGGRR, black outside of `spans` `[H, 2]` u32, to what equalises the luma of each: `tables` `[pictures, 256]` u32.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small or a picture has too many pixels for a workgroup; [`Error::Argument`] for too many pictures.
pub fn luma_table(at: &str, size: Pictures, pixels: Slice, spans: Slice, tables: Slice) -> Result<Dispatch> {
    size.words(at, pixels)?;
    size.spans(at, spans)?;
    holds(at, tables, 1024 * size.count as u64)?;
    let params = shader::luma_table::Params { width: size.width as u32, height: size.height as u32 };
    Ok(Dispatch {
        label: at.to_owned(),
        shader: &LUMA_TABLE,
        params: bytemuck::bytes_of(&params).to_vec(),
        buffers: vec![pixels, spans, tables],
        grid: size.groups(at, LUMA_TABLE.workgroup[0])?,
        work: Work { flops: 0, bytes: 4 * size.pixels() as u64 },
    })
}

/// `pixels` `[pictures, H, W]` 0xBBGGRR, black outside of `spans` `[H, 2]` u32, their luma by `tables` `[pictures, 256]` u32, resized to `output`
/// `[pictures, OH, OW]` by `taps` `[OH + OW]` of [`crate::operators::ByteTap`].
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small.
#[expect(clippy::too_many_arguments, reason = "one dispatch's buffers")]
pub fn equalise(
    at: &str,
    size: Pictures,
    pixels: Slice,
    spans: Slice,
    tables: Slice,
    taps: Slice,
    [out_width, out_height]: [usize; 2],
    output: Slice,
) -> Result<Dispatch> {
    size.words(at, pixels)?;
    size.spans(at, spans)?;
    holds(at, tables, 1024 * size.count as u64)?;
    let outputs = resized(at, size, taps, [out_width, out_height], output)?;
    let params = shader::equalise::Params {
        frames: size.count as u32,
        width: size.width as u32,
        height: size.height as u32,
        out_width: out_width as u32,
        out_height: out_height as u32,
    };
    let work = Work { flops: 0, bytes: 4 * (size.pixels() + outputs) as u64 };
    one_a_item(at, &EQUALISE, params, vec![pixels, spans, tables, taps, output], outputs, work)
}

/// `flow` `[flows, H, W, 2]` f32 in pixels to bytes x and y of words, 12 a pixel around 128, resized to `output` `[flows, OH, OW]` as [`equalise`] does. `folded`: what is
/// below 0 is made positive.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small.
pub fn flow_bytes(
    at: &str,
    size: Pictures,
    flow: Slice,
    taps: Slice,
    [out_width, out_height]: [usize; 2],
    folded: bool,
    output: Slice,
) -> Result<Dispatch> {
    holds(at, flow, 8 * size.pixels() as u64)?;
    let outputs = resized(at, size, taps, [out_width, out_height], output)?;
    let params = shader::flow_bytes::Params {
        flows: size.count as u32,
        width: size.width as u32,
        height: size.height as u32,
        out_width: out_width as u32,
        out_height: out_height as u32,
        folded: u32::from(folded),
    };
    let work = Work { flops: 24 * outputs as u64, bytes: (8 * size.pixels() + 4 * outputs) as u64 };
    one_a_item(at, &FLOW_BYTES, params, vec![flow, taps, output], outputs, work)
}

/// How many pixels are made; the taps of `output` are there.
fn resized(at: &str, size: Pictures, taps: Slice, [out_width, out_height]: [usize; 2], output: Slice) -> Result<usize> {
    holds(at, taps, 16 * (out_width + out_height) as u64)?;
    let outputs = size.count * out_width * out_height;
    holds(at, output, 4 * outputs as u64)?;
    Ok(outputs)
}

/// `words` `[pictures, H, W]` to a [`crate::reference::ByteSums`] each: `output` `[pictures, 4, 4]` u32; least and most inside of `spans` `[H, 2]` u32.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small, or a picture has so many pixels that a sum could be too large; [`Error::Argument`] for too many pictures.
pub fn sum_bytes(at: &str, size: Pictures, words: Slice, spans: Slice, output: Slice) -> Result<Dispatch> {
    size.words(at, words)?;
    size.spans(at, spans)?;
    holds(at, output, 64 * size.count as u64)?;
    if size.width * size.height > (u32::MAX / 255) as usize {
        return Err(Error::shape(at, format!("{} x {} pixels: their sum may be too large", size.width, size.height)));
    }
    let params = shader::sum_bytes::Params { width: size.width as u32, height: size.height as u32 };
    Ok(Dispatch {
        label: at.to_owned(),
        shader: &SUM_BYTES,
        params: bytemuck::bytes_of(&params).to_vec(),
        buffers: vec![words, spans, output],
        grid: size.groups(at, SUM_BYTES.workgroup[0])?,
        work: Work { flops: 0, bytes: 4 * size.pixels() as u64 },
    })
}

/// Bytes of `words` `[pictures, H, W]` as planes: `output` `[images, planes, H, W]` f32, each by its `places` `[images, planes]` u32 (4 times the picture and the byte; the
/// caller has checked that it is there; `u32::MAX`: all are 128) and `factors` `[images, planes, 2]` f32; 0 outside of `spans` `[H, 2]` u32.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small; [`Error::Argument`] where there are more values than a grid holds.
#[expect(clippy::too_many_arguments, reason = "one dispatch's buffers")]
pub fn planes(
    at: &str,
    size: Pictures,
    [images, planes]: [usize; 2],
    words: Slice,
    places: Slice,
    factors: Slice,
    spans: Slice,
    output: Slice,
) -> Result<Dispatch> {
    size.words(at, words)?;
    size.spans(at, spans)?;
    let all = images * planes;
    holds(at, places, 4 * all as u64)?;
    holds(at, factors, 8 * all as u64)?;
    let outputs = all * size.width * size.height;
    holds(at, output, 4 * outputs as u64)?;
    let params = shader::planes::Params {
        images: images as u32,
        planes: planes as u32,
        width: size.width as u32,
        height: size.height as u32,
    };
    let work = Work { flops: 2 * outputs as u64, bytes: 8 * outputs as u64 };
    one_a_item(at, &PLANES, params, vec![words, places, factors, spans, output], outputs, work)
}
