//! ONNX files of one feature each, and what ONNX Runtime computes of them; refusals; damaged files. tests/importers/README.md says how they were made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::common::{Random, devices};
use moue::runner::{self, Input, Options};
use moue::tensor::Tensor;
use moue::weights::onnx;
use moue::{Error, Model};
use safetensors::SafeTensors;
use serde::Deserialize;

/// Of the largest value of the reference.
const BOUND: f64 = 1e-5;

#[derive(Deserialize)]
struct Case {
    name: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/importers")
}

fn cases() -> Vec<Case> {
    serde_json::from_slice(&std::fs::read(folder().join("onnx.json")).unwrap()).unwrap()
}

/// Tensors called `CASE/in/NAME` or `CASE/out/NAME`, by NAME.
fn tensors(file: &SafeTensors<'_>, case: &str, part: &str) -> BTreeMap<String, Tensor> {
    let prefix = format!("{case}/{part}/");
    let own = file.names().into_iter().filter_map(|name| name.strip_prefix(&prefix).map(str::to_owned)).collect::<Vec<_>>();
    let read = |name: String| {
        let view = file.tensor(&format!("{prefix}{name}")).unwrap();
        let values = bytemuck::pod_collect_to_vec(view.data());
        (name, Tensor::new(view.shape().to_vec(), values).unwrap())
    };
    own.into_iter().map(read).collect()
}

/// The case's model: in the file of all, or by itself where its weights lie beside it.
fn import(file: &SafeTensors<'_>, case: &str) -> Result<Model, Error> {
    let imported = match file.tensor(&format!("{case}/model")) {
        Ok(view) => onnx::read(case, view.data().to_vec().into(), &nowhere)?,
        Err(_) => onnx::load(&folder().join("onnx").join(format!("{case}.onnx")))?,
    };
    imported.model(Vec::new(), None)
}

fn nowhere(_: &str, _: u64, _: Option<u64>) -> Result<Vec<u8>, String> {
    Err("there is none".into())
}

#[test]
fn every_case_gives_what_onnx_runtime_gives() {
    let bytes = std::fs::read(folder().join("onnx.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (mut wrong, mut worst) = (Vec::new(), (0.0, String::new()));
    let cases = cases();
    assert!(cases.len() > 80, "{} cases", cases.len());
    for Case { name } in &cases {
        let model = match import(&file, name) {
            Ok(model) => model,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let inputs: Vec<Input> =
            tensors(&file, name, "in").into_iter().map(|(name, tensor)| Input { name: Some(name), tensor }).collect();
        let want = tensors(&file, name, "out");
        for device in devices() {
            let got: BTreeMap<String, Tensor> = match runner::run(&model, &device, &inputs, Options::default()) {
                Ok(outputs) => outputs.into_iter().collect(),
                Err(error) => {
                    wrong.push(format!("{name} on {}: {error}", device.name()));
                    continue;
                }
            };
            assert!(got.keys().eq(want.keys()), "{name}: {:?} and {:?}", got.keys(), want.keys());
            for (output, want) in &want {
                let got = &got[output];
                let error = distance(got, want);
                if got.shape != want.shape || error.is_nan() || error > BOUND {
                    wrong.push(format!(
                        "{name} on {}, `{output}`: {:?} and {:?}, error {error:.1e}",
                        device.name(),
                        got.shape,
                        want.shape
                    ));
                } else if error > worst.0 {
                    worst = (error, name.clone());
                }
            }
        }
    }
    println!("{} cases, worst {:.1e} ({})", cases.len(), worst.0, worst.1);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// The largest difference, as a part of the largest value of `want`.
fn distance(got: &Tensor, want: &Tensor) -> f64 {
    let largest = want.data.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
    let differences = got.data.iter().zip(&want.data).map(|(g, w)| (g - w).abs());
    let error = differences.fold(0.0_f32, |most, next| if most.is_nan() || next.is_nan() { f32::NAN } else { most.max(next) });
    f64::from(error) / f64::from(largest)
}

#[derive(Deserialize)]
struct Open {
    name: String,
    /// The node, or input, at which it is refused.
    refused: Option<String>,
}

#[test]
fn an_open_batch_is_answered_image_by_image_or_refused_at_its_node() {
    let bytes = std::fs::read(folder().join("open.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let all: Vec<Open> = serde_json::from_slice(&std::fs::read(folder().join("open.json")).unwrap()).unwrap();
    let (mut wrong, mut refused, mut worst) = (Vec::new(), 0, (0.0, String::new()));
    for Open { name, refused: node } in &all {
        let model = match (import(&file, name), node) {
            (Ok(model), None) => model,
            (Ok(_), Some(node)) => {
                wrong.push(format!("{name}: `{node}` is not refused"));
                continue;
            }
            (Err(error), Some(node)) if error.to_string().contains(&format!("`{node}`")) => {
                println!("{name}: {error}");
                // In words: neither what Rust prints of a struct, nor numbers of ONNX's table.
                let said = error.to_string();
                assert!(!said.contains(['{', '}']) && !said.contains("of type"), "{said}");
                refused += 1;
                continue;
            }
            (Err(error), _) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        for (count, device) in [1, 3].into_iter().flat_map(|count| devices().into_iter().map(move |device| (count, device))) {
            let inputs = tensors(&file, name, &format!("{count}/in")).into_iter();
            let inputs: Vec<Input> = inputs.map(|(name, tensor)| Input { name: Some(name), tensor }).collect();
            let want = tensors(&file, name, &format!("{count}/out"));
            let at = format!("{name}, {count} images on {}", device.name());
            match runner::run(&model, &device, &inputs, Options::default()) {
                Ok(outputs) => {
                    assert_eq!(outputs.len(), want.len(), "{at}");
                    for (output, got) in &outputs {
                        let (want, error) = (&want[output], distance(got, &want[output]));
                        if got.shape != want.shape || error.is_nan() || error > BOUND {
                            wrong.push(format!("{at}: {:?} and {:?}, error {error:.1e}", got.shape, want.shape));
                        } else if error > worst.0 {
                            worst = (error, name.clone());
                        }
                    }
                }
                Err(error) => wrong.push(format!("{at}: {error}")),
            }
        }
    }
    println!("{} files, {refused} refused, worst {:.1e} ({})", all.len(), worst.0, worst.1);
    assert!(all.len() > 130 && refused > 40, "{} files, {refused} refused", all.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[derive(Deserialize)]
struct Refused {
    name: String,
    refused: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    node: String,
    operator: String,
    domain: String,
    opset: i64,
}

#[test]
fn what_is_not_read_is_refused_all_at_once() {
    let all: Vec<Refused> = serde_json::from_slice(&std::fs::read(folder().join("refused.json")).unwrap()).unwrap();
    assert!(all.len() > 2);
    for Refused { name, refused } in all {
        let error = onnx::load(&folder().join("refused").join(format!("{name}.onnx"))).unwrap_err().to_string();
        println!("{error}");
        assert!(error.contains(&format!("{} of its parts", refused.len())), "{error}");
        for Node { node, operator, domain, opset } in refused {
            let domain = if domain.is_empty() { domain } else { format!("{domain}.") };
            let said = format!("`{node}` ({domain}{operator}, opset {opset})");
            assert!(error.contains(&said), "{said}: {error}");
        }
    }
}

#[test]
fn damaged_files_are_errors() {
    let mut random = Random(31);
    let files = ["onnx.safetensors", "open.safetensors"].map(|name| std::fs::read(folder().join(name)).unwrap());
    let (mut read, mut refused) = (0, 0);
    let models = files.iter().flat_map(|bytes| {
        let file = SafeTensors::deserialize(bytes).unwrap();
        let named = |name: &&str| name.strip_suffix("/model").map(str::to_owned);
        let models: Vec<String> = file.names().iter().filter_map(named).collect();
        models.into_iter().map(move |name| (file.tensor(&format!("{name}/model")).unwrap().data().to_vec(), name))
    });
    for (bytes, name) in models {
        let bytes = &bytes[..];
        let mut attempt = |bytes: Vec<u8>| match onnx::read(&name, bytes.into(), &nowhere)
            .and_then(|imported| imported.model(Vec::new(), None))
        {
            Ok(_) => read += 1,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        };
        for _ in 0..12 {
            attempt(bytes[..random.below(bytes.len())].to_vec());
            let mut flipped = bytes.to_vec();
            for _ in 0..1 + random.below(3) {
                let at = random.below(flipped.len());
                flipped[at] ^= 1 << random.below(8);
            }
            attempt(flipped);
            let mut spliced = bytes.to_vec();
            let (from, to) = (random.below(bytes.len()), random.below(bytes.len()));
            let count = random.below(40).min(bytes.len() - from.max(to));
            spliced.copy_within(from..from + count, to);
            attempt(spliced);
        }
    }
    println!("{read} were read all the same, {refused} refused");
    assert!(refused > read / 4, "{read} read, {refused} refused");
}

/// Files of other people's networks, beside the checkout.
fn weights(path: &str) -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/weights").join(path);
    if !path.exists() {
        println!("SKIPPED: no {}", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn published_networks_answer_as_their_makers_say() {
    let Some(golden) = weights("golden-outputs/golden.json") else { return };
    let golden: serde_json::Value = serde_json::from_slice(&std::fs::read(golden).unwrap()).unwrap();
    let mut compared = 0;
    for (file, key, size, scale) in [
        ("fer-cnn-small/emotion_model.converted-by-us.onnx", "weights-pytorch-fer-cnn-small/emotion_model.pth", 48, (0.0, 255.0)),
        (
            "mini-xception/fer2013_mini_XCEPTION.102-0.66.onnx",
            "weights-keras-mini-xception/fer2013_mini_XCEPTION.102-0.66.hdf5",
            64,
            (1.0, 127.5),
        ),
        (
            "mini-xception/fer2013_mini_XCEPTION.107-0.66.onnx",
            "weights-keras-mini-xception/fer2013_mini_XCEPTION.107-0.66.hdf5",
            64,
            (1.0, 127.5),
        ),
    ] {
        let model = onnx::load(&weights(file).unwrap()).unwrap().model(Vec::new(), None).unwrap();
        for photo in ["astronaut.png", "grace_hopper.jpg"] {
            let crop = golden[photo][format!("crop{size}")].as_str().unwrap();
            let crop = image::open(weights(&format!("golden-outputs/{crop}")).unwrap()).unwrap().into_luma8();
            let pixels = crop.as_raw().iter().map(|&v| f32::from(v) / scale.1 - scale.0).collect();
            let input = Input { name: None, tensor: Tensor::new(vec![1, 1, size, size], pixels).unwrap() };
            let want: Vec<f32> = serde_json::from_value(golden[photo][key]["output"].clone()).unwrap();
            for device in devices() {
                let outputs = runner::run(&model, &device, std::slice::from_ref(&input), Options::default()).unwrap();
                let largest = want.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
                assert_eq!(outputs[0].1.data.len(), want.len());
                for (got, want) in outputs[0].1.data.iter().zip(&want) {
                    assert!((got - want).abs() <= 1e-5 * largest, "{file}, {photo} on {}: {got} and {want}", device.name());
                    compared += 1;
                }
            }
        }
    }
    println!("{compared} values");
}
