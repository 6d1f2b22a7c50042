//! What is fastest on an adapter, measured there layer by layer: the rules of [`crate::kernels`] know an adapter by its kind only.

use std::fmt::{self, Display, Formatter};

use super::load::Load;
use crate::error::{Error, Result};
use crate::gpu::{Buffer, Choice, Choices, Gpu, Recording, Scratch, Tuning};
use crate::kernels::{Conv, ConvWeights, Tiling, Variant, View, Winograd, WinogradBuffers, WinogradShape, packed_bias};
use crate::operators::{Activation, Window};
use crate::tensor::{Precision, Tensor};

/// Rounds in which every candidate runs once; its fastest counts.
const ROUNDS: usize = 5;
/// A candidate takes the place of the rule's choice where it is faster by this share: what is less is noise.
const LEAST_GAIN: f64 = 0.03;

/// A convolution as far as its time depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layer {
    /// Members that share the network.
    pub members: usize,
    /// Images of a member.
    pub images: usize,
    /// Channels of input and output.
    pub channels: [usize; 2],
    /// Rows and columns of the input.
    pub input: [usize; 2],
    /// The window.
    pub window: Window,
    /// Groups.
    pub groups: usize,
    /// Of weights and tensors.
    pub precision: Precision,
}

impl Display for Layer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Window { kernel: [kh, kw], stride: [sy, sx], dilation: [dy, dx], pad: [top, left, bottom, right] } = self.window;
        let ([c, o], [h, w]) = (self.channels, self.input);
        write!(
            f,
            "{c} x {h} x {w} to {o}, {kh} x {kw}, stride {sy} {sx}, pad {top} {left} {bottom} {right}, dilation {dy} {dx}, "
        )?;
        write!(f, "{} groups, {} x {} images, {}", self.groups, self.members, self.images, self.precision.name())
    }
}

/// What is fastest for `layer`; `None` where it was not measured and is not to be.
///
/// # Errors
/// The device's.
pub fn choose(gpu: &Gpu, choices: &Choices, layer: Layer) -> Result<Option<Choice>> {
    let known = known(gpu, choices, layer);
    if known.is_some() || !choices.measures() {
        return Ok(known);
    }
    let words = layer.to_string();
    // One that is known still is no candidate here.
    let stale = choices.known(&words);
    let candidates = candidates(gpu, layer);
    let measured = if let [only] = candidates[..] {
        Some(only)
    } else {
        choices.say(Tuning::Begun(&words));
        let measured = measure(gpu, layer, &candidates);
        choices.say(Tuning::Ended);
        measured?
    };
    Ok(measured.map(|choice| {
        choices.take(&words);
        choices.keep(words, choice, stale)
    }))
}

/// What was measured for `layer` before, where the adapter runs it.
pub fn known(gpu: &Gpu, choices: &Choices, layer: Layer) -> Option<Choice> {
    let words = layer.to_string();
    let known = choices.known(&words).filter(|&choice| serves(gpu, layer, choice))?;
    choices.take(&words);
    Some(known)
}

/// The tiles that `choice` names; else those of the rule.
pub(crate) fn tiling(choice: Choice) -> Option<Tiling> {
    match choice {
        Choice::Tiled { side, parts, half } => Some(Tiling { side, parts, half }),
        Choice::Direct | Choice::Winograd { .. } => None,
    }
}

/// Whether `choice` computes `layer` on an adapter of these capabilities: a file may say what another adapter runs.
fn serves(gpu: &Gpu, layer: Layer, choice: Choice) -> bool {
    candidates(gpu, layer).contains(&choice)
}

/// Images of a member that decide whether a layer is computed by Winograd's method, for which weights are made ready once for all numbers of images: a GPU
/// is seldom bought for one.
pub fn decisive_images(gpu: &Gpu) -> usize {
    if gpu.capabilities().cpu { 1 } else { 8 }
}

/// What is compared for `layer` on the adapter; the rule's own choice is the first. Winograd's method is for the decisive number of images, tiles of every size
/// are for adapters that compute in tiles, within their limits.
pub fn candidates(gpu: &Gpu, layer: Layer) -> Vec<Choice> {
    let Layer { members, images, channels: [c, o], window, groups, precision, .. } = layer;
    let variant = Variant::choose(gpu.capabilities(), precision, [c, o], window, groups);
    let mut all = vec![Choice::Direct];
    let winograd = window.output("layer", layer.input, false).ok().and_then(|output| {
        let shape = WinogradShape::of(window, groups, [c, o], output)?;
        let methods = Winograd::on(gpu.capabilities())?.into_iter();
        let fits = move |method: &Winograd| method.fits(shape, members, gpu.most_for(method.weights(), Precision::F32));
        (images == decisive_images(gpu)).then(|| (methods.filter(fits), shape))
    });
    if let Some((methods, shape)) = winograd {
        let choice = |method: Winograd| Choice::Winograd { side: method.size.pixels() };
        all.extend(methods.clone().map(choice));
        let chosen = Winograd::choose(gpu.capabilities(), precision).and_then(|_| Winograd::cheapest(methods, shape));
        let first = all.iter().position(|&other| Some(other) == chosen.map(choice));
        all.swap(0, first.unwrap_or(0));
    }
    if variant.is_tiled() {
        let runs = |tiling: &Tiling| tiling.shader(variant, precision, false).is_some_and(|shader| gpu.holds(shader));
        let tilings = Tiling::candidates(gpu.capabilities(), variant, precision).filter(runs);
        all.extend(tilings.map(|Tiling { side, parts, half }| Choice::Tiled { side, parts, half }));
    }
    all
}

/// The fastest candidate by wall clock on a CPU, which fills textures between dispatches, and by timestamps elsewhere; `None` where not even the rule's choice
/// fits: it is measured with more images than may ever be read together.
fn measure(gpu: &Gpu, layer: Layer, candidates: &[Choice]) -> Result<Option<Choice>> {
    let mut weights = Weights::new(gpu, layer)?;
    // They never run at once: they work in the same memory.
    let mut scratch = Scratch::default();
    let mut loads = Vec::new();
    for (index, &choice) in candidates.iter().enumerate() {
        match load_in(gpu, layer, choice, &mut weights, &mut scratch) {
            Ok(load) => loads.push((choice, load, f64::INFINITY)),
            // What does not fit, or what the driver does not compile, is no candidate.
            Err(Error::Limit { .. } | Error::OutOfMemory { .. } | Error::Argument(_) | Error::Device { .. }) if index > 0 => {}
            Err(Error::Limit { .. } | Error::OutOfMemory { .. } | Error::Argument(_)) => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    for _ in 0..ROUNDS {
        for (_, load, best) in &mut loads {
            // A clock that stands still says nothing.
            let seconds = load.kernel_seconds()?;
            *best = if seconds > 0.0 { seconds.min(*best) } else { *best };
        }
    }
    let own = loads.first().map_or(f64::INFINITY, |(_, _, seconds)| *seconds);
    let fastest = loads.iter().min_by(|a, b| a.2.total_cmp(&b.2)).map_or((candidates[0], own), |found| (found.0, found.2));
    Ok(Some(if fastest.1 < own * (1.0 - LEAST_GAIN) { fastest.0 } else { candidates[0] }))
}

/// The layer with made-up numbers, by one method, ready to be timed.
///
/// # Errors
/// [`Error::Shape`] where the method does not compute the layer; the device's.
pub fn load(gpu: &Gpu, layer: Layer, choice: Choice) -> Result<Load> {
    load_in(gpu, layer, choice, &mut Weights::new(gpu, layer)?, &mut Scratch::default())
}

/// Made-up weights of a layer, which its candidates share.
struct Weights {
    weight: Tensor,
    /// Of every member, packed.
    bias: Buffer,
    bias_values: usize,
    /// For the direct kernel and all tiles; once one of them is loaded.
    packed: Option<Buffer>,
}

impl Weights {
    fn new(gpu: &Gpu, layer: Layer) -> Result<Self> {
        let Layer { members, channels: [c, o], window: Window { kernel: [kh, kw], .. }, groups, .. } = layer;
        let values = (0..o * (c / groups) * kh * kw).map(|i| (i * 7919 % 1000) as f32 / 5e4 - 0.01);
        let weight = Tensor::new(vec![o, c / groups, kh, kw], values.collect())?;
        let bias: Vec<f32> = (0..members).flat_map(|_| packed_bias(&vec![0.1; o])).collect();
        Ok(Self { weight, bias: gpu.upload("bias", bytemuck::cast_slice(&bias))?, bias_values: bias.len(), packed: None })
    }
}

fn load_in(gpu: &Gpu, layer: Layer, choice: Choice, made: &mut Weights, scratch: &mut Scratch) -> Result<Load> {
    let Layer { members, images, channels: [c, o], input: [h, w], window, groups, precision } = layer;
    let [oh, ow] = window.output("layer", layer.input, false)?;
    let total = members * images;
    let mut recording = Recording::default();
    let view = |slice, channels, height, width| View { slice, images: total, channels, height, width, precision };
    let input = recording.slab("input", View::bytes(precision, total, c, h, w));
    let output = recording.slab("output", View::bytes(precision, total, o, oh, ow));
    let (input, output) = (view(input, c, h, w), view(output, o, oh, ow));
    let conv = Conv {
        members,
        out_channels: o,
        window,
        groups,
        activation: Activation::Relu,
        out_c4_offset: 0,
        reads: None,
        tiling: tiling(choice),
    };
    let bias_slice = recording.shared("bias", &made.bias);
    let dispatches = match choice {
        Choice::Winograd { side } => {
            let mut methods = Winograd::on(gpu.capabilities()).into_iter().flatten();
            let (Some(method), Some(shape)) =
                (methods.find(|method| method.size.pixels() == side), WinogradShape::of(window, groups, [c, o], [oh, ow]))
            else {
                return Err(Error::shape("layer", "Winograd's method does not compute it"));
            };
            let bytes = method.weight_bytes([c, o], members);
            let weights = gpu.reserve_for(method.weights(), Precision::F32, "weights", bytes)?;
            let packed = method.pack("layer", &vec![&made.weight; members], 0)?;
            let points = method.size.points();
            for point in 0..points as u64 {
                gpu.write(&weights, bytes / points as u64 * point, bytemuck::cast_slice(&packed))?;
            }
            let zeros = gpu.upload("zeros", &vec![0; 4 * points * made.bias_values])?;
            let buffers = WinogradBuffers {
                weights: recording.shared("weights", &weights),
                zeros: recording.shared("zeros", &zeros),
                bias: bias_slice,
                workspace: method.workspace(shape, members, images).map(|bytes| recording.slab("between", bytes)),
            };
            method.dispatches("layer", &conv, input, buffers, None, output)?
        }
        Choice::Direct | Choice::Tiled { .. } => {
            let variant = Variant::choose(gpu.capabilities(), precision, [c, o], window, groups);
            let packed = match &mut made.packed {
                Some(packed) => packed,
                none => {
                    let values = vec![0.1; o];
                    let packed = variant.pack("layer", &vec![(&made.weight, &values[..]); members], groups)?;
                    none.insert(gpu.upload_for(variant.weights(), variant.stored(precision), "weights", &packed.weights)?)
                }
            };
            let weights = ConvWeights { variant, weights: recording.shared("weights", packed), bias: bias_slice };
            let bytes = conv.workspace(variant, total, [oh, ow], c);
            let workspace = (bytes > 0).then(|| recording.slab("between", bytes));
            conv.dispatches("layer", input, weights, None, output, workspace)?
        }
    };
    dispatches.into_iter().for_each(|dispatch| recording.dispatch(dispatch));
    Load::with(gpu, recording, Vec::new(), scratch)
}
