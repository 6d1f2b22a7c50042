//! A network of some members on the processor: a batch after the other.

use crate::error::Result;
use crate::gpu::{Cost, Spent, Timing};
use crate::graph::{Engine, Graph, Memory, TensorId};
use crate::host::Clock;
use crate::tensor::Tensor;

/// Images of a batch at most, where the caller does not say, and bytes of its largest tensor.
const MOST_IMAGES: usize = 16;
const MOST_BYTES: u64 = 1 << 28;

#[derive(Debug)]
pub(super) struct OnCpu {
    engine: Engine,
    members: usize,
    memory: Memory,
    /// The last batch, for [`OnCpu::profile`].
    last: Vec<Tensor>,
    /// Of the last run.
    pub cost: Cost,
    pub spent: Spent,
}

impl OnCpu {
    pub fn new(engine: Engine, members: usize) -> Self {
        Self { engine, members, memory: Memory::default(), last: Vec::new(), cost: Cost::default(), spent: Spent::default() }
    }

    pub fn graph(&self) -> &Graph {
        self.engine.graph()
    }

    /// The wanted tensors of every member.
    pub fn run(&mut self, inputs: &[&Tensor], wanted: &[TensorId], batch: Option<usize>) -> Result<Vec<Vec<Tensor>>> {
        let images = self.graph().images(inputs)?;
        let fits = (MOST_BYTES / self.engine.largest().max(1)).max(1) as usize;
        let most = batch.unwrap_or(MOST_IMAGES.min(fits)).clamp(1, images);
        let batch = images.div_ceil(images.div_ceil(most));
        let mut outputs = vec![vec![Vec::new(); wanted.len()]; self.members];
        let start = Clock::start();
        self.cost = Cost::default();
        for first in (0..images).step_by(batch) {
            let count = batch.min(images - first);
            let part = |input: &&Tensor| {
                let each = input.data.len() / images;
                let shape = [&[count], input.shape.get(1..).unwrap_or_default()].concat();
                Tensor::new(shape, input.data[first * each..(first + count) * each].to_vec())
            };
            self.last = inputs.iter().map(part).collect::<Result<_>>()?;
            let parts: Vec<&Tensor> = self.last.iter().collect();
            for (member, own) in outputs.iter_mut().enumerate() {
                for (all, tensor) in own.iter_mut().zip(self.engine.run(member, &parts, wanted, &mut self.memory)?) {
                    all.extend(tensor.data);
                }
                self.cost.add(self.engine.cost(member, &self.memory));
            }
        }
        self.spent = Spent { compute: start.elapsed(), ..Spent::default() };
        let graph = self.graph();
        let tensor = |(data, &id): (Vec<f32>, &TensorId)| Tensor::new(graph.tensors[id].logical(images), data);
        outputs.into_iter().map(|own| own.into_iter().zip(wanted).map(tensor).collect()).collect()
    }

    /// The last batch once more: its images, and how long each step takes.
    pub fn profile(&mut self) -> Result<Option<(usize, Vec<Timing>)>> {
        let Some(images) = self.last.first().and_then(|input| input.shape.first().copied()) else { return Ok(None) };
        let parts: Vec<&Tensor> = self.last.iter().collect();
        let mut timings = Vec::new();
        for member in 0..self.members {
            self.engine.timed(member, &parts, &[], &mut self.memory, &mut |step| {
                timings.push(step);
            })?;
        }
        Ok(Some((images, timings)))
    }
}
