//! A model: refused with an error, or one that reads a face on `cpu`. Bytes that start with `{` are a description, to which
//! the tensors it asks for are made, so that the fuzzer gets at networks without keeping a file's offsets right.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use moue::graph::{Graph, Kind, parameters};
use moue::weights::{Array, Description, Task, Type};
use moue::{Device, Ensemble, Model, Rect};
use moue_fuzz::{files, plant, tiny};

fuzz_target!(init: seeds(), |bytes: &[u8]| {
    let model = if bytes.first() == Some(&b'{') { described(bytes) } else { Model::parse("fuzzed", bytes).ok() };
    let Some(model) = model else { return };
    let again = Model::parse("again", &model.to_bytes().unwrap()).unwrap();
    assert!(again.description == model.description && again.arrays().eq(model.arrays()));
    let small = is_small(&model.description);
    let labels = model.description.labels.len();
    let expressions = model.description.task == Task::Expressions;
    let reads_faces = expressions && labels > 0 && model.description.members.iter().all(|member| member.representation.is_some());
    let mut ensemble = match Ensemble::new(model, Device::Reference) {
        Ok(ensemble) => ensemble,
        Err(error) => {
            let remedy = if expressions { "moue run" } else { "moue analyze --actions" };
            return assert!(!reads_faces && error.to_string().contains(remedy), "{error}");
        }
    };
    assert!(reads_faces);
    if small {
        let face = image::RgbImage::from_fn(8, 8, |x, y| image::Rgb([(31 * x) as u8, (29 * y) as u8, (17 * (x ^ y)) as u8]));
        let readings = ensemble.read(&[(&face, Rect::whole(8, 8))], false).unwrap();
        assert_eq!((readings.len(), readings[0].probabilities.len()), (1, labels));
    }
});

fn described(bytes: &[u8]) -> Option<Model> {
    const MOST_VALUES: usize = 1 << 14;
    let description = Description::parse(std::str::from_utf8(bytes).ok()?).ok()?;
    let mut tensors = BTreeMap::new();
    let bytes_of = |count: usize| (0..count).map(|i| (i * 37) as u8).collect::<Vec<u8>>();
    tensors.insert("tables/colours".into(), Array::new(Type::U8, vec![256, 3], bytes_of(768)));
    for member in &description.members {
        let Ok(graph) = Graph::new(description.networks.get(&member.network)?) else { break };
        for parameter in parameters(&graph) {
            let count = parameter.shape.iter().try_fold(1_usize, |n, &side| n.checked_mul(side))?;
            if count > MOST_VALUES {
                return None;
            }
            let bytes = (0..count).flat_map(|i| (0.1 + (i % 7) as f32 * 0.1).to_le_bytes()).collect();
            tensors.insert(format!("{}{}", member.weights, parameter.name), Array::new(Type::F32, parameter.shape, bytes));
        }
    }
    Model::new(description, tensors).ok()
}

/// Whether a reading takes milliseconds.
fn is_small(description: &Description) -> bool {
    const MOST_WORK: usize = 1 << 21;
    let sides = description.representations.values().flatten().map(|step| match step {
        moue::weights::RepresentationStep::Enlarge(size) | moue::weights::RepresentationStep::Resize(size) => *size,
        _ => [1, 1],
    });
    let few_pixels = sides.chain([description.canonical.size]).all(|[height, width]| height.max(width) <= 32);
    let mut work = 0_usize;
    for member in &description.members {
        let Ok(graph) = Graph::new(&description.networks[&member.network]) else { return false };
        for node in &graph.nodes {
            let inputs = node.inputs.iter().map(|&id| graph.tensors[id].shape.iter().product::<usize>()).sum::<usize>();
            let made = graph.tensors[node.output].shape.iter().product::<usize>();
            let each = match &node.kind {
                Kind::Conv { window, groups, .. } => {
                    window.kernel[0] * window.kernel[1] * graph.tensors[node.inputs[0]].shape[0] / groups
                }
                Kind::Pool { window, .. } => window.kernel[0] * window.kernel[1],
                Kind::FractionalMaxPool { kernel, .. } => kernel[0] * kernel[1],
                Kind::Lrn(lrn) => lrn.size,
                Kind::Matmul => graph.tensors[node.inputs[0]].shape[2],
                Kind::Dense { .. } => inputs,
                _ => 1,
            };
            work = work.saturating_add(inputs).saturating_add(made.saturating_mul(each.max(1)));
        }
    }
    few_pixels && work <= MOST_WORK
}

fn seeds() {
    let whole = tiny::model(1).to_bytes().unwrap();
    let mut single = tiny::model(2).description;
    single.members = vec![single.members[2].clone()];
    single.networks.retain(|name, _| *name == "plain");
    single.fusion.weights = vec![1.0];
    let tensors = tiny::tensors(&single, 2);
    let single = Model::new(single, tensors).unwrap().to_bytes().unwrap();
    let own = [
        ("tiny.safetensors", whole.clone()),
        ("single.safetensors", single),
        ("cut.safetensors", whole[..whole.len() / 2].to_vec()),
        ("header.safetensors", whole[..8].to_vec()),
        ("description.json", tiny::TEXT.into()),
    ];
    plant("model", own.map(|(name, bytes)| (name.to_owned(), bytes)).into_iter().chain(files("tests/goldens", "safetensors")));
}
