//! A recording made ready: buffers allocated, pipelines compiled, bind groups built once; each run only writes, submits and reads.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use super::buffer::{Buffer, Held};
use super::device::Gpu;
use super::mapping::{self, Wait};
use super::mirror::Mirror;
use super::owned::Owned;
use super::recording::{BufferId, MirrorOf, Mirrored, Recording, Slice, Source, Work};
use super::scratch::Scratch;
use super::shader::{BindingKind, Shader};
use super::slot::{Brought, Slot, Written};
use super::step::{Step, bind};
use crate::error::{Error, Result};
use crate::host::Clock;
use crate::tensor::Precision;

/// How long one dispatch took.
#[derive(Debug, Clone)]
pub struct Timing {
    /// What it computed.
    pub label: String,
    /// Name of the shader.
    pub shader: &'static str,
    /// When it began, in seconds by the device's own clock.
    pub begin: f64,
    /// Seconds, by the same clock.
    pub seconds: f64,
    /// What it cost.
    pub work: Work,
}

/// Where the time of a run went, by the host's clock.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// Writing the uploads and encoding the commands.
    pub upload: Duration,
    /// From submission to completion; of submissions that overlap, from the completion of the one before.
    pub compute: Duration,
    /// Taking the outputs out of the mapped buffer.
    pub readback: Duration,
}

impl std::ops::AddAssign for Spent {
    fn add_assign(&mut self, other: Self) {
        self.upload += other.upload;
        self.compute += other.compute;
        self.readback += other.readback;
    }
}

/// Submissions that are on their way at most: one is computed while the other is written or read.
pub const MOST_IN_FLIGHT: usize = 2;

/// Dispatches that are sent off first: the device works on them while the others are encoded, twice as many every time.
const FIRST_STEPS: usize = 8;
/// What is sent off together at most, but for one dispatch: watchdogs end what takes a GPU seconds.
const MOST_WORK: Work = Work { flops: 100_000_000_000, bytes: 10_000_000_000 };

/// A recording made ready on a device.
#[derive(Debug)]
pub struct Plan {
    gpu: Gpu,
    buffers: Vec<Buffer>,
    /// Bound by the steps.
    _params: Owned<wgpu::Buffer>,
    uploads: Vec<(BufferId, u64)>,
    slabs: Vec<BufferId>,
    steps: Vec<Step>,
    outputs: Vec<Slice>,
    /// Made when they are needed first, and taken in turns.
    slots: Vec<Slot>,
    flying: VecDeque<Flight>,
    next: usize,
    /// What is copied into; then what is written.
    mirrors: Vec<Arc<Mirror>>,
}

/// A submission whose outputs were not taken yet.
#[derive(Debug)]
struct Flight {
    slot: usize,
    submission: wgpu::SubmissionIndex,
    upload: Duration,
    /// Since it was submitted, or since the one before it was complete.
    clock: Clock,
}

impl Plan {
    /// Allocates, compiles and binds.
    ///
    /// # Errors
    /// [`Error::Limit`], [`Error::OutOfMemory`], [`Error::DeviceLost`], or [`Error::Device`] where the device refuses a shader or binding.
    pub fn new(gpu: &Gpu, recording: Recording) -> Result<Self> {
        Self::with(gpu, recording, &mut Scratch::default())
    }

    /// As [`Plan::new`], with memory that other plans of `scratch` use too: one runs at a time, with all its uploads.
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn with(gpu: &Gpu, recording: Recording, scratch: &mut Scratch) -> Result<Self> {
        let made = Self::make(gpu, recording, scratch);
        if made.is_err() {
            // What was made for it so far would stay, and leave less for a smaller one.
            scratch.trim();
        }
        made
    }

    fn make(gpu: &Gpu, mut recording: Recording, scratch: &mut Scratch) -> Result<Self> {
        recording.write_textures();
        let device = &gpu.shared.device;
        let (mut uploads, mut slabs, mut sizes) = (Vec::new(), Vec::new(), Vec::new());
        for (id, size) in recording.own() {
            let (label, source) = &recording.buffers[id.0];
            sizes.push((label.as_str(), size));
            match source {
                Source::Upload(_) => uploads.push((id, size)),
                Source::Slab(_) | Source::Texels(..) | Source::Shared(_) => slabs.push(id),
            }
        }
        let (ids, of_copies): (Vec<MirrorOf>, Vec<u64>) = recording.mirrored().into_iter().unzip();
        let copied = ids.iter().map(|of| of.texels).zip(of_copies);
        let textures: Vec<(Precision, u64)> = copied.chain(recording.written()).collect();
        let mut taken = scratch.buffers(gpu, &sizes)?.into_iter();
        let mirrors = scratch.mirrors(gpu, &textures)?;
        let mut written = mirrors.iter().skip(ids.len()).cloned();
        let mut buffers = Vec::new();
        for (_, source) in &recording.buffers {
            buffers.extend(match source {
                Source::Slab(_) | Source::Upload(_) => taken.next(),
                Source::Texels(..) => written.next().map(|texture| Buffer { held: Arc::new(Held::Texels(texture)) }),
                Source::Shared(buffer) => Some(buffer.clone()),
            });
        }

        let alignment = gpu.shared.limits.min_uniform_buffer_offset_alignment as usize;
        let mut params = Vec::new();
        let mut offsets = Vec::new();
        for dispatch in &recording.dispatches {
            params.resize(params.len().next_multiple_of(alignment), 0);
            offsets.push(params.len() as u32);
            params.extend_from_slice(&dispatch.params);
        }
        let params_size = (params.len() as u64).next_multiple_of(16).max(16);
        let params_buffer =
            gpu.allocate("parameters", params_size, wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST)?;
        params.resize(params_size as usize, 0);
        gpu.shared.queue.write_buffer(&params_buffer, 0, &params);

        let shaders: Vec<_> = recording.dispatches.iter().map(|dispatch| dispatch.shader).collect();
        let pipelines = gpu.shared.pipelines.get(device, &shaders);
        gpu.check("compiling the pipelines")?;
        if pipelines.len() != shaders.len() {
            return Err(Error::Device { adapter: gpu.name().to_owned(), reason: "a pipeline did not compile".into() });
        }
        let place = |of: MirrorOf| ids.iter().position(|&other| other == of);
        let mut steps = Vec::new();
        // What each mirror holds: a part that nobody wrote since needs no second copy.
        let mut held: Vec<Option<Slice>> = vec![None; mirrors.len()];
        for ((dispatch, pipeline), params_offset) in recording.dispatches.into_iter().zip(pipelines).zip(offsets) {
            let textures = dispatch.textures();
            let view = |binding: usize| {
                let of = textures.iter().find(|texture| texture.at == binding)?.of;
                match (&*buffers.get(of.buffer.0)?.held, place(of)) {
                    (Held::Texels(texture), _) => (texture.precision == of.texels).then_some(&texture.view),
                    (Held::Bytes(_), Some(at)) => mirrors.get(at).map(|mirror: &Arc<Mirror>| &mirror.view),
                    (Held::Bytes(_), None) => None,
                }
            };
            let group = bind(gpu, &dispatch, &pipeline, &params_buffer, &buffers, &view)?;
            let mut mirrored = Vec::new();
            for &Mirrored { slice, of, .. } in &textures {
                if let Some(at) = place(of).filter(|&at| held[at] != Some(slice)) {
                    held[at] = Some(slice);
                    mirrored.push((at, slice));
                }
            }
            for slice in dispatch.bound().filter(|(kind, _)| *kind == BindingKind::ReadWrite).map(|(_, slice)| slice) {
                held.iter_mut().for_each(|held| *held = held.filter(|held| !held.meets(slice)));
            }
            steps.push(Step { dispatch, pipeline, group, params_offset, mirrored });
        }
        Ok(Self {
            gpu: gpu.clone(),
            buffers,
            _params: params_buffer,
            uploads,
            slabs,
            steps,
            outputs: recording.outputs,
            slots: Vec::new(),
            flying: VecDeque::new(),
            next: 0,
            mirrors,
        })
    }

    /// Writes `uploads` (each to the start of its buffer), runs every dispatch in one submission and reads the outputs.
    ///
    /// # Errors
    /// [`Error::Argument`] where an upload is larger than its buffer or no upload buffer; [`Error::DeviceLost`], [`Error::OutOfMemory`],
    /// [`Error::Device`].
    pub fn run(&mut self, uploads: &[(Slice, &[u8])]) -> Result<Vec<Vec<u8>>> {
        pollster::block_on(self.answer(uploads, Wait::Here)).map(|(outputs, _)| outputs)
    }

    /// As [`Plan::run`], and says where the time went. With [`Wait::Elsewhere`] nothing blocks; a future dropped half way leaves the plan fit for
    /// the next run.
    ///
    /// # Errors
    /// As [`Plan::run`].
    pub async fn answer(&mut self, uploads: &[(Slice, &[u8])], wait: Wait) -> Result<(Vec<Vec<u8>>, Spent)> {
        self.abandon();
        self.submit(uploads)?;
        self.take(wait).await
    }

    /// Writes `uploads` and submits every dispatch; [`Plan::take`] gives the outputs, in the order of the submissions.
    ///
    /// # Errors
    /// As [`Plan::run`]; [`Error::Defect`] where [`MOST_IN_FLIGHT`] were not taken yet.
    pub fn submit(&mut self, uploads: &[(Slice, &[u8])]) -> Result<()> {
        self.send(uploads, None).map(drop)
    }

    /// As [`Plan::submit`], of f32 values, unless `precision` refuses one of them: see [`Precision::refuses`]. Whether it was submitted.
    ///
    /// # Errors
    /// As [`Plan::submit`].
    pub fn submit_unless_refused(&mut self, uploads: &[(Slice, &[u8])], precision: Precision) -> Result<bool> {
        self.send(uploads, Some(precision))
    }

    fn send(&mut self, uploads: &[(Slice, &[u8])], precision: Option<Precision>) -> Result<bool> {
        let start = Clock::start();
        if self.flying.len() >= MOST_IN_FLIGHT {
            return Err(Error::Defect("a plan is to run before its outputs were taken".into()));
        }
        let at = self.slot()?;
        let mut encoder = self.encoder();
        let written = self.written(uploads)?;
        let slot = &self.slots[at];
        let brought = slot.bring(&self.gpu, &mut encoder, &written, precision);
        if brought == Brought::Refused {
            return Ok(false);
        }
        let mut staged = brought == Brought::Staged;
        let mut rest = &self.steps[..];
        // A CPU adapter has no other processor that would wait, and lets nothing be sent while it computes.
        let mut most = if self.gpu.capabilities().cpu { usize::MAX } else { FIRST_STEPS };
        let submission = loop {
            let works = rest.iter().map(|step| step.dispatch.work);
            let (now, later) = rest.split_at(part(works, most));
            self.encode(&mut encoder, now);
            (rest, most) = (later, most.saturating_mul(2));
            if rest.is_empty() {
                self.read_back(&mut encoder, slot);
            }
            let submission = self.gpu.shared.queue.submit([encoder.finish()]);
            // The first part reads it.
            if std::mem::take(&mut staged) {
                slot.submitted();
            }
            if rest.is_empty() {
                break submission;
            }
            encoder = self.encoder();
        };
        self.flying.push_back(Flight { slot: at, submission, upload: start.elapsed(), clock: Clock::start() });
        Ok(true)
    }

    fn encode(&self, encoder: &mut wgpu::CommandEncoder, steps: &[Step]) {
        let mut rest = steps;
        while let Some(first) = rest.first() {
            self.mirror(encoder, first);
            let alone = rest.iter().skip(1).take_while(|step| step.mirrored.is_empty()).count();
            let (now, later) = rest.split_at(1 + alone);
            let mut pass =
                encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some("moue"), timestamp_writes: None });
            let mut before = None;
            for step in now {
                step.record(&mut pass, before.replace(&step.pipeline));
            }
            rest = later;
        }
    }

    fn read_back(&self, encoder: &mut wgpu::CommandEncoder, slot: &Slot) {
        let mut end = 0;
        for slice in &self.outputs {
            if let Some(buffer) = self.bytes(*slice) {
                encoder.copy_buffer_to_buffer(buffer, slice.offset, &slot.readback, end, slice.size);
            }
            end += slice.size;
        }
    }

    /// The outputs of the submission that was made first and not taken yet, and where its time went; none where there is none.
    ///
    /// # Errors
    /// As [`Plan::run`].
    pub async fn take(&mut self, wait: Wait) -> Result<(Vec<Vec<u8>>, Spent)> {
        let Some(Flight { slot, submission, upload, clock }) = self.flying.pop_front() else { return Ok(Default::default()) };
        let size = self.outputs.iter().map(|slice| slice.size).sum();
        let mapped = mapping::map(&self.gpu, &self.slots[slot].readback, size, Some(submission), wait).await?;
        let compute = clock.elapsed();
        let start = Clock::start();
        if let Some(next) = self.flying.front_mut() {
            next.clock = start;
        }
        let bytes = mapped.bytes()?;
        let mut rest = &bytes[..];
        let mut outputs = Vec::new();
        for slice in &self.outputs {
            let (head, tail) = rest.split_at(slice.size as usize);
            outputs.push(head.to_vec());
            rest = tail;
        }
        Ok((outputs, Spent { upload, compute, readback: start.elapsed() }))
    }

    /// Leaves the outputs that were not taken yet: a failure or a dropped future may have left some, and nobody waits for them.
    pub fn abandon(&mut self) {
        self.flying.clear();
    }

    /// A slot that no submission has.
    fn slot(&mut self) -> Result<usize> {
        let free = |at: &usize| self.flying.iter().all(|flight| flight.slot != *at);
        // The one that was used longest ago: its memory is the likeliest to be the host's again.
        let in_turn = (0..self.slots.len()).map(|offset| (self.next + offset) % self.slots.len().max(1)).find(free);
        let at = match in_turn {
            Some(at) => at,
            None => {
                let up = self.uploads.iter().map(|(_, size)| size).sum();
                let down = self.outputs.iter().map(|slice| slice.size).sum();
                self.slots.push(Slot::new(&self.gpu, up, down)?);
                self.slots.len() - 1
            }
        };
        self.next = at + 1;
        Ok(at)
    }

    /// The shaders that it runs, in order.
    #[doc(hidden)]
    pub fn shaders(&self) -> impl Iterator<Item = &'static Shader> + '_ {
        self.steps.iter().map(|step| step.dispatch.shader)
    }

    /// Whether [`Plan::profile`] times all there is to time.
    pub fn has_timestamps(&self) -> bool {
        let capabilities = self.gpu.capabilities();
        capabilities.timestamps && !capabilities.cpu
    }

    /// Runs with a timestamp before and after every dispatch; copies into textures between them are not counted.
    ///
    /// # Errors
    /// As [`Plan::run`]; [`Error::Limit`] where the adapter has no timestamps.
    pub fn profile(&mut self, uploads: &[(Slice, &[u8])]) -> Result<Vec<Timing>> {
        pollster::block_on(self.timings(uploads, Wait::Here))
    }

    /// As [`Plan::profile`]; with [`Wait::Elsewhere`] nothing blocks.
    ///
    /// # Errors
    /// As [`Plan::profile`].
    pub async fn timings(&mut self, uploads: &[(Slice, &[u8])], wait: Wait) -> Result<Vec<Timing>> {
        if !self.gpu.capabilities().timestamps {
            return Err(Error::Limit { adapter: self.gpu.name().to_owned(), reason: "it has no timestamps".into() });
        }
        for (buffer, offset, bytes) in self.written(uploads)? {
            self.gpu.shared.queue.write_buffer(buffer, offset, bytes);
        }
        let device = &self.gpu.shared.device;
        // A query set holds at most 4096 queries.
        let mut timings = Vec::new();
        for steps in self.steps.chunks(2048) {
            let count = 2 * steps.len() as u32;
            let queries =
                device.create_query_set(&wgpu::QuerySetDescriptor { label: None, ty: wgpu::QueryType::Timestamp, count });
            let size = 8 * u64::from(count);
            let resolved =
                self.gpu.allocate("timestamps", size, wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC)?;
            let readback = self.gpu.allocate("timestamps", size, wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST)?;
            let mut encoder = self.encoder();
            for (index, step) in (0..).zip(steps) {
                self.mirror(&mut encoder, step);
                let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
                    label: Some(&step.dispatch.label),
                    timestamp_writes: Some(wgpu::ComputePassTimestampWrites {
                        query_set: &queries,
                        beginning_of_pass_write_index: Some(2 * index),
                        end_of_pass_write_index: Some(2 * index + 1),
                    }),
                });
                step.record(&mut pass, None);
            }
            encoder.resolve_query_set(&queries, 0..count, &resolved, 0);
            encoder.copy_buffer_to_buffer(&resolved, 0, &readback, 0, size);
            self.gpu.shared.queue.submit([encoder.finish()]);
            let bytes = mapping::map(&self.gpu, &readback, size, None, wait).await?.bytes()?;
            let ticks: Vec<u64> = bytes.chunks_exact(8).map(bytemuck::pod_read_unaligned).collect();
            let period = f64::from(self.gpu.shared.queue.get_timestamp_period()) * 1e-9;
            timings.extend(steps.iter().zip(ticks.chunks_exact(2)).map(|(step, pair)| Timing {
                label: step.dispatch.label.clone(),
                shader: step.dispatch.shader.name,
                begin: pair[0] as f64 * period,
                seconds: pair[1].saturating_sub(pair[0]) as f64 * period,
                work: step.dispatch.work,
            }));
        }
        Ok(timings)
    }

    /// Fills every slab and mirror with NaN: a run that reads what it did not write gives NaN, or in f16 the largest numbers.
    #[doc(hidden)]
    pub fn poison(&self) {
        // Not a number as f32, and twice as f16.
        let nan = |bytes: u64| 0x7fff_7fff_u32.to_le_bytes().repeat((bytes / 4) as usize);
        for &BufferId(index) in &self.slabs {
            let Some(buffer) = self.buffers[index].bytes() else { continue };
            self.gpu.shared.queue.write_buffer(buffer, 0, &nan(buffer.size()));
        }
        self.mirrors.iter().for_each(|mirror| mirror.write(&self.gpu.shared.queue, 0, &nan(mirror.size())));
    }

    /// Where each of `uploads` goes.
    fn written<'b>(&'b self, uploads: &[(Slice, &'b [u8])]) -> Result<Vec<Written<'b>>> {
        let mut written = Vec::new();
        for &(slice, bytes) in uploads {
            let Some((_, size)) = self.uploads.iter().find(|(id, _)| *id == slice.buffer) else {
                return Err(Error::Argument("an upload into a buffer that is none".into()));
            };
            if slice.offset + bytes.len() as u64 > *size || !bytes.len().is_multiple_of(4) {
                return Err(Error::Argument(format!("an upload of {} bytes into a buffer of {size}", bytes.len())));
            }
            written.extend(self.bytes(slice).map(|buffer| (buffer, slice.offset, bytes)));
        }
        let (bytes, all) = (written.iter().map(|(.., bytes)| bytes.len() as u64).sum::<u64>(), &self.uploads);
        if bytes > all.iter().map(|(_, size)| size).sum() {
            return Err(Error::Argument("a place is written twice".into()));
        }
        Ok(written)
    }

    fn bytes(&self, slice: Slice) -> Option<&wgpu::Buffer> {
        self.buffers.get(slice.buffer.0)?.bytes()
    }

    fn mirror(&self, encoder: &mut wgpu::CommandEncoder, step: &Step) {
        for &(mirror, slice) in &step.mirrored {
            if let Some(buffer) = self.bytes(slice) {
                self.mirrors[mirror].fill(encoder, buffer, slice.offset, slice.size);
            }
        }
    }

    fn encoder(&self) -> wgpu::CommandEncoder {
        self.gpu.shared.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("moue") })
    }
}

/// How many of the dispatches that cost this much are sent off together: `most` at most.
fn part(works: impl Iterator<Item = Work>, most: usize) -> usize {
    let mut sum = Work::default();
    let fits = |work: &Work| {
        sum.flops = sum.flops.saturating_add(work.flops);
        sum.bytes = sum.bytes.saturating_add(work.bytes);
        sum.flops <= MOST_WORK.flops && sum.bytes <= MOST_WORK.bytes
    };
    let mut works = works.take(most).peekable();
    let one = usize::from(works.peek().is_some());
    works.take_while(fits).count().max(one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_bounded_by_number_and_by_work() {
        let small = Work { flops: 1, bytes: 1 };
        let half = Work { flops: MOST_WORK.flops / 2, bytes: 1 };
        let large = Work { flops: 1, bytes: 2 * MOST_WORK.bytes };
        assert_eq!(part([small; 20].into_iter(), 8), 8);
        assert_eq!(part([small; 3].into_iter(), 8), 3);
        assert_eq!(part([half, half, half].into_iter(), 8), 2);
        assert_eq!(part([large, small].into_iter(), 8), 1, "one that is too large goes alone");
        assert_eq!(part([small, large].into_iter(), 8), 1);
        assert_eq!(part([].into_iter(), 8), 0);
    }
}
