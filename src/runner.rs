//! Raw tensors through the networks of a model, without preprocessing: `moue run`.

use crate::device::Device;
use crate::ensemble::{groups, weights_of};
use crate::error::{Error, Result};
use crate::gpu::{Gpu, Plan, Recording, Scratch, Slice};
use crate::graph::{Graph, Prepared, TensorId, Weights, interpret};
use crate::kernels::{self, View};
use crate::tensor::Tensor;
use crate::weights::{MemberWeights, Model};

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
    let mut answers: Vec<Vec<(String, Tensor)>> = vec![Vec::new(); members.len()];
    for group in groups(model, device.max_binding())? {
        let graph = &group.graph;
        let wanted = match tensor {
            Some(name) => vec![graph.find(name)?],
            None => graph.outputs.clone(),
        };
        let inputs = arrange(graph, inputs)?;
        graph.images(&inputs)?;
        let weights = weights_of(model, &group);
        let outputs = match device {
            Device::Cpu => {
                weights.iter().map(|weights| interpret(graph, weights, &inputs, &wanted)).collect::<Result<Vec<_>>>()?
            }
            Device::Gpu(gpu) => on_gpu(gpu, graph, &weights, &inputs, &wanted, batch)?,
        };
        for (&member, outputs) in group.members.iter().zip(outputs) {
            let name = |id: TensorId| {
                let name = &graph.tensors[id].name;
                if members.len() > 1 { format!("{}.{name}", members[member].name) } else { name.clone() }
            };
            answers[member] = wanted.iter().map(|&id| name(id)).zip(outputs).collect();
        }
    }
    Ok(answers.into_iter().flatten().collect())
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

/// The wanted tensors of every member, which are one network of different weights: one dispatch for all.
fn on_gpu(
    gpu: &Gpu,
    graph: &Graph,
    weights: &[MemberWeights<'_>],
    inputs: &[&Tensor],
    wanted: &[TensorId],
    batch: Option<usize>,
) -> Result<Vec<Vec<Tensor>>> {
    let members: Vec<&dyn Weights> = weights.iter().map(|weights| weights as &dyn Weights).collect();
    let prepared = Prepared::new(gpu, graph.clone(), &members, wanted)?;
    let images = graph.images(inputs)?;
    let fits = (gpu.max_binding() / prepared.largest().max(1)) as usize;
    let most = batch.unwrap_or(MOST_IMAGES).clamp(1, images).min(fits.max(1));
    // Submissions of one size share a plan.
    let batch = images.div_ceil(images.div_ceil(most));
    let mut outputs = vec![vec![Vec::new(); wanted.len()]; members.len()];
    let mut scratch = Scratch::default();
    let mut ready: Option<(usize, Plan, Vec<Slice>)> = None;
    for first in (0..images).step_by(batch) {
        let count = batch.min(images - first);
        let (plan, uploads) = match &mut ready {
            Some((size, plan, uploads)) if *size == count => (plan, uploads),
            _ => {
                let (recording, uploads) = record(&prepared, members.len(), count, wanted)?;
                let (_, plan, uploads) = ready.insert((count, Plan::with(gpu, recording, &mut scratch)?, uploads));
                (plan, uploads)
            }
        };
        let values = inputs.iter().zip(&graph.tensors).map(|(input, info)| -> &[u8] {
            let each = info.values();
            bytemuck::cast_slice(&input.data[first * each..(first + count) * each])
        });
        let written: Vec<(Slice, &[u8])> = uploads.iter().copied().zip(values).collect();
        for ((place, bytes), &id) in plan.run(&written)?.into_iter().enumerate().zip(wanted) {
            let values: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
            let each = count * graph.tensors[id].values();
            for (own, part) in outputs.iter_mut().zip(values.chunks_exact(each)) {
                own[place].extend_from_slice(part);
            }
        }
    }
    let tensor = |(data, &id): (Vec<f32>, &TensorId)| Tensor::new(graph.tensors[id].logical(images), data);
    outputs.into_iter().map(|own| own.into_iter().zip(wanted).map(tensor).collect()).collect()
}

/// What `images` images of every member need, and where the inputs go up.
fn record(prepared: &Prepared, members: usize, images: usize, wanted: &[TensorId]) -> Result<(Recording, Vec<Slice>)> {
    let mut recording = Recording::default();
    let (mut uploads, mut views) = (Vec::new(), Vec::new());
    let graph = prepared.graph();
    for info in graph.tensors.iter().take(graph.inputs) {
        let [channels, height, width] = info.shape;
        let upload = recording.upload(&info.name, 4 * (images * info.values()) as u64);
        let packed = |recording: &mut Recording, images| {
            let slice = recording.slab("packed input", View::bytes(images, channels, height, width));
            View { slice, images, channels, height, width }
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
