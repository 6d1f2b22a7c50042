//! Raw tensors through the networks of a model, without preprocessing: `moue run`.

mod cpu;
mod gpu;
mod input;

pub use input::Input;

use cpu::OnCpu;
use gpu::OnGpu;
use input::{INPUT, arrange, held};

use crate::device::Device;
use crate::error::Result;
use crate::gpu::{Cost, Spent, Timing, Wait};
use crate::graph::{Engine, Graph, Prepared, TensorId, Weights, interpret};
use crate::tensor::{Precision, Tensor};
use crate::weights::{Group, Model, groups, weights_of};

/// Networks of a model made ready on a device, for raw tensors.
#[derive(Debug)]
pub struct Runner {
    model: Model,
    members: Vec<Vec<usize>>,
    wanted: Vec<Vec<TensorId>>,
    networks: Vec<Network>,
    batch: Option<usize>,
    precision: Precision,
}

/// The network that some members share.
#[derive(Debug)]
enum Network {
    Reference(Group),
    Cpu(Box<OnCpu>),
    Gpu(Box<OnGpu>),
}

/// What a [`Runner`] answers and how.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Options<'t> {
    /// The tensor to answer with; the networks' outputs where `None`.
    pub tensor: Option<&'t str>,
    /// Images a submission takes at most.
    pub batch: Option<usize>,
    /// How weights and tensors lie on the device.
    pub precision: Precision,
}

/// `inputs` through every member's network, once: [`Runner`] keeps it ready.
///
/// # Errors
/// As [`Runner::new`] and [`Runner::run`].
pub fn run(model: &Model, device: &Device, inputs: &[Input], options: Options<'_>) -> Result<Vec<(String, Tensor)>> {
    Runner::new(model, device, options)?.run(inputs)
}

impl Runner {
    /// Uploads the weights of every member.
    ///
    /// # Errors
    /// [`crate::Error::Shape`] where no tensor has the name; [`crate::Error::Model`] where weights are missing; [`crate::Error::Argument`] and [`crate::Error::Limit`] where the
    /// device does not compute in the precision; the device's.
    pub fn new(model: &Model, device: &Device, options: Options<'_>) -> Result<Self> {
        let Options { tensor, batch, precision } = options;
        device.check(precision)?;
        // A copy shares the tensors.
        let mut runner =
            Self { model: model.clone(), members: Vec::new(), wanted: Vec::new(), networks: Vec::new(), batch, precision };
        for group in groups(model, device.max_tensor())? {
            let wanted = match tensor {
                Some(name) => vec![group.graph.find(name)?],
                None => group.graph.outputs.clone(),
            };
            let weights = weights_of(model, &group);
            let own = group.members.clone();
            runner.networks.push(match device {
                Device::Reference => Network::Reference(group),
                Device::Cpu(cpu) => {
                    let members: Vec<&dyn Weights> = weights.iter().map(|weights| weights as &dyn Weights).collect();
                    let engine = Engine::new(cpu, group.graph, &members, &wanted)?;
                    Network::Cpu(Box::new(OnCpu::new(engine, members.len())))
                }
                Device::Gpu(gpu) => {
                    let members: Vec<&dyn Weights> = weights.iter().map(|weights| weights as &dyn Weights).collect();
                    let prepared = Prepared::new(gpu, group.graph, &members, &wanted, precision)?;
                    Network::Gpu(Box::new(OnGpu::new(gpu.clone(), prepared, weights.len())))
                }
            });
            runner.members.push(own);
            runner.wanted.push(wanted);
        }
        Ok(runner)
    }

    /// `inputs` through every member's network. Each answer has the tensor's name, with `MEMBER.` before it where the model has several members.
    ///
    /// # Errors
    /// [`crate::Error::Argument`] where a value is not finite, or an input or answer larger than f16 holds; [`crate::Error::Shape`] where the inputs are not a network's; the device's.
    pub fn run(&mut self, inputs: &[Input]) -> Result<Vec<(String, Tensor)>> {
        pollster::block_on(self.answer(inputs, Wait::Here))
    }

    /// As [`Runner::run`], without keeping the executor waiting for a GPU: the twins run where it is polled.
    ///
    /// # Errors
    /// As [`Runner::run`].
    pub async fn run_async(&mut self, inputs: &[Input]) -> Result<Vec<(String, Tensor)>> {
        self.answer(inputs, Wait::Elsewhere).await
    }

    pub(crate) async fn answer(&mut self, inputs: &[Input], wait: Wait) -> Result<Vec<(String, Tensor)>> {
        let members = &self.model.description.members;
        let mut answers: Vec<Vec<(String, Tensor)>> = vec![Vec::new(); members.len()];
        for ((network, own), wanted) in self.networks.iter_mut().zip(&self.members).zip(&self.wanted) {
            let arranged = arrange(network.graph(), inputs)?;
            network.graph().images(&arranged)?;
            let outputs = match network {
                Network::Reference(group) => {
                    arranged.iter().try_for_each(|input| held(self.precision, INPUT, input))?;
                    let weights = weights_of(&self.model, group);
                    let each = weights.iter().map(|weights| interpret(&group.graph, weights, &arranged, wanted));
                    each.collect::<Result<Vec<_>>>()?
                }
                Network::Cpu(network) => {
                    arranged.iter().try_for_each(|input| held(self.precision, INPUT, input))?;
                    network.run(&arranged, wanted, self.batch)?
                }
                Network::Gpu(network) => network.run(&arranged, wanted, self.batch, self.precision, wait).await?,
            };
            let graph = network.graph();
            for (&member, outputs) in own.iter().zip(outputs) {
                let name = |id: TensorId| {
                    let name = &graph.tensors[id].name;
                    if members.len() > 1 { format!("{}.{name}", members[member].name) } else { name.clone() }
                };
                answers[member] = wanted.iter().map(|&id| name(id)).zip(outputs).collect();
            }
        }
        let answers: Vec<(String, Tensor)> = answers.into_iter().flatten().collect();
        if self.precision != Precision::F32 {
            answers.iter().try_for_each(|(name, tensor)| held(self.precision, name, tensor))?;
        }
        Ok(answers)
    }

    /// What the last run cost on the device, all networks together; none before the first run and on `reference`.
    pub fn cost(&self) -> Option<Cost> {
        let mut cost = Cost::default();
        for network in &self.networks {
            match network {
                Network::Reference(_) => {}
                Network::Cpu(network) => cost.add(network.cost),
                Network::Gpu(network) => cost.add(network.cost),
            }
        }
        (cost.submissions > 0).then_some(cost)
    }

    /// Where the time of the last run went, all networks and submissions together; none before the first run and on `reference`.
    pub fn spent(&self) -> Option<Spent> {
        let mut spent = None;
        for network in &self.networks {
            let own = match network {
                Network::Reference(_) => continue,
                Network::Cpu(network) => network.spent,
                Network::Gpu(network) => network.spent,
            };
            *spent.get_or_insert_with(Spent::default) += own;
        }
        spent
    }

    /// Runs the last submission of each network once more, with timestamps: how many images it holds, the largest of several, and how long each of the
    /// dispatches takes. `None` on `reference`, before the first run, and where the adapter has no timestamps.
    ///
    /// # Errors
    /// The device's.
    pub fn profile(&mut self) -> Result<Option<(usize, Vec<Timing>)>> {
        pollster::block_on(self.timings(Wait::Here))
    }

    pub(crate) async fn timings(&mut self, wait: Wait) -> Result<Option<(usize, Vec<Timing>)>> {
        let mut found = None;
        for network in &mut self.networks {
            let profile = match network {
                Network::Reference(_) => None,
                Network::Cpu(network) => network.profile()?,
                Network::Gpu(network) => network.profile(wait).await?,
            };
            if let Some((own, more)) = profile {
                let (images, timings) = found.get_or_insert_with(|| (0, Vec::new()));
                *images = own.max(*images);
                timings.extend(more);
            }
        }
        Ok(found)
    }
}

impl Network {
    fn graph(&self) -> &Graph {
        match self {
            Self::Reference(group) => &group.graph,
            Self::Cpu(network) => network.graph(),
            Self::Gpu(network) => network.graph(),
        }
    }
}
