//! Networks x representations x crops -> fused probabilities. One description, three ways to run it: `gpu`, `cpu`, and the `twins`.

mod cpu;
mod explain;
pub mod fusion;
mod gpu;
mod part;
mod reading;
mod seen;
mod stage;
mod times;
mod truth;
mod twins;

pub use explain::{Explanation, Heat};
pub use gpu::Layout;
pub(crate) use part::{Part, pack};
pub use reading::Reading;
pub use seen::{Represented, Seen};
pub(crate) use stage::Stage;
pub use times::Times;
pub use truth::Truth;

use std::sync::Arc;

use image::RgbImage;

use crate::device::Device;
use crate::error::Result;
use crate::gpu::{Cost, Spent, Timing, Wait};
use crate::host::Clock;
use crate::host::offload::offload;
use crate::operators::Region;
use crate::tensor::Precision;
use crate::weights::{Description, Group, Model, Oversample, Rule, groups, weights_of};

/// A model made ready on a device.
#[derive(Debug)]
pub struct Ensemble {
    model: Arc<Model>,
    groups: Arc<[Group]>,
    engine: Engine,
    device: Device,
    explainer: Option<Box<explain::Explainer>>,
    times: Times,
}

#[derive(Debug)]
enum Engine {
    Reference,
    Cpu(Box<cpu::Engine>),
    Gpu(Box<gpu::Engine>),
}

impl Ensemble {
    /// Uploads the model's weights and compiles its pipelines.
    ///
    /// # Errors
    /// [`crate::Error::Model`] where weights are missing or of another shape than the network's; the device's errors.
    pub fn new(model: Model, device: Device) -> Result<Self> {
        Self::with(model, device, Precision::F32)
    }

    /// As [`Ensemble::new`], with weights and tensors in `precision` on the device.
    ///
    /// # Errors
    /// As [`Ensemble::new`]; [`crate::Error::Argument`] and [`crate::Error::Limit`] where the device does not compute in it.
    pub fn with(model: Model, device: Device, precision: Precision) -> Result<Self> {
        device.check(precision)?;
        if let Some(reason) = model.description.no_faces() {
            return Err(model.wrong("description", reason));
        }
        let groups: Arc<[Group]> = groups(&model, device.max_tensor())?.into();
        let engine = match device.clone() {
            Device::Reference => {
                // What a run would find missing is said now.
                for group in groups.iter() {
                    for member in weights_of(&model, group) {
                        crate::graph::check_weights(&group.graph, &member)?;
                    }
                }
                Engine::Reference
            }
            Device::Cpu(cpu) => Engine::Cpu(Box::new(cpu::Engine::new(&cpu, &model, &groups)?)),
            Device::Gpu(device) => Engine::Gpu(Box::new(gpu::Engine::new(device, &model, &groups, precision)?)),
        };
        Ok(Self { model: Arc::new(model), groups, engine, device, explainer: None, times: Times::default() })
    }

    /// The model's description.
    pub fn description(&self) -> &Description {
        &self.model.description
    }

    /// Reads faces: each a picture (upright, RGB) and the region to read in it, margin included. They go through in as few submissions as
    /// the device's memory allows: one for the faces of a photograph. `oversample`: five crops and their mirrors whatever the model says.
    ///
    /// # Errors
    /// [`crate::Error::Argument`] for an empty picture or rectangle, or one of more than 65,535 pixels a side; the device's errors.
    pub fn read<R: Into<Region> + Copy>(&mut self, faces: &[(&RgbImage, R)], oversample: bool) -> Result<Vec<Reading>> {
        pollster::block_on(self.answer(&regions(faces), oversample, Wait::Here))
    }

    /// As [`Ensemble::read`], without keeping the executor waiting: the device is polled, and the twins run, on other threads.
    ///
    /// # Errors
    /// As [`Ensemble::read`].
    pub async fn read_async<R: Into<Region> + Copy>(
        &mut self,
        faces: &[(&RgbImage, R)],
        oversample: bool,
    ) -> Result<Vec<Reading>> {
        self.answer(&regions(faces), oversample, Wait::Elsewhere).await
    }

    /// What the networks see of a face: made by the same kernels as for [`Ensemble::read`], and read back.
    ///
    /// # Errors
    /// As [`Ensemble::read`].
    pub fn seen(&mut self, picture: &RgbImage, region: impl Into<Region>) -> Result<Seen> {
        pollster::block_on(self.see(picture, region.into(), Wait::Here))
    }

    pub(crate) async fn see(&mut self, picture: &RgbImage, region: Region, wait: Wait) -> Result<Seen> {
        self.check(picture, region)?;
        match &mut self.engine {
            Engine::Reference | Engine::Cpu(_) => twins::seen(&self.model, picture, region),
            Engine::Gpu(engine) => engine.seen(&self.model, picture, region, wait).await,
        }
    }

    /// What the members looked at in a face that shows the label at position `label`: class-activation maps, of the face and its mirror image. The networks that answer
    /// them are made ready at the first call.
    ///
    /// # Errors
    /// As [`Ensemble::read`].
    pub fn explain(&mut self, picture: &RgbImage, region: impl Into<Region>, label: usize) -> Result<Explanation> {
        pollster::block_on(self.look(picture, region.into(), label, Wait::Here))
    }

    pub(crate) async fn look(&mut self, picture: &RgbImage, region: Region, label: usize, wait: Wait) -> Result<Explanation> {
        self.check(picture, region)?;
        let crop = crate::reference::crop(picture, region, self.model.description.canonical.size)?;
        let explainer = match &mut self.explainer {
            Some(explainer) => explainer,
            empty => empty.insert(Box::new(explain::Explainer::new(&self.model, &self.device)?)),
        };
        explainer.explain(&self.model, crop, region, label, wait).await
    }

    pub(crate) async fn answer(&mut self, faces: &[(&RgbImage, Region)], oversample: bool, wait: Wait) -> Result<Vec<Reading>> {
        let mut readings = self.values(faces, oversample, wait).await?;
        let fusion = &self.model.description.fusion;
        if fusion.rule == Rule::MeanLogits {
            let rows = readings.iter_mut().flat_map(|reading| reading.members.iter_mut().chain([&mut reading.probabilities]));
            rows.for_each(|row| fusion.settle(row));
        }
        Ok(readings)
    }

    /// What the networks answer, and its weighted mean.
    async fn values(&mut self, faces: &[(&RgbImage, Region)], oversample: bool, wait: Wait) -> Result<Vec<Reading>> {
        for &(picture, region) in faces {
            self.check(picture, region)?;
        }
        let oversample = self.oversample(oversample);
        let Self { model, groups, engine, times, .. } = self;
        match engine {
            Engine::Cpu(engine) => {
                let start = Clock::start();
                let readings = engine.read(model, groups, faces, oversample)?;
                times.add(faces.len(), Spent { compute: start.elapsed(), ..Spent::default() });
                Ok(readings)
            }
            Engine::Reference => {
                let mut readings = Vec::with_capacity(faces.len());
                for &(picture, region) in faces {
                    let start = Clock::start();
                    readings.push(match wait {
                        Wait::Here => twins::read(model, groups, picture, region, oversample)?,
                        Wait::Elsewhere => {
                            let (model, groups, picture) = (Arc::clone(model), Arc::clone(groups), picture.clone());
                            offload(move || twins::read(&model, &groups, &picture, region, oversample)).await?
                        }
                    });
                    times.add(1, Spent { compute: start.elapsed(), ..Spent::default() });
                }
                Ok(readings)
            }
            Engine::Gpu(engine) => engine.read(model, groups, faces, oversample, wait, times).await,
        }
    }

    /// Whether `region` of `picture` can be read.
    pub(crate) fn check(&self, picture: &RgbImage, region: Region) -> Result<()> {
        region.check(picture.width(), picture.height(), self.model.description.canonical.size)
    }

    fn oversample(&self, asked: bool) -> Oversample {
        if asked { Oversample::FiveMirrored } else { self.model.description.oversample }
    }

    /// Compiles and records what reading `faces` faces needs, so that the first reading does not wait for it.
    ///
    /// # Errors
    /// The device's.
    pub fn warm_up(&mut self, faces: usize, oversample: bool) -> Result<()> {
        let oversample = self.oversample(oversample);
        match &mut self.engine {
            Engine::Reference | Engine::Cpu(_) => Ok(()),
            Engine::Gpu(engine) => engine.layout(&self.model, &self.groups, faces, oversample).map(drop),
        }
    }

    /// Where the time went so far.
    pub fn times(&self) -> Times {
        self.times
    }

    /// Runs the submission last read once more, with timestamps: how many faces it holds, and how long each of its dispatches takes. `None` on
    /// `cpu`, before anything was read, once another plan took its memory, and where the adapter has no timestamps.
    ///
    /// # Errors
    /// The device's.
    pub fn profile(&mut self) -> Result<Option<(usize, Vec<Timing>)>> {
        pollster::block_on(self.timings(Wait::Here))
    }

    pub(crate) async fn timings(&mut self, wait: Wait) -> Result<Option<(usize, Vec<Timing>)>> {
        match &mut self.engine {
            Engine::Reference | Engine::Cpu(_) => Ok(None),
            Engine::Gpu(engine) => engine.profile(wait).await,
        }
    }

    /// What the last reading cost on the device; `None` on `reference`, and before anything was read.
    pub fn cost(&self) -> Option<Cost> {
        match &self.engine {
            Engine::Reference => None,
            Engine::Cpu(engine) => Some(engine.cost).filter(|cost| cost.submissions > 0),
            Engine::Gpu(engine) => Some(engine.cost()).filter(|cost| cost.submissions > 0),
        }
    }

    /// How the first submission for `faces` faces is laid out on the GPU; `None` on `cpu`.
    ///
    /// # Errors
    /// As [`Ensemble::read`].
    pub fn layout(&mut self, faces: usize) -> Result<Option<Layout>> {
        let oversample = self.model.description.oversample;
        match &mut self.engine {
            Engine::Reference | Engine::Cpu(_) => Ok(None),
            Engine::Gpu(engine) => engine.layout(&self.model, &self.groups, faces, oversample).map(Some),
        }
    }
}

fn regions<'p, R: Into<Region> + Copy>(faces: &[(&'p RgbImage, R)]) -> Vec<(&'p RgbImage, Region)> {
    faces.iter().map(|&(picture, region)| (picture, region.into())).collect()
}
