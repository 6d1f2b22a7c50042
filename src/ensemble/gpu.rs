//! An ensemble on the GPU: one recorded plan for a number of faces, one submission, a few hundred bytes back.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use image::RgbImage;

use super::part::{Part, pack};
use super::reading::{Reading, readings};
use super::seen::{Seen, Viewer};
use super::stage::Stage;
use super::times::Times;
use crate::error::Result;
use crate::gpu::{Buffer, Cost, Gpu, MOST_IN_FLIGHT, Plan, Recording, Scratch, Slice, Timing, Wait, Work};
use crate::graph::{Prepared, Weights};
use crate::host::Clock;
use crate::kernels::{self, Normalise, Source, View};
use crate::operators::{Rect, Region};
use crate::reference;
use crate::tensor::Precision;
use crate::weights::{Group, Model, Oversample, weights_of};

/// Faces of one submission at most: beyond it a batch is no faster, and results would come late.
const MOST_FACES: usize = 64;
/// Bytes of a plan's largest tensor at most, unless one face takes more, on a GPU and on a CPU adapter: plans hold a few times that. A GPU needs
/// the larger batches to be busy.
const MOST_TENSOR: [u64; 2] = [1 << 28, 1 << 26];
/// Plans kept ready, the one used last at the end: one a power of two up to [`MOST_FACES`].
const MOST_PLANS: usize = MOST_FACES.ilog2() as usize + 1;
/// Pixels that the smallest upload buffer holds.
const LEAST_PIXELS: usize = 1 << 18;

/// How a batch lies on the GPU.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Layout {
    /// Faces of one submission.
    pub faces: usize,
    /// Pipelines compiled on the device so far.
    pub pipelines: usize,
    /// Dispatches of one run.
    pub dispatches: usize,
    /// Buffers that dispatches write.
    pub slabs: usize,
    /// Their bytes.
    pub slab_bytes: u64,
    /// Bytes that come back.
    pub read_bytes: u64,
    /// What a run costs.
    pub work: Work,
}

#[derive(Debug)]
pub(super) struct Engine {
    gpu: Gpu,
    prepared: Vec<Prepared>,
    tables: HashMap<String, Buffer>,
    fusion: Buffer,
    plans: Vec<(Key, Ready)>,
    scratch: Scratch,
    /// The plan whose uploads the lent memory holds.
    ran: Option<Key>,
    /// Of the last reading.
    cost: Cost,
    /// Made when what networks see is asked for first.
    viewer: Option<Viewer>,
}

/// What a plan was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    faces: usize,
    /// Whether their regions are turned.
    turned: bool,
    oversample: Oversample,
    /// Pixels that the upload buffer holds at least.
    pixels: usize,
}

impl Key {
    /// Whether a plan made for this does what `wanted` needs.
    fn serves(self, wanted: Self) -> bool {
        self.alike(wanted) && self.pixels >= wanted.pixels
    }

    /// Whether they differ by the pixels at most.
    fn alike(self, other: Self) -> bool {
        self.faces == other.faces && self.turned == other.turned && self.oversample == other.oversample
    }
}

#[derive(Debug)]
struct Ready {
    plan: Plan,
    faces: Slice,
    pixels: Slice,
    /// Uploads that are the same at every run: crops, and the faces of enlarged crops.
    constants: Vec<(Slice, Vec<u32>)>,
    layout: Layout,
    cost: Cost,
}

/// Faces of one submission, packed.
struct Batch {
    key: Key,
    /// Without the padding.
    count: usize,
    faces: Vec<u8>,
    words: Vec<u32>,
    packing: Duration,
}

impl Batch {
    fn pack(parts: &[Part<'_>], oversample: Oversample, most_pixels: usize) -> Self {
        let start = Clock::start();
        let size = parts.len().next_power_of_two();
        let (words, starts) = pack(parts);
        let mut faces = Vec::new();
        for (part, &start) in parts.iter().zip(&starts) {
            faces.extend(oversample.views().iter().flat_map(|&mirrored| part.face(start, mirrored)));
        }
        // Padding reads the first face again: the kernels check no bounds, so that it must be one that is there.
        let each = faces.len() / parts.len().max(1);
        faces.extend(faces[..each].repeat(size - parts.len()));
        // Few sizes of buffer, so that photographs of all sizes share a plan.
        let pixels = words.len().next_power_of_two().max(LEAST_PIXELS).min(most_pixels);
        let turned = parts.first().is_some_and(Part::turned);
        let key = Key { faces: size, turned, oversample, pixels };
        Self { key, count: parts.len(), faces, words, packing: start.elapsed() }
    }
}

/// A submission whose answers were not taken yet.
struct Flight {
    faces: usize,
    packing: Duration,
}

impl Engine {
    pub fn new(gpu: Gpu, model: &Model, groups: &[Group], precision: Precision) -> Result<Self> {
        let mut prepared = Vec::new();
        for group in groups {
            let weights = weights_of(model, group);
            let weights: Vec<&dyn Weights> = weights.iter().map(|w| w as &dyn Weights).collect();
            prepared.push(Prepared::new(&gpu, group.graph.clone(), &weights, &[], precision)?);
        }
        let mut tables = HashMap::new();
        for name in model.description.representations.keys() {
            if let Some(table) = model.parts(name)?.table {
                let words: Vec<u32> = model.table(&table)?.iter().map(|&[r, g, b]| u32::from_le_bytes([r, g, b, 0])).collect();
                let buffer = gpu.upload(&table, bytemuck::cast_slice(&words))?;
                tables.insert(table, buffer);
            }
        }
        let weights: Vec<f32> = model.description.fusion.weights.iter().map(|&w| w as f32).collect();
        let fusion = gpu.upload("fusion weights", bytemuck::cast_slice(&weights))?;
        Ok(Self {
            gpu,
            prepared,
            tables,
            fusion,
            plans: Vec::new(),
            scratch: Scratch::default(),
            ran: None,
            cost: Cost::default(),
            viewer: None,
        })
    }

    pub async fn read(
        &mut self,
        model: &Model,
        groups: &[Group],
        faces: &[(&RgbImage, Region)],
        oversample: Oversample,
        wait: Wait,
        times: &mut Times,
    ) -> Result<Vec<Reading>> {
        self.cost = Cost::default();
        let most = self.most(model, groups, oversample)?;
        let most_pixels = self.most_pixels();
        let size = model.description.canonical.size;
        let small: Vec<Option<RgbImage>> =
            faces.iter().map(|&(picture, region)| self.cut(picture, region, size)).collect::<Result<_>>()?;
        let parts: Vec<Part<'_>> =
            faces.iter().zip(&small).map(|(&(picture, region), small)| part(picture, region, size, small.as_ref())).collect();
        let mut answers = Vec::with_capacity(faces.len());
        self.plans.iter_mut().for_each(|(_, ready)| ready.plan.abandon());
        // All of one plan, the last: while one is computed the next is packed and written.
        let mut flying = VecDeque::new();
        let mut rest = &parts[..];
        while !rest.is_empty() {
            let mut pixels = 0;
            let count = rest
                .iter()
                .take(self.chunk(rest.len(), most))
                .take_while(|part| {
                    pixels += part.pixels();
                    pixels <= most_pixels && part.turned() == rest[0].turned()
                })
                .count()
                .max(1);
            let (now, later) = rest.split_at(count);
            let batch = Batch::pack(now, oversample, most_pixels);
            if !self.plans.last().is_some_and(|(key, _)| key.serves(batch.key)) {
                while self.take(model, &mut flying, &mut answers, wait, times).await? {}
            }
            flying.push_back(self.submit(model, groups, batch, times)?);
            if flying.len() == MOST_IN_FLIGHT {
                self.take(model, &mut flying, &mut answers, wait, times).await?;
            }
            rest = later;
        }
        while self.take(model, &mut flying, &mut answers, wait, times).await? {}
        Ok(answers)
    }

    pub fn layout(&mut self, model: &Model, groups: &[Group], faces: usize, oversample: Oversample) -> Result<Layout> {
        let faces = self.chunk(faces, self.most(model, groups, oversample)?).next_power_of_two();
        self.ready(
            model,
            groups,
            Key { faces, turned: model.description.canonical.alignment.is_some(), oversample, pixels: LEAST_PIXELS },
        )
        .map(|(_, ready)| ready.layout)
    }

    /// Where a face's part of its photograph exceeds a binding or what the kernel can sum, the twin makes the very same crop on the host.
    fn cut(&self, picture: &RgbImage, region: Region, size: [u32; 2]) -> Result<Option<RgbImage>> {
        let [_, _, width, height] = region.area(picture.width(), picture.height(), size);
        let summed = if let Region::Rect(rect) = region { kernels::warp_fits(rect, size) } else { true };
        let fits = width as usize * height as usize <= self.most_pixels() && summed;
        if fits { Ok(None) } else { reference::crop(picture, region, size).map(Some) }
    }

    /// What the kernels make of a face before the networks.
    pub async fn seen(&mut self, model: &Model, picture: &RgbImage, region: Region, wait: Wait) -> Result<Seen> {
        let size = model.description.canonical.size;
        let small = self.cut(picture, region, size)?;
        let part = part(picture, region, size, small.as_ref());
        let viewer = match self.viewer.take().filter(|viewer| viewer.serves(&part)) {
            Some(viewer) => viewer,
            None => {
                let held = part.pixels().next_power_of_two().max(LEAST_PIXELS).min(self.most_pixels());
                Viewer::new(&self.gpu, model, held, part.turned())?
            }
        };
        self.viewer.insert(viewer).see(model, &part, wait).await
    }

    /// Pixels that a submission brings at most: of whole vec4s, as they are read.
    fn most_pixels(&self) -> usize {
        (self.gpu.max_binding() / 16 * 4) as usize
    }

    /// Faces of one submission at most: a power of two.
    fn most(&self, model: &Model, groups: &[Group], oversample: Oversample) -> Result<usize> {
        let mut crops = 1;
        for group in groups {
            crops = crops.max(images_a_face(model, group, oversample)?);
        }
        let largest = self.prepared.iter().map(Prepared::largest).max().unwrap_or(1).max(1) * crops as u64;
        let bytes = MOST_TENSOR[usize::from(self.gpu.capabilities().cpu)].min(self.gpu.max_tensor());
        let faces = (bytes / largest) as usize;
        Ok(1 << faces.clamp(1, MOST_FACES).ilog2())
    }

    /// How many of `faces` go into the next submission. Its plan holds a power of two, so that numbers of faces that vary do not record plans over
    /// and over. A GPU is quicker with padding than with two submissions; on a CPU adapter padding costs what a face costs.
    fn chunk(&self, faces: usize, most: usize) -> usize {
        let faces = faces.clamp(1, most);
        if self.gpu.capabilities().cpu { 1 << faces.ilog2() } else { faces }
    }

    pub async fn profile(&mut self, wait: Wait) -> Result<Option<(usize, Vec<Timing>)>> {
        if !self.gpu.capabilities().timestamps {
            return Ok(None);
        }
        // Another plan's uploads would be read as this one's: only what ran last can run again as it is.
        match self.plans.iter_mut().find(|(key, _)| Some(*key) == self.ran) {
            Some((key, ready)) => Ok(Some((key.faces, ready.plan.timings(&[], wait).await?))),
            None => Ok(None),
        }
    }

    /// What the last reading cost.
    pub fn cost(&self) -> Cost {
        self.cost
    }

    /// The plan of `batch` is the last one then.
    fn submit(&mut self, model: &Model, groups: &[Group], batch: Batch, times: &mut Times) -> Result<Flight> {
        let start = Clock::start();
        self.ran = None;
        let (key, ready) = self.ready(model, groups, batch.key)?;
        times.prepare += start.elapsed();
        let cost = ready.cost;
        let mut uploads: Vec<(Slice, &[u8])> =
            vec![(ready.faces, &batch.faces), (ready.pixels, bytemuck::cast_slice(&batch.words))];
        uploads.extend(ready.constants.iter().map(|(slice, words)| (*slice, bytemuck::cast_slice(words))));
        ready.plan.submit(&uploads)?;
        self.ran = Some(key);
        self.cost.add(cost);
        Ok(Flight { faces: batch.count, packing: batch.packing })
    }

    /// Waits for the submission that is on its way longest, and adds what it says to `answers`; whether there was one.
    async fn take(
        &mut self,
        model: &Model,
        flying: &mut VecDeque<Flight>,
        answers: &mut Vec<Reading>,
        wait: Wait,
        times: &mut Times,
    ) -> Result<bool> {
        let (Some(flight), Some((_, ready))) = (flying.pop_front(), self.plans.last_mut()) else { return Ok(false) };
        let (outputs, mut spent) = ready.plan.take(wait).await?;
        spent.upload += flight.packing;
        times.add(flight.faces, spent);
        let bytes = outputs.into_iter().next().unwrap_or_default();
        let (members, classes) = (model.description.members.len(), model.description.labels.len());
        let mut values: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
        values.truncate(flight.faces * (1 + members) * classes);
        answers.extend(readings(&values, members, classes));
        Ok(true)
    }

    fn ready(&mut self, model: &Model, groups: &[Group], wanted: Key) -> Result<(Key, &mut Ready)> {
        let (key, ready) = match self.plans.iter().position(|(key, _)| key.serves(wanted)) {
            Some(at) => self.plans.remove(at),
            None => {
                // One that differs by its pixels only will not be wanted again; freed first, its memory can be had.
                self.plans.retain(|(key, _)| !key.alike(wanted));
                if self.plans.len() == MOST_PLANS {
                    self.plans.remove(0);
                }
                (wanted, self.record(model, groups, wanted)?)
            }
        };
        self.plans.push((key, ready));
        let last = self.plans.len() - 1;
        Ok((key, &mut self.plans[last].1))
    }

    fn record(&mut self, model: &Model, groups: &[Group], key: Key) -> Result<Ready> {
        let description = &model.description;
        let mut recording = Recording::default();
        let views = key.faces * key.oversample.views().len();
        let faces = recording.upload("faces", (kernels::part_bytes(key.turned) * views) as u64);
        let pixels = recording.upload("pixels", 4 * key.pixels as u64);
        let mut stage = Stage::new(&mut recording, description.canonical.size, key.turned, views, faces, pixels)?;

        let (members, classes) = (description.members.len(), description.labels.len());
        let mut crop_count = 1;
        let mut passes: Vec<Pass> = Vec::new();
        for (group, prepared) in groups.iter().zip(&self.prepared) {
            let [channels, height, width] = group.graph.tensors[0].shape;
            let names: Vec<&str> = group.members.iter().map(|&m| description.members[m].reads()).collect();
            let window = [height as u32, width as u32];
            crop_count = images_a_face(model, group, key.oversample)?;
            let images = key.faces * crop_count;
            let most = ((self.gpu.max_tensor() / prepared.largest().max(1)) as usize).clamp(1, images);
            let together = images.div_ceil(images.div_ceil(most));
            // Networks that read the same representations in the same sizes read the same tensor.
            if let Some(pass) = passes.iter().find(|pass| pass.names == names && pass.shape == [channels, height, width]) {
                passes.push(Pass { together, ..pass.clone() });
                continue;
            }
            let slice =
                stage.recording.slab("input", View::bytes(prepared.precision(), names.len() * images, channels, height, width));
            let input = View { slice, images: names.len() * images, channels, height, width, precision: prepared.precision() };
            let mut made: HashMap<&str, usize> = HashMap::new();
            for (position, &name) in names.iter().enumerate() {
                if made.contains_key(name) {
                    continue;
                }
                made.insert(name, position);
                let parts = model.parts(name)?;
                let crops = key.oversample.crops(parts.resize, window);
                let origins: Vec<u32> = crops.iter().flat_map(|c| c.origin).collect();
                let origins_slice = stage.recording.upload("crops", 4 * origins.len() as u64);
                let (source, picture) = match (parts.gray, parts.radius) {
                    (false, _) => (Source::Colour, stage.crop(parts.from)?),
                    (true, None) => (Source::Gray, stage.gray(parts.from)?),
                    (true, Some(radius)) => (Source::Gray, stage.codes(parts.from, radius)?),
                };
                let (source, table) = match parts.table.as_ref().and_then(|t| self.tables.get(t)) {
                    Some(table) => (Source::Mapped, stage.recording.shared("table", table)),
                    None => (source, origins_slice),
                };
                let step = Normalise {
                    source,
                    size: parts.size(),
                    resize: parts.resize,
                    crops: crops.len(),
                    reversed: parts.reversed,
                    mean: parts.mean,
                    scale: parts.scale,
                };
                let dispatch = kernels::normalise(name, step, picture, table, origins_slice, views, input, position * images)?;
                stage.recording.dispatch(dispatch);
                stage.constants.push((origins_slice, origins));
            }
            // A representation is computed once; the members that share it get copies, since one dispatch reads member by member.
            let shared = names
                .iter()
                .enumerate()
                .filter_map(|(position, name)| made.get(name).filter(|&&first| first != position).map(|&f| (f, position)));
            let shared: Vec<(usize, usize)> = shared.collect();
            let input = if shared.is_empty() { input } else { repeat(stage.recording, input, images, names.len(), &shared)? };
            passes.push(Pass { names, shape: [channels, height, width], input, images, together });
        }

        let Stage { recording, constants, .. } = stage;
        for ((prepared, group), pass) in self.prepared.iter().zip(groups).zip(&passes) {
            for images in pass.submitted() {
                prepared.tune(group.members.len() * images)?;
            }
        }
        let slabs =
            self.prepared.iter().zip(groups).zip(&passes).flat_map(|((prepared, group), pass)| {
                pass.submitted().map(|images| prepared.slabs(group.members.len() * images))
            });
        let slabs = recording.pool(slabs);
        let images = key.faces * crop_count;
        let precision = passes.first().map_or(Precision::F32, |pass| pass.input.precision);
        let probabilities = match (groups, &self.prepared[..], &passes[..]) {
            ([group], [prepared], [pass]) if pass.together == images => {
                prepared.record(recording, &slabs, &[pass.input], &group.graph.outputs)?[0]
            }
            _ => {
                let slice = recording.slab("probabilities", View::bytes(precision, members * images, classes, 1, 1));
                let all = View { slice, images: members * images, channels: classes, height: 1, width: 1, precision };
                for ((group, prepared), pass) in groups.iter().zip(&self.prepared).zip(&passes) {
                    pass.record(recording, &slabs, group, prepared, all)?;
                }
                all
            }
        };
        let weights = recording.shared("fusion weights", &self.fusion);
        let fused = recording.slab("fused", 4 * (key.faces * (1 + members) * classes) as u64);
        recording.dispatch(kernels::fuse(
            "fused",
            probabilities,
            weights,
            members,
            crop_count,
            description.fusion.calibration(),
            fused,
        )?);
        recording.read(fused);

        let (slab_bytes, slabs) = recording.slabs();
        let (dispatches, read_bytes) = (recording.dispatches().len(), recording.read_bytes());
        let work = recording.work();
        if self.ran == Some(key) {
            self.ran = None;
        }
        if !self.scratch.holds(recording) {
            // Smaller plans would keep what they were lent; to record them again costs little.
            self.plans.clear();
        }
        let cost = Cost::of(recording, key.faces);
        let plan = Plan::with(&self.gpu, std::mem::take(recording), &mut self.scratch)?;
        let layout =
            Layout { faces: key.faces, pipelines: self.gpu.pipelines(), dispatches, slabs, slab_bytes, read_bytes, work };
        Ok(Ready { plan, faces, pixels, constants, layout, cost })
    }
}

/// A group's way through its network: all images at once, or as many together as one binding holds.
#[derive(Debug, Clone)]
struct Pass<'m> {
    /// Representations of the group's members.
    names: Vec<&'m str>,
    shape: [usize; 3],
    /// `[member x image, C, H, W]`.
    input: View,
    /// Of one member.
    images: usize,
    together: usize,
}

impl Pass<'_> {
    /// Images of a member that go in together, and of the last part: fewer may need more memory to work with.
    fn submitted(&self) -> [usize; 2] {
        let rest = self.images % self.together;
        [self.together, if rest == 0 { self.together } else { rest }]
    }

    /// Runs the network and puts the answers of the group's members into their places of `all` `[member x image, classes]`.
    fn record(&self, recording: &mut Recording, slabs: &[Slice], group: &Group, prepared: &Prepared, all: View) -> Result<()> {
        let members = group.members.len();
        let [channels, height, width] = self.shape;
        let part = (self.together < self.images).then(|| {
            let slice = recording
                .slab("images together", View::bytes(self.input.precision, members * self.together, channels, height, width));
            View { slice, images: members * self.together, channels, height, width, precision: self.input.precision }
        });
        for first in (0..self.images).step_by(self.together) {
            let count = self.together.min(self.images - first);
            let input = match part {
                None => self.input,
                Some(part) => {
                    let part = View { images: members * count, ..part };
                    for member in 0..members {
                        let places = (member * self.images + first, member * count);
                        recording.dispatch(kernels::copy("images together", self.input, part, count, places, 0)?);
                    }
                    part
                }
            };
            let outputs = prepared.record(recording, slabs, &[input], &group.graph.outputs)?;
            for (position, &member) in group.members.iter().enumerate() {
                let places = (position * count, member * self.images + first);
                recording.dispatch(kernels::copy("probabilities", outputs[0], all, count, places, 0)?);
            }
        }
        Ok(())
    }
}

/// `input` with the images of position `first` repeated at position `to`, for each pair.
fn repeat(recording: &mut Recording, input: View, images: usize, positions: usize, shared: &[(usize, usize)]) -> Result<View> {
    let slice = recording.slab("inputs", input.slice.size);
    let output = View { slice, ..input };
    for position in 0..positions {
        let first = shared.iter().find(|(_, to)| *to == position).map_or(position, |(first, _)| *first);
        recording.dispatch(kernels::copy("input", input, output, images, (first * images, position * images), 0)?);
    }
    Ok(output)
}

/// The part of a photograph that goes up for a face: all of `small` where that was cut out of it.
fn part<'p>(picture: &'p RgbImage, region: Region, size: [u32; 2], small: Option<&'p RgbImage>) -> Part<'p> {
    match small {
        Some(crop) => Part::new(crop, Rect::whole(crop.width(), crop.height()).into(), size),
        None => Part::new(picture, region, size),
    }
}

/// Images that a network reads of one face: views x crops.
fn images_a_face(model: &Model, group: &Group, oversample: Oversample) -> Result<usize> {
    let [_, height, width] = group.graph.tensors[0].shape;
    let name = model.description.members[group.members[0]].reads();
    let crops = oversample.crops(model.parts(name)?.resize, [height as u32, width as u32]);
    Ok(oversample.views().len() * crops.len())
}
