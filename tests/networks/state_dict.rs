//! State dicts of torchvision's networks, saved as safetensors: the names of their weights lead to the layers that PyTorch gives them to.

use std::collections::BTreeMap;
use std::path::Path;

use crate::common::devices;
use moue::Error;
use moue::runner::{self, Input, Options};
use moue::weights::Stream;
use moue::zoo::state_dict;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde::Deserialize;

const SEED: u64 = 7;
/// Of the largest logit.
const BOUND: f32 = 1e-4;

#[derive(Deserialize)]
struct Reference {
    logits: Vec<f32>,
    tensors: BTreeMap<String, Vec<usize>>,
}

/// As torchvision_names.py makes it.
fn weight(name: &str, shape: &[usize]) -> Vec<f32> {
    let (offset, scale) = match shape.len() {
        2.. => (0.0, (6.0 / shape[1..].iter().product::<usize>() as f64).sqrt()),
        _ if name.ends_with(".weight") || name.ends_with(".running_var") => (1.0, 0.25),
        _ => (0.0, 0.1),
    };
    Stream::new(SEED, name).tensor(shape, offset, scale).data
}

fn references() -> BTreeMap<String, Reference> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/importers/torchvision.json");
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The bytes of the state dict.
fn saved(tensors: &BTreeMap<String, Vec<usize>>) -> Vec<u8> {
    let values: Vec<Vec<f32>> = tensors.iter().map(|(name, shape)| weight(name, shape)).collect();
    let views = tensors
        .iter()
        .zip(&values)
        .map(|((name, shape), values)| (name, TensorView::new(Dtype::F32, shape.clone(), bytemuck::cast_slice(values)).unwrap()));
    safetensors::serialize(views, None).unwrap()
}

#[test]
fn every_network_gives_what_pytorch_gives() {
    let folder = std::env::temp_dir().join(format!("moue-state-dict-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let references = references();
    assert!(references.keys().eq(["alexnet", "googlenet", "resnet101", "resnet18", "vgg16"]));
    for (name, Reference { logits, tensors }) in references {
        let path = folder.join(format!("{name}.safetensors"));
        std::fs::write(&path, saved(&tensors)).unwrap();
        let imported = state_dict::load(&path).unwrap();
        assert_eq!(imported.name, name);
        let model = imported.model(Vec::new(), None).unwrap();
        let input = Input { name: None, tensor: Stream::new(SEED, "input").tensor(&[1, 3, 224, 224], 0.0, 1.0) };
        // The twins take minutes for these; the other devices are held against them elsewhere.
        for device in devices().into_iter().skip(1) {
            let layer = if name == "alexnet" || name == "vgg16" { "classifier.6" } else { "fc" };
            let layer = if name == "vgg16" { "fc8" } else { layer };
            let outputs =
                runner::run(&model, &device, std::slice::from_ref(&input), Options { tensor: Some(layer), ..Options::default() })
                    .unwrap();
            let largest = logits.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
            let worst =
                outputs[0].1.data.iter().zip(&logits).fold(0.0_f32, |most, (got, want)| most.max((got - want).abs())) / largest;
            println!("{name} on {}: {worst:.1e}", device.name());
            assert!(
                outputs[0].1.data.len() == logits.len() && worst <= BOUND,
                "{name} on {}: {:?} and {logits:?}",
                device.name(),
                outputs[0].1.data
            );
        }
        std::fs::remove_file(path).unwrap();
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn what_is_wrong_is_named() {
    let mut tensors = references().remove("resnet18").unwrap().tensors;
    let refused = |tensors: &BTreeMap<String, Vec<usize>>, said: &[&str]| {
        let result = state_dict::read("state", &saved(tensors)).and_then(|imported| imported.model(Vec::new(), None));
        let Err(error @ Error::Model { .. }) = result else { panic!("{:?}", result.is_ok()) };
        let error = error.to_string();
        assert!(said.iter().all(|said| error.contains(said)), "{error}");
    };
    let bias = tensors.insert("fc.bias".into(), vec![9]).unwrap();
    refused(&tensors, &["fc.bias", "[9]", "[7]"]);
    tensors.remove("fc.bias");
    refused(&tensors, &["1 weights are missing", "fc.bias"]);
    tensors.insert("fc.bias".into(), bias);
    let head = tensors.remove("fc.weight").unwrap();
    refused(&tensors, &["fc.weight", "last layer"]);
    tensors.insert("fc.weight".into(), head);
    tensors.remove("layer4.1.conv2.weight");
    refused(&tensors, &["none of torchvision's", "ONNX"]);
    let whole = saved(&tensors);
    assert!(matches!(state_dict::read("cut", &whole[..whole.len() / 2]), Err(Error::Model { .. })));
}
