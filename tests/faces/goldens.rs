//! The goldens of tests/goldens, made in exact arithmetic by Python: the same bytes from twin and every adapter; PyTorch's logits to 1e-4.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::common::{Bench, gpus, packed, unpacked};
use image::{GrayImage, RgbImage};
use moue::Precision;
use moue::gpu::{Gpu, Plan, Recording};
use moue::graph::{Graph, Prepared, Weights, interpret};
use moue::kernels::{self, FacePart, Normalise, Source, TurnedPart, View};
use moue::operators::{Crop, Similarity};
use moue::reference;
use moue::tensor::Tensor;
use moue::weights::RepresentationStep;
use moue::{Model, Rect};
use safetensors::SafeTensors;
use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn index(part: &str) -> Value {
    let text = std::fs::read_to_string(root().join("tests/goldens/goldens.json")).unwrap();
    let all: Value = serde_json::from_str(&text).unwrap();
    all.get(part).unwrap_or_else(|| panic!("goldens.json has no `{part}`: run models/train/goldens.py")).clone()
}

struct File(HashMap<String, (Vec<usize>, Vec<u8>)>);

impl File {
    fn of(part: &Value) -> Self {
        let bytes = std::fs::read(root().join("tests/goldens").join(part["file"].as_str().unwrap())).unwrap();
        let file = SafeTensors::deserialize(&bytes).unwrap();
        Self(file.tensors().into_iter().map(|(name, view)| (name, (view.shape().to_vec(), view.data().to_vec()))).collect())
    }

    fn get(&self, name: &Value) -> (&[usize], &[u8]) {
        let (shape, bytes) = &self.0[name.as_str().unwrap()];
        (shape, bytes)
    }

    fn floats(&self, name: &Value) -> Vec<f32> {
        bytemuck::pod_collect_to_vec(self.get(name).1)
    }
}

fn numbers(value: &Value) -> Vec<i64> {
    value.as_array().unwrap().iter().map(|v| v.as_i64().unwrap()).collect()
}

fn rect(value: &Value) -> Rect {
    let n = numbers(value);
    Rect { x: n[0] as i32, y: n[1] as i32, width: n[2] as u32, height: n[3] as u32 }
}

/// The picture of a case: a tensor of the part's file or a file of the repository.
fn rgb(file: &File, case: &Value) -> RgbImage {
    match case.get("path").and_then(Value::as_str) {
        Some(path) => image::open(root().join(path)).unwrap().to_rgb8(),
        None => {
            let (shape, bytes) = file.get(&case["picture"]);
            RgbImage::from_raw(shape[1] as u32, shape[0] as u32, bytes.to_vec()).unwrap()
        }
    }
}

fn gray(file: &File, case: &Value) -> GrayImage {
    match case.get("path").and_then(Value::as_str) {
        Some(path) => image::open(root().join(path)).unwrap().to_luma8(),
        None => {
            let (shape, bytes) = file.get(&case["picture"]);
            GrayImage::from_raw(shape[1] as u32, shape[0] as u32, bytes.to_vec()).unwrap()
        }
    }
}

fn words(picture: &RgbImage) -> Vec<u32> {
    picture.pixels().map(|p| u32::from_le_bytes([p.0[0], p.0[1], p.0[2], 0])).collect()
}

fn rgb_bytes(words: &[u8]) -> Vec<u8> {
    words.chunks_exact(4).flat_map(|p| p[..3].to_vec()).collect()
}

fn gpu_crop(gpu: &Gpu, photo: &RgbImage, rect: Rect, size: [u32; 2]) -> Vec<u8> {
    let mut bench = Bench::of(gpu, Precision::F32);
    let faces = bench.bytes(bytemuck::bytes_of(&FacePart::new(0, photo.width(), photo.height(), rect, false)));
    let pixels = bench.words(&words(photo));
    let output = bench.recording.slab("canonical", 4 * u64::from(size[0] * size[1]));
    bench.recording.dispatch(kernels::warp("warp", 1, faces, pixels, size, output).unwrap());
    let mut bytes = rgb_bytes(&bench.run(output).unwrap());
    bytes.truncate(3 * (size[0] * size[1]) as usize);
    bytes
}

fn gpu_gray(gpu: &Gpu, photo: &RgbImage) -> Vec<u8> {
    let count = (photo.width() * photo.height()) as usize;
    let mut bench = Bench::of(gpu, Precision::F32);
    let input = bench.words(&words(photo));
    let output = bench.recording.slab("gray", count as u64);
    bench.recording.dispatch(kernels::gray("gray", count, input, output).unwrap());
    let mut bytes = bench.run(output).unwrap();
    bytes.truncate(count);
    bytes
}

fn gpu_codes(gpu: &Gpu, gray: &GrayImage, radius: u32) -> Vec<u8> {
    let count = ((gray.width() - 2 * radius) * (gray.height() - 2 * radius)) as usize;
    let mut bench = Bench::of(gpu, Precision::F32);
    let input = bench.bytes(gray);
    let output = bench.recording.slab("codes", count as u64);
    bench.recording.dispatch(kernels::lbp("lbp", 1, [gray.height(), gray.width()], radius, input, output).unwrap());
    let mut bytes = bench.run(output).unwrap();
    bytes.truncate(count);
    bytes
}

#[test]
fn canonical_crops() {
    let part = index("crops");
    let file = File::of(&part);
    let mut beyond = 0;
    for case in part["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let photo = rgb(&file, case);
        let wanted = rect(&case["rect"]);
        let base = if case["box"].is_null() { Rect::whole(photo.width(), photo.height()) } else { rect(&case["box"]) };
        assert_eq!(base.with_margin(case["margin"].as_f64().unwrap()), wanted, "{name}: box and margin");
        let size = numbers(&case["size"]);
        let size = [size[0] as u32, size[1] as u32];
        let want = file.get(&case["expected"]).1;
        assert_eq!(reference::warp(&photo, wanted, size).unwrap().as_raw(), want, "{name}: twin");
        if !kernels::warp_fits(wanted, size) {
            beyond += 1;
            continue;
        }
        for gpu in gpus() {
            assert!(gpu_crop(&gpu, &photo, wanted, size) == want, "{name}: {}", gpu.name());
        }
    }
    // The longest crops are the twin's on every adapter.
    assert!(beyond <= 2, "{beyond} crops were not held against the GPU");
}

fn gpu_turn(gpu: &Gpu, photo: &RgbImage, place: Similarity, size: [u32; 2]) -> Vec<u8> {
    let mut bench = Bench::of(gpu, Precision::F32);
    let faces = bench.bytes(bytemuck::bytes_of(&TurnedPart::new(0, photo.width(), photo.height(), place, false)));
    let pixels = bench.words(&words(photo));
    let output = bench.recording.slab("turned", 4 * u64::from(size[0] * size[1]));
    bench.recording.dispatch(kernels::turn("turn", 1, faces, pixels, size, output).unwrap());
    let mut bytes = rgb_bytes(&bench.run(output).unwrap());
    bytes.truncate(3 * (size[0] * size[1]) as usize);
    bytes
}

#[test]
fn turned_crops() {
    let part = index("turns");
    let file = File::of(&part);
    for case in part["cases"].as_array().unwrap() {
        let photo = rgb(&file, case);
        let pair = |key: &str| [0, 1].map(|at| numbers(&case[key])[at] as i32);
        let place = Similarity::fixed(pair("origin"), pair("step")).unwrap();
        let size = pair("size").map(|side| side as u32);
        let want = file.get(&case["expected"]).1;
        assert_eq!(reference::turn(&photo, place, size).unwrap().as_raw(), want, "{}: twin", case["name"]);
        for gpu in gpus() {
            assert!(gpu_turn(&gpu, &photo, place, size) == want, "{}: {}", case["name"], gpu.name());
        }
    }
}

#[test]
fn lbp_codes() {
    let part = index("codes");
    let file = File::of(&part);
    let (mut answers, mut errors) = (0, 0);
    for case in part["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let picture = gray(&file, case);
        let radius = case["radius"].as_u64().unwrap() as u32;
        if case.get("error").is_some() {
            assert!(reference::lbp(&picture, radius).is_err(), "{name}: no error");
            errors += 1;
            continue;
        }
        answers += 1;
        let want = file.get(&case["expected"]).1;
        if name.starts_with("flat") {
            assert!(want.iter().all(|&code| code == 255), "{name}");
        }
        assert!(*reference::lbp(&picture, radius).unwrap().as_raw() == want, "{name}: twin");
        for gpu in gpus() {
            assert!(gpu_codes(&gpu, &picture, radius) == want, "{name}: {}", gpu.name());
        }
    }
    assert!(answers > 30 && errors > 3, "{answers} cases and {errors} errors");
}

#[test]
fn codes_of_photographs() {
    let part = index("codes");
    let hash = |bytes: &[u8]| hmac_sha256::Hash::hash(bytes).iter().map(|b| format!("{b:02x}")).collect::<String>();
    let photographs = part["photographs"].as_array().unwrap();
    assert_eq!(photographs.len(), 3);
    for case in photographs {
        let path = case["path"].as_str().unwrap();
        let photo = image::open(root().join(path)).unwrap().to_rgb8();
        let gray = reference::gray(&photo);
        assert_eq!(hash(&gray), case["gray_sha256"], "{path}: gray of the twin");
        for gpu in gpus() {
            assert_eq!(hash(&gpu_gray(&gpu, &photo)), case["gray_sha256"], "{path}: gray of {}", gpu.name());
        }
        for codes in case["codes"].as_array().unwrap() {
            let radius = codes["radius"].as_u64().unwrap() as u32;
            assert_eq!(hash(&reference::lbp(&gray, radius).unwrap()), codes["sha256"], "{path} R {radius}: twin");
            for gpu in gpus() {
                assert_eq!(hash(&gpu_codes(&gpu, &gray, radius)), codes["sha256"], "{path} R {radius}: {}", gpu.name());
            }
        }
    }
}

/// Steps of a representation in their parts.
struct Steps {
    from: [u32; 2],
    radius: Option<u32>,
    table: String,
    resize: [u32; 2],
    mean: [f32; 3],
    scale: [f32; 3],
}

fn steps(model: &Model, name: &str) -> Steps {
    let from = model.description.canonical.size;
    let mut parts = Steps { from, radius: None, table: String::new(), resize: [0; 2], mean: [0.0; 3], scale: [1.0; 3] };
    for step in &model.description.representations[name] {
        match step {
            RepresentationStep::Enlarge(size) => parts.from = *size,
            RepresentationStep::Gray(_) => {}
            RepresentationStep::Lbp { radius } => parts.radius = Some(*radius),
            RepresentationStep::Lookup(table) => parts.table.clone_from(table),
            RepresentationStep::Resize(size) => parts.resize = *size,
            RepresentationStep::Order(_) | RepresentationStep::Flow(_) => {
                panic!("the default model reads RGB of one picture, not {step:?}")
            }
            RepresentationStep::Normalise { mean, scale } => (parts.mean, parts.scale) = (*mean, *scale),
        }
    }
    parts
}

#[test]
fn representations_of_the_default_model() {
    let part = index("representations");
    let file = File::of(&part);
    let model = Model::embedded().unwrap();
    for case in part["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let (shape, canonical) = file.get(&case["canonical"]);
        let canonical = RgbImage::from_raw(shape[1] as u32, shape[0] as u32, canonical.to_vec()).unwrap();
        let Steps { from, radius, table, resize, mean, scale } = steps(&model, case["representation"].as_str().unwrap());
        let (codes_shape, codes) = file.get(&case["codes"]);
        let mapped = file.get(&case["mapped"]).1;
        let normalised = file.floats(&case["normalised"]);
        let table = model.table(&table).unwrap();
        // Levels up to 255 go through four roundings, then the scale.
        let allowed = 4.0 * f32::EPSILON * 255.0 * scale.iter().fold(0.0_f32, |m, s| m.max(*s));
        let near = |what: &str, got: &[f32]| {
            for (g, w) in got.iter().zip(&normalised) {
                assert!((g - w).abs() <= allowed, "{name}, {what}: {g} and {w}");
            }
        };

        let canonical = reference::warp(&canonical, Rect::whole(canonical.width(), canonical.height()), from).unwrap();
        let gray = reference::gray(&canonical);
        let twin_codes = radius.map_or(gray.clone(), |r| reference::lbp(&gray, r).unwrap());
        assert!(*twin_codes.as_raw() == codes, "{name}: codes of the twin");
        let twin_mapped = reference::lookup(&twin_codes, &table);
        assert!(*twin_mapped.as_raw() == mapped, "{name}: mapped picture of the twin");
        near(
            "twin",
            &reference::normalise_crops(&twin_mapped, resize, resize, &Crop::centre(resize, resize), false, mean, scale),
        );

        for gpu in gpus() {
            let gray = GrayImage::from_raw(canonical.width(), canonical.height(), gpu_gray(&gpu, &canonical)).unwrap();
            let gpu_codes = radius.map_or(gray.as_raw().clone(), |r| gpu_codes(&gpu, &gray, r));
            assert!(gpu_codes == codes, "{name}: codes of {}", gpu.name());
            let size = [codes_shape[0] as u32, codes_shape[1] as u32];
            // The mapped picture is what the kernel makes without resize and normalise.
            for (resize, mean, scale, exact) in [(size, [0.0; 3], [1.0; 3], true), (resize, mean, scale, false)] {
                let mut bench = Bench::of(&gpu, Precision::F32);
                let pixels = bench.bytes(codes);
                let table_words: Vec<u32> = table.iter().map(|c| u32::from_le_bytes([c[0], c[1], c[2], 0])).collect();
                let table = bench.words(&table_words);
                let crops = bench.words(&[0; 2]);
                let shape = [1, 3, resize[0] as usize, resize[1] as usize];
                let output = bench.output(&shape);
                let step = Normalise { source: Source::Mapped, size, resize, crops: 1, reversed: false, mean, scale };
                bench.recording.dispatch(kernels::normalise("normalise", step, pixels, table, crops, 1, output, 0).unwrap());
                let got = unpacked(&bench.run_floats(output.slice).unwrap(), &shape);
                if exact {
                    let plane = shape[2] * shape[3];
                    let want: Vec<f32> = (0..3 * plane).map(|i| f32::from(mapped[i % plane * 3 + i / plane])).collect();
                    assert!(got == want, "{name}: mapped picture of {}", gpu.name());
                } else {
                    near(gpu.name(), &got);
                }
            }
        }
    }
}

#[test]
fn members_agree_with_pytorch() {
    let part = index("members");
    let file = File::of(&part);
    let model = Model::embedded().unwrap();
    for case in part["cases"].as_array().unwrap() {
        let name = case["member"].as_str().unwrap();
        let member = model.description.members.iter().find(|m| m.name == name).unwrap();
        let graph = Graph::new(&model.description.networks[&member.network]).unwrap();
        let weights = model.member(&member.weights);
        let (shape, _) = file.get(&case["inputs"]);
        let input = Tensor::new(shape.to_vec(), file.floats(&case["inputs"])).unwrap();
        let logits = graph.find(case["logits_tensor"].as_str().unwrap()).unwrap();
        let wanted = [logits, graph.outputs[0]];
        let want = [file.floats(&case["logits"]), file.floats(&case["probabilities"])];
        let close = |who: &str, got: &[Vec<f32>]| {
            for (got, want) in got.iter().zip(&want) {
                let largest = want.iter().fold(0.0_f32, |m, v| m.max(v.abs()));
                assert_eq!(got.len(), want.len());
                let worst = got.iter().zip(want).map(|(g, w)| (g - w).abs()).fold(0.0, f32::max) / largest;
                println!("{name} on {who}: {worst:e} of the largest");
                assert!(worst <= 1e-4, "{name} on {who}: {worst:e} of the largest logit");
            }
        };
        let twin = interpret(&graph, &weights, &[&input], &wanted).unwrap();
        close("twin", &twin.into_iter().map(|t| t.data).collect::<Vec<_>>());
        for gpu in gpus() {
            let prepared = Prepared::new(&gpu, graph.clone(), &[&weights as &dyn Weights], &wanted, Precision::F32).unwrap();
            let mut recording = Recording::default();
            let slice = recording.upload("input", View::bytes(Precision::F32, shape[0], shape[1], shape[2], shape[3]));
            let view = View {
                slice,
                images: shape[0],
                channels: shape[1],
                height: shape[2],
                width: shape[3],
                precision: Precision::F32,
            };
            let slabs = recording.pool([prepared.slabs(view.images)]);
            let views = prepared.record(&mut recording, &slabs, &[view], &wanted).unwrap();
            views.iter().for_each(|v| recording.read(v.slice));
            let mut plan = Plan::new(&gpu, recording).unwrap();
            let outputs = plan.run(&[(slice, bytemuck::cast_slice(&packed(&input)))]).unwrap();
            let got: Vec<Vec<f32>> = outputs
                .iter()
                .zip(&views)
                .map(|(b, v)| unpacked(&bytemuck::pod_collect_to_vec::<u8, f32>(b), &[shape[0], v.channels]))
                .collect();
            close(gpu.name(), &got);
        }
    }
}
