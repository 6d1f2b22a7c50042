//! Networks of today as PyTorch's exporters write them at opsets 11, 17 and 23: a vision transformer, MobileNetV3, EfficientNet-B0 and ConvNeXt-tiny, their
//! weights beside them, and what ONNX Runtime computes of them. No file of one feature has the programs of shapes that an exporter writes around attention.
//! 11 seconds of a core without a GPU, most of them for the 28 million weights of ConvNeXt. tests/importers/README.md says how the files were made.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::common::{gpus, thorough};
use crate::support::scratch;
use flate2::read::ZlibDecoder;
use moue::Device;
use moue::runner::{self, Input, Options};
use moue::tensor::Tensor;
use moue::weights::{Stream, onnx};
use safetensors::SafeTensors;
use serde::Deserialize;

const SEED: u64 = 7;
/// Of the largest logit. The project promises 1e-4: a bias of a block that is off by a part in a thousand would hide in it.
const BOUND: f32 = 2e-5;

#[derive(Deserialize)]
struct Case {
    name: String,
    opset: u32,
    /// Height and width of its images.
    size: usize,
    weights: Vec<Weight>,
}

/// Name and shape of a weight, and its values: offset + scale x the numbers of its name.
#[derive(Deserialize)]
struct Weight(String, Vec<usize>, f64, f64);

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/importers")
}

/// The case's file with its weights beside it, as a user has them.
fn written(file: &SafeTensors<'_>, case: &Case) -> PathBuf {
    let folder = scratch(&format!("exported-{}", case.name));
    let mut model = Vec::new();
    ZlibDecoder::new(file.tensor(&format!("{}/model", case.name)).unwrap().data()).read_to_end(&mut model).unwrap();
    let values = case.weights.iter().flat_map(|Weight(name, shape, offset, scale)| {
        bytemuck::pod_collect_to_vec::<f32, u8>(&Stream::new(SEED, name).tensor(shape, *offset, *scale).data)
    });
    std::fs::write(folder.join(format!("{}.bin", case.name)), values.collect::<Vec<u8>>()).unwrap();
    let path = folder.join(format!("{}.onnx", case.name));
    std::fs::write(&path, model).unwrap();
    path
}

/// On every device 1 image and 3: the first three rows of what ONNX Runtime computes.
fn agrees(network: &str, large: bool) {
    let bytes = std::fs::read(folder().join("exported.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(folder().join("exported.json")).unwrap()).unwrap();
    let own: Vec<&Case> = cases.iter().filter(|case| case.name == format!("{network}_{}", case.opset)).collect();
    assert!([11, 17, 23].iter().all(|opset| own.iter().any(|case| case.opset == *opset)));
    for case in own {
        let path = written(&file, case);
        let model =
            onnx::load(&path).and_then(|imported| imported.model(Vec::new(), None)).unwrap_or_else(|error| panic!("{error}"));
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
        let logits = file.tensor(&format!("{}/logits", case.name)).unwrap();
        let (images, classes) = (logits.shape()[0], logits.shape()[1]);
        let logits: Vec<f32> = bytemuck::pod_collect_to_vec(logits.data());
        // The twins take 10 seconds for each file of the largest; the kernels of other adapters are those of the first.
        let mut devices = if large && !thorough() { Vec::new() } else { vec![Device::Cpu] };
        devices.extend(gpus().into_iter().take(if thorough() { usize::MAX } else { 1 }).map(Device::Gpu));
        for (device, count) in devices.iter().flat_map(|device| [1, images].map(|count| (device, count))) {
            let tensor = Stream::new(SEED, "image").tensor(&[count, 3, case.size, case.size], 0.0, 1.0);
            let start = std::time::Instant::now();
            let outputs = runner::run(&model, device, &[Input { name: None, tensor }], Options::default()).unwrap();
            let at = format!("{}, {count} images on {}", case.name, device.name());
            let [(name, Tensor { shape, data })] = &outputs[..] else { panic!("{at}: {} outputs", outputs.len()) };
            assert_eq!((name.as_str(), &shape[..]), ("logits", &[count, classes][..]), "{at}");
            assert!(data.iter().all(|value| value.is_finite()), "{at}: {data:?}");
            let want = &logits[..data.len()];
            let largest = want.iter().fold(0.0_f32, |most, value| most.max(value.abs()));
            let error = data.iter().zip(want).fold(0.0_f32, |most, (got, want)| most.max((got - want).abs())) / largest;
            println!("{at}: {error:.1e}, {:.1} s", start.elapsed().as_secs_f64());
            assert!(error <= BOUND, "{at}: {error:e} of the largest logit");
        }
    }
}

#[test]
fn vit() {
    agrees("vit", false);
}

#[test]
fn mobilenet_v3_small() {
    agrees("mobilenet_v3_small", false);
}

#[test]
fn efficientnet_b0() {
    agrees("efficientnet_b0", false);
}

#[test]
fn convnext_tiny() {
    agrees("convnext_tiny", true);
}
