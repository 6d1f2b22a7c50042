//! `moue import` and what it makes: `moue run` with one input and with several, `moue analyze` of a face.

use std::path::{Path, PathBuf};

use crate::support::{Ran, moue, read_npy, scratch, write_npy};
use safetensors::SafeTensors;

const PROTOTXT: &str = "name: 'tiny' input: 'data' input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
    layer { name: 'conv' type: 'Convolution' bottom: 'data' top: 'conv' convolution_param { num_output: 4 kernel_size: 3 stride: 2 } }
    layer { name: 'pool' type: 'Pooling' bottom: 'conv' top: 'pool' pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
    layer { name: 'fc' type: 'InnerProduct' bottom: 'pool' top: 'fc' inner_product_param { num_output: 2 } }";

fn name(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A case of tests/importers/onnx.safetensors in files.
struct Case {
    model: PathBuf,
    inputs: Vec<(String, PathBuf)>,
    outputs: Vec<Vec<f32>>,
}

fn case(folder: &Path, case: &str) -> Case {
    let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/importers/onnx.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let model = folder.join(format!("{case}.onnx"));
    std::fs::write(&model, file.tensor(&format!("{case}/model")).unwrap().data()).unwrap();
    let (mut inputs, mut outputs) = (Vec::new(), Vec::new());
    for (key, view) in file.tensors() {
        let values: Vec<f32> = if key.ends_with("/model") { continue } else { bytemuck::pod_collect_to_vec(view.data()) };
        if let Some(name) = key.strip_prefix(&format!("{case}/in/")) {
            let path = folder.join(format!("{name}.npy"));
            write_npy(&path, view.shape(), &values);
            inputs.push((name.to_owned(), path));
        } else if key.starts_with(&format!("{case}/out/")) {
            outputs.push(values);
        }
    }
    inputs.sort();
    Case { model, inputs, outputs }
}

fn done(ran: &Ran) -> &str {
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    &ran.stderr
}

fn refused(ran: &Ran, said: &[&str]) {
    assert_eq!(ran.code, Some(2), "{}", ran.stderr);
    assert!(said.iter().all(|said| ran.stderr.contains(said)), "{said:?}: {}", ran.stderr);
}

/// The files of an import, each in this encoding.
fn written(folder: &Path, encoded: impl Fn(&str) -> Vec<u8>) -> [PathBuf; 3] {
    let preprocess = r#"{"canonical": {"size": [8, 8], "margin": 0.0, "colour": "rgb"}, "representations": {"rgb": []}}"#;
    [("net.prototxt", PROTOTXT), ("labels.txt", "happy\nsad\n"), ("preprocess.json", preprocess)].map(|(name, text)| {
        let path = folder.join(name);
        std::fs::write(&path, encoded(text)).unwrap();
        path
    })
}

fn imported(files: &[PathBuf; 3], model: &Path) -> Ran {
    let [net, labels, preprocess] = files.each_ref().map(|path| name(path));
    moue(&["import", net, "--labels", labels, "--preprocess", preprocess, "--seed", "1", "-o", name(model)])
}

#[test]
fn a_byte_order_mark_is_no_part_of_any_text_and_other_encodings_are_refused() {
    let folder = scratch("import-mark");
    let (plain, marked) = (folder.join("plain.moue"), folder.join("marked.moue"));
    done(&imported(&written(&folder, |text| text.as_bytes().to_vec()), &plain));
    done(&imported(&written(&folder, |text| [b"\xEF\xBB\xBF", text.as_bytes()].concat()), &marked));
    assert_eq!(std::fs::read(&plain).unwrap(), std::fs::read(&marked).unwrap());
    let model = moue::Model::load(&marked).unwrap();
    assert_eq!(model.description.labels, ["happy", "sad"]);

    let utf16 = |text: &str| [0xFEFF].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let out = folder.join("refused.moue");
    for (index, flag) in ["SRC", "--labels", "--preprocess"].iter().enumerate() {
        let files = written(&folder, |text| text.as_bytes().to_vec());
        let text = std::fs::read_to_string(&files[index]).unwrap();
        std::fs::write(&files[index], utf16(&text)).unwrap();
        refused(&imported(&files, &out), &[flag, name(&files[index]), "UTF-16", "save it as UTF-8"]);
    }
    // In the library too, whoever read the file.
    let network = |text: &str| moue::weights::caffe::read("net", text, None, None).unwrap().network;
    assert_eq!(network(&format!("\u{feff}{PROTOTXT}")), network(PROTOTXT));
}

#[test]
fn a_network_of_two_inputs_is_imported_and_run() {
    let folder = scratch("import-two");
    let Case { model: source, inputs, outputs } = case(&folder, "interpolate_like");
    assert_eq!(inputs.len(), 2);
    let model = folder.join("made.safetensors");
    done(&moue(&["import", name(&source), "-o", name(&model)]));
    let out = folder.join("out.npy");
    let named: Vec<String> = inputs.iter().map(|(input, path)| format!("{input}={}", path.display())).collect();
    let common = ["run", "--device", "cpu", "--model", name(&model), "--output", name(&out)];
    done(&moue(&[&common[..], &["--input", &named[1], "--input", &named[0]]].concat()));
    let (got, want) = (read_npy(&out), &outputs[0]);
    assert!(got.len() == want.len() && got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-5));
    refused(&moue(&[&common[..], &["--input", &named[0]]].concat()), &[&inputs[1].0, "not given"]);
    refused(&moue(&[&common[..], &["--input", name(&inputs[0].1)]].concat()), &["by its name"]);
    let stranger = format!("z={}", inputs[0].1.display());
    refused(
        &moue(&[&common[..], &["--input", &stranger]].concat()),
        &["`z`", "the network reads"].map(|said| said.trim_matches('`')),
    );
}

#[test]
fn a_caffe_network_reads_faces_once_its_weights_and_labels_are_there() {
    let folder = scratch("import-caffe");
    let (prototxt, labels, model) = (folder.join("net.prototxt"), folder.join("labels.txt"), folder.join("net.safetensors"));
    std::fs::write(&prototxt, PROTOTXT).unwrap();
    std::fs::write(&labels, "calm\nhappy\n").unwrap();
    let common = ["import", name(&prototxt), "-o", name(&model), "--labels", name(&labels)];
    refused(&moue(&common), &["4 weights are missing", "conv.weight", "--seed"]);
    let said = moue(&[&common[..], &["--seed", "5"]].concat());
    assert!(done(&said).contains("4 of its weights are random") && said.stderr.contains("it reads faces"), "{}", said.stderr);
    let ran =
        moue(&["analyze", "examples/astronaut.png", "--faces", "none", "--device", "cpu", "--json", "--model", name(&model)]);
    done(&ran);
    let face = &ran.records()[0]["faces"][0];
    let sum = face["probabilities"]["calm"].as_f64().unwrap() + face["probabilities"]["happy"].as_f64().unwrap();
    assert!((sum - 1.0).abs() < 1e-5, "a softmax was put behind the logits: {face}");
    // As the format writes it: gray in place of the convention's blue first.
    let preprocess = folder.join("sight.json");
    std::fs::write(
        &preprocess,
        r#"{"canonical": {"size": [8, 8], "margin": 0.1, "colour": "rgb"}, "representations": {"gray": [{"gray": "matlab"}]}}"#,
    )
    .unwrap();
    let gray = moue(&[&common[..], &["--seed", "5", "--preprocess", name(&preprocess)]].concat());
    refused(&gray, &["reads [3, 8, 8]", "`gray` makes [1, 8, 8]"]);
    // The paper's sight: codes in the colours of a table that the model then carries.
    let mapped = r#"{"canonical": {"size": [10, 10], "margin": 0.1, "colour": "rgb"}, "representations": {"lbp": [{"gray": "matlab"}, {"lbp": {"radius": 1}}, {"lookup": "tables/cyclic"}]}}"#;
    std::fs::write(&preprocess, mapped).unwrap();
    done(&moue(&[&common[..], &["--seed", "5", "--preprocess", name(&preprocess)]].concat()));
    done(&moue(&["analyze", "examples/astronaut.png", "--faces", "none", "--device", "cpu", "--json", "--model", name(&model)]));
    std::fs::write(&preprocess, mapped.replace("cyclic", "other")).unwrap();
    refused(&moue(&[&common[..], &["--seed", "5", "--preprocess", name(&preprocess)]].concat()), &["tables/other"]);
    std::fs::write(&preprocess, "{}").unwrap();
    refused(&moue(&[&common[..], &["--seed", "5", "--preprocess", name(&preprocess)]].concat()), &["--preprocess", "canonical"]);
}

#[test]
fn misuse_names_what_is_wanted() {
    let folder = scratch("import-misuse");
    let out = folder.join("out.safetensors");
    let end = ["-o", name(&out)];
    let (text, weights, other) = (folder.join("a.prototxt"), folder.join("a.caffemodel"), folder.join("a.h5"));
    for path in [&text, &weights, &other] {
        std::fs::write(path, "x").unwrap();
    }
    refused(&moue(&[&["import", name(&weights)][..], &end].concat()), &["prototxt"]);
    refused(&moue(&[&["import", name(&other)][..], &end].concat()), &["Keras", "tf2onnx"]);
    refused(&moue(&[&["import", name(&other), name(&other)][..], &end].concat()), &[".onnx", ".safetensors"]);
    refused(&moue(&[&["import", name(&text)][..], &end].concat()), &["line 1"]);
    refused(&moue(&[&["import", name(&other), "--mean", name(&other)][..], &end].concat()), &["--mean"]);
    refused(&moue(&[&["import", "none.onnx"][..], &end].concat()), &["SRC", "none.onnx"]);
    refused(&moue(&["import", name(&text), "-o", name(&text)]), &["--output", "another name"]);
    assert!(!out.exists() && std::fs::read(&text).unwrap() == b"x");
}
