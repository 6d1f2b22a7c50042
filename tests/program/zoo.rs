//! The zoo: architectures as their papers have them, `moue zoo`, and what its files do.

use crate::support::{moue, read_npy, scratch, text, write_npy};
use moue::Precision;
use moue::gpu::adapters;
use moue::graph::slabs::Work;
use moue::graph::{Graph, Schedule, Slabs, Weights, parameters};
use moue::kernels::View;
use moue::weights::{Seeded, Stream};
use moue::zoo::{self, ARCHITECTURES, Head};
use moue::{Device, Ensemble, Model};
use serde_json::{Value, json};

#[test]
fn learned_values_are_as_many_as_the_papers_count() {
    // Rosa Ramos, 2018, with seven classes; the others as ../shared/reference/architectures.md has them, in tenths of a million. It counts the
    // running statistics of ResNets too.
    let exact = [("alexnet", 56_896_903), ("vgg16", 134_289_223)];
    let rounded = [
        ("vgg_s", 988),
        ("vgg_m_4096", 988),
        ("vgg_m_2048", 904),
        ("googlenet", 60),
        ("resnet18", 112),
        ("resnet101", 426),
        ("resnet101_caffe", 426),
    ];
    let count = |name: &str| {
        let graph = Graph::new(&zoo::find(name).unwrap().network(None).unwrap()).unwrap();
        let running: usize = parameters(&graph).iter().filter(|p| p.name.contains(".running_")).map(|p| p.shape[0]).sum();
        graph.cost().parameters + running as u64
    };
    for (name, want) in exact {
        assert_eq!(count(name), want, "{name}");
    }
    for (name, want) in rounded {
        assert_eq!((count(name) + 50_000) / 100_000, want, "{name}");
    }
}

/// A network of the one layer that has the tensor `name`; a sum reads a damped one.
fn one_layer(layer: &str, name: &str, shape: &[usize], damped: bool) -> Graph {
    let base = name.rsplit_once('.').unwrap().0;
    let (inputs, mut op) = match (layer, shape) {
        ("norm", &[c]) => (json!([c, 1, 1]), json!({"op": "batch_norm"})),
        (_, &[o]) => (json!([1, 1, 1]), json!({"op": "conv", "channels": o, "kernel": [1, 1]})),
        (_, &[o, c]) => (json!([c, 1, 1]), json!({"op": "dense", "channels": o})),
        (_, &[o, c, h, w]) => (json!([c, h, w]), json!({"op": "conv", "channels": o, "kernel": [h, w]})),
        _ => panic!("{layer} {name} {shape:?}"),
    };
    for (key, value) in [("name", json!(base)), ("in", json!(["data"])), ("out", json!(["made"]))] {
        op[key] = value;
    }
    let mut ops = vec![op];
    if damped {
        ops.push(json!({"op": "add", "in": ["made", "made"], "out": ["sum"]}));
    }
    let text = json!({"inputs": {"data": inputs}, "outputs": ["made"], "ops": ops});
    Graph::new(&serde_json::from_value(text).unwrap()).unwrap()
}

#[test]
fn seeded_numbers_are_those_of_python() {
    let golden: Value = serde_json::from_str(include_str!("../zoo/seeded.json")).unwrap();
    for stream in golden["streams"].as_array().unwrap() {
        let seed = u64::from_str_radix(stream["seed"].as_str().unwrap(), 16).unwrap();
        let numbers = Stream::new(seed, stream["name"].as_str().unwrap());
        let found: Vec<f64> = (0..8).map(|index| numbers.symmetric(index)).collect();
        assert_eq!(json!(found), stream["signed"], "{}", stream["name"]);
    }
    for tensor in golden["tensors"].as_array().unwrap() {
        let name = tensor["name"].as_str().unwrap();
        let shape: Vec<usize> = serde_json::from_value(tensor["shape"].clone()).unwrap();
        let first: Vec<f32> = serde_json::from_value(tensor["first"].clone()).unwrap();
        let seed = tensor["seed"].as_u64().unwrap();
        let made = match tensor["layer"].as_str().unwrap() {
            "input" => Stream::new(seed, name).tensor(&shape, 0.0, 1.0),
            layer => Seeded::new(&one_layer(layer, name, &shape, tensor["damped"] == true), seed).tensor(name).unwrap(),
        };
        assert_eq!((&made.shape, &made.data[..first.len()]), (&shape, &first[..]), "{name}");
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
    let cvgg13 = zoo::find("cvgg13").unwrap();
    let faceless = zoo::model(&cvgg13, cvgg13.network(None).unwrap(), 1).unwrap();
    let mut description = faceless.description.clone();
    description.members[0].representation = None;
    let tensors = faceless.arrays().map(|(name, array)| (name.to_owned(), array.clone())).collect();
    let faceless = Model::new(description, tensors).unwrap();
    let embedding = zoo::find("fmpnet").unwrap();
    let embedding = zoo::model(&embedding, embedding.network(None).unwrap(), 1).unwrap();
    for (model, what) in [(flow, "no labels"), (faceless, "no representation"), (embedding.clone(), "no labels")] {
        let error = Ensemble::new(model, Device::Reference).unwrap_err().to_string();
        assert!(error.contains(what) && error.contains("`moue run`"), "{error}");
    }
    let named = text(folder.join("values.safetensors"));
    embedding.save(named.as_ref()).unwrap();
    let commands = [
        &["analyze", "examples/astronaut.png", "--faces", "none"][..],
        &["evaluate", "--data", "tests/pictures"],
        &["fuse", "--data", "tests/pictures", "-o", "unused.safetensors"],
    ];
    for command in commands {
        let ran = moue(&[command, &["--device", "cpu", "--model", &named]].concat());
        assert!(ran.code == Some(2) && ran.stderr.contains("moue run"), "{command:?}: {ran:?}");
    }
    let units = Graph::new(&zoo::find("an_finetune").unwrap().network(None).unwrap()).unwrap();
    assert_eq!(units.nodes.last().unwrap().kind.name(), "sigmoid", "units are no distribution over labels");
    let (path, input, output) = (folder.join("fmpnet.safetensors"), folder.join("in.npy"), folder.join("out.npy"));
    embedding.save(&path).unwrap();
    assert_eq!(Model::load(&path).unwrap().description, embedding.description);
    let values: Vec<f32> = (0..48 * 48).map(|i| (i % 17) as f32 * 0.1 - 0.8).collect();
    write_npy(&input, &[1, 1, 48, 48], &values);
    let arguments = ["run", "--model", &text(&path), "--input", &text(&input), "--output", &text(&output), "--device", "cpu"];
    let ran = moue(&arguments);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let twin = read_npy(&output);
    assert_eq!(twin.len(), 64);

    // f16 is refused where there is none, and nearly the same where there is.
    let half = [&arguments[..], &["--precision", "f16"]].concat();
    let ran = moue(&half);
    assert!(ran.code == Some(2) && ran.stderr.contains("--precision") && ran.stderr.contains("f32 only"), "{}", ran.stderr);
    if adapters().first().is_some_and(|adapter| adapter.converts_f16) {
        let half: Vec<&str> = half.iter().map(|&word| if word == "cpu" { "0" } else { word }).collect();
        let ran = moue(&half);
        assert_eq!(ran.code, Some(0), "{}", ran.stderr);
        let off = read_npy(&output).iter().zip(&twin).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs()));
        let largest = twin.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
        assert!(off > 0.0 && off < 5e-3 * largest, "{off} of {largest}");
    }
}

#[test]
fn what_there_is_not_is_refused_by_name() {
    let ran = moue(&["zoo", "resnet34"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("resnet34") && ran.stderr.contains("resnet18"), "{}", ran.stderr);
    let ran = moue(&["zoo", "flow", "--embedding"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("action units"), "{}", ran.stderr);
    let ran = moue(&["zoo", "fmpnet", "-o", "tests"]);
    assert!(ran.code == Some(2) && ran.stderr.contains("tests is a folder: give a file's name"), "{}", ran.stderr);
    for arguments in [&["zoo", "--classes", "3"][..], &["zoo", "vgg16", "--classes", "0"], &["zoo", "vgg16", "--seed", "3"]] {
        assert_eq!(moue(arguments).code, Some(2), "{arguments:?}");
    }
}

#[test]
fn slabs_take_little_more_than_what_is_alive_at_once() {
    for architecture in ARCHITECTURES {
        let graph = Graph::new(&architecture.network(None).unwrap()).unwrap();
        let schedule = Schedule::new(&graph, &[]);
        let bytes = |id: usize| {
            let [channels, height, width] = schedule.shape(&graph, id);
            View::bytes(Precision::F32, 1, channels, height, width)
        };
        let slabs = Slabs::new(&schedule, bytes, |_| Work::default());
        let (planned, most) = (slabs.sizes.iter().sum::<u64>(), slabs.alive);
        println!("{}: {planned} bytes in {} slabs, {most} alive", architecture.name, slabs.sizes.len());
        assert!(planned as f64 <= 1.4 * most as f64, "{}: {planned} for {most}", architecture.name);
    }
}
