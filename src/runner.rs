//! Raw tensors through the networks of a model, without preprocessing: `moue run`.

use crate::device::Device;
use crate::error::{Error, Result};
use crate::gpu::{Gpu, Plan, Recording};
use crate::graph::{Graph, Prepared, TensorId, Weights, interpret};
use crate::kernels::{self, View};
use crate::tensor::Tensor;
use crate::weights::Model;

/// Images of one submission at most, where the caller does not say.
const MOST_IMAGES: usize = 64;

/// `input` `[N, C, H, W]` through every member's network: its outputs, or the tensor called `tensor`. Each answer has the tensor's name, with
/// `MEMBER.` before it where the model has several members. `batch`: images a submission takes.
///
/// # Errors
/// [`Error::Argument`] where a value is not finite; [`Error::Shape`] where the input is not a network's or no tensor has the name; [`Error::Model`] where weights are missing; the device's.
pub fn run(
    model: &Model,
    device: &Device,
    input: &Tensor,
    tensor: Option<&str>,
    batch: Option<usize>,
) -> Result<Vec<(String, Tensor)>> {
    // A ReLU takes NaN for 0, so that a wrong input would come out as a plausible answer.
    if let Some(at) = input.data.iter().position(|v| !v.is_finite()) {
        return Err(Error::Argument(format!(
            "input value {at} is {}: give finite numbers, or leave that image out",
            input.data[at]
        )));
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
        let info = &graph.tensors[0];
        if input.shape.len() != 4 || input.shape[1..] != info.shape || input.shape[0] == 0 {
            return Err(Error::shape(
                &info.name,
                format!("network `{}` reads [N, {:?}], the input is {:?}", member.network, info.shape, input.shape),
            ));
        }
        let names: Vec<String> = wanted.iter().map(|&id| graph.tensors[id].name.clone()).collect();
        let weights = model.member(&member.weights);
        let outputs = match device {
            Device::Cpu => interpret(&graph, &weights, input, &wanted)?,
            Device::Gpu(gpu) => on_gpu(gpu, graph, &weights, input, &wanted, batch)?,
        };
        answers.extend(names.into_iter().zip(outputs).map(|(name, output)| {
            let name = if members.len() > 1 { format!("{}.{name}", member.name) } else { name };
            (name, output)
        }));
    }
    Ok(answers)
}

fn on_gpu(
    gpu: &Gpu,
    graph: Graph,
    weights: &dyn Weights,
    input: &Tensor,
    wanted: &[TensorId],
    batch: Option<usize>,
) -> Result<Vec<Tensor>> {
    let prepared = Prepared::new(gpu, graph, &[weights], wanted)?;
    let graph = prepared.graph();
    let [images, channels, height, width] = input.nchw();
    let fits = (gpu.max_binding() / prepared.largest().max(1)) as usize;
    let batch = batch.unwrap_or(MOST_IMAGES).clamp(1, images).min(fits.max(1));
    let each = channels * height * width;
    let mut outputs: Vec<Vec<f32>> = vec![Vec::new(); wanted.len()];
    let mut ready: Option<(usize, Plan, crate::gpu::Slice)> = None;
    for chunk in input.data.chunks(batch * each) {
        let count = chunk.len() / each;
        let (plan, upload) = match &mut ready {
            Some((size, plan, upload)) if *size == count => (plan, *upload),
            _ => {
                let mut recording = Recording::default();
                let upload = recording.upload("input", 4 * chunk.len() as u64);
                let slice = recording.slab("packed input", View::bytes(count, channels, height, width));
                let view = View { slice, images: count, channels, height, width };
                recording.dispatch(kernels::pack("input", upload, view)?);
                for output in prepared.record(&mut recording, view, wanted)? {
                    let values = output.channels * output.pixels();
                    let logical = recording.slab("output", 4 * (count * values) as u64);
                    recording.dispatch(kernels::unpack("output", output, logical, values)?);
                    recording.read(logical);
                }
                let (_, plan, upload) = ready.insert((count, Plan::new(gpu, recording)?, upload));
                (plan, *upload)
            }
        };
        for ((all, bytes), &id) in outputs.iter_mut().zip(plan.run(&[(upload, bytemuck::cast_slice(chunk))])?).zip(wanted) {
            let values: Vec<f32> = bytemuck::pod_collect_to_vec(&bytes);
            all.extend(values.into_iter().take(count * graph.tensors[id].shape.iter().product::<usize>()));
        }
    }
    outputs.into_iter().zip(wanted).map(|(data, &id)| Tensor::new(graph.tensors[id].logical(images), data)).collect()
}
