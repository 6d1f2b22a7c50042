//! An ensemble on the processor: every network of every face is a piece of work for one thread.

use std::sync::{Mutex, PoisonError};

use image::RgbImage;

use super::reading::Reading;
use super::twins::{fused, represent, views};
use crate::cpu::{self, Cpu};
use crate::error::{Error, Result};
use crate::gpu::Cost;
use crate::graph::{self, Memory, Weights};
use crate::operators::Region;
use crate::tensor::Tensor;
use crate::weights::{Group, Model, Oversample, weights_of};

#[derive(Debug)]
pub(super) struct Engine {
    cpu: Cpu,
    /// One a group.
    networks: Vec<graph::Engine>,
    /// One a thread that ran a network at the same time.
    memories: Mutex<Vec<Memory>>,
    /// Of the last reading.
    pub cost: Cost,
}

/// One network of one face.
struct Job<'j> {
    /// The network's group and its place there.
    group: usize,
    member: usize,
    input: &'j Tensor,
}

impl Engine {
    pub fn new(cpu: &Cpu, model: &Model, groups: &[Group]) -> Result<Self> {
        let alone = cpu.alone();
        let network = |group: &Group| {
            let weights = weights_of(model, group);
            let members: Vec<&dyn Weights> = weights.iter().map(|weights| weights as &dyn Weights).collect();
            graph::Engine::new(&alone, group.graph.clone(), &members, &[])
        };
        Ok(Self {
            cpu: cpu.clone(),
            networks: groups.iter().map(network).collect::<Result<_>>()?,
            memories: Mutex::default(),
            cost: Cost::default(),
        })
    }

    /// Reads faces.
    pub fn read(
        &mut self,
        model: &Model,
        groups: &[Group],
        faces: &[(&RgbImage, Region)],
        oversample: Oversample,
    ) -> Result<Vec<Reading>> {
        let description = &model.description;
        // A face by itself is shared among the threads.
        let own = if faces.len() == 1 { self.cpu.clone() } else { self.cpu.alone() };
        let each = |&(picture, region): &(&RgbImage, Region)| {
            let canonical = cpu::crop(&own, picture, region, description.canonical.size)?;
            Ok(views(&canonical, oversample))
        };
        let canonicals = self.cpu.map(faces.iter().collect(), each).into_iter().collect::<Result<Vec<_>>>()?;
        // What several networks read is made once.
        let mut kinds: Vec<(&str, [usize; 3])> = Vec::new();
        let mut jobs = Vec::new();
        for (index, group) in groups.iter().enumerate() {
            for (place, &member) in group.members.iter().enumerate() {
                let kind = (description.members[member].reads(), group.graph.tensors[0].shape);
                let at = kinds.iter().position(|&other| other == kind).unwrap_or_else(|| {
                    kinds.push(kind);
                    kinds.len() - 1
                });
                jobs.push((member, index, place, at));
            }
        }
        let pairs: Vec<(usize, usize)> =
            (0..faces.len()).flat_map(|face| (0..kinds.len()).map(move |kind| (face, kind))).collect();
        let inputs = self.cpu.map(pairs, |(face, kind)| {
            let (name, shape) = kinds[kind];
            represent(model, name, &canonicals[face], shape, oversample)
        });
        let inputs = inputs.into_iter().collect::<Result<Vec<Tensor>>>()?;
        let mut work = Vec::with_capacity(faces.len() * jobs.len());
        for inputs in inputs.chunks_exact(kinds.len().max(1)) {
            work.extend(jobs.iter().map(|&(_, group, member, kind)| Job { group, member, input: &inputs[kind] }));
        }
        let answers = self.run(groups, work)?;
        let readings = answers.chunks_exact(jobs.len().max(1)).enumerate().map(|(face, answers)| {
            let mut probabilities: Vec<Vec<f32>> = vec![Vec::new(); description.members.len()];
            let crops = inputs.get(face * kinds.len()).and_then(|input| input.shape.first()).copied().unwrap_or(1);
            for (&(member, ..), answer) in jobs.iter().zip(answers) {
                probabilities[member].clone_from(answer);
            }
            fused(model, &probabilities, crops)
        });
        Ok(readings.collect())
    }

    /// The answers of all jobs, in their order.
    fn run(&mut self, groups: &[Group], jobs: Vec<Job<'_>>) -> Result<Vec<Vec<f32>>> {
        let Self { cpu, networks, memories, .. } = &*self;
        let answers = cpu.map(jobs, |Job { group, member, input }| {
            let lock = || memories.lock().unwrap_or_else(PoisonError::into_inner);
            let mut memory = lock().pop().unwrap_or_default();
            let outputs = networks[group].run(member, &[input], &groups[group].graph.outputs, &mut memory)?;
            let cost = networks[group].cost(member, &memory);
            lock().push(memory);
            let first = outputs.into_iter().next().ok_or_else(|| Error::Defect("a network without an answer".into()))?;
            Ok((first.data, cost))
        });
        let answers = answers.into_iter().collect::<Result<Vec<_>>>()?;
        self.cost = Cost::default();
        answers.iter().for_each(|(_, cost)| self.cost.add(*cost));
        Ok(answers.into_iter().map(|(answer, _)| answer).collect())
    }
}
