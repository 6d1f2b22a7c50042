//! TensorFlow Lite files of one or a few operators, and MediaPipe's face networks, with what LiteRT computes of them; refusals; bundles; damaged files.
//! tests/importers/README.md says how the references were made. The real files are not part of the project: where `../shared/data` is missing, these tests
//! say so and are skipped.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::common::{Random, devices};
use crate::support::scratch;
use moue::runner::{self, Input, Options};
use moue::tensor::Tensor;
use moue::weights::{Stream, tflite};
use moue::{Device, Model, Precision};
use safetensors::SafeTensors;

/// Of the largest value of the reference: of single operators, of the real files in f32, and in f16.
const BOUNDS: [f64; 3] = [1e-5, 1e-4, 5e-3];

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn references(name: &str) -> Vec<u8> {
    std::fs::read(here("tests/importers").join(name)).unwrap()
}

fn tensor(file: &SafeTensors<'_>, name: &str) -> Tensor {
    let view = file.tensor(name).unwrap();
    Tensor::new(view.shape().to_vec(), bytemuck::pod_collect_to_vec(view.data())).unwrap()
}

/// Tensors called `CASE/PART/NAME`, by NAME.
fn part(file: &SafeTensors<'_>, case: &str, part: &str) -> BTreeMap<String, Tensor> {
    let prefix = format!("{case}/{part}/");
    let own = file.names().into_iter().filter_map(|name| name.strip_prefix(&prefix));
    own.map(|name| (name.to_owned(), tensor(file, &format!("{prefix}{name}")))).collect()
}

/// Cases that have a model, and it.
fn models(file: &SafeTensors<'_>, refused: bool) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = file
        .names()
        .into_iter()
        .filter_map(|name| name.strip_suffix("/model"))
        .filter(|name| name.starts_with("refused/") == refused)
        .map(|name| (name.to_owned(), file.tensor(&format!("{name}/model")).unwrap().data().to_vec()))
        .collect();
    all.sort();
    all
}

fn largest_difference(got: &[f32], want: &[f32]) -> f64 {
    let differences = got.iter().zip(want).map(|(got, want)| (got - want).abs());
    f64::from(differences.fold(0.0_f32, |most, next| if most.is_nan() || next.is_nan() { f32::NAN } else { most.max(next) }))
}

fn largest(values: &[f32]) -> f64 {
    values.iter().fold(0.0_f64, |most, &value| most.max(f64::from(value).abs()))
}

#[test]
fn every_case_gives_what_litert_gives() {
    let bytes = references("tflite.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (mut wrong, mut worst) = (Vec::new(), (0.0, String::new()));
    let models = models(&file, false);
    assert!(models.len() > 100, "{} cases", models.len());
    for (name, source) in &models {
        let model = match tflite::read(name, source).and_then(|imported| imported.model(Vec::new(), None)) {
            Ok(model) => model,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        let inputs: Vec<Input> =
            part(&file, name, "in").into_iter().map(|(name, tensor)| Input { name: Some(name), tensor }).collect();
        let want = part(&file, name, "out");
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
                let error = largest_difference(&got.data, &want.data) / largest(&want.data);
                if got.shape != want.shape || error.is_nan() || error > BOUNDS[0] {
                    let shapes = (&got.shape, &want.shape);
                    wrong.push(format!("{name} on {}, `{output}`: {shapes:?}, error {error:.1e}", device.name()));
                } else if error > worst.0 {
                    worst = (error, name.clone());
                }
            }
        }
    }
    println!("{} cases, worst {:.1e} ({})", models.len(), worst.0, worst.1);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_is_not_read_is_refused_by_name() {
    let bytes = references("tflite.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let said: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("quantised", &["operator 0 QUANTIZE has `t1` in int8", "2 of its 2 operators", "before quantisation"][..]),
        ("integer_weight", &["FULLY_CONNECTED has `t1` in int8"]),
        ("fused_tanh", &["CONV_2D", "a TANH of its own"]),
        (
            "custom",
            &["2 of its parts", "operator 3 CUMSUM", "operator 1 Landmarks2TransformMatrix (`matrix`): a custom operator"],
        ),
        ("two_images", &["input `x0`", "[2, 4]", "batch of 1"]),
        ("open_size", &["dimension 1 of `x0` is open"]),
        ("another_size", &["RELU", "[1, 4]", "[1, 5]"]),
        ("weight_of_the_image", &["CONV_2D", "input 1 is computed from the image"]),
        ("endless", &["ADD", "nothing before it makes"]),
        ("sparse_beyond", &["sparse places of `t0` are damaged"]),
        ("sparse_and_huge", &["[60000, 30000]"]),
    ]);
    let models = models(&file, true);
    assert_eq!(models.len(), said.len());
    for (name, source) in models {
        let error = tflite::read(&name, &source).unwrap_err().to_string();
        println!("{error}");
        for words in said[name.trim_start_matches("refused/")] {
            assert!(error.contains(words), "{name}, {words}: {error}");
        }
    }
}

#[test]
fn damaged_files_are_errors() {
    let mut random = Random(41);
    let bytes = references("tflite.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let (mut read, mut refused) = (0, 0);
    for (name, bytes) in [models(&file, false), models(&file, true)].concat() {
        let mut attempt = |bytes: Vec<u8>| match tflite::read(&name, &bytes).and_then(|imported| imported.model(Vec::new(), None))
        {
            Ok(_) => read += 1,
            Err(error) => {
                assert!(!error.to_string().is_empty());
                refused += 1;
            }
        };
        for _ in 0..20 {
            attempt(bytes[..random.below(bytes.len())].to_vec());
            let mut flipped = bytes.clone();
            for _ in 0..1 + random.below(3) {
                let at = random.below(flipped.len());
                flipped[at] ^= 1 << random.below(8);
            }
            attempt(flipped);
            let mut spliced = bytes.clone();
            let (from, to) = (random.below(bytes.len()), random.below(bytes.len()));
            let count = random.below(40).min(bytes.len() - from.max(to));
            spliced.copy_within(from..from + count, to);
            attempt(spliced);
        }
    }
    println!("{read} were read all the same, {refused} refused");
    assert!(refused > read / 4, "{read} read, {refused} refused");
}

/// A zip with members as they are, or said to be deflated.
fn bundle(members: &[(&str, &[u8])], method: u16) -> Vec<u8> {
    let (mut bytes, mut directory) = (Vec::new(), Vec::new());
    for (name, data) in members {
        let sizes = [[0; 4], (data.len() as u32).to_le_bytes(), (data.len() as u32).to_le_bytes()].concat();
        let common = [&[20, 0, 0, 0][..], &method.to_le_bytes(), &[0; 4], &sizes, &(name.len() as u16).to_le_bytes()].concat();
        let at = bytes.len() as u32;
        // Four bytes that align what follows, as MediaPipe's bundles have them.
        bytes.extend([b"PK\x03\x04", &common[..], &[4, 0], name.as_bytes(), &[0; 4], data].concat());
        directory.extend([b"PK\x01\x02\x14\0", &common[..], &[0; 12], &at.to_le_bytes(), name.as_bytes()].concat());
    }
    let (count, size) = ((members.len() as u16).to_le_bytes(), (directory.len() as u32).to_le_bytes());
    let end = [b"PK\x05\x06\0\0\0\0", &count[..], &count, &size, &(bytes.len() as u32).to_le_bytes(), &[0; 2]].concat();
    [bytes, directory, end].concat()
}

#[test]
fn a_member_of_a_bundle_is_named_and_the_others_are_listed() {
    let bytes = references("tflite.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let [a, b] = ["relu", "tanh"].map(|name| file.tensor(&format!("{name}/model")).unwrap().data().to_vec());
    let members: [(&str, &[u8]); 3] = [("a.tflite", &a), ("b.tflite", &b), ("more.binarypb", b"12")];
    let folder = scratch("bundles");
    let whole = folder.join("face.task");
    let whole_bytes = bundle(&members, 0);
    std::fs::write(&whole, &whole_bytes).unwrap();
    let load = |member: &str| tflite::load(Path::new(&format!("{}{member}", whole.display())));
    assert_eq!(load(":b.tflite").unwrap().network, tflite::read("b", &b).unwrap().network);
    for (member, words) in [
        ("", "has a.tflite, b.tflite: name the one to import, as"),
        (":c.tflite", "no member `c.tflite`, it has a.tflite, b.tflite"),
    ] {
        let error = load(member).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    std::fs::write(&whole, bundle(&members, 8)).unwrap();
    assert!(load(":a.tflite").unwrap_err().to_string().contains("`a.tflite` is compressed"));
    let mut random = Random(5);
    for _ in 0..300 {
        let mut damaged = whole_bytes.clone();
        let at = damaged.len() - 1 - random.below(260);
        damaged[at] ^= 1 << random.below(8);
        damaged.truncate(damaged.len() - random.below(3) * random.below(200));
        std::fs::write(&whole, damaged).unwrap();
        // One of both, and no end of the program.
        drop(load(":a.tflite"));
    }
}

/// A file beside the checkout.
fn data(path: &str) -> Option<PathBuf> {
    let path = here("../shared/data/weights/mediapipe").join(path);
    if !path.exists() {
        println!("SKIPPED: no {}", path.display());
        return None;
    }
    Some(path)
}

/// The files, and what black is in them.
const REAL: [(&str, f32); 8] = [
    ("face_detection_full_range", -1.0),
    ("tflite/face_detector", -1.0),
    ("tflite/face_landmarks_detector", 0.0),
    ("tflite/face_blendshapes", 0.0),
    ("pypi-0.10.21/face_detection_full_range_sparse", -1.0),
    ("pypi-0.10.21/face_detection_short_range", -1.0),
    ("pypi-0.10.21/face_landmark", 0.0),
    ("pypi-0.10.21/iris_landmark", 0.0),
];

/// The one output that is a single probability. Of random numbers it is 1e-14, of which LiteRT's own two ways of computing differ by 3e-4, and which f16 does
/// not hold: its difference is a part of 1.
const PROBABILITY: &str = "Identity_2";

/// The nearest pixels of a square around the astronaut's face, as tests/importers/tflite_real.py takes them.
fn portrait(height: usize, width: usize, black: f32) -> Vec<f32> {
    const SQUARE: [usize; 3] = [155, 50, 144];
    let photo = image::open(here("examples/astronaut.png")).unwrap().into_rgb8();
    let scale = if black == 0.0 { 255.0 } else { 127.5 };
    let pixel = |channel: usize, row: usize, column: usize| {
        let (x, y) = (SQUARE[0] + column * SQUARE[2] / width, SQUARE[1] + row * SQUARE[2] / height);
        f32::from(photo.get_pixel(x as u32, y as u32).0[channel]) / scale + black
    };
    let all = (0..3).flat_map(|channel| (0..height).flat_map(move |row| (0..width).map(move |column| (channel, row, column))));
    all.map(|(channel, row, column)| pixel(channel, row, column)).collect()
}

#[test]
fn mediapipes_networks_answer_as_litert_does() {
    let bytes = references("tflite_real.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let mut wrong = Vec::new();
    for (path, black) in REAL {
        let Some(source) = data(&format!("{path}.tflite")) else { continue };
        let model = tflite::load(&source).unwrap().model(Vec::new(), None).unwrap();
        let name = path.rsplit('/').next().unwrap();
        let network = model.description.networks.values().next().unwrap();
        let dims = network.inputs.values().next().unwrap().clone();
        let shape = [&[1], &dims[..]].concat();
        let random = Stream::new(1, "data").tensor(&shape, 0.0, 1.0);
        let mut inputs = vec![("random", random)];
        if let [3, height, width] = dims[..] {
            inputs.push(("portrait", Tensor::new(shape, portrait(height, width, black)).unwrap()));
        }
        for ((kind, input), device) in inputs.iter().flat_map(|input| devices().into_iter().map(move |device| (input, device))) {
            let gpu = matches!(device, Device::Gpu(_));
            for (precision, bound) in [(Precision::F32, BOUNDS[1]), (Precision::F16, BOUNDS[2])] {
                if precision == Precision::F16 && !gpu {
                    continue;
                }
                let input = [Input { name: None, tensor: input.clone() }];
                let options = Options { precision, ..Options::default() };
                let got = runner::run(&model, &device, &input, options).unwrap();
                let (mut error, mut values) = (0.0_f64, 0);
                for (output, got) in &got {
                    let want = tensor(&file, &format!("{name}/{kind}/{output}/values"));
                    let mut scale = tensor(&file, &format!("{name}/{kind}/{output}/largest")).data[0];
                    if output == PROBABILITY {
                        scale = 1.0;
                    }
                    let step = if got.data.len() > want.data.len() { 13 } else { 1 };
                    let seen: Vec<f32> = got.data.iter().copied().step_by(step).collect();
                    assert_eq!(seen.len(), want.data.len(), "{name}, {output}");
                    let own = largest_difference(&seen, &want.data) / f64::from(scale);
                    error = if own.is_nan() { own } else { error.max(own) };
                    values += seen.len();
                }
                println!("{name:34} {kind:9} {:24.24} {precision:?} {values:5} values, {error:.1e}", device.name());
                if error.is_nan() || error > bound {
                    wrong.push(format!("{name}, {kind} on {} in {precision:?}: {error:.1e}", device.name()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_embedded_networks_are_those_of_the_files() {
    let whole = Model::faces().unwrap();
    for (member, path) in [
        ("full_range", "face_detection_full_range"),
        ("short_range", "tflite/face_detector"),
        ("mesh", "tflite/face_landmarks_detector"),
        ("blendshapes", "tflite/face_blendshapes"),
    ] {
        let own = whole.only(member).unwrap();
        let Some(source) = data(&format!("{path}.tflite")) else { continue };
        let imported = tflite::load(&source).unwrap();
        assert_eq!(own.description.networks[member], imported.network, "{member}");
        assert_eq!(own.arrays().count(), imported.tensors.len(), "{member}");
        for (name, array) in &imported.tensors {
            let stored = own.array(&format!("{member}/{name}")).unwrap();
            assert_eq!(stored.floats().unwrap(), array.floats().unwrap(), "{member}, {name}");
        }
    }
    let error = whole.only("nose").unwrap_err().to_string();
    assert!(error.contains("no `nose`") && error.contains("full_range, short_range, mesh, blendshapes"), "{error}");
}

#[test]
fn the_mesh_with_attention_is_refused_for_its_own_operators() {
    let Some(source) = data("pypi-0.10.21/face_landmark_with_attention.tflite") else { return };
    let error = tflite::load(&source).unwrap_err().to_string();
    assert!(error.contains("Landmarks2TransformMatrix") && error.contains("a custom operator"), "{error}");
}

/// Numbers behind `key:` in Google's text.
fn numbers(text: &str, key: &str) -> Vec<f32> {
    let lines = text.lines().filter_map(|line| line.trim().strip_prefix(key)?.strip_prefix(": "));
    lines.map(|number| number.trim().parse().unwrap()).collect()
}

#[test]
fn blendshapes_of_googles_test_vector() {
    let (Some(source), Some(folder), Some(indices)) =
        (data("tflite/face_blendshapes.tflite"), data("testvectors"), data("blendshape_landmark_indices.txt"))
    else {
        return;
    };
    let text = |path: PathBuf| std::fs::read_to_string(path).unwrap();
    let landmarks = text(folder.join("face_blendshapes_in_landmarks.prototxt"));
    let (x, y) = (numbers(&landmarks, "x"), numbers(&landmarks, "y"));
    let want = numbers(&text(folder.join("face_blendshapes_out.prototxt")), "score");
    let indices: Vec<usize> = text(indices).split_whitespace().map(|index| index.parse().unwrap()).collect();
    // Of a picture of 820 x 1024 pixels.
    let points = indices.iter().flat_map(|&index| [x[index] * 820.0, y[index] * 1024.0]).collect();
    let input = [Input { name: None, tensor: Tensor::new(vec![1, 146, 2], points).unwrap() }];
    let model = tflite::load(&source).unwrap().model(Vec::new(), None).unwrap();
    assert_eq!((indices.len(), want.len()), (146, 52));
    for device in devices() {
        let got = runner::run(&model, &device, &input, Options::default()).unwrap();
        let error = largest_difference(&got[0].1.data, &want);
        println!("{}: {error:.1e}", device.name());
        assert!(got[0].1.data.len() == 52 && error <= 1e-4, "{}: {error}", device.name());
    }
}
