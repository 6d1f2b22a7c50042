//! Raw tensors through the networks of a model, without preprocessing: `moue run`.

use crate::device::Device;
use crate::error::{Error, Result};
use crate::gpu::{Gpu, Plan, Recording, Slice};
use crate::graph::{Graph, Prepared, TensorId, Weights, interpret};
use crate::kernels::{self, View};
use crate::tensor::Tensor;
use crate::weights::Model;

/// Images of one submission at most, where the caller does not say.
const MOST_IMAGES: usize = 64;

/// A tensor that goes in.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// The network's name for it; needed where there are several.
    pub name: Option<String>,
    /// `[N, C, H, W]`, or of whatever rank the network reads.
    pub tensor: Tensor,
}

/// `inputs` through every member's network: its outputs, or the tensor called `tensor`. Each answer has the tensor's name, with
/// `MEMBER.` before it where the model has several members. `batch`: images a submission takes.
///
/// # Errors
/// [`Error::Argument`] where a value is not finite; [`Error::Shape`] where the inputs are not a network's or no tensor has the name; [`Error::Model`] where weights are missing; the device's.
pub fn run(
    model: &Model,
    device: &Device,
    inputs: &[Input],
    tensor: Option<&str>,
    batch: Option<usize>,
) -> Result<Vec<(String, Tensor)>> {
    for input in inputs {
        // A ReLU takes NaN for 0, so that a wrong input would come out as a plausible answer.
        if let Some(at) = input.tensor.data.iter().position(|v| !v.is_finite()) {
            return Err(Error::Argument(format!(
                "input value {at} is {}: give finite numbers, or leave that image out",
                input.tensor.data[at]
            )));
        }
    }
    let members = &model.description.members;
    let mut answers = Vec::new();
    for member in members {
        let network = model
            .description
            .networks
            .get(&member.network)
            .ok_or_else(|| model.wrong(&member.name, format!("there is no network `{}`", member.network)))?;
        let graph = Graph::new(network)?;
        let wanted = match tensor {
            Some(name) => vec![graph.find(name)?],
            None => graph.outputs.clone(),
        };
        let inputs = arrange(&graph, inputs)?;
        graph.images(&inputs)?;
        let names: Vec<String> = wanted.iter().map(|&id| graph.tensors[id].name.clone()).collect();
        let weights = model.member(&member.weights);
        let outputs = match device {
            Device::Cpu => interpret(&graph, &weights, &inputs, &wanted)?,
            Device::Gpu(gpu) => on_gpu(gpu, graph, &weights, &inputs, &wanted, batch)?,
        };
        answers.extend(names.into_iter().zip(outputs).map(|(name, output)| {
            let name = if members.len() > 1 { format!("{}.{name}", member.name) } else { name };
            (name, output)
        }));
    }
    Ok(answers)
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
            (None, _) => Err(Error::shape(*name, format!("this input is not given; the network reads, each by its name: {list}"))),
            _ => Err(Error::shape(*name, "this input is given twice")),
        }
    };
    names.iter().map(find).collect()
}

fn on_gpu(
    gpu: &Gpu,
    graph: Graph,
    weights: &dyn Weights,
    inputs: &[&Tensor],
    wanted: &[TensorId],
    batch: Option<usize>,
) -> Result<Vec<Tensor>> {
    let prepared = Prepared::new(gpu, graph, &[weights], wanted)?;
    let graph = prepared.graph();
    let images = graph.images(inputs)?;
    let fits = (gpu.max_binding() / prepared.largest().max(1)) as usize;
    let most = batch.unwrap_or(MOST_IMAGES).clamp(1, images).min(fits.max(1));
    // Submissions of one size share a plan.
    let batch = images.div_ceil(images.div_ceil(most));
    let mut outputs: Vec<Vec<f32>> = vec![Vec::new(); wanted.len()];
    let mut ready: Option<(usize, Plan, Vec<Slice>)> = None;
    for first in (0..images).step_by(batch) {
        let count = batch.min(images - first);
        let (plan, uploads) = match &mut ready {
            Some((size, plan, uploads)) if *size == count => (plan, uploads),
            _ => {
                let (recording, uploads) = record(&prepared, count, wanted)?;
                let (_, plan, uploads) = ready.insert((count, Plan::new(gpu, recording)?, uploads));
                (plan, uploads)
            }
        };
        let values = inputs.iter().zip(&graph.tensors).map(|(input, info)| {
            let each = info.values();
            bytemuck::cast_slice(&input.data[first * each..(first + count) * each])
        });
        let written: Vec<(Slice, &[u8])> = uploads.iter().copied().zip(values).collect();
        for ((all, bytes), &id) in outputs.iter_mut().zip(plan.run(&written)?).zip(wanted) {
            let values: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
            all.extend(values.into_iter().take(count * graph.tensors[id].values()));
        }
    }
    outputs.into_iter().zip(wanted).map(|(data, &id)| Tensor::new(graph.tensors[id].logical(images), data)).collect()
}

/// What `images` images need, and where the inputs go up.
fn record(prepared: &Prepared, images: usize, wanted: &[TensorId]) -> Result<(Recording, Vec<Slice>)> {
    let mut recording = Recording::default();
    let (mut uploads, mut views) = (Vec::new(), Vec::new());
    let graph = prepared.graph();
    for info in graph.tensors.iter().take(graph.inputs) {
        let [channels, height, width] = info.shape;
        let upload = recording.upload(&info.name, 4 * (images * info.values()) as u64);
        let slice = recording.slab("packed input", View::bytes(images, channels, height, width));
        let view = View { slice, images, channels, height, width };
        recording.dispatch(kernels::pack(&info.name, upload, view)?);
        uploads.push(upload);
        views.push(view);
    }
    let slabs = recording.pool([prepared.slabs(images)]);
    for output in prepared.record(&mut recording, &slabs, &views, wanted)? {
        let values = output.channels * output.pixels();
        let logical = recording.slab("output", 4 * (images * values) as u64);
        recording.dispatch(kernels::unpack("output", output, logical, values)?);
        recording.read(logical);
    }
    Ok((recording, uploads))
}
