//! What is fastest on an adapter, measured there layer by layer and kept in a file: the rules of [`crate::kernels`] know an adapter by its kind only.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use crate::bench::Load;
use crate::error::{Error, Result};
use crate::gpu::{Adapter, Gpu, Recording, Scratch};
use crate::kernels::{
    Conv, ConvWeights, Tiling, Variant, View, WINOGRAD_POINTS, Winograd, WinogradBuffers, WinogradShape, packed_bias,
};
use crate::precision::Precision;
use crate::tensor::Tensor;
use crate::window::Window;

const SCHEMA: &str = "moue.tuning/1";
/// Rounds in which every candidate runs once; its fastest counts.
const ROUNDS: usize = 5;
/// A candidate takes the place of the rule's choice where it is faster by this share: what is less is noise.
const LEAST_GAIN: f64 = 0.03;

/// How a convolution is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Choice {
    /// By the direct kernel that the rule takes, or by the rule's tiles.
    Direct,
    /// By Winograd's method.
    Winograd,
    /// By tiles.
    Tiled {
        /// See [`Tiling::side`].
        side: usize,
        /// See [`Tiling::parts`].
        parts: usize,
    },
}

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

/// What the file holds.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    schema: String,
    moue: String,
    adapter: String,
    backend: String,
    driver: String,
    choices: BTreeMap<String, Choice>,
}

/// Choices for one adapter.
#[derive(Debug)]
pub struct Tuning {
    path: Option<PathBuf>,
    measures: bool,
    adapter: Adapter,
    choices: Mutex<BTreeMap<String, Choice>>,
}

impl Tuning {
    /// Choices for `adapter` that are measured when they are first needed, where `measures`, and kept in `path`. What lies there already is used, unless it is
    /// broken or was measured by another driver or version: then the second value says so, and it is measured anew.
    pub fn open(adapter: &Adapter, path: Option<&Path>, measures: bool) -> (Self, Option<String>) {
        let read = path.filter(|path| path.exists()).map(|path| read(path, adapter));
        let (choices, warning) = match read {
            None => (BTreeMap::new(), None),
            Some(Ok(choices)) => (choices, None),
            Some(Err(reason)) => (BTreeMap::new(), Some(reason)),
        };
        let path = path.map(Path::to_path_buf);
        let mut tuning = Self { path, measures, adapter: adapter.clone(), choices: Mutex::new(choices) };
        let unwritable = match &tuning.path {
            Some(path) if measures => {
                let saved = tuning.save(&tuning.choices.lock().unwrap_or_else(PoisonError::into_inner));
                saved.err().map(|error| format!("{}: {error}; what is measured is not kept", path.display()))
            }
            _ => None,
        };
        if unwritable.is_some() {
            tuning.path = None;
        }
        (tuning, warning.or(unwritable))
    }

    /// The name of an adapter's file: letters, digits and dashes.
    pub fn file_name(adapter: &Adapter) -> String {
        let name = format!("{} {}", adapter.name, adapter.backend).to_lowercase();
        let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
        format!("{}.json", words.join("-"))
    }

    /// How many choices there are.
    pub fn len(&self) -> usize {
        self.choices.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether nothing was chosen yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is fastest for `layer`; `None` where it was not measured and is not to be.
    ///
    /// # Errors
    /// The device's; [`Error::Io`] where the file cannot be written.
    pub fn choose(&self, gpu: &Gpu, layer: Layer) -> Result<Option<Choice>> {
        let key = layer.to_string();
        if let Some(&choice) = self.choices.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(Some(choice));
        }
        if !self.measures {
            return Ok(None);
        }
        let choice = measure(gpu, layer)?;
        let mut choices = self.choices.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have measured it meanwhile, and laid out memory by it.
        let choice = *choices.entry(key).or_insert(choice);
        self.save(&choices)?;
        Ok(Some(choice))
    }

    /// What was measured for `layer` before.
    pub fn known(&self, layer: Layer) -> Option<Choice> {
        self.choices.lock().unwrap_or_else(PoisonError::into_inner).get(&layer.to_string()).copied()
    }

    fn save(&self, choices: &BTreeMap<String, Choice>) -> Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        // Another process may have kept more meanwhile.
        let mut all = read(path, &self.adapter).unwrap_or_default();
        all.extend(choices.iter().map(|(key, &choice)| (key.clone(), choice)));
        let kept = Kept {
            schema: SCHEMA.into(),
            moue: env!("CARGO_PKG_VERSION").into(),
            adapter: self.adapter.name.clone(),
            backend: self.adapter.backend.clone(),
            driver: self.adapter.driver.clone(),
            choices: all,
        };
        let text = serde_json::to_string_pretty(&kept).map_err(|error| Error::Defect(error.to_string()))?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| Error::io(folder, error))?;
        }
        // A reader sees the old file or the new one.
        static FILES: AtomicUsize = AtomicUsize::new(0);
        let number = FILES.fetch_add(1, Ordering::Relaxed);
        let fresh = path.with_extension(format!("{}-{number}.new", std::process::id()));
        std::fs::write(&fresh, text).map_err(|error| Error::io(&fresh, error))?;
        std::fs::rename(&fresh, path).map_err(|error| Error::io(path, error))
    }
}

fn read(path: &Path, adapter: &Adapter) -> std::result::Result<BTreeMap<String, Choice>, String> {
    let ignored = |why: String| format!("{}: {why}; it is ignored until kernels are tuned again (`--tune`)", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| ignored(error.to_string()))?;
    let kept: Kept = serde_json::from_str(&text).map_err(|error| ignored(format!("no choices of kernels: {error}")))?;
    if kept.schema != SCHEMA || kept.moue != env!("CARGO_PKG_VERSION") {
        return Err(ignored(format!("it is of moue {} and {}", kept.moue, kept.schema)));
    }
    if (&kept.adapter, &kept.backend, &kept.driver) != (&adapter.name, &adapter.backend, &adapter.driver) {
        return Err(ignored(format!("it was measured on `{}` with the driver `{}`", kept.adapter, kept.driver)));
    }
    Ok(kept.choices)
}

/// Whether `choice` computes `layer` on an adapter of these capabilities: a file may say what another adapter runs.
pub fn serves(gpu: &Gpu, layer: Layer, choice: Choice) -> bool {
    candidates(gpu, layer).contains(&choice)
}

/// What can compute `layer` on the adapter; the rule's own choice is the first.
pub fn candidates(gpu: &Gpu, layer: Layer) -> Vec<Choice> {
    let Layer { members, images, channels: [c, o], window, groups, .. } = layer;
    let variant = Variant::choose(gpu.capabilities(), c, o, groups);
    let mut all = vec![Choice::Direct];
    let shape = window.output("layer", layer.input, false).ok().and_then(|output| {
        let shape = WinogradShape::of(window, groups, [c, o], output)?;
        let method = Winograd::choose(gpu.capabilities())?;
        let most = gpu.most_for(method.weights(), Precision::F32);
        (images == 1 && method.fits(shape, members, most)).then_some(shape)
    });
    if let Some(shape) = shape {
        all.push(Choice::Winograd);
        if shape.pays() {
            all.swap(0, 1);
        }
    }
    if variant.is_tiled() {
        let tilings = Tiling::candidates(variant);
        all.extend(tilings.map(|Tiling { side, parts }| Choice::Tiled { side, parts }));
    }
    all
}

/// The fastest candidate by wall clock on a CPU, which fills textures between dispatches, and by timestamps elsewhere.
fn measure(gpu: &Gpu, layer: Layer) -> Result<Choice> {
    let candidates = candidates(gpu, layer);
    if let [only] = candidates[..] {
        return Ok(only);
    }
    // They never run at once: they work in the same memory.
    let mut scratch = Scratch::default();
    let mut loads = Vec::new();
    for (index, &choice) in candidates.iter().enumerate() {
        match load_in(gpu, layer, choice, &mut scratch) {
            Ok(load) => loads.push((choice, load, f64::INFINITY)),
            // What does not fit is no candidate; but the rule's own choice has to be.
            Err(Error::Limit { .. } | Error::OutOfMemory { .. } | Error::Argument(_)) if index > 0 => {}
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
    Ok(if fastest.1 < own * (1.0 - LEAST_GAIN) { fastest.0 } else { candidates[0] })
}

/// The layer with made-up numbers, by one method, ready to be timed.
///
/// # Errors
/// [`Error::Shape`] where the method does not compute the layer; the device's.
pub fn load(gpu: &Gpu, layer: Layer, choice: Choice) -> Result<Load> {
    load_in(gpu, layer, choice, &mut Scratch::default())
}

fn load_in(gpu: &Gpu, layer: Layer, choice: Choice, scratch: &mut Scratch) -> Result<Load> {
    let Layer { members, images, channels: [c, o], input: [h, w], window, groups, precision } = layer;
    let [oh, ow] = window.output("layer", layer.input, false)?;
    let total = members * images;
    let weight = Tensor::new(
        vec![o, c / groups, window.kernel[0], window.kernel[1]],
        (0..o * (c / groups) * window.kernel[0] * window.kernel[1]).map(|i| (i * 7919 % 1000) as f32 / 5e4 - 0.01).collect(),
    )?;
    let bias = vec![0.1; o];
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
        relu: true,
        out_c4_offset: 0,
        tiling: if let Choice::Tiled { side, parts } = choice { Some(Tiling { side, parts }) } else { None },
    };
    let bias: Vec<f32> = (0..members).flat_map(|_| packed_bias(&bias)).collect();
    let bias_buffer = gpu.upload("bias", bytemuck::cast_slice(&bias))?;
    let bias_slice = recording.shared("bias", &bias_buffer);
    let dispatches = match choice {
        Choice::Winograd => {
            let (Some(method), Some(shape)) =
                (Winograd::choose(gpu.capabilities()), WinogradShape::of(window, groups, [c, o], [oh, ow]))
            else {
                return Err(Error::shape("layer", "Winograd's method does not compute it"));
            };
            let bytes = method.weight_bytes([c, o], members);
            let weights = gpu.reserve_for(method.weights(), Precision::F32, "weights", bytes)?;
            let packed = method.pack("layer", &vec![&weight; members], 0)?;
            for point in 0..WINOGRAD_POINTS as u64 {
                gpu.write(&weights, bytes / WINOGRAD_POINTS as u64 * point, bytemuck::cast_slice(&packed))?;
            }
            let zeros = gpu.upload("zeros", &vec![0; 4 * WINOGRAD_POINTS * bias.len()])?;
            let buffers = WinogradBuffers {
                weights: recording.shared("weights", &weights),
                zeros: recording.shared("zeros", &zeros),
                bias: bias_slice,
                workspace: shape.workspace(total).map(|bytes| recording.slab("between", bytes)),
            };
            method.dispatches("layer", &conv, input, buffers, None, output)?
        }
        Choice::Direct | Choice::Tiled { .. } => {
            let variant = Variant::choose(gpu.capabilities(), c, o, groups);
            let values = vec![0.1; o];
            let packed = variant.pack("layer", &vec![(&weight, &values[..]); members], groups)?;
            let weights = gpu.upload_for(variant.weights(), variant.stored(precision), "weights", &packed.weights)?;
            let weights = ConvWeights { variant, weights: recording.shared("weights", &weights), bias: bias_slice };
            let bytes = conv.workspace(variant, total, [oh, ow], c);
            let workspace = (bytes > 0).then(|| recording.slab("between", bytes));
            conv.dispatches("layer", input, weights, None, output, workspace)?
        }
    };
    dispatches.into_iter().for_each(|dispatch| recording.dispatch(dispatch));
    Load::with(gpu, recording, Vec::new(), scratch)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(driver: &str) -> Adapter {
        Adapter {
            index: 0,
            name: "A GPU (9/X)".into(),
            backend: "vulkan".into(),
            kind: "discrete".into(),
            driver: driver.into(),
            subgroup: [32, 32],
            max_binding_bytes: 1 << 27,
            features: Vec::new(),
            converts_f16: true,
        }
    }

    #[test]
    fn what_was_kept_is_read_and_what_is_stale_or_broken_is_not() {
        let folder = std::env::temp_dir().join(format!("moue-tuning-{}", std::process::id()));
        let path = folder.join(Tuning::file_name(&adapter("1.0")));
        assert!(path.ends_with("a-gpu-9-x-vulkan.json"));
        let (tuning, warning) = Tuning::open(&adapter("1.0"), Some(&path), false);
        assert!(warning.is_none() && tuning.is_empty());
        let choices: BTreeMap<String, Choice> =
            [("a", Choice::Winograd), ("b", Choice::Tiled { side: 64, parts: 3 })].map(|(key, c)| (key.to_owned(), c)).into();
        tuning.save(&choices).unwrap();
        let (same, warning) = Tuning::open(&adapter("1.0"), Some(&path), false);
        assert_eq!((warning, &*same.choices.lock().unwrap()), (None, &choices));
        let (other, warning) = Tuning::open(&adapter("2.0"), Some(&path), false);
        assert!(other.is_empty() && warning.is_some_and(|text| text.contains("`1.0`") && text.contains("ignored")));
        let text = std::fs::read_to_string(&path).unwrap();
        for broken in [
            text.replace("moue.tuning/1", "moue.tuning/0"),
            text[..text.len() / 2].to_owned(),
            "{}".into(),
            text.replace("winograd", "magic"),
        ] {
            std::fs::write(&path, broken).unwrap();
            let (none, warning) = Tuning::open(&adapter("1.0"), Some(&path), false);
            assert!(none.is_empty() && warning.is_some_and(|text| text.contains("ignored")));
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
