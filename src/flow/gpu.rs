//! The flow on a GPU: frames go up once, a submission makes expansions of them and flow of all pairs.

use super::field::Field;
use super::job::Job;
use super::parameters::Parameters;
use super::stages::{NewFrames, NewPairs, Slots, Stages};
use crate::error::{Error, Result};
use crate::gpu::{Gpu, Plan, Recording, Scratch, Slice, Wait};

/// Bytes of all buffers of a submission, unless a single pair needs more.
const MOST_BYTES: u64 = 1 << 28;
/// Pairs of a submission at most.
const MOST_PAIRS: usize = 64;
/// Plans kept ready, the one used last at the end.
const MOST_PLANS: usize = 4;

/// Frames of one size.
#[derive(Debug)]
pub(super) struct OnGpu {
    gpu: Gpu,
    size: [usize; 2],
    stages: Stages,
    slots: Option<Slots>,
    /// The slot of the frame that was kept.
    kept: Option<usize>,
    scratch: Scratch,
    plans: Vec<(Key, Ready)>,
}

/// What a plan was made for.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Key {
    frames: usize,
    pairs: usize,
    initial: bool,
}

#[derive(Debug)]
struct Ready {
    plan: Plan,
    pixels: Slice,
    slots: Slice,
    pairs: Option<Slice>,
    initial: Option<Slice>,
}

impl OnGpu {
    pub fn new(gpu: Gpu, size: [usize; 2], parameters: &Parameters) -> Result<Self> {
        let stages = Stages::new(&gpu, size, parameters)?;
        Ok(Self { gpu, size, stages, slots: None, kept: None, scratch: Scratch::default(), plans: Vec::new() })
    }

    pub fn keeps(&self) -> bool {
        self.kept.is_some()
    }

    pub fn forget(&mut self) {
        self.kept = None;
    }

    /// Pairs of a submission at most.
    ///
    /// # Errors
    /// [`Error::Limit`] where there is no place for one.
    pub fn most_pairs(&self) -> Result<usize> {
        let (one, all) = self.stages.bytes();
        // A frame that is kept, and both of a pair.
        let slots = self.gpu.max_binding() / one.max(1);
        if slots < 3 {
            let ([width, height], most) = (self.size, self.gpu.max_binding() / (3 * 20));
            let reason = format!(
                "frames of {width} x {height} pixels are too large for its buffers: take {most} pixels at most, or `--device cpu`"
            );
            return Err(Error::Limit { adapter: self.gpu.name().to_owned(), reason });
        }
        Ok(((slots - 1) / 2).min(MOST_BYTES / all.max(1)).clamp(1, MOST_PAIRS as u64) as usize)
    }

    /// Makes place for `count` new frames beside the one that is kept, which is lost where the place was too small: see [`OnGpu::keeps`].
    pub fn make_room(&mut self, count: usize) -> Result<()> {
        let wanted = count + usize::from(self.keeps());
        if self.slots.as_ref().is_some_and(|slots| slots.count() >= wanted) {
            return Ok(());
        }
        let most = (self.gpu.max_binding() / self.stages.bytes().0.max(1)) as usize;
        // Plans bind the old one.
        self.plans.clear();
        (self.slots, self.kept) = (None, None);
        self.slots = Some(self.stages.slots(&self.gpu, wanted.next_power_of_two().min(most).max(wanted))?);
        Ok(())
    }

    /// Runs a job of no more pairs than [`OnGpu::most_pairs`], for whose frames there is room.
    pub async fn run(&mut self, job: &Job<'_>, wait: Wait) -> Result<Vec<Field>> {
        let count = self.slots.as_ref().map_or(0, Slots::count);
        let free = (0..count).filter(|slot| Some(*slot) != self.kept).take(job.frames.len());
        let slots: Vec<u32> = self.kept.filter(|_| job.after_kept).into_iter().chain(free).map(|slot| slot as u32).collect();
        let new = &slots[slots.len().saturating_sub(job.frames.len())..];
        let pairs: Vec<u32> =
            job.pairs.as_flattened().iter().map(|&at| slots.get(at).copied()).collect::<Option<_>>().ok_or_else(lost)?;
        if new.len() != job.frames.len() {
            return Err(lost());
        }
        let mut pixels: Vec<u8> = job.frames.iter().flat_map(|frame| frame.as_raw()).copied().collect();
        pixels.resize(pixels.len().next_multiple_of(4), 0);
        let (size, factor) = self.stages.coarsest();
        let initial: Vec<[f32; 2]> = job.initial.into_iter().flatten().flat_map(|field| field.smaller(size, factor)).collect();
        // What is kept is overwritten, or not written whole where the run fails.
        let after = if job.keeps { new.last().map(|&slot| slot as usize) } else { self.kept };
        self.kept = None;
        let key = Key { frames: job.frames.len(), pairs: job.pairs.len(), initial: job.initial.is_some() };
        let ready = self.ready(key)?;
        let mut uploads: Vec<(Slice, &[u8])> = vec![(ready.pixels, &pixels), (ready.slots, bytemuck::cast_slice(new))];
        uploads.extend(ready.pairs.map(|slice| (slice, bytemuck::cast_slice(&pairs))));
        uploads.extend(ready.initial.map(|slice| (slice, bytemuck::cast_slice(&initial))));
        let (answers, _) = ready.plan.answer(&uploads, wait).await?;
        self.kept = after;
        let data: Vec<[f32; 2]> = answers.first().map(|bytes| bytemuck::pod_collect_to_vec(bytes)).unwrap_or_default();
        let [width, height] = self.size;
        let field = |data: &[[f32; 2]]| Field { width: width as u32, height: height as u32, data: data.to_vec() };
        Ok(data.chunks_exact((width * height).max(1)).map(field).collect())
    }

    fn ready(&mut self, key: Key) -> Result<&mut Ready> {
        match self.plans.iter().position(|(other, _)| *other == key) {
            Some(at) => self.plans[at..].rotate_left(1),
            None => {
                let ready = self.record(key)?;
                self.plans.push((key, ready));
            }
        }
        self.plans.last_mut().map(|(_, ready)| ready).ok_or_else(lost)
    }

    fn record(&mut self, key: Key) -> Result<Ready> {
        let slots = self.slots.as_ref().ok_or_else(lost)?;
        let mut recording = Recording::default();
        let [width, height] = self.size;
        let pixels = recording.upload("frames", (key.frames * width * height) as u64);
        let new = recording.upload("slots", 4 * key.frames as u64);
        let frames = NewFrames { count: key.frames, pixels, slots: new };
        let pairs = (key.pairs > 0).then(|| recording.upload("pairs", 8 * key.pairs as u64));
        let ([coarse_width, coarse_height], _) = self.stages.coarsest();
        let initial =
            key.initial.then(|| recording.upload("initial flow", 8 * (key.pairs * coarse_width * coarse_height) as u64));
        let made = pairs.map(|slots| NewPairs { count: key.pairs, slots, initial });
        if let Some(flow) = self.stages.record(&mut recording, slots, Some(frames), made)? {
            recording.read(flow);
        }
        if !self.scratch.holds(&mut recording) {
            // Smaller plans would keep what they were lent.
            self.plans.clear();
        } else if self.plans.len() == MOST_PLANS {
            self.plans.remove(0);
        }
        let plan = Plan::with(&self.gpu, recording, &mut self.scratch)?;
        Ok(Ready { plan, pixels, slots: new, pairs, initial })
    }
}

fn lost() -> Error {
    Error::Defect("a frame without a slot".into())
}
