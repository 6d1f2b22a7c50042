//! A network of some members on a GPU: a plan a number of images, submitted while the one before is computed.

use std::collections::VecDeque;

use super::input::{INPUT, held};
use crate::error::{Error, Result};
use crate::gpu::{Cost, Gpu, MOST_IN_FLIGHT, Plan, Recording, Scratch, Slice, Spent, Timing, Wait};
use crate::graph::{Graph, Prepared, TensorId};
use crate::kernels::{self, View};
use crate::tensor::{Precision, Tensor};

/// Images of one submission at most, where the caller does not say.
const MOST_IMAGES: usize = 64;
/// Plans kept ready for a network, the one used last at the end: numbers of images that come in turns record nothing anew.
const MOST_PLANS: usize = 8;

#[derive(Debug)]
pub(super) struct OnGpu {
    gpu: Gpu,
    prepared: Prepared,
    members: usize,
    scratch: Scratch,
    plans: Vec<Ready>,
    /// Of the last run.
    pub cost: Cost,
    pub spent: Spent,
}

/// A plan for a number of images, and where its inputs go up.
#[derive(Debug)]
struct Ready {
    images: usize,
    plan: Plan,
    uploads: Vec<Slice>,
    cost: Cost,
}

impl OnGpu {
    pub fn new(gpu: Gpu, prepared: Prepared, members: usize) -> Self {
        let (scratch, plans) = (Scratch::default(), Vec::new());
        Self { gpu, prepared, members, scratch, plans, cost: Cost::default(), spent: Spent::default() }
    }

    pub fn graph(&self) -> &Graph {
        self.prepared.graph()
    }

    /// Images of the last submission, which is run once more, and how long each of its dispatches takes; `None` before the first run, and where the adapter has
    /// no timestamps.
    pub async fn profile(&mut self, wait: Wait) -> Result<Option<(usize, Vec<Timing>)>> {
        match self.plans.last_mut() {
            Some(ready) if self.gpu.capabilities().timestamps => Ok(Some((ready.images, ready.plan.timings(&[], wait).await?))),
            _ => Ok(None),
        }
    }

    /// The wanted tensors of every member, which are one network of different weights: one dispatch for all.
    pub async fn run(
        &mut self,
        inputs: &[&Tensor],
        wanted: &[TensorId],
        batch: Option<usize>,
        precision: Precision,
        wait: Wait,
    ) -> Result<Vec<Vec<Tensor>>> {
        let images = self.prepared.graph().images(inputs)?;
        let fits = (self.gpu.max_tensor() / self.prepared.largest().max(1)) as usize;
        let most = batch.unwrap_or(MOST_IMAGES).clamp(1, images).min(fits.max(1));
        // Submissions of one size share a plan.
        let batch = images.div_ceil(images.div_ceil(most));
        let mut outputs = vec![vec![Vec::new(); wanted.len()]; self.members];
        (self.cost, self.spent) = (Cost::default(), Spent::default());
        self.plans.iter_mut().for_each(|ready| ready.plan.abandon());
        // Images of the submissions that are on their way, all of one plan: while one is computed the next is written.
        let mut flying = VecDeque::new();
        for first in (0..images).step_by(batch) {
            let count = batch.min(images - first);
            if flying.iter().any(|&other| other != count) {
                while self.take(&mut flying, wanted, &mut outputs, wait).await? {}
            }
            self.make_ready(count, wanted)?;
            let Some(Ready { plan, uploads, cost, .. }) = self.plans.last_mut() else { continue };
            self.cost.add(*cost);
            let graph = self.prepared.graph();
            let values = inputs.iter().zip(&graph.tensors).map(|(input, info)| -> &[u8] {
                let each = info.values();
                bytemuck::cast_slice(&input.data[first * each..(first + count) * each])
            });
            let written: Vec<(Slice, &[u8])> = uploads.iter().copied().zip(values).collect();
            if !plan.submit_unless_refused(&written, precision)? {
                inputs.iter().try_for_each(|input| held(precision, INPUT, input))?;
                return Err(Error::Defect("an input was refused that holds nothing to refuse".into()));
            }
            flying.push_back(count);
            if flying.len() == MOST_IN_FLIGHT {
                self.take(&mut flying, wanted, &mut outputs, wait).await?;
            }
        }
        while self.take(&mut flying, wanted, &mut outputs, wait).await? {}
        let graph = self.prepared.graph();
        let tensor = |(data, &id): (Vec<f32>, &TensorId)| Tensor::new(graph.tensors[id].logical(images), data);
        outputs.into_iter().map(|own| own.into_iter().zip(wanted).map(tensor).collect()).collect()
    }

    /// Waits for the submission that is on its way longest, of the last plan, and adds its answers to `outputs`; whether there was one.
    async fn take(
        &mut self,
        flying: &mut VecDeque<usize>,
        wanted: &[TensorId],
        outputs: &mut [Vec<Vec<f32>>],
        wait: Wait,
    ) -> Result<bool> {
        let (Some(count), Some(Ready { plan, .. })) = (flying.pop_front(), self.plans.last_mut()) else { return Ok(false) };
        let (parts, spent) = plan.take(wait).await?;
        self.spent += spent;
        for ((place, bytes), &id) in parts.into_iter().enumerate().zip(wanted) {
            let values: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
            let each = count * self.prepared.graph().tensors[id].values();
            for (own, part) in outputs.iter_mut().zip(values.chunks_exact(each)) {
                own[place].extend_from_slice(part);
            }
        }
        Ok(true)
    }

    /// The plan for `images` images is the last one then.
    fn make_ready(&mut self, images: usize, wanted: &[TensorId]) -> Result<()> {
        if let Some(at) = self.plans.iter().position(|ready| ready.images == images) {
            self.plans[at..].rotate_left(1);
            return Ok(());
        }
        self.prepared.tune(self.members * images)?;
        let (mut recording, uploads) = record(&self.prepared, self.members, images, wanted)?;
        if !self.scratch.holds(&mut recording) {
            // Smaller plans would keep what they were lent; to record them again costs little.
            self.plans.clear();
        } else if self.plans.len() == MOST_PLANS {
            self.plans.remove(0);
        }
        let cost = Cost::of(&recording, images);
        let plan = Plan::with(&self.gpu, recording, &mut self.scratch)?;
        self.plans.push(Ready { images, plan, uploads, cost });
        Ok(())
    }
}

/// What `images` images of every member need, and where the inputs go up.
fn record(prepared: &Prepared, members: usize, images: usize, wanted: &[TensorId]) -> Result<(Recording, Vec<Slice>)> {
    let mut recording = Recording::default();
    let (mut uploads, mut views) = (Vec::new(), Vec::new());
    let graph = prepared.graph();
    for info in graph.tensors.iter().take(graph.inputs) {
        let [channels, height, width] = info.shape;
        let upload = recording.upload(&info.name, 4 * (images * info.values()) as u64);
        let precision = prepared.precision();
        let packed = |recording: &mut Recording, images| {
            let slice = recording.slab("packed input", View::bytes(precision, images, channels, height, width));
            View { slice, images, channels, height, width, precision }
        };
        let mut view = packed(&mut recording, images);
        recording.dispatch(kernels::pack(&info.name, upload, view)?);
        if members > 1 {
            let all = packed(&mut recording, members * images);
            for member in 0..members {
                recording.dispatch(kernels::copy(&info.name, view, all, images, (0, member * images), 0)?);
            }
            view = all;
        }
        uploads.push(upload);
        views.push(view);
    }
    let slabs = recording.pool([prepared.slabs(members * images)]);
    for output in prepared.record(&mut recording, &slabs, &views, wanted)? {
        let values = output.channels * output.pixels();
        let logical = recording.slab("output", 4 * (members * images * values) as u64);
        recording.dispatch(kernels::unpack("output", output, logical, values)?);
        recording.read(logical);
    }
    Ok((recording, uploads))
}
