//! Caffe files and what OpenCV computes of them; RFB-320 in its three forms; damaged files. tests/importers/README.md says how the references were made.
//! The real files are not part of the project: where `../shared/data` is missing, these tests say so and are skipped.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::common::{Random, devices};
use moue::Model;
use moue::graph::Graph;
use moue::runner::{self, Input, Options};
use moue::tensor::Tensor;
use moue::weights::{Imported, caffe, onnx};
use safetensors::SafeTensors;

/// Of the largest value of the reference.
const BOUND: f32 = 1e-5;

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A file of the data beside the checkout.
fn data(path: &str) -> Option<Vec<u8>> {
    let path = here("../shared/data/weights").join(path);
    let bytes = std::fs::read(&path).ok();
    if bytes.is_none() {
        println!("SKIPPED: no {}", path.display());
    }
    bytes
}

struct References(Vec<u8>);

impl References {
    fn read() -> Self {
        Self(std::fs::read(here("tests/importers/caffe.safetensors")).unwrap())
    }

    fn file(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.0).unwrap()
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        self.file().tensor(name).unwrap().data().to_vec()
    }

    fn tensor(&self, name: &str) -> Tensor {
        let file = self.file();
        let view = file.tensor(name).unwrap();
        Tensor::new(view.shape().to_vec(), bytemuck::pod_collect_to_vec(view.data())).unwrap()
    }

    /// Tensors called `CASE/PART/NAME`, by NAME.
    fn part(&self, case: &str, part: &str) -> BTreeMap<String, Tensor> {
        let prefix = format!("{case}/{part}/");
        let names: Vec<String> =
            self.file().names().into_iter().filter_map(|name| name.strip_prefix(&prefix).map(str::to_owned)).collect();
        names.into_iter().map(|name| (name.clone(), self.tensor(&format!("{prefix}{name}")))).collect()
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// The outputs on every device, each held against `want` after `seen` has taken what of it is compared.
fn agrees(name: &str, model: &Model, input: &Tensor, want: &BTreeMap<String, Tensor>, seen: impl Fn(&Tensor) -> Vec<f32>) {
    for device in devices() {
        let inputs = [Input { name: None, tensor: input.clone() }];
        let got: BTreeMap<String, Tensor> =
            runner::run(model, &device, &inputs, Options::default()).unwrap().into_iter().collect();
        assert!(got.keys().eq(want.keys()), "{name}: {:?} and {:?}", got.keys(), want.keys());
        let mut worst = 0.0_f32;
        for (output, want) in want {
            let got = seen(&got[output]);
            let largest = want.data.iter().fold(0.0_f32, |most, v| most.max(v.abs()));
            assert_eq!(got.len(), want.data.len(), "{name}, {output}");
            for (got, want) in got.iter().zip(&want.data) {
                assert!((got - want).abs() <= BOUND * largest, "{name} on {}, {output}: {got} and {want}", device.name());
                worst = worst.max((got - want).abs() / largest);
            }
        }
        println!("{name} on {}: worst {worst:.1e}", device.name());
    }
}

fn whole(tensor: &Tensor) -> Vec<f32> {
    tensor.data.clone()
}

#[test]
fn both_syntaxes_give_what_opencv_gives() {
    let references = References::read();
    let cases: Vec<String> =
        references.file().names().into_iter().filter_map(|name| name.strip_suffix("/prototxt").map(str::to_owned)).collect();
    assert_eq!(cases.len(), 6);
    for case in cases {
        let prototxt = text(references.bytes(&format!("{case}/prototxt")));
        let weights = references.bytes(&format!("{case}/caffemodel"));
        let imported = caffe::read(&case, &prototxt, Some(&weights), None).unwrap_or_else(|error| panic!("{case}: {error}"));
        let model = imported.model(Vec::new(), None).unwrap_or_else(|error| panic!("{case}: {error}"));
        agrees(&case, &model, &references.part(&case, "in")["data"], &references.part(&case, "out"), whole);
    }
}

fn import(path: &str) -> Option<Imported> {
    let (prototxt, weights) = (data(&format!("{path}.prototxt"))?, data(&format!("{path}.caffemodel"))?);
    Some(caffe::read(path, &text(prototxt), Some(&weights), None).unwrap())
}

#[test]
fn the_four_networks_of_mtcnn_agree() {
    let references = References::read();
    for (index, parameters) in [(1, 6632), (2, 100_178), (3, 389_040), (4, 948_102)] {
        let Some(imported) = import(&format!("caffe-mtcnn/det{index}")) else { return };
        assert_eq!(Graph::new(&imported.network).unwrap().cost().parameters, parameters, "det{index}");
        let (name, model) = (format!("det{index}"), imported.model(Vec::new(), None).unwrap());
        agrees(&name, &model, &references.part(&name, "in")["data"], &references.part(&name, "out"), whole);
    }
}

#[test]
fn rfb_agrees_from_caffe_and_from_onnx() {
    let references = References::read();
    let Some(input) = data("golden-outputs/rfb320_input_astronaut.npy") else { return };
    let values: Vec<f32> = bytemuck::pod_collect_to_vec(&input[input.len() - 4 * 3 * 240 * 320..]);
    let input = Tensor::new(vec![1, 3, 240, 320], values).unwrap();
    for (name, path) in [
        ("rfb", "RFB-320"),
        ("rfb_decoded", "version-RFB-320"),
        ("rfb_simplified", "version-RFB-320_simplified"),
        ("rfb", "version-RFB-320_without_postprocessing"),
    ] {
        let imported = if path == "RFB-320" {
            import(&format!("ultraface/{path}")).unwrap()
        } else {
            onnx::load(&here("../shared/data/weights/ultraface").join(format!("{path}.onnx"))).unwrap()
        };
        let rows = references.tensor(&format!("{name}/rows")).data;
        let chosen = |tensor: &Tensor| {
            let [_, anchors, each] = tensor.shape[..] else { panic!("{:?}", tensor.shape) };
            assert_eq!(anchors, 4420);
            rows.iter().flat_map(|&row| tensor.data[row as usize * each..][..each].to_vec()).collect()
        };
        agrees(name, &imported.model(Vec::new(), None).unwrap(), &input, &references.part(name, "out"), chosen);
    }
}

#[test]
fn the_mean_image_is_subtracted_inside_the_network() {
    let Some(bytes) = data("emotiw-caffe-meta/mean.binaryproto") else { return };
    let mean = caffe::read_mean("mean", &bytes).unwrap();
    let channels = mean.channels();
    for (got, want) in channels.iter().zip([78.43, 87.77, 114.90]) {
        assert!((got - want).abs() < 0.005, "{channels:?}");
    }
    // Its middle, of the one pixel that a convolution of 1 x 1 by the identity lets through.
    let prototxt = "input: 'data' input_dim: 1 input_dim: 3 input_dim: 2 input_dim: 4 layer { name: 'p' type: 'Power' bottom: 'data' top: 'p' }";
    let model = caffe::read("mean", prototxt, None, Some(&mean)).unwrap().model(Vec::new(), None).unwrap();
    let input = Tensor::new(vec![1, 3, 2, 4], vec![200.0; 24]).unwrap();
    let middle = |c: usize, y: usize, x: usize| 200.0 - mean.values[(c * 256 + 127 + y) * 256 + 126 + x];
    let want = (0..24).map(|i| middle(i / 8, i / 4 % 2, i % 4)).collect();
    let want = BTreeMap::from([("p".to_owned(), Tensor::new(vec![1, 3, 2, 4], want).unwrap())]);
    agrees("mean", &model, &input, &want, whole);
}

#[test]
fn a_prototxt_without_weights_says_what_is_missing_and_can_be_filled() {
    for (name, classes) in [("EmotiW_VGG_S_deploy", 7), ("age_net_deploy", 8), ("gender_net_deploy", 2)] {
        let Some(prototxt) = data(&format!("emotiw-caffe-meta/{name}.prototxt")) else { return };
        let mut imported = caffe::read(name, &text(prototxt), None, None).unwrap();
        let error = imported.clone().model(Vec::new(), None).unwrap_err().to_string();
        assert!(["weights are missing", "conv1.weight", "--seed"].iter().all(|said| error.contains(said)), "{error}");
        if name.starts_with("EmotiW") {
            // Half a gigabyte of random numbers is not needed to see that it runs: its shapes are those of the zoo's.
            let zoo = moue::zoo::find("vgg_s_emotiw").unwrap().network(None).unwrap();
            let (ours, theirs) = (Graph::new(&imported.network).unwrap(), Graph::new(&zoo).unwrap());
            assert_eq!(ours.cost(), theirs.cost());
            assert_eq!(ours.tensors[ours.outputs[0]].dims, [classes]);
            continue;
        }
        imported.fill(3).unwrap();
        let labels = (0..classes).map(|class| format!("class {class}")).collect();
        let model = imported.model(labels, None).unwrap();
        assert!(model.description.members[0].representation.is_some(), "Caffe's convention is known: blue first, 0 to 255");
    }
}

#[test]
fn what_is_not_read_is_refused_all_at_once() {
    let prototxt = "input: 'data' input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
        layer { name: 'first' type: 'MVN' bottom: 'data' top: 'a' }
        layer { name: 'fine' type: 'ReLU' bottom: 'a' top: 'a' }
        layer { name: 'second' type: 'Pooling' bottom: 'data' top: 'b' pooling_param { pool: STOCHASTIC kernel_size: 2 } }";
    let error = caffe::read("net", prototxt, None, None).unwrap_err().to_string();
    assert!(
        ["2 of its layers", "`first` (MVN)", "`second` (Pooling)", "STOCHASTIC"].iter().all(|said| error.contains(said)),
        "{error}"
    );
    for (prototxt, said) in [
        ("", "no layers"),
        (
            "layer { name: 'd' type: 'Data' top: 'data' } layer { name: 'r' type: 'ReLU' bottom: 'data' top: 'r' }",
            "deploy prototxt",
        ),
        ("input: 'data' input_dim: 1 layer { name: 'r' type: 'ReLU' bottom: 'data' top: 'r' }", "input_dim"),
        ("input: 'data' input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8\nlayer {\n name: 'r'", "line 3"),
        (
            "input: 'data' input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8 layer { name: 'r' type: 'ReLU' bottom: 'x' top: 'r' }",
            "`x`",
        ),
    ] {
        let error = caffe::read("net", prototxt, None, None).unwrap_err().to_string();
        assert!(error.contains(said), "{prototxt}: {error}");
    }
}

#[test]
fn damaged_files_are_errors() {
    let references = References::read();
    let mut random = Random(33);
    let (mut read, mut refused) = (0, 0);
    for case in ["norm_scale_in_place", "old_syntax", "slices_and_joins", "functions", "deconvolution_and_floor"] {
        let parts = [references.bytes(&format!("{case}/prototxt")), references.bytes(&format!("{case}/caffemodel"))];
        for attempt in 0..300 {
            let mut damaged = parts.clone();
            let part = &mut damaged[attempt % 2];
            match random.below(3) {
                0 => part.truncate(random.below(part.len())),
                1 => {
                    let at = random.below(part.len());
                    part[at] ^= 1 << random.below(8);
                }
                _ => {
                    let (from, to, count) = (random.below(part.len()), random.below(part.len()), random.below(30));
                    let count = count.min(part.len() - from.max(to));
                    part.copy_within(from..from + count, to);
                }
            }
            let [prototxt, weights] = damaged;
            let Ok(prototxt) = String::from_utf8(prototxt) else { continue };
            match caffe::read(case, &prototxt, Some(&weights), None).and_then(|imported| imported.model(Vec::new(), None)) {
                Ok(_) => read += 1,
                Err(error) => {
                    assert!(!error.to_string().is_empty());
                    refused += 1;
                }
            }
            let _ = caffe::read_mean(case, &weights);
        }
    }
    println!("{read} were read all the same, {refused} refused");
    assert!(refused > 300);
}
