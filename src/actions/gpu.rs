//! On a GPU: pixels go up, and a submission makes crops, their flow, stacks and both networks' answers. Crops' expansions and levels of flow stay there between
//! submissions.

use std::collections::VecDeque;

use image::RgbImage;

use super::job::{Answers, Job, Pair, lost};
use super::recorded::{Key, Moving, Parts, Wanted};
use super::rule::Rule;
use super::unit::Stream;
use crate::ensemble::{Part, pack};
use crate::error::Result;
use crate::gpu::{Buffer, Gpu, Plan, Recording, Scratch, Slice, Timing, Wait};
use crate::kernels::{self, NO_FLOW};
use crate::operators::{Rect, Region, Similarity};
use crate::reference;
use crate::weights::Model;

/// Plans kept ready, the one used last at the end.
const MOST_PLANS: usize = 8;
/// Pixels that the smallest upload buffer holds.
const LEAST_PIXELS: usize = 1 << 16;
/// Slots at first.
const LEAST_SLOTS: usize = 16;

#[derive(Debug)]
pub(super) struct OnGpu {
    parts: Parts,
    scratch: Scratch,
    plans: VecDeque<(Key, Ready)>,
}

#[derive(Debug)]
struct Ready {
    plan: Plan,
    wanted: Wanted,
}

impl OnGpu {
    pub fn new(gpu: Gpu, model: &Model, rule: &Rule) -> Result<Self> {
        Ok(Self { parts: Parts::new(gpu, model, rule)?, scratch: Scratch::default(), plans: VecDeque::new() })
    }

    /// Makes place for so many crops and levels; what lies there stays.
    pub async fn make_room(&mut self, crops: usize, levels: usize) -> Result<()> {
        let Parts { gpu, size, motion, .. } = &mut self.parts;
        let Some(Moving { stages, kept, .. }) = motion else { return Ok(()) };
        let enough = kept.as_ref().is_some_and(|(slots, _, count)| slots.count() > crops && *count > levels);
        if enough || crops == 0 {
            return Ok(());
        }
        let room = |wanted: usize| (wanted + 1).next_power_of_two().max(LEAST_SLOTS);
        let pixels = u64::from(size[0]) * u64::from(size[1]);
        let slots = stages.slots(gpu, room(crops))?;
        let count = room(levels);
        let made = gpu.reserve("levels", 4 * count as u64 * pixels)?;
        if let Some((old_slots, old_levels, _)) = kept.take() {
            for (old, new) in old_slots.buffers().zip(slots.buffers()).chain([(&old_levels, &made)]) {
                move_over(gpu, old, new).await?;
            }
        }
        *kept = Some((slots, made, count));
        // They bind the old ones.
        self.plans.clear();
        Ok(())
    }

    pub async fn run(&mut self, job: &Job<'_>, wait: Wait) -> Result<Answers> {
        let (flows, labels) = (self.parts.flows(), self.parts.labels);
        let stacks = job.stacks.len() / flows.max(1);
        if job.faces.is_empty() && stacks == 0 {
            return Ok(Answers::default());
        }
        let still_outputs = if job.faces.is_empty() { 0 } else { self.parts.still_outputs() };
        let (key, words) = self.words(job, stacks)?;
        let ready = self.ready(key)?;
        let (outputs, _) = ready.plan.answer(&words.uploads(&ready.wanted), wait).await?;
        let outputs: Vec<Vec<f32>> = outputs.iter().map(|bytes| bytemuck::pod_collect_to_vec(bytes)).collect();
        let (still, motion) = outputs.split_at(still_outputs.min(outputs.len()));
        Ok(Answers {
            still: (0..job.faces.len()).map(|at| Stream::of(still, at, labels)).collect(),
            motion: (0..stacks).map(|at| Stream::of(motion, at, labels)).collect(),
        })
    }

    /// How long each dispatch takes for a frame each of `faces` faces that are followed. It reads and writes only slots that are nobody's. `None` where the adapter has no
    /// timestamps.
    pub async fn profile(&mut self, faces: usize, wait: Wait) -> Result<Option<Vec<Timing>>> {
        if !self.parts.gpu.capabilities().timestamps {
            return Ok(None);
        }
        self.make_room(1, 1).await?;
        let [height, width] = self.parts.size;
        let picture = RgbImage::new(width, height);
        let whole = Region::Turned(Similarity::new([0.0, 0.0], [1.0, 0.0])?);
        let [crop, levels] = self.parts.spare();
        let faces = faces.max(1);
        let pairs: Vec<Pair> = (0..faces).map(|face| Pair { face, crops: [crop; 2], levels }).collect();
        let moves = self.parts.motion.is_some();
        let first = Job {
            faces: &vec![(&picture, whole); faces],
            crops: if moves { &vec![crop; faces] } else { &[] },
            pairs: if moves { &pairs } else { &[] },
            stacks: &[],
        };
        let mut timings = self.timed(&first, wait).await?;
        if moves {
            let stacks = vec![levels; faces * self.parts.flows()];
            timings.extend(self.timed(&Job { stacks: &stacks, ..Job::default() }, wait).await?);
        }
        Ok(Some(timings))
    }

    async fn timed(&mut self, job: &Job<'_>, wait: Wait) -> Result<Vec<Timing>> {
        let (key, words) = self.words(job, job.stacks.len() / self.parts.flows().max(1))?;
        let ready = self.ready(key)?;
        // Once before, so that no pipeline is compiled under the clock.
        ready.plan.answer(&words.uploads(&ready.wanted), wait).await?;
        ready.plan.timings(&words.uploads(&ready.wanted), wait).await
    }

    /// What a job uploads, and the plan that it is for.
    fn words(&self, job: &Job<'_>, stacks: usize) -> Result<(Key, Words)> {
        let (size, flows) = (self.parts.size, self.parts.flows());
        let small = self.small(job.faces)?;
        let mut parts: Vec<Part<'_>> = Vec::with_capacity(job.faces.len());
        for (at, &(picture, region)) in job.faces.iter().enumerate() {
            parts.push(match small.get(at) {
                Some(crop) => Part::new(crop, Rect::whole(crop.width(), crop.height()).into(), size),
                None => Part::new(picture, region, size),
            });
        }
        let (pixels, starts) = pack(&parts);
        let room = |count: usize| if count == 0 { 0 } else { count.next_power_of_two() };
        let key = Key {
            faces: room(parts.len()),
            turned: parts.first().is_some_and(Part::turned),
            pixels: if parts.is_empty() { 0 } else { pixels.len().next_power_of_two().clamp(LEAST_PIXELS, self.most_pixels()) },
            keeps: !job.crops.is_empty(),
            pairs: room(job.pairs.len()),
            stacks: room(stacks),
        };
        let mut faces: Vec<u8> = parts.iter().zip(&starts).flat_map(|(part, &start)| part.face(start, false)).collect();
        let each = faces.len() / parts.len().max(1);
        faces.extend(faces[..each].repeat(key.faces - parts.len()));
        let [spare_crop, spare_levels] = self.parts.spare();
        let pad = |mut words: Vec<u32>, count: usize, with: u32| {
            words.resize(count, with);
            words
        };
        // Padding finds the flow of the first pair again.
        let mut pairs: Vec<u32> = job.pairs.iter().flat_map(|pair| pair.crops).collect();
        let first = pairs.get(..2).unwrap_or_default().to_vec();
        pairs.extend(first.repeat(key.pairs - job.pairs.len()));
        let words = Words {
            faces,
            pixels,
            crops: pad(job.crops.to_vec(), key.faces, spare_crop),
            pairs,
            levels: pad(job.pairs.iter().map(|pair| pair.levels).collect(), key.pairs, spare_levels),
            stacks: pad(job.stacks.to_vec(), key.stacks * flows, NO_FLOW),
        };
        Ok((key, words))
    }

    /// Where the faces' parts of their photographs exceed a binding, the twin makes the very same crops on the host; else none.
    fn small(&self, faces: &[(&RgbImage, Region)]) -> Result<Vec<RgbImage>> {
        let size = self.parts.size;
        let pixels = |&(picture, region): &(&RgbImage, Region)| {
            let [_, _, width, height] = region.area(picture.width(), picture.height(), size);
            let summed = if let Region::Rect(rect) = region { kernels::warp_fits(rect, size) } else { true };
            if summed { u64::from(width) * u64::from(height) } else { u64::MAX }
        };
        let turned = |(_, region): &(&RgbImage, Region)| matches!(region, Region::Turned(_));
        let alike = faces.iter().all(|face| turned(face) == faces.first().is_some_and(turned));
        if alike && faces.iter().map(pixels).fold(0, u64::saturating_add) <= self.most_pixels() as u64 {
            return Ok(Vec::new());
        }
        faces.iter().map(|&(picture, region)| reference::crop(picture, region, size)).collect()
    }

    /// Pixels that a submission brings at most: of whole vec4s, as they are read.
    fn most_pixels(&self) -> usize {
        (self.parts.gpu.max_binding() / 16 * 4) as usize
    }

    fn ready(&mut self, key: Key) -> Result<&mut Ready> {
        match self.plans.iter().position(|(other, _)| *other == key) {
            Some(at) => {
                if let Some(plan) = self.plans.remove(at) {
                    self.plans.push_back(plan);
                }
            }
            None => {
                let (mut recording, wanted) = self.parts.record(key)?;
                if !self.scratch.holds(&mut recording) {
                    // Smaller plans would keep what they were lent.
                    self.plans.clear();
                } else if self.plans.len() == MOST_PLANS {
                    self.plans.pop_front();
                }
                let plan = Plan::with(&self.parts.gpu, recording, &mut self.scratch)?;
                self.plans.push_back((key, Ready { plan, wanted }));
            }
        }
        self.plans.back_mut().map(|(_, ready)| ready).ok_or_else(lost)
    }
}

/// What is uploaded for a job, padding included.
struct Words {
    faces: Vec<u8>,
    pixels: Vec<u32>,
    crops: Vec<u32>,
    pairs: Vec<u32>,
    levels: Vec<u32>,
    stacks: Vec<u32>,
}

impl Words {
    fn uploads(&self, wanted: &Wanted) -> Vec<(Slice, &[u8])> {
        let mut uploads: Vec<(Slice, &[u8])> = Vec::new();
        if let Some([faces, pixels]) = wanted.pixels {
            uploads.extend([(faces, &self.faces[..]), (pixels, bytemuck::cast_slice(&self.pixels))]);
        }
        uploads.extend(wanted.origin.map(|slice| (slice, &[0u8; 8][..])));
        uploads.extend(wanted.crops.map(|slice| (slice, bytemuck::cast_slice(&self.crops))));
        if let Some([at, to]) = wanted.pairs {
            uploads.extend([(at, bytemuck::cast_slice(&self.pairs)), (to, bytemuck::cast_slice(&self.levels))]);
        }
        uploads.extend(wanted.stacks.map(|slice| (slice, bytemuck::cast_slice(&self.stacks))));
        uploads
    }
}

/// What `old` holds to the beginning of `new`, by way of the host: it is seldom needed.
async fn move_over(gpu: &Gpu, old: &Buffer, new: &Buffer) -> Result<()> {
    let mut recording = Recording::default();
    let held = recording.shared("kept", old);
    recording.read(held);
    let (bytes, _) = Plan::new(gpu, recording)?.answer(&[], Wait::Elsewhere).await?;
    gpu.write(new, 0, bytes.first().map_or(&[], Vec::as_slice))
}
