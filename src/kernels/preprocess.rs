//! From pixels to a network's input: canonical warp, turned crop, gray, LBP codes, lookup + resize + normalise.

use super::{MAX_ITERATIONS, View, holds, one_a_item, same};
use crate::error::{Error, Result};
use crate::gpu::shader::{self, GRAY, LBP, LBP_RADIUS_1, NORMALISE, NORMALISE_CROP, TURN, WARP};
use crate::gpu::{Dispatch, MOST_LAYERS, Slice, Work};
use crate::operators::{Diagonal, Rect, Similarity, check_lbp};

/// One face as the warp reads it: a part of a photograph in the pixel buffer and the rectangle in it.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct FacePart {
    first: u32,
    part_width: u32,
    part_height: u32,
    x: i32,
    y: i32,
    width: u32,
    height: u32,
    mirrored: u32,
}

impl FacePart {
    /// The rectangle `rect` of a part of `width` x `height` pixels whose first pixel is `first`; `mirrored`: left and right of the crop exchanged.
    pub fn new(first: u32, width: u32, height: u32, rect: Rect, mirrored: bool) -> Self {
        Self {
            first,
            part_width: width,
            part_height: height,
            x: rect.x,
            y: rect.y,
            width: rect.width,
            height: rect.height,
            mirrored: u32::from(mirrored),
        }
    }
}

/// Whether the kernel can make a crop of `size` from `rect`; else [`crate::reference::warp`] makes the same bytes.
pub fn warp_fits(rect: Rect, size: [u32; 2]) -> bool {
    let taps = |length: u32, count: u32| length.div_ceil(count.max(1)) as usize + 1;
    taps(rect.height, size[0]) * (taps(rect.width, size[1]) + 1) <= MAX_ITERATIONS
}

/// `faces` `[faces]` of [`FacePart`] and `pixels` (0xBBGGRR words) to `canonical` `[faces, H, W]` words. The caller has checked every part with
/// the conditions of [`crate::reference::warp`] and [`warp_fits`].
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small.
pub fn warp(at: &str, count: usize, faces: Slice, pixels: Slice, size: [u32; 2], canonical: Slice) -> Result<Dispatch> {
    let outputs = count * (size[0] * size[1]) as usize;
    holds(at, faces, (size_of::<FacePart>() * count) as u64)?;
    holds(at, canonical, 4 * outputs as u64)?;
    let params = shader::warp::Params { faces: count as u32, height: size[0], width: size[1] };
    let work = Work { flops: 0, bytes: pixels.size + 4 * outputs as u64 };
    one_a_item(at, &WARP, params, vec![faces, pixels, canonical], outputs, work)
}

/// One face as the turned crop reads it: a part of a photograph in the pixel buffer and where the crop lies in it.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
pub struct TurnedPart {
    first: u32,
    part_width: u32,
    part_height: u32,
    mirrored: u32,
    origin: [i32; 2],
    step: [i32; 2],
    samples: i32,
}

impl TurnedPart {
    /// The crop that `similarity` places in a part of `width` x `height` pixels whose first pixel is `first`; `mirrored`: its left and right exchanged.
    pub fn new(first: u32, width: u32, height: u32, similarity: Similarity, mirrored: bool) -> Self {
        Self {
            first,
            part_width: width,
            part_height: height,
            mirrored: u32::from(mirrored),
            origin: similarity.origin,
            step: similarity.step,
            samples: similarity.samples() as i32,
        }
    }
}

/// Bytes of what the crop of a face is told: a [`TurnedPart`] or a [`FacePart`].
pub fn part_bytes(turned: bool) -> usize {
    if turned { size_of::<TurnedPart>() } else { size_of::<FacePart>() }
}

/// `faces` `[faces]` of [`TurnedPart`] and `pixels` (0xBBGGRR words) to `turned` `[faces, H, W]` words. The caller has checked every part with the
/// conditions of [`crate::reference::turn`].
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small.
pub fn turn(at: &str, count: usize, faces: Slice, pixels: Slice, size: [u32; 2], turned: Slice) -> Result<Dispatch> {
    let outputs = count * (size[0] * size[1]) as usize;
    holds(at, faces, (size_of::<TurnedPart>() * count) as u64)?;
    holds(at, turned, 4 * outputs as u64)?;
    let params = shader::turn::Params { height: size[0], width: size[1] };
    if size[0] as usize > MOST_LAYERS || count > MOST_LAYERS {
        return Err(Error::Argument(format!("{at}: {count} crops of {} rows are more than a grid holds", size[0])));
    }
    Ok(Dispatch {
        label: at.to_owned(),
        shader: &TURN,
        params: bytemuck::bytes_of(&params).to_vec(),
        buffers: vec![faces, pixels, turned],
        grid: [size[1].div_ceil(TURN.workgroup[0]), size[0], count as u32],
        work: Work { flops: 0, bytes: pixels.size + 4 * outputs as u64 },
    })
}

/// `rgb` `[count]` words, in whole vec4s, to `gray` `[count]` bytes, four a word.
///
/// # Errors
/// [`Error::Shape`] where a buffer is too small.
pub fn gray(at: &str, count: usize, rgb: Slice, gray: Slice) -> Result<Dispatch> {
    holds(at, rgb, 4 * count.next_multiple_of(4) as u64)?;
    holds(at, gray, count.next_multiple_of(4) as u64)?;
    let params = shader::gray::Params { pixels: count as u32 };
    one_a_item(at, &GRAY, params, vec![rgb, gray], count.div_ceil(4), Work { flops: 0, bytes: 5 * count as u64 })
}

/// `gray` `[images, H, W]` bytes to `codes` `[images, H - 2R, W - 2R]` bytes, four a word: whole words, at radius 1 whole pairs of them.
///
/// # Errors
/// [`Error::Argument`] as [`crate::reference::lbp`]; [`Error::Shape`] where a buffer is too small.
pub fn lbp(at: &str, images: usize, size: [u32; 2], radius: u32, gray: Slice, codes: Slice) -> Result<Dispatch> {
    check_lbp(size[1], size[0], radius)?;
    let count = images * ((size[0] - 2 * radius) * (size[1] - 2 * radius)) as usize;
    let pixels = images * (size[0] * size[1]) as usize;
    if pixels >= 1 << 31 {
        return Err(Error::Argument(format!("{at}: {pixels} pixels are too many: use a smaller batch")));
    }
    holds(at, gray, pixels.next_multiple_of(4) as u64)?;
    let work = Work { flops: 0, bytes: (pixels + count) as u64 };
    if radius == 1 {
        holds(at, codes, count.next_multiple_of(8) as u64)?;
        let params = shader::lbp_radius_1::Params { images: images as u32, height: size[0], width: size[1] };
        return one_a_item(at, &LBP_RADIUS_1, params, vec![gray, codes], count.div_ceil(8), work);
    }
    holds(at, codes, count.next_multiple_of(4) as u64)?;
    let weights = Diagonal::new(radius);
    let params = shader::lbp::Params {
        images: images as u32,
        height: size[0],
        width: size[1],
        radius,
        near: weights.near as u32,
        near_near_a: weights.near_near[0],
        near_near_b: weights.near_near[1],
        near_far_a: weights.near_far[0],
        near_far_b: weights.near_far[1],
        far_far_a: weights.far_far[0],
        far_far_b: weights.far_far[1],
    };
    one_a_item(at, &LBP, params, vec![gray, codes], count.div_ceil(4), work)
}

/// What [`normalise`] reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Bytes, four a word, through a table: three channels.
    Mapped,
    /// 0xBBGGRR words: three channels.
    Colour,
    /// Bytes, four a word: one channel.
    Gray,
}

/// The last step of a representation.
#[derive(Debug, Clone, Copy)]
pub struct Normalise {
    /// What it reads.
    pub source: Source,
    /// Height and width of the picture.
    pub size: [u32; 2],
    /// Height and width it is resized to.
    pub resize: [u32; 2],
    /// Number of crops of each picture.
    pub crops: usize,
    /// Blue comes first, as Caffe's networks want it; mean and scale are in that order.
    pub reversed: bool,
    /// Subtracted from each channel.
    pub mean: [f32; 3],
    /// Multiplied after that.
    pub scale: [f32; 3],
}

/// Pictures (see [`Source`]), `table` `[256]` words and `crops` `[crops]` of (y, x) to images `first..` of `output`, crop by crop.
///
/// # Errors
/// [`Error::Shape`] where sizes disagree or a buffer is too small.
#[expect(clippy::too_many_arguments, reason = "one dispatch's buffers")]
pub fn normalise(
    at: &str,
    step: Normalise,
    pixels: Slice,
    table: Slice,
    crops: Slice,
    images: usize,
    output: View,
    first: usize,
) -> Result<Dispatch> {
    let channels = if step.source == Source::Gray { 1 } else { 3 };
    same(at, "channels", channels, output.channels)?;
    let count = images * (step.size[0] * step.size[1]) as usize;
    holds(at, pixels, if step.source == Source::Colour { 4 * count } else { count.next_multiple_of(4) } as u64)?;
    holds(at, crops, 8 * step.crops as u64)?;
    if step.source == Source::Mapped {
        holds(at, table, 1024)?;
    }
    output.check(at)?;
    let longest = step.size.iter().chain(&step.resize).max().copied().unwrap_or(0);
    if first + images * step.crops > output.images || longest > 4096 || step.size.contains(&0) {
        return Err(Error::shape(at, format!("{images} pictures {step:?} into {output:?} at {first}")));
    }
    let four = |v: [f32; 3]| if channels == 1 { [v[0], 0.0, 0.0, 0.0] } else { [v[0], v[1], v[2], 0.0] };
    let params = shader::normalise::Params {
        images: images as u32,
        in_height: step.size[0],
        in_width: step.size[1],
        resize_height: step.resize[0],
        resize_width: step.resize[1],
        out_height: output.height as u32,
        out_width: output.width as u32,
        crops: step.crops as u32,
        source: match step.source {
            Source::Mapped => 0,
            Source::Colour => 1,
            Source::Gray => 2,
        },
        first: first as u32,
        reversed: u32::from(step.reversed && channels == 3),
        mean: four(step.mean),
        scale: four(step.scale),
        ..Default::default()
    };
    let outputs = images * step.crops * output.pixels();
    let read = if step.source == Source::Colour { 4 * count } else { count };
    let bytes = read as u64 + output.precision.vec4() * outputs as u64;
    let buffers = vec![pixels, table, crops, output.slice];
    let shader = NORMALISE_CROP.of(output.precision);
    let [columns, rows, _] = shader.workgroup.map(|side| side as usize);
    let grid = [output.width.div_ceil(columns), output.height.div_ceil(rows), images * step.crops];
    if step.resize == step.size && grid.iter().all(|&groups| groups <= MOST_LAYERS) {
        return Ok(Dispatch {
            label: at.to_owned(),
            shader,
            params: bytemuck::bytes_of(&params).to_vec(),
            buffers,
            grid: grid.map(|groups| groups as u32),
            work: Work { flops: 2 * channels as u64 * outputs as u64, bytes },
        });
    }
    one_a_item(at, NORMALISE.of(output.precision), params, buffers, outputs, Work { flops: 30 * outputs as u64, bytes })
}
