//! The zoo: architectures as their papers have them, `moue zoo`, and what its files do.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod support;

use moue::graph::Graph;
use moue::weights::Stream;
use moue::zoo::{self, ARCHITECTURES, Head};
use moue::{Device, Ensemble, Model};
use serde_json::{Value, json};
use support::{moue, scratch, text};

#[test]
fn learned_values_are_as_many_as_the_papers_count() {
    // Rosa Ramos, 2018, with seven classes; the others rounded as in their papers, in tenths of a million.
    let exact = [("alexnet", 56_896_903), ("vgg16", 134_289_223)];
    let rounded = [
        ("vgg_s", 988),
        ("vgg_m_4096", 988),
        ("vgg_m_2048", 904),
        ("googlenet", 60),
        ("resnet18", 112),
        ("resnet101_caffe", 425),
    ];
    let count = |name: &str| Graph::new(&zoo::find(name).unwrap().network(None).unwrap()).unwrap().cost().parameters;
    for (name, want) in exact {
        assert_eq!(count(name), want, "{name}");
    }
    for (name, want) in rounded {
        assert_eq!((count(name) + 50_000) / 100_000, want, "{name}");
    }
}

#[test]
fn seeded_numbers_are_those_of_python() {
    let golden: Value = serde_json::from_str(include_str!("zoo/seeded.json")).unwrap();
    for stream in golden["streams"].as_array().unwrap() {
        let seed = u64::from_str_radix(stream["seed"].as_str().unwrap(), 16).unwrap();
        let numbers = Stream::new(seed, stream["name"].as_str().unwrap());
        let found: Vec<f64> = (0..8).map(|index| numbers.symmetric(index)).collect();
        assert_eq!(json!(found), stream["signed"], "{}", stream["name"]);
    }
}

#[test]
fn every_architecture_is_listed_with_its_cost() {
    let ran = moue(&["zoo", "--json"]);
    let records = ran.records();
    assert_eq!((ran.code, records.len()), (Some(0), ARCHITECTURES.len()), "{}", ran.stderr);
    let alexnet = records.iter().find(|record| record["name"] == "alexnet").unwrap();
    assert_eq!(
        (&alexnet["schema"], &alexnet["input"], &alexnet["output"]),
        (&json!("moue.zoo/1"), &json!([3, 227, 227]), &json!(7))
    );
    assert_eq!(
        alexnet["layers"][0],
        json!({"name": "conv1", "op": "conv", "shape": [96, 55, 55], "parameters": 34_944, "mflop": 210.8304})
    );
    let listed = moue(&["zoo"]).text();
    assert!(ARCHITECTURES.iter().all(|a| listed.lines().any(|line| line.starts_with(a.name))), "{listed}");
    assert!(moue(&["zoo", "vgg16", "--classes", "3"]).text().contains("fc8"));
}

#[test]
fn an_architecture_becomes_a_model_and_its_seed_decides_the_weights() {
    let folder = scratch("zoo_model");
    let write = |name: &str, extra: &[&str]| {
        let path = folder.join(name);
        let named = text(&path);
        let ran = moue(&[&["zoo", "cvgg13", "-o", &named], extra].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        assert!(ran.stderr.contains("learned nothing"), "{}", ran.stderr);
        std::fs::read(path).unwrap()
    };
    let first = write("a.safetensors", &["--classes", "5"]);
    assert_eq!(first, write("b.safetensors", &["--classes", "5", "--seed", "1"]));
    assert_ne!(first, write("c.safetensors", &["--classes", "5", "--seed", "2"]));
    let ran = moue(&[
        "analyze",
        "tests/pictures/palette.png",
        "--faces",
        "none",
        "--json",
        "--device",
        "cpu",
        "--model",
        &text(folder.join("a.safetensors")),
    ]);
    let record = &ran.records()[0];
    assert_eq!(record["faces"][0]["probabilities"].as_object().unwrap().len(), 5, "{record}");
}

#[test]
fn what_reads_tensors_or_answers_values_is_run_and_refuses_faces() {
    let folder = scratch("zoo_values");
    let flow = zoo::find("flow").unwrap();
    let flow = zoo::model(&flow, flow.network(Some(Head::Classes(3))).unwrap(), 1).unwrap();
    let embedding = zoo::find("fmpnet").unwrap();
    let embedding = zoo::model(&embedding, embedding.network(None).unwrap(), 1).unwrap();
    for (model, what) in [(flow, "no representation"), (embedding.clone(), "no labels")] {
        let error = Ensemble::new(model, Device::Cpu).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains("`moue run`"), "{error}");
    }
    let (path, input, output) = (folder.join("fmpnet.safetensors"), folder.join("in.npy"), folder.join("out.npy"));
    embedding.save(&path).unwrap();
    assert_eq!(Model::load(&path).unwrap().description, embedding.description);
    let mut header = b"\x93NUMPY\x01\x00".to_vec();
    let text_header = format!("{:<117}\n", "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1, 48, 48), }");
    header.extend((text_header.len() as u16).to_le_bytes());
    header.extend(text_header.bytes());
    header.extend((0..48 * 48).flat_map(|i| ((i % 17) as f32 * 0.1 - 0.8).to_le_bytes()));
    std::fs::write(&input, header).unwrap();
    let arguments = ["run", "--model", &text(&path), "--input", &text(&input), "--output", &text(&output), "--device", "cpu"];
    let ran = moue(&arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let bytes = std::fs::read(&output).unwrap();
    assert!(String::from_utf8_lossy(&bytes[..100]).contains("(1, 64"), "{:?}", &bytes[..100]);
}

#[test]
fn what_there_is_not_is_refused_by_name() {
    let ran = moue(&["zoo", "resnet34"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("resnet34") && ran.stderr.contains("resnet18"), "{}", ran.stderr);
    let ran = moue(&["zoo", "flow", "--embedding"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("action units"), "{}", ran.stderr);
    for arguments in [&["zoo", "--classes", "3"][..], &["zoo", "vgg16", "--classes", "0"], &["zoo", "vgg16", "--seed", "3"]] {
        assert_eq!(moue(arguments).code, Some(2), "{arguments:?}");
    }
}
