//! One network of every operator: the twins, every adapter, and PyTorch (models/train/test_network.py) agree on it.
//! `cargo test --test kernels operators -- --ignored` writes the golden anew from the twins.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::common;

use crate::common::gpus;
use moue::Precision;
use moue::gpu::{Plan, Recording};
use moue::graph::{Graph, Network, Prepared, TensorId, Weights, interpret, parameters};
use moue::kernels::{self, View};
use moue::tensor::Tensor;
use moue::weights::Stream;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};

struct Own(HashMap<String, Tensor>);

impl Weights for Own {
    fn tensor(&self, name: &str) -> Result<Tensor, moue::Error> {
        self.0.get(name).cloned().ok_or_else(|| moue::Error::Argument(format!("no {name}")))
    }
}

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens").join(name)
}

fn text() -> String {
    std::fs::read_to_string(file("operators.json")).unwrap()
}

fn graph() -> Graph {
    Graph::new(&serde_json::from_str::<Network>(&text()).unwrap()).unwrap()
}

/// Random weights; divisors and variances keep away from 0.
fn made(graph: &Graph) -> (Own, Vec<Tensor>) {
    let positive = |name: &str| name == "other" || name.ends_with("running_var");
    let tensor = |name: &str, shape: &[usize]| Stream::new(3, name).tensor(shape, if positive(name) { 1.5 } else { 0.0 }, 0.5);
    let weights = parameters(graph).into_iter().map(|p| (p.name.clone(), tensor(&p.name, &p.shape))).collect();
    let inputs = graph.tensors[..graph.inputs].iter().map(|info| tensor(&info.name, &info.logical(2))).collect();
    (Own(weights), inputs)
}

/// Every tensor that a node makes.
fn wanted(graph: &Graph) -> Vec<TensorId> {
    graph.nodes.iter().map(|node| node.output).collect()
}

fn golden() -> HashMap<String, Tensor> {
    let bytes = std::fs::read(file("operators.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let read = |(name, view): (String, TensorView<'_>)| {
        (name, Tensor::new(view.shape().to_vec(), bytemuck::pod_collect_to_vec(view.data())).unwrap())
    };
    file.tensors().into_iter().map(read).collect()
}

fn near(what: &str, got: &Tensor, want: &Tensor) {
    assert_eq!(got.shape, want.shape, "{what}");
    let largest = want.data.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
    for (got, want) in got.data.iter().zip(&want.data) {
        assert!((got - want).abs() <= 1e-5 * largest, "{what}: {got} and {want}");
    }
}

#[test]
fn twins_and_adapters_give_the_golden() {
    let (graph, golden) = (graph(), golden());
    let (weights, inputs) = made(&graph);
    let borrowed: Vec<&Tensor> = inputs.iter().collect();
    let all = wanted(&graph);
    for (&id, got) in all.iter().zip(interpret(&graph, &weights, &borrowed, &all).unwrap()) {
        near(&graph.tensors[id].name, &got, &golden[&format!("out/{}", graph.tensors[id].name)]);
    }
    for gpu in gpus() {
        // Everything pinned, so that nothing is fused; and the outputs alone.
        for (wanted, pinned) in [(&all, &all[..]), (&graph.outputs, &[][..])] {
            let prepared = Prepared::new(&gpu, graph.clone(), &[&weights], pinned, Precision::F32).unwrap();
            let mut recording = Recording::default();
            let (mut views, mut uploads) = (Vec::new(), Vec::new());
            for (input, info) in inputs.iter().zip(&graph.tensors) {
                let [channels, height, width] = info.shape;
                let slice = recording.upload("input", View::bytes(Precision::F32, 2, channels, height, width));
                views.push(View { slice, images: 2, channels, height, width, precision: Precision::F32 });
                uploads.push((
                    slice,
                    input
                        .data
                        .chunks_exact(info.values())
                        .flat_map(|image| kernels::packed(image, info.shape))
                        .collect::<Vec<f32>>(),
                ));
            }
            let slabs = recording.pool([prepared.slabs(2)]);
            let outputs = prepared.record(&mut recording, &slabs, &views, wanted).unwrap();
            outputs.iter().for_each(|view| recording.read(view.slice));
            let mut plan = Plan::new(&gpu, recording).unwrap();
            plan.poison();
            let written: Vec<_> = uploads.iter().map(|(slice, values)| (*slice, bytemuck::cast_slice(values))).collect();
            for (&id, bytes) in wanted.iter().zip(plan.run(&written).unwrap()) {
                let info = &graph.tensors[id];
                let [c, h, w] = info.shape;
                let values = common::unpacked(&bytemuck::pod_collect_to_vec::<u8, f32>(&bytes), &[2, c, h, w]);
                let got = Tensor::new(info.logical(2), values).unwrap();
                near(&format!("{} on {}", info.name, gpu.name()), &got, &golden[&format!("out/{}", info.name)]);
            }
        }
    }
}

#[test]
#[ignore = "it writes the golden"]
fn write() {
    let graph = graph();
    let (weights, inputs) = made(&graph);
    let borrowed: Vec<&Tensor> = inputs.iter().collect();
    let all = wanted(&graph);
    let outputs = interpret(&graph, &weights, &borrowed, &all).unwrap();
    let name = |part: &str, id: TensorId| format!("{part}/{}", graph.tensors[id].name);
    let mut tensors: Vec<(String, &Tensor)> =
        weights.0.iter().map(|(name, tensor)| (format!("weights/{name}"), tensor)).collect();
    tensors.extend(inputs.iter().enumerate().map(|(id, tensor)| (name("in", id), tensor)));
    tensors.extend(all.iter().zip(&outputs).map(|(&id, tensor)| (name("out", id), tensor)));
    let views = tensors
        .iter()
        .map(|(name, t)| (name, TensorView::new(Dtype::F32, t.shape.clone(), bytemuck::cast_slice(&t.data)).unwrap()));
    let metadata = HashMap::from([("network".to_owned(), text())]);
    std::fs::write(file("operators.safetensors"), safetensors::serialize(views, Some(metadata)).unwrap()).unwrap();
}
