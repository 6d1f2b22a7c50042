//! On a GPU: pixels go up, and a submission makes crops, their flow, stacks and both networks' answers. Crops' expansions and levels of flow stay there between
//! submissions.

use std::collections::VecDeque;

use image::RgbImage;

use super::job::{Answers, Job, lost};
use super::rule::{Motion, Rule};
use super::unit::Stream;
use crate::ensemble::{Part, Stage, pack};
use crate::error::Result;
use crate::flow::{NewFrames, NewPairs, Slots, Stages};
use crate::gpu::{Buffer, Gpu, Plan, Recording, Scratch, Slice, Wait};
use crate::graph::{Graph, Prepared, Weights};
use crate::kernels::{self, NO_FLOW, Normalise, Source, View};
use crate::operators::{Rect, Region};
use crate::reference;
use crate::tensor::Precision;
use crate::weights::Model;

/// Plans kept ready, the one used last at the end.
const MOST_PLANS: usize = 8;
/// Pixels that the smallest upload buffer holds.
const LEAST_PIXELS: usize = 1 << 16;
/// Slots at first.
const LEAST_SLOTS: usize = 16;

#[derive(Debug)]
pub(super) struct OnGpu {
    gpu: Gpu,
    /// Height and width of a crop.
    size: [u32; 2],
    still: Network,
    normalise: Normalise,
    motion: Option<Moving>,
    labels: usize,
    scratch: Scratch,
    plans: VecDeque<(Key, Ready)>,
}

#[derive(Debug)]
struct Network {
    prepared: Prepared,
    outputs: usize,
}

/// What motion needs.
#[derive(Debug)]
struct Moving {
    how: Motion,
    network: Network,
    stages: Stages,
    /// Expansions of crops, and the levels of flows; the last of each is nobody's: padding goes there.
    kept: Option<(Slots, Buffer, usize)>,
}

/// What a plan was made for: numbers of faces, pairs and stacks, padding included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Key {
    faces: usize,
    /// Whether the faces are turned.
    turned: bool,
    pixels: usize,
    /// Whether crops are kept.
    keeps: bool,
    pairs: usize,
    stacks: usize,
}

#[derive(Debug)]
struct Ready {
    plan: Plan,
    /// Faces and their pixels.
    pixels: Option<[Slice; 2]>,
    origin: Option<Slice>,
    crops: Option<Slice>,
    /// Crops of each pair, and where its levels go.
    pairs: Option<[Slice; 2]>,
    stacks: Option<Slice>,
}

impl OnGpu {
    pub fn new(gpu: Gpu, model: &Model, rule: &Rule) -> Result<Self> {
        let network = |at: usize| {
            let member = &model.description.members[at];
            let network = model.description.networks.get(&member.network).ok_or_else(lost)?;
            let graph = Graph::new(network)?;
            let outputs = graph.outputs.len();
            let weights = model.member(&member.weights);
            let prepared = Prepared::new(&gpu, graph, &[&weights as &dyn Weights], &[], Precision::F32)?;
            Ok(Network { prepared, outputs })
        };
        let size = model.description.canonical.size;
        let motion = match &rule.motion {
            Some(how) => Some(Moving {
                how: how.clone(),
                network: network(how.member.at)?,
                stages: Stages::new(&gpu, [size[1] as usize, size[0] as usize], &how.parameters)?,
                kept: None,
            }),
            None => None,
        };
        let parts = &rule.still.parts;
        let normalise = Normalise {
            source: Source::Gray,
            size,
            resize: size,
            crops: 1,
            reversed: false,
            mean: parts.mean,
            scale: parts.scale,
        };
        Ok(Self {
            still: network(rule.still.at)?,
            gpu,
            size,
            normalise,
            motion,
            labels: model.description.labels.len(),
            scratch: Scratch::default(),
            plans: VecDeque::new(),
        })
    }

    /// Makes place for so many crops and levels; what lies there stays.
    pub async fn make_room(&mut self, crops: usize, levels: usize) -> Result<()> {
        let Some(Moving { stages, kept, .. }) = &mut self.motion else { return Ok(()) };
        let enough = kept.as_ref().is_some_and(|(slots, _, count)| slots.count() > crops && *count > levels);
        if enough || crops == 0 {
            return Ok(());
        }
        let room = |wanted: usize| (wanted + 1).next_power_of_two().max(LEAST_SLOTS);
        let pixels = u64::from(self.size[0]) * u64::from(self.size[1]);
        let slots = stages.slots(&self.gpu, room(crops))?;
        let count = room(levels);
        let made = self.gpu.reserve("levels", 4 * count as u64 * pixels)?;
        if let Some((old_slots, old_levels, _)) = kept.take() {
            for (old, new) in old_slots.buffers().zip(slots.buffers()).chain([(&old_levels, &made)]) {
                move_over(&self.gpu, old, new).await?;
            }
        }
        *kept = Some((slots, made, count));
        // They bind the old ones.
        self.plans.clear();
        Ok(())
    }

    pub async fn run(&mut self, job: &Job<'_>, wait: Wait) -> Result<Answers> {
        let flows = self.motion.as_ref().map_or(0, |motion| motion.how.stack.count());
        let stacks = job.stacks.len() / flows.max(1);
        if job.faces.is_empty() && stacks == 0 {
            return Ok(Answers::default());
        }
        let small = self.small(job.faces)?;
        let mut parts: Vec<Part<'_>> = Vec::with_capacity(job.faces.len());
        for (at, &(picture, region)) in job.faces.iter().enumerate() {
            parts.push(match small.get(at) {
                Some(crop) => Part::new(crop, Rect::whole(crop.width(), crop.height()).into(), self.size),
                None => Part::new(picture, region, self.size),
            });
        }
        let (words, starts) = pack(&parts);
        let room = |count: usize| if count == 0 { 0 } else { count.next_power_of_two() };
        let key = Key {
            faces: room(parts.len()),
            turned: parts.first().is_some_and(Part::turned),
            pixels: if parts.is_empty() { 0 } else { words.len().next_power_of_two().clamp(LEAST_PIXELS, self.most_pixels()) },
            keeps: !job.crops.is_empty(),
            pairs: room(job.pairs.len()),
            stacks: room(stacks),
        };
        let mut faces: Vec<u8> = parts.iter().zip(&starts).flat_map(|(part, &start)| part.face(start, false)).collect();
        let each = faces.len() / parts.len().max(1);
        faces.extend(faces[..each].repeat(key.faces - parts.len()));
        let [spare_crop, spare_levels] = self.spare();
        let pad = |mut words: Vec<u32>, count: usize, with: u32| {
            words.resize(count, with);
            words
        };
        let crops = pad(job.crops.to_vec(), key.faces, spare_crop);
        // Padding finds the flow of the first pair again.
        let mut pairs: Vec<u32> = job.pairs.iter().flat_map(|pair| pair.crops).collect();
        let first = pairs.get(..2).unwrap_or_default().to_vec();
        pairs.extend(first.repeat(key.pairs - job.pairs.len()));
        let levels = pad(job.pairs.iter().map(|pair| pair.levels).collect(), key.pairs, spare_levels);
        let own = pad(job.stacks.to_vec(), key.stacks * flows, NO_FLOW);
        let labels = self.labels;
        let still_outputs = if key.faces > 0 { self.still.outputs } else { 0 };
        let ready = self.ready(key)?;
        let mut uploads: Vec<(Slice, &[u8])> = Vec::new();
        let words_of = |words: &'_ [u32]| bytemuck::cast_slice::<u32, u8>(words).to_vec();
        let (words, crops, pairs, levels, own) =
            (words_of(&words), words_of(&crops), words_of(&pairs), words_of(&levels), words_of(&own));
        if let Some([at, pixels]) = ready.pixels {
            uploads.extend([(at, &faces[..]), (pixels, &words[..])]);
        }
        uploads.extend(ready.origin.map(|slice| (slice, &[0u8; 8][..])));
        uploads.extend(ready.crops.map(|slice| (slice, &crops[..])));
        if let Some([at, to]) = ready.pairs {
            uploads.extend([(at, &pairs[..]), (to, &levels[..])]);
        }
        uploads.extend(ready.stacks.map(|slice| (slice, &own[..])));
        let (outputs, _) = ready.plan.answer(&uploads, wait).await?;
        let outputs: Vec<Vec<f32>> = outputs.iter().map(|bytes| bytemuck::pod_collect_to_vec(bytes)).collect();
        let (still, motion) = outputs.split_at(still_outputs.min(outputs.len()));
        Ok(Answers {
            still: (0..parts.len()).map(|at| Stream::of(still, at, labels)).collect(),
            motion: (0..stacks).map(|at| Stream::of(motion, at, labels)).collect(),
        })
    }

    /// Where the faces' parts of their photographs exceed a binding, the twin makes the very same crops on the host; else none.
    fn small(&self, faces: &[(&RgbImage, Region)]) -> Result<Vec<RgbImage>> {
        let pixels = |&(picture, region): &(&RgbImage, Region)| {
            let [_, _, width, height] = region.area(picture.width(), picture.height(), self.size);
            let summed = if let Region::Rect(rect) = region { kernels::warp_fits(rect, self.size) } else { true };
            if summed { u64::from(width) * u64::from(height) } else { u64::MAX }
        };
        let turned = |(_, region): &(&RgbImage, Region)| matches!(region, Region::Turned(_));
        let alike = faces.iter().all(|face| turned(face) == faces.first().is_some_and(turned));
        if alike && faces.iter().map(pixels).fold(0, u64::saturating_add) <= self.most_pixels() as u64 {
            return Ok(Vec::new());
        }
        faces.iter().map(|&(picture, region)| reference::crop(picture, region, self.size)).collect()
    }

    /// Pixels that a submission brings at most: of whole vec4s, as they are read.
    fn most_pixels(&self) -> usize {
        (self.gpu.max_binding() / 16 * 4) as usize
    }

    /// The slots that are nobody's.
    fn spare(&self) -> [u32; 2] {
        let kept = self.motion.as_ref().and_then(|motion| motion.kept.as_ref());
        kept.map_or([0; 2], |(slots, _, count)| [slots.count() as u32 - 1, *count as u32 - 1])
    }

    fn ready(&mut self, key: Key) -> Result<&mut Ready> {
        match self.plans.iter().position(|(other, _)| *other == key) {
            Some(at) => {
                if let Some(plan) = self.plans.remove(at) {
                    self.plans.push_back(plan);
                }
            }
            None => {
                let ready = self.record(key)?;
                self.plans.push_back((key, ready));
            }
        }
        self.plans.back_mut().map(|(_, ready)| ready).ok_or_else(lost)
    }

    fn record(&mut self, key: Key) -> Result<Ready> {
        let [height, width] = self.size.map(|side| side as usize);
        let mut recording = Recording::default();
        let networks = [(Some(&self.still), key.faces), (self.motion.as_ref().map(|motion| &motion.network), key.stacks)];
        let used = || networks.iter().filter_map(|&(network, images)| network.filter(|_| images > 0).map(|own| (own, images)));
        for (network, images) in used() {
            network.prepared.tune(images)?;
        }
        let slabs = recording.pool(used().map(|(network, images)| network.prepared.slabs(images)));
        let mut made = Made::default();
        let view = |recording: &mut Recording, images: usize, channels: usize| {
            let precision = Precision::F32;
            let slice = recording.slab("input", View::bytes(precision, images, channels, height, width));
            View { slice, images, channels, height, width, precision }
        };
        if key.faces > 0 {
            let faces = recording.upload("faces", (kernels::part_bytes(key.turned) * key.faces) as u64);
            let pixels = recording.upload("pixels", 4 * key.pixels as u64);
            let origin = recording.upload("crops", 8);
            let mut stage = Stage::new(&mut recording, self.size, key.turned, key.faces, faces, pixels)?;
            let gray = stage.gray(self.size)?;
            (made.pixels, made.origin) = (Some([faces, pixels]), Some(origin));
            let input = view(&mut recording, key.faces, 1);
            let dispatch = kernels::normalise("still", self.normalise, gray, origin, origin, key.faces, input, 0)?;
            recording.dispatch(dispatch);
            answer(&mut recording, &self.still, &slabs, input)?;
            made.gray = Some(gray);
        }
        if let Some(Moving { how, network, stages, kept: Some((slots, levels, _)) }) = &self.motion {
            let held = recording.shared("levels", levels);
            if let Some(gray) = made.gray.filter(|_| key.keeps) {
                let crops = recording.upload("slots", 4 * key.faces as u64);
                let pairs = (key.pairs > 0).then(|| {
                    [("pairs", 8), ("places", 4)].map(|(label, bytes)| recording.upload(label, bytes * key.pairs as u64))
                });
                let frames = NewFrames { count: key.faces, pixels: gray, slots: crops };
                let new = pairs.map(|[of, _]| NewPairs { count: key.pairs, slots: of, initial: None });
                let flow = stages.record(&mut recording, slots, Some(frames), new)?;
                if let (Some(flow), Some([_, to])) = (flow, pairs) {
                    let dispatch = kernels::flow_levels("levels", key.pairs, height * width, &how.levels(), flow, to, held)?;
                    recording.dispatch(dispatch);
                }
                (made.crops, made.pairs) = (Some(crops), pairs);
            }
            if key.stacks > 0 {
                let stacks = recording.upload("stacks", 4 * (key.stacks * how.stack.count()) as u64);
                let input = view(&mut recording, key.stacks, 2 * how.stack.count());
                recording.dispatch(kernels::flow_stack("stack", &how.levels(), how.normalise(), held, stacks, input)?);
                answer(&mut recording, network, &slabs, input)?;
                made.stacks = Some(stacks);
            }
        }
        if !self.scratch.holds(&mut recording) {
            // Smaller plans would keep what they were lent.
            self.plans.clear();
        } else if self.plans.len() == MOST_PLANS {
            self.plans.pop_front();
        }
        let plan = Plan::with(&self.gpu, recording, &mut self.scratch)?;
        let Made { pixels, origin, crops, pairs, stacks, .. } = made;
        Ok(Ready { plan, pixels, origin, crops, pairs, stacks })
    }
}

/// What was recorded so far.
#[derive(Default)]
struct Made {
    gray: Option<Slice>,
    pixels: Option<[Slice; 2]>,
    origin: Option<Slice>,
    crops: Option<Slice>,
    pairs: Option<[Slice; 2]>,
    stacks: Option<Slice>,
}

/// The network's answers, to be read back.
fn answer(recording: &mut Recording, network: &Network, slabs: &[Slice], input: View) -> Result<()> {
    let graph = network.prepared.graph();
    for output in network.prepared.record(recording, slabs, &[input], &graph.outputs)? {
        let values = output.channels * output.pixels();
        let logical = recording.slab("output", 4 * (input.images * values) as u64);
        recording.dispatch(kernels::unpack("output", output, logical, values)?);
        recording.read(logical);
    }
    Ok(())
}

/// What `old` holds to the beginning of `new`, by way of the host: it is seldom needed.
async fn move_over(gpu: &Gpu, old: &Buffer, new: &Buffer) -> Result<()> {
    let mut recording = Recording::default();
    let held = recording.shared("kept", old);
    recording.read(held);
    let (bytes, _) = Plan::new(gpu, recording)?.answer(&[], Wait::Elsewhere).await?;
    gpu.write(new, 0, bytes.first().map_or(&[], Vec::as_slice))
}
