//! Kernels chosen by measuring them.

use crate::support;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::common::{Random, open_all, run_graph, run_prepared, shaders_of};
use moue::Precision;
use moue::gpu::{Choice, Choices, Gpu, adapters};
use moue::graph::{Graph, Network, Prepared, interpret};
use moue::operators::Window;
use moue::tensor::Tensor;
use moue::timing::tuning::{self, Layer};
use moue::weights::Seeded;

/// Three shapes of convolution, one of them twice.
const NETWORK: &str = r#"{"inputs": {"data": [5, 24, 20]}, "outputs": ["average"], "ops": [
  {"op": "conv", "name": "a", "in": ["data"], "out": ["a"], "channels": 40, "kernel": [3, 3], "pad": [1, 1, 1, 1]},
  {"op": "relu", "in": ["a"], "out": ["a_relu"]},
  {"op": "conv", "name": "b", "in": ["a_relu"], "out": ["b"], "channels": 40, "kernel": [3, 3], "pad": [1, 1, 1, 1]},
  {"op": "conv", "name": "c", "in": ["b"], "out": ["c"], "channels": 40, "kernel": [3, 3], "pad": [1, 1, 1, 1]},
  {"op": "conv", "name": "d", "in": ["c"], "out": ["d"], "channels": 70, "kernel": [1, 1], "stride": [2, 2]},
  {"op": "global_average_pool", "in": ["d"], "out": ["average"]}
]}"#;
const SHAPES: usize = 3;

fn folder() -> PathBuf {
    std::env::temp_dir().join(format!("moue-tuning-test-{}", std::process::id()))
}

/// The same adapter with choices from `path`.
fn anew(gpu: &Gpu, path: &Path, measures: bool) -> Gpu {
    let again = Gpu::open_as(Some(&gpu.adapter().index.to_string()), &gpu.adapter().kind).unwrap();
    let (tuning, warning) = Choices::open(again.adapter(), Some(path), measures);
    assert!(warning.is_none(), "{warning:?}");
    assert!(again.tune(Arc::new(tuning)));
    again
}

#[test]
fn a_tuned_network_answers_alike_and_is_measured_once() {
    let graph = Graph::new(&serde_json::from_str::<Network>(NETWORK).unwrap()).unwrap();
    let weights = Seeded::new(&graph, 3);
    let input = Random(29).tensor(&[1, 5, 24, 20]);
    let want = interpret(&graph, &weights, &[&input], &graph.outputs).unwrap().remove(0);
    let off = |got: &Tensor| {
        let largest = want.data.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
        got.data.iter().zip(&want.data).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs())) / largest
    };
    let mut gpus = open_all();
    // Tiles, on the first adapter.
    gpus.extend(adapters().first().map(|first| Gpu::open_as(Some(&first.index.to_string()), "integrated").unwrap()));
    for (index, gpu) in gpus.iter().enumerate() {
        let path = folder().join(index.to_string());
        let answers = |gpu: &Gpu| {
            let got = run_graph(gpu, &graph, &[&weights], std::slice::from_ref(&input), &graph.outputs).remove(0).remove(0);
            let off = off(&got);
            assert!(off < 1e-4, "{off} on {}", gpu.name());
        };
        let tuned = anew(gpu, &path, true);
        answers(&tuned);
        let kept = std::fs::read_to_string(&path).unwrap();
        println!("{} as {}: {kept}", gpu.name(), gpu.adapter().kind);
        let measured = tuned.choices().unwrap().len();
        // CPUs choose whether the 3 x 3 convolutions go by Winograd's method; GPUs do so with more images, and measure the tiles of what is left with those
        // they have.
        let expected = if gpu.capabilities().cpu { SHAPES - 1..=SHAPES - 1 } else { SHAPES..=SHAPES + 2 };
        assert!(expected.contains(&measured), "{measured}");

        // Another run takes what was kept and measures nothing.
        let again = anew(gpu, &path, false);
        assert_eq!((again.choices().unwrap().len(), again.choices().unwrap().taken()), (measured, 0));
        answers(&again);
        assert_eq!(again.choices().unwrap().taken(), measured);

        // What this adapter does not run is left to the rule.
        let mut strange: serde_json::Value = serde_json::from_str(&kept).unwrap();
        for choice in strange["choices"].as_object_mut().unwrap().values_mut() {
            *choice = serde_json::json!({"tiled": {"side": 96, "parts": 7}});
        }
        std::fs::write(&path, strange.to_string()).unwrap();
        let untuned = anew(gpu, &path, false);
        answers(&untuned);
        assert_eq!(untuned.choices().unwrap().taken(), 0);
        // Or measured anew.
        let mut stale: serde_json::Value = serde_json::from_str(&kept).unwrap();
        *stale["choices"].as_object_mut().unwrap().values_mut().next().unwrap() =
            serde_json::json!({"tiled": {"side": 96, "parts": 7}});
        std::fs::write(&path, stale.to_string()).unwrap();
        let tuned = anew(gpu, &path, true);
        answers(&tuned);
        assert_eq!((tuned.choices().unwrap().taken(), tuned.choices().unwrap().len()), (measured, measured));
        let now: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let stale = serde_json::json!({"tiled": {"side": 96, "parts": 7}});
        assert!(now["choices"].as_object().unwrap().values().all(|choice| *choice != stale), "in place of the stale one");

        // What it would run, it does, whatever the clock said: a split sum, in memory that is laid out for it.
        let tiles = !gpu.capabilities().cpu;
        let split = if tiles {
            serde_json::json!({"tiled": {"side": 32, "parts": 8}})
        } else {
            serde_json::json!({"winograd": {"side": 2}})
        };
        let choices = strange["choices"].as_object_mut().unwrap();
        // For whatever number of images it was measured.
        let layers: Vec<String> =
            choices.keys().flat_map(|layer| [layer.clone(), layer.replace("x 8 images", "x 1 images")]).collect();
        choices.extend(layers.into_iter().map(|layer| (layer, split.clone())));
        std::fs::write(&path, strange.to_string()).unwrap();
        let forced = anew(gpu, &path, false);
        answers(&forced);
        let prepared = Prepared::new(&forced, graph.clone(), &[&weights], &[], Precision::F32).unwrap();
        let wanted = if tiles { ["conv_split_32", ""] } else { ["winograd_input", "_2"] };
        let count =
            shaders_of(&prepared, 1).iter().filter(|name| name.starts_with(wanted[0]) && name.ends_with(wanted[1])).count();
        // The 1 x 1 convolution is none of Winograd's.
        assert_eq!(count, if tiles { 4 } else { 3 }, "{}", gpu.name());

        // A layer that was not measured is not, unless it is asked for.
        let nothing = anew(gpu, &folder().join(format!("{index} none")), false);
        answers(&nothing);
        assert!(nothing.choices().unwrap().is_empty());
    }
    std::fs::remove_dir_all(folder()).unwrap();
}

#[test]
fn every_tile_is_compared_whatever_kind_of_gpu_it_is() {
    let Some(first) = adapters().into_iter().next() else {
        eprintln!("SKIPPED: no GPU adapter on this machine");
        return;
    };
    let layer = Layer {
        members: 1,
        images: 8,
        channels: [64, 64],
        input: [28, 28],
        window: Window::square(3, 1).padded(1),
        groups: 1,
        precision: Precision::F32,
    };
    for kind in ["integrated", "discrete"] {
        let gpu = Gpu::open_as(Some(&first.index.to_string()), kind).unwrap();
        let candidates = tuning::candidates(&gpu, layer);
        for choice in [
            Choice::Direct,
            Choice::Winograd { side: 4 },
            Choice::Tiled { side: 128, parts: 1, half: false },
            Choice::Tiled { side: 32, parts: 8, half: false },
        ] {
            assert!(candidates.contains(&choice), "{choice:?} on {kind}");
        }
    }
}

#[test]
fn products_in_f16_are_for_tensors_in_f16_and_adapters_that_compute_with_them() {
    let graph = Graph::new(&serde_json::from_str::<Network>(NETWORK).unwrap()).unwrap();
    let weights = Seeded::new(&graph, 3);
    let input = Random(29).tensor(&[1, 5, 24, 20]);
    let want = interpret(&graph, &weights, &[&input], &graph.outputs).unwrap().remove(0);
    for adapter in adapters() {
        let gpu = Gpu::open_as(Some(&adapter.index.to_string()), "discrete").unwrap();
        let half = Choice::Tiled { side: 64, parts: 1, half: true };
        let has = gpu.capabilities().arithmetic_f16 && !gpu.capabilities().matrices;
        let choices = Choices::open(gpu.adapter(), None, false).0;
        let same = Window::square(3, 1).padded(1);
        for (channels, window) in [([5, 40], same), ([40, 40], same), ([40, 70], Window::square(1, 2))] {
            // One image, and as many as decide about Winograd's method.
            for images in [1, 8] {
                let layer = |precision| Layer { members: 1, images, channels, input: [24, 20], window, groups: 1, precision };
                assert!(!tuning::candidates(&gpu, layer(Precision::F32)).contains(&half), "{}", gpu.name());
                assert_eq!(tuning::candidates(&gpu, layer(Precision::F16)).contains(&half), has, "{}", gpu.name());
                choices.keep(layer(Precision::F16).to_string(), half, None);
            }
        }
        if !has {
            eprintln!("SKIPPED: {} computes nothing in f16, or by matrices", gpu.name());
            continue;
        }
        assert!(gpu.tune(Arc::new(choices)));
        let prepared = Prepared::new(&gpu, graph.clone(), &[&weights], &[], Precision::F16).unwrap();
        let shaders = shaders_of(&prepared, 1);
        assert_eq!(shaders.iter().filter(|name| **name == "conv_half_64").count(), 4, "{shaders:?}");
        let got = run_prepared(&gpu, &prepared, std::slice::from_ref(&input), &graph.outputs).remove(0).remove(0);
        let largest = want.data.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
        let off = got.data.iter().zip(&want.data).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs())) / largest;
        assert!(off < 4e-3, "{off} on {}", gpu.name());
    }
}

#[test]
fn the_command_line_keeps_what_it_measured() {
    let Some(adapter) = adapters().into_iter().next() else {
        eprintln!("SKIPPED: no GPU adapter on this machine");
        return;
    };
    let kept = std::env::temp_dir().join(format!("moue-tune-flag-test-{}", std::process::id()));
    let read = |more: &[&str]| {
        let arguments = [&["analyze", "examples/astronaut.png", "--faces", "none", "--json", "--device", "0"][..], more].concat();
        let ran = support::command(&arguments).env("MOUE_TUNING", &kept).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(0), "{said}");
        (String::from_utf8(ran.stdout).unwrap(), said)
    };
    let (tuned, said) = read(&["--tune"]);
    assert!(!said.contains("ignored"), "{said}");
    let file = kept.join(Choices::file_name(&adapter));
    let text = std::fs::read_to_string(&file).unwrap();
    let choices = serde_json::from_str::<serde_json::Value>(&text).unwrap()["choices"].as_object().unwrap().len();
    assert!(choices > 5, "{text}");
    let (again, said) = read(&[]);
    assert!(again == tuned && !said.contains("ignored"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    std::fs::write(&file, &text[..text.len() / 2]).unwrap();
    let (untuned, said) = read(&[]);
    assert!(said.contains("ignored") && untuned.contains("moue.analyze/1"), "{said}");
    std::fs::remove_dir_all(&kept).unwrap();
}
