//! Raw tensors through the networks of a model, without preprocessing: `moue run`.

use std::collections::VecDeque;

use crate::bench::Cost;
use crate::device::Device;
use crate::ensemble::{groups, weights_of};
use crate::error::{Error, Result};
use crate::gpu::{Gpu, MOST_IN_FLIGHT, Plan, Recording, Scratch, Slice, Spent, Timing, Wait};
use crate::graph::{Graph, Prepared, TensorId, Weights, interpret};
use crate::kernels::{self, View};
use crate::precision::Precision;
use crate::tensor::Tensor;
use crate::weights::{MemberWeights, Model};

/// Images of one submission at most, where the caller does not say.
const MOST_IMAGES: usize = 64;
/// Plans kept ready for a network, the one used last at the end: numbers of images that come in turns record nothing anew.
const MOST_PLANS: usize = 8;

/// What an input is called where it is refused.
const INPUT: &str = "input";

/// A tensor that goes in.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The network's name for it; needed where there are several.
    pub name: Option<String>,
    /// `[N, C, H, W]`, or of whatever rank the network reads.
    pub tensor: Tensor,
}

/// Networks of a model made ready on a device, for raw tensors.
#[derive(Debug)]
pub struct Runner<'m> {
    model: &'m Model,
    members: Vec<Vec<usize>>,
    wanted: Vec<Vec<TensorId>>,
    networks: Vec<Network<'m>>,
    batch: Option<usize>,
    precision: Precision,
}

/// The network that some members share.
#[derive(Debug)]
enum Network<'m> {
    Cpu(Graph, Vec<MemberWeights<'m>>),
    Gpu(Box<OnGpu>),
}

#[derive(Debug)]
struct OnGpu {
    gpu: Gpu,
    prepared: Prepared,
    members: usize,
    scratch: Scratch,
    plans: Vec<Ready>,
    /// Of the last run.
    cost: Cost,
    spent: Spent,
}

/// A plan for a number of images, and where its inputs go up.
#[derive(Debug)]
struct Ready {
    images: usize,
    plan: Plan,
    uploads: Vec<Slice>,
    cost: Cost,
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

impl<'m> Runner<'m> {
    /// Uploads the weights of every member.
    ///
    /// # Errors
    /// [`Error::Shape`] where no tensor has the name; [`Error::Model`] where weights are missing; [`Error::Argument`] and [`Error::Limit`] where the
    /// device does not compute in the precision; the device's.
    pub fn new(model: &'m Model, device: &Device, options: Options<'_>) -> Result<Self> {
        let Options { tensor, batch, precision } = options;
        device.check(precision)?;
        let mut runner = Self { model, members: Vec::new(), wanted: Vec::new(), networks: Vec::new(), batch, precision };
        for group in groups(model, device.max_tensor())? {
            let wanted = match tensor {
                Some(name) => vec![group.graph.find(name)?],
                None => group.graph.outputs.clone(),
            };
            let weights = weights_of(model, &group);
            runner.networks.push(match device {
                Device::Cpu => Network::Cpu(group.graph, weights),
                Device::Gpu(gpu) => {
                    let members: Vec<&dyn Weights> = weights.iter().map(|weights| weights as &dyn Weights).collect();
                    let prepared = Prepared::new(gpu, group.graph, &members, &wanted, precision)?;
                    Network::Gpu(Box::new(OnGpu {
                        gpu: gpu.clone(),
                        prepared,
                        members: weights.len(),
                        scratch: Scratch::default(),
                        plans: Vec::new(),
                        cost: Cost::default(),
                        spent: Spent::default(),
                    }))
                }
            });
            runner.members.push(group.members);
            runner.wanted.push(wanted);
        }
        Ok(runner)
    }

    /// `inputs` through every member's network. Each answer has the tensor's name, with `MEMBER.` before it where the model has several members.
    ///
    /// # Errors
    /// [`Error::Argument`] where a value is not finite, or an input or answer larger than f16 holds; [`Error::Shape`] where the inputs are not a network's; the device's.
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
                Network::Cpu(graph, weights) => {
                    arranged.iter().try_for_each(|input| held(self.precision, INPUT, input))?;
                    let each = weights.iter().map(|weights| interpret(graph, weights, &arranged, wanted));
                    each.collect::<Result<Vec<_>>>()?
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

    /// What the last run cost on the device, all networks together; none before the first run and on `cpu`.
    pub fn cost(&self) -> Option<Cost> {
        let mut cost = Cost::default();
        for network in &self.networks {
            if let Network::Gpu(network) = network {
                cost.add(network.cost);
            }
        }
        (cost.submissions > 0).then_some(cost)
    }

    /// Where the time of the last run went, all networks and submissions together; none before the first run and on `cpu`.
    pub fn spent(&self) -> Option<Spent> {
        let mut spent = None;
        for network in &self.networks {
            if let Network::Gpu(network) = network {
                *spent.get_or_insert_with(Spent::default) += network.spent;
            }
        }
        spent
    }

    /// Runs the last submission of each network once more, with timestamps: how many images it holds, the largest of several, and how long each of the
    /// dispatches takes. `None` on `cpu`, before the first run, and where the adapter has no timestamps.
    ///
    /// # Errors
    /// The device's.
    pub fn profile(&mut self) -> Result<Option<(usize, Vec<Timing>)>> {
        pollster::block_on(self.timings(Wait::Here))
    }

    pub(crate) async fn timings(&mut self, wait: Wait) -> Result<Option<(usize, Vec<Timing>)>> {
        let mut found = None;
        for network in &mut self.networks {
            if let Network::Gpu(network) = network
                && network.gpu.capabilities().timestamps
                && let Some(ready) = network.plans.last_mut()
            {
                let (images, timings) = found.get_or_insert_with(|| (0, Vec::new()));
                *images = ready.images.max(*images);
                timings.extend(ready.plan.timings(&[], wait).await?);
            }
        }
        Ok(found)
    }
}

impl Network<'_> {
    fn graph(&self) -> &Graph {
        match self {
            Self::Cpu(graph, _) => graph,
            Self::Gpu(network) => network.prepared.graph(),
        }
    }
}

/// Whether the networks' precision holds a tensor that came or went: a ReLU takes NaN for 0, so that a wrong input would come out as a plausible answer, and
/// what f16 does not hold is cut to its largest number, and that is no answer.
fn held(precision: Precision, what: &str, tensor: &Tensor) -> Result<()> {
    let Some(at) = precision.refuses(&tensor.data) else { return Ok(()) };
    let value = tensor.data[at];
    Err(Error::Argument(if what == INPUT && !value.is_finite() {
        format!("input value {at} is {value}: give finite numbers, or leave that image out")
    } else {
        format!("{what}: value {at} is {value}, f16 holds less than 65,504: use f32")
    }))
}

/// The inputs in the order of the graph's.
fn arrange<'i>(graph: &Graph, inputs: &'i [Input]) -> Result<Vec<&'i Tensor>> {
    let names: Vec<&str> = graph.tensors.iter().take(graph.inputs).map(|info| info.name.as_str()).collect();
    let list = names.join(", ");
    if let Some(stranger) = inputs.iter().filter_map(|input| input.name.as_deref()).find(|name| !names.contains(name)) {
        return Err(Error::shape(stranger, format!("no input has this name; the network reads: {list}")));
    }
    if let ([_], [only]) = (&names[..], inputs) {
        return Ok(vec![&only.tensor]);
    }
    let find = |name: &&str| {
        let mut given = inputs.iter().filter(|input| input.name.as_deref() == Some(*name));
        match (given.next(), given.next()) {
            (Some(input), None) => Ok(&input.tensor),
            (None, _) => {
                Err(Error::shape(*name, format!("this input is not given; the network reads, each by its name: {list}")))
            }
            _ => Err(Error::shape(*name, "this input is given twice")),
        }
    };
    names.iter().map(find).collect()
}

impl OnGpu {
    /// The wanted tensors of every member, which are one network of different weights: one dispatch for all.
    async fn run(
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
        let (recording, uploads) = record(&self.prepared, self.members, images, wanted)?;
        if !self.scratch.holds(&recording) {
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
