//! On the processor, or by the twins: crops and flow by threads, networks as `moue run` runs them.

use std::sync::Arc;

use image::{GrayImage, RgbImage};

use super::job::{Answers, Job, Pair, lost};
use super::rule::{Motion, Rule};
use super::unit::Stream;
use crate::cpu::{self, Cpu};
use crate::device::Device;
use crate::error::Result;
use crate::flow::{Expanded, OnHost as Flow};
use crate::kernels::NO_FLOW;
use crate::operators::Region;
use crate::reference;
use crate::runner::{Input, Options, Runner};
use crate::tensor::Tensor;
use crate::weights::Model;

#[derive(Debug)]
pub(super) struct OnHost {
    cpu: Option<Cpu>,
    /// Height and width of a crop.
    size: [u32; 2],
    still: Runner,
    mean: f32,
    scale: f32,
    motion: Option<(Runner, Flow, Motion)>,
    crops: Vec<Option<Expanded>>,
    levels: Vec<Option<Arc<Vec<[u8; 2]>>>>,
    labels: usize,
}

impl OnHost {
    pub fn new(device: &Device, model: &Model, rule: &Rule) -> Result<Self> {
        let cpu = if let Device::Cpu(cpu) = device { Some(cpu.clone()) } else { None };
        let runner = |at: usize| Runner::new(&model.only(&model.description.members[at].name)?, device, Options::default());
        let size = model.description.canonical.size;
        let motion = match &rule.motion {
            Some(motion) => {
                let flow = Flow::new(cpu.clone(), [size[1] as usize, size[0] as usize], &motion.parameters);
                Some((runner(motion.member.at)?, flow, motion.clone()))
            }
            None => None,
        };
        Ok(Self {
            cpu,
            size,
            still: runner(rule.still.at)?,
            mean: rule.still.parts.mean[0],
            scale: rule.still.parts.scale[0],
            motion,
            crops: Vec::new(),
            levels: Vec::new(),
            labels: model.description.labels.len(),
        })
    }

    pub fn make_room(&mut self, crops: usize, levels: usize) {
        self.crops.resize(self.crops.len().max(crops), None);
        self.levels.resize(self.levels.len().max(levels), None);
    }

    pub fn run(&mut self, job: &Job<'_>) -> Result<Answers> {
        let grays = self.grays(job.faces)?;
        let still = self.read_still(&grays)?;
        self.find_flows(job, &grays)?;
        Ok(Answers { still, motion: self.read_motion(job.stacks)? })
    }

    fn grays(&self, faces: &[(&RgbImage, Region)]) -> Result<Vec<GrayImage>> {
        let crop = |&(picture, region): &(&RgbImage, Region)| {
            let crop = match &self.cpu {
                Some(cpu) => cpu::crop(&cpu.alone(), picture, region, self.size)?,
                None => reference::crop(picture, region, self.size)?,
            };
            Ok(reference::gray(&crop))
        };
        match &self.cpu {
            Some(cpu) => cpu.map(faces.iter().collect(), crop).into_iter().collect(),
            None => faces.iter().map(crop).collect(),
        }
    }

    fn read_still(&mut self, grays: &[GrayImage]) -> Result<Vec<Stream>> {
        let [height, width] = self.size.map(|side| side as usize);
        let value = |&level: &u8| (f32::from(level) - self.mean) * self.scale;
        let data = grays.iter().flat_map(|gray| gray.as_raw()).map(value).collect();
        read(&mut self.still, vec![grays.len(), 1, height, width], data, self.labels)
    }

    fn find_flows(&mut self, job: &Job<'_>, grays: &[GrayImage]) -> Result<()> {
        let Some((_, flow, motion)) = &self.motion else { return Ok(()) };
        if job.crops.is_empty() {
            return Ok(());
        }
        let expanded = flow.map(grays.iter().collect(), |gray| Arc::new(flow.expand(gray)));
        for (&slot, made) in job.crops.iter().zip(expanded) {
            *self.crops.get_mut(slot as usize).ok_or_else(lost)? = Some(made);
        }
        let kept = |slot: u32| self.crops.get(slot as usize).and_then(Option::as_ref).ok_or_else(lost);
        let pairs: Vec<_> =
            job.pairs.iter().map(|Pair { crops: [a, b], .. }| Ok((kept(*a)?, kept(*b)?))).collect::<Result<_>>()?;
        let levels = motion.levels();
        let found = flow.map(pairs, |(a, b)| Arc::new(reference::flow_levels(&flow.flow(a, b, None).data, &levels)));
        for (pair, made) in job.pairs.iter().zip(found) {
            *self.levels.get_mut(pair.levels as usize).ok_or_else(lost)? = Some(made);
        }
        Ok(())
    }

    fn read_motion(&mut self, stacks: &[u32]) -> Result<Vec<Stream>> {
        let Some((runner, _, motion)) = &mut self.motion else { return Ok(Vec::new()) };
        let [height, width] = self.size.map(|side| side as usize);
        let flows = motion.stack.count();
        let slot = |&slot: &u32| match slot {
            NO_FLOW => Ok(None),
            slot => self.levels.get(slot as usize).and_then(Option::as_ref).map(|levels| Some(&levels[..])).ok_or_else(lost),
        };
        let mut data = Vec::new();
        for stack in stacks.chunks_exact(flows) {
            let own = stack.iter().map(slot).collect::<Result<Vec<_>>>()?;
            data.extend(reference::flow_stack(&own, height * width, &motion.levels(), motion.normalise()));
        }
        read(runner, vec![stacks.len() / flows, 2 * flows, height, width], data, self.labels)
    }
}

/// What a network answers of `shape[0]` images.
fn read(runner: &mut Runner, shape: Vec<usize>, data: Vec<f32>, labels: usize) -> Result<Vec<Stream>> {
    let images = shape[0];
    if images == 0 {
        return Ok(Vec::new());
    }
    let outputs = runner.run(&[Input { name: None, tensor: Tensor::new(shape, data)? }])?;
    let outputs: Vec<Vec<f32>> = outputs.into_iter().map(|(_, tensor)| tensor.data).collect();
    Ok((0..images).map(|image| Stream::of(&outputs, image, labels)).collect())
}
