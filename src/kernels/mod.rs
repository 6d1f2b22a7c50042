//! One file a kernel: check shapes -> parameters -> dispatch. Knows no network.
//!
//! Activations lie on the GPU as `[images, H, W, C/4]` vec4, channels padded to four with zeros; with several members of one network `images`
//! counts member by member.

mod activation;
mod conv;
mod conv_transpose;
mod dense;
mod detect;
mod elementwise;
mod flow;
mod fuse;
mod layout;
mod local_conv;
mod lrn;
mod matmul;
mod nearest;
mod peak;
mod pool;
mod preprocess;
mod rearrange;
mod resample;
mod stack;
mod tiling;
mod tsne;
mod two_stream;
mod variant;
mod winograd;

pub use conv::{Conv, ConvWeights};
pub use conv_transpose::{ConvTranspose, pack_conv_transpose};
pub use dense::{Dense, DenseVariant, MOST_STREAMED, dense, pack_dense};
pub use detect::{Cells, decode, suppress};
pub use elementwise::{affine, arg_max, binary, log_softmax, prelu, softmax, unary};
pub use flow::{
    ExpandVariant, FlowStart, Frames, Pairs, WINDOW_ZEROS, expand, flow_solve, flow_start, shrink_across, shrink_down,
    window_down,
};
pub use fuse::fuse;
pub use layout::{copy, pack, packed, packed_bias, unpack};
pub use local_conv::{LocalConv, LocalConvVariant, pack_local_conv};
pub use lrn::lrn;
pub use matmul::matmul;
pub use nearest::{Lists, MOST_LISTED, ScoredRows, nearest_merge, nearest_select};
pub use peak::{peak_copy, peak_fma, peak_matrix};
pub(crate) use pool::check_steps;
pub use pool::{Pool, fractional_max_pool, global_average, pool};
pub use preprocess::{FacePart, Normalise, Source, TurnedPart, gray, lbp, normalise, part_bytes, turn, warp, warp_fits};
pub use rearrange::rearrange;
pub use resample::{pack_taps, resample};
pub use stack::{NO_FLOW, flow_levels, flow_stack};
pub use tiling::Tiling;
pub use tsne::{TSNE_FAR, TSNE_TOTALS, TsneEdges, TsneMap, TsneSums, tsne_affinities, tsne_move, tsne_repulse, tsne_total};
pub use two_stream::{Pictures, equalise, flow_bytes, luma_table, mask_gray, planes, sum_bytes};
pub use variant::{Packed, Variant};
pub use winograd::{Shape as WinogradShape, Winograd, WinogradBuffers};

use crate::error::{Error, Result};
use crate::gpu::shader::{BindingKind, Shader};
use crate::gpu::{Capabilities, Dispatch, Slice, Work, grid};
use crate::tensor::Precision;

/// How pooling and local response normalisation read their input on an adapter of these capabilities: what is fast there.
pub fn reads(capabilities: Capabilities) -> BindingKind {
    if capabilities.cpu && capabilities.lanes == 8 { BindingKind::Image } else { BindingKind::Read }
}

/// A tensor on the GPU: `[images, height, width, channels / 4]` vec4.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Where it lies.
    pub slice: Slice,
    /// Images, all members counted.
    pub images: usize,
    /// Channels, not padded.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// How its numbers lie in memory.
    pub precision: Precision,
}

impl View {
    /// Bytes of `[images, height, width, channels / 4]` vec4.
    pub fn bytes(precision: Precision, images: usize, channels: usize, height: usize, width: usize) -> u64 {
        precision.vec4() * images as u64 * height as u64 * width as u64 * channels.div_ceil(4) as u64
    }

    /// Its bytes.
    pub fn size(&self) -> u64 {
        Self::bytes(self.precision, self.images, self.channels, self.height, self.width)
    }

    /// Channels / 4, rounded up.
    pub fn c4(&self) -> usize {
        self.channels.div_ceil(4)
    }

    /// Rows x columns.
    pub fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// Number of vec4s.
    pub fn vec4s(&self) -> usize {
        self.images * self.pixels() * self.c4()
    }

    /// Checks that the slice holds the tensor: the shaders index without bounds checks.
    fn check(&self, at: &str) -> Result<()> {
        holds(at, self.slice, self.size())
    }
}

/// Checks that each slice holds its tensor and all lie in one precision: that one.
fn tensors(at: &str, views: &[View]) -> Result<Precision> {
    let precision = views.first().map_or(Precision::F32, |view| view.precision);
    for view in views {
        view.check(at)?;
        if view.precision != precision {
            return Err(Error::shape(at, format!("tensors in {} and {}", precision.name(), view.precision.name())));
        }
    }
    Ok(precision)
}

/// Checks that `slice` holds `bytes`.
fn holds(at: &str, slice: Slice, bytes: u64) -> Result<()> {
    if slice.size < bytes || bytes == 0 {
        return Err(Error::shape(at, format!("a buffer of {} bytes for {bytes}", slice.size)));
    }
    Ok(())
}

/// Iterations that the loops of one invocation may make in sum: lavapipe ends them all after 65,535, and says nothing.
const MAX_ITERATIONS: usize = 65_000;

/// Checks that an invocation's loops stay within [`MAX_ITERATIONS`].
fn loops(at: &str, iterations: usize) -> Result<()> {
    if iterations > MAX_ITERATIONS {
        return Err(Error::shape(at, format!("{iterations} steps of one sum: at most {MAX_ITERATIONS} are computed")));
    }
    Ok(())
}

fn same(at: &str, what: &str, left: usize, right: usize) -> Result<()> {
    if left == right { Ok(()) } else { Err(Error::shape(at, format!("{what}: {left} and {right} differ"))) }
}

fn one_a_item<P: bytemuck::Pod>(
    label: &str,
    shader: &'static Shader,
    params: P,
    buffers: Vec<Slice>,
    count: usize,
    work: Work,
) -> Result<Dispatch> {
    Ok(Dispatch {
        label: label.to_owned(),
        shader,
        params: bytemuck::bytes_of(&params).to_vec(),
        buffers,
        grid: grid(count as u64, shader.workgroup[0], 1)?,
        work,
    })
}
