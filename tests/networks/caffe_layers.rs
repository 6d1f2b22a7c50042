//! Caffe's rules that OpenCV does not follow or its references do not reach: each against numbers worked out here.

use crate::common::devices;
use moue::Result;
use moue::graph::Graph;
use moue::runner::{self, Input, Options};
use moue::tensor::Tensor;
use moue::weights::Imported;
use moue::weights::caffe::{self, Mean};

fn varint(mut n: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while n > 127 {
        bytes.push((n & 127) as u8 | 128);
        n >>= 7;
    }
    bytes.push(n as u8);
    bytes
}

fn field(number: usize, payload: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(payload.len()), payload.to_vec()].concat()
}

/// A caffemodel of layers with their blobs, each of one dimension.
fn caffemodel(layers: &[(&str, &[&[f32]])]) -> Vec<u8> {
    let blob = |values: &&[f32]| {
        let shape = field(7, &field(1, &varint(values.len())));
        field(7, &[shape, field(5, &values.iter().flat_map(|v| v.to_le_bytes()).collect::<Vec<_>>())].concat())
    };
    let layer = |(name, blobs): &(&str, &[&[f32]])| {
        field(100, &[field(1, name.as_bytes()), blobs.iter().flat_map(blob).collect()].concat())
    };
    layers.iter().flat_map(layer).collect()
}

/// A network that reads `data` of two channels, two rows, three columns, unless `layers` begins with inputs of its own.
fn read(layers: &str, weights: &[(&str, &[&[f32]])]) -> Result<Imported> {
    let head = if layers.starts_with("input") { "" } else { "input: 'data' input_shape { dim: [1, 2, 2, 3] }" };
    let weights = (!weights.is_empty()).then(|| caffemodel(weights));
    caffe::read("net", &format!("{head}\n{layers}"), weights.as_deref(), None)
}

/// Two images of twelve values.
fn data() -> Tensor {
    Tensor::new(vec![2, 2, 2, 3], (0..24).map(|i| (i * 7 % 24) as f32 - 9.0).collect()).unwrap()
}

/// The tensor called `name`, or the only output, on every device.
fn computes(imported: Imported, inputs: &[(&str, &Tensor)], name: Option<&str>, dims: &[usize], want: impl Fn(usize) -> f32) {
    let model = imported.model(Vec::new(), None).unwrap();
    let inputs: Vec<Input> =
        inputs.iter().map(|&(name, tensor)| Input { name: Some(name.to_owned()), tensor: tensor.clone() }).collect();
    for device in devices() {
        let answers = runner::run(&model, &device, &inputs, Options { tensor: name, ..Options::default() }).unwrap();
        let [(_, got)] = &answers[..] else { panic!("{} answers", answers.len()) };
        assert_eq!(got.shape[1..], *dims);
        for (at, &value) in got.data.iter().enumerate() {
            assert!((value - want(at)).abs() <= 1e-5 * want(at).abs().max(1.0), "value {at} is {value}, not {}", want(at));
        }
    }
}

fn refused(imported: Result<Imported>, said: &[&str]) {
    let error = imported.map(|_| ()).unwrap_err().to_string();
    assert!(said.iter().all(|said| error.contains(said)), "{error}");
}

const MEANS: &str = "layer { name: 'm' type: 'Pooling' bottom: 'data' top: 'm' pooling_param { pool: AVE global_pooling: true } }
    layer { name: 'f' type: 'Flatten' bottom: 'm' top: 'f' }";

#[test]
fn a_second_bottom_scales_along_the_batch() {
    let x = data();
    let mean = |at: usize| x.data[at / 6 * 6..][..6].iter().sum::<f32>() / 6.0;
    for bottom in ["f", "m"] {
        let layers = |kind: &str, rule: &str| {
            format!("{MEANS} layer {{ name: 's' type: '{kind}' bottom: 'data' bottom: '{bottom}' top: 's' {rule} }}")
        };
        let product = read(&layers("Scale", "scale_param { axis: 0 }"), &[]).unwrap();
        computes(product, &[("data", &x)], Some("s"), &[2, 2, 3], |at| x.data[at] * mean(at));
        let sum = read(&layers("Bias", "bias_param { axis: -4 }"), &[]).unwrap();
        computes(sum, &[("data", &x)], Some("s"), &[2, 2, 3], |at| x.data[at] + mean(at));
        refused(read(&layers("Scale", ""), &[]), &["`s` (Scale)", "axis 1", "axis 0"]);
    }
}

const NORM: &str = "layer { name: 'norm' type: 'BatchNorm' bottom: 'data' top: 'norm' batch_norm_param { eps: 0 } }
    layer { name: 'scale' type: 'Scale' bottom: 'norm' top: 'scale' scale_param { bias_term: true } }";

#[test]
fn a_norm_with_its_scale_is_one_operator_and_no_tensor_lies_between() {
    let x = data();
    let norm: (&str, &[&[f32]]) = ("norm", &[&[2.0, -6.0], &[8.0, 2.0], &[2.0]]);
    let scale: (&str, &[&[f32]]) = ("scale", &[&[3.0, -1.0], &[0.5, 4.0]]);
    let channel = |at: usize| at / 6 % 2;
    let normalised = |at: usize| if channel(at) == 0 { (x.data[at] - 1.0) / 2.0 } else { x.data[at] + 3.0 };
    let scaled = |at: usize| if channel(at) == 0 { 3.0 * normalised(at) + 0.5 } else { 4.0 - normalised(at) };
    let folded = read(NORM, &[norm, scale]).unwrap();
    computes(folded.clone(), &[("data", &x)], Some("scale"), &[2, 2, 3], scaled);
    let graph = Graph::new(&folded.network).unwrap();
    assert_eq!(graph.nodes.len(), 1);
    assert!(graph.find("norm").is_err(), "it would hold what the Scale makes");
    // Read by another layer it is a tensor of its own.
    let apart =
        read(&format!("{NORM} layer {{ name: 'other' type: 'ReLU' bottom: 'norm' top: 'other' }}"), &[norm, scale]).unwrap();
    computes(apart.clone(), &[("data", &x)], Some("norm"), &[2, 2, 3], normalised);
    computes(apart, &[("data", &x)], Some("scale"), &[2, 2, 3], scaled);
    // In place, and something in place behind it.
    let in_place =
        NORM.replace("top: 'norm'", "top: 'data'").replace("bottom: 'norm' top: 'scale'", "bottom: 'data' top: 'data'");
    let in_place = format!("{in_place} layer {{ name: 'r' type: 'ReLU' bottom: 'data' top: 'data' }}");
    let in_place = read(&in_place, &[norm, scale]).unwrap();
    computes(in_place.clone(), &[("data", &x)], Some("data@scale"), &[2, 2, 3], scaled);
    computes(in_place, &[("data", &x)], None, &[2, 2, 3], |at| scaled(at).max(0.0));
}

#[test]
fn weights_that_the_caffemodel_lacks_are_missing_and_those_too_many_refused() {
    let norm: (&str, &[&[f32]]) = ("norm", &[&[2.0, -6.0], &[8.0, 2.0], &[2.0]]);
    assert_eq!(read(NORM, &[norm]).unwrap().missing().unwrap(), ["norm.weight", "norm.bias"]);
    let alone = NORM.split_once("layer { name: 'scale'").unwrap().0;
    assert_eq!(read(alone, &[norm]).unwrap().missing().unwrap(), [""; 0]);
    assert_eq!(read(alone, &[]).unwrap().missing().unwrap().len(), 4);
    let dense = "layer { name: 'fc' type: 'InnerProduct' bottom: 'data' top: 'fc' inner_product_param { num_output: 1 bias_term: false } }";
    refused(read(dense, &[("fc", &[&[1.0; 12], &[1.0]])]), &["`fc`", "2 blobs", "asks for 1"]);
    let plain = NORM.replace("bias_term: true", "");
    refused(read(&plain, &[norm, ("scale", &[&[1.0; 2], &[1.0; 2]])]), &["2 blobs", "asks for 1"]);
    refused(read(dense, &[("other", &[&[1.0; 12]])]), &["do not belong together"]);
    refused(read(NORM, &[("other", &[&[1.0; 12]])]), &["do not belong together"]);
}

#[test]
fn a_layer_in_place_leaves_its_tensor_under_the_name_of_the_blob() {
    let x = data();
    let layers = "layer { name: 'abs' type: 'AbsVal' bottom: 'data' top: 'a' }
        layer { name: 'less' type: 'Power' bottom: 'a' top: 'a' power_param { shift: -4 } }
        layer { name: 'relu' type: 'ReLU' bottom: 'a' top: 'a' }";
    let imported = read(layers, &[]).unwrap();
    computes(imported.clone(), &[("data", &x)], Some("a@abs"), &[2, 2, 3], |at| x.data[at].abs());
    computes(imported.clone(), &[("data", &x)], Some("a@less"), &[2, 2, 3], |at| x.data[at].abs() - 4.0);
    computes(imported, &[("data", &x)], Some("a"), &[2, 2, 3], |at| (x.data[at].abs() - 4.0).max(0.0));
}

#[test]
fn phases_stages_and_levels_are_those_of_a_test() {
    let x = data();
    let rules = [
        ("include { phase: TEST }", true),
        ("include { phase: TRAIN }", false),
        ("include { phase: TRAIN } include { phase: 1 }", true),
        ("include { phase: TEST stage: 'deploy' }", false),
        ("include { not_stage: 'deploy' }", true),
        ("include { min_level: 1 }", false),
        ("include { max_level: 2 }", true),
        ("exclude { phase: TEST }", false),
        ("exclude { phase: TRAIN }", true),
        ("exclude { stage: 'deploy' }", true),
        ("exclude { max_level: 3 }", false),
    ];
    for (rule, there) in rules {
        let layers = format!(
            "layer {{ name: 'n' type: 'Power' bottom: 'data' top: 'data' power_param {{ scale: -1 }} {rule} }} layer {{ name: 'a' type: 'ReLU' bottom: 'data' top: 'a' }}"
        );
        let sign = if there { -1.0 } else { 1.0 };
        println!("{rule}");
        computes(read(&layers, &[]).unwrap(), &[("data", &x)], None, &[2, 2, 3], |at| (sign * x.data[at]).max(0.0));
    }
}

#[test]
fn numbers_of_old_types_losses_silence_and_labels() {
    let x = data();
    let layers = "input: 'data' input: 'label' input_shape { dim: [1, 2, 2, 3] } input_shape { dim: 1 }
        layers { name: 'r' type: 18 bottom: 'data' top: 'r' }
        layers { name: 'cut' type: SLICE bottom: 'r' top: 'a' top: 'b' }
        layers { name: 'quiet' type: 36 bottom: 'b' }
        layers { name: 'loss' type: INFOGAIN_LOSS bottom: 'a' bottom: 'label' top: 'loss' }
        layers { name: 'far' type: 37 bottom: 'a' bottom: 'label' }
        layers { name: 'kept' type: HDF5_OUTPUT bottom: 'a' bottom: 'label' }";
    let imported = read(layers, &[]).unwrap();
    assert_eq!(imported.network.outputs, ["a"]);
    computes(imported, &[("data", &x)], None, &[1, 2, 3], |at| x.data[at / 6 * 12 + at % 6].max(0.0));
    refused(read("layers { name: 'm' type: 34 bottom: 'data' top: 'm' }", &[]), &["`m` (MVN)"]);
    refused(read("layers { layer { name: 'c' type: 'conv' } bottom: 'data' top: 'c' }", &[]), &["upgrade_net_proto_text"]);
}

#[test]
fn pools_round_up_unless_told_otherwise() {
    let x = data();
    for (rule, columns) in
        [("", 2), ("round_mode: CEIL", 2), ("round_mode: FLOOR", 1), ("round_mode: 1", 1), ("ceil_mode: false", 1)]
    {
        let layers = format!(
            "layer {{ name: 'p' type: 'Pooling' bottom: 'data' top: 'p' pooling_param {{ pool: MAX kernel_size: 2 stride: 2 {rule} }} }}"
        );
        let want = |at: usize| {
            let (plane, column) = (at / columns * 6, at % columns * 2);
            let inside = (column..(column + 2).min(3)).flat_map(|c| [x.data[plane + c], x.data[plane + 3 + c]]);
            inside.fold(f32::MIN, f32::max)
        };
        computes(read(&layers, &[]).unwrap(), &[("data", &x)], None, &[2, 1, columns], want);
    }
}

#[test]
fn holes_are_dilation() {
    let x = data();
    let layers = "layer { name: 'c' type: 'Convolution' bottom: 'data' top: 'c' convolution_param { num_output: 1 kernel_h: 1 kernel_w: 2 hole: 2 bias_term: false } }";
    let imported = read(layers, &[("c", &[&[1.0, 2.0, 3.0, 4.0]])]).unwrap();
    let want = |at: usize| {
        let row = at / 2 * 12 + at % 2 * 3;
        x.data[row] + 2.0 * x.data[row + 2] + 3.0 * x.data[row + 6] + 4.0 * x.data[row + 8]
    };
    computes(imported, &[("data", &x)], None, &[1, 2, 1], want);
}

#[test]
fn a_transposed_weight_lies_input_by_input() {
    let x = data();
    let layers = "layer { name: 'fc' type: 'InnerProduct' bottom: 'data' top: 'fc' inner_product_param { num_output: 2 transpose: true bias_term: false } }";
    let weight: Vec<f32> = (0..24).map(|at| if at % 2 == 0 { at as f32 } else { 1.0 }).collect();
    let want = |at: usize| {
        let image = &x.data[at / 2 * 12..][..12];
        image.iter().enumerate().map(|(i, v)| if at & 1 == 0 { 2.0 * i as f32 * v } else { *v }).sum()
    };
    computes(read(layers, &[("fc", &[&weight])]).unwrap(), &[("data", &x)], None, &[2], want);
}

#[test]
fn interp_keeps_the_corners_and_upsample_repeats() {
    let x = data();
    let interp = |rule: &str| format!("layer {{ name: 'i' type: 'Interp' bottom: 'data' top: 'i' interp_param {{ {rule} }} }}");
    for rule in ["zoom_factor: 2", "height: 3 width: 5", "shrink_factor: 1 zoom_factor: 2"] {
        let want = |at: usize| {
            let (plane, row, column) = (at / 15 * 6, at / 5 % 3, at % 5);
            let at = |r: usize, c: usize| x.data[plane + r * 3 + c];
            let (rows, columns) = ([row / 2, row.div_ceil(2)], [column / 2, column.div_ceil(2)]);
            rows.iter().flat_map(|&r| columns.map(|c| at(r, c))).sum::<f32>() / 4.0
        };
        computes(read(&interp(rule), &[]).unwrap(), &[("data", &x)], None, &[2, 3, 5], want);
    }
    let smaller = read(&interp("shrink_factor: 2"), &[]).unwrap();
    computes(smaller, &[("data", &x)], None, &[2, 1, 2], |at| x.data[at / 2 * 6 + at % 2 * 2]);
    for rule in [
        "",
        "height: 3",
        "zoom_factor: 0",
        "zoom_factor: 99999999999999999999",
        "zoom_factor: 999999999999",
        "pad_beg: -1 zoom_factor: 2",
    ] {
        refused(read(&interp(rule), &[]), &["`i` (Interp)"]);
    }
    let twice = read("layer { name: 'u' type: 'Upsample' bottom: 'data' top: 'u' upsample_param { scale: 2 } }", &[]).unwrap();
    let want = |at: usize| x.data[at / 24 * 6 + at / 12 % 2 * 3 + at % 6 / 2];
    computes(twice, &[("data", &x)], None, &[2, 4, 6], want);
}

#[test]
fn a_mean_is_one_number_a_channel_too_and_for_pictures_alone() {
    let x = data();
    let mean = Mean::of_channels(vec![2.0, -5.0]);
    let take = "layer { name: 'r' type: 'Power' bottom: 'data' top: 'r' power_param { scale: 2 } }";
    let one = format!("input: 'data' input_shape {{ dim: [1, 2, 2, 3] }} {take}");
    let channel = |at: usize| at / 6 % 2;
    let less = |at: usize| 2.0 * (x.data[at] - if channel(at) == 0 { 2.0 } else { -5.0 });
    computes(caffe::read("net", &one, None, Some(&mean)).unwrap(), &[("data", &x)], None, &[2, 2, 3], less);
    let two = format!(
        "input: 'info' input: 'data' input_shape {{ dim: [1, 3] }} input_shape {{ dim: [1, 2, 2, 3] }} {take}
        layer {{ name: 'i' type: 'AbsVal' bottom: 'info' top: 'i' }}"
    );
    let info = Tensor::new(vec![2, 3], vec![-1.0; 6]).unwrap();
    let imported = caffe::read("net", &two, None, Some(&mean)).unwrap();
    computes(imported.clone(), &[("data", &x), ("info", &info)], Some("r"), &[2, 2, 3], less);
    computes(imported, &[("data", &x), ("info", &info)], Some("i"), &[3], |_| 1.0);
    for wrong in [Mean::of_channels(vec![1.0; 3]), Mean { shape: [2, 1, 3], values: vec![0.0; 6] }] {
        assert!(caffe::read("net", &one, None, Some(&wrong)).is_err());
    }
    refused(caffe::read("net", &two, None, Some(&Mean::of_channels(vec![1.0; 3]))), &["mean", "as many channels"]);
}

#[test]
fn what_caffe_refuses_is_refused() {
    let layer = |kind: &str, rule: &str| format!("layer {{ name: 'l' type: '{kind}' bottom: 'data' top: 'l' {rule} }}");
    for (kind, rule, said) in [
        ("LRN", "lrn_param { local_size: 4 }", "local_size"),
        ("LRN", "lrn_param { norm_region: WITHIN_CHANNEL }", "within"),
        ("BatchNorm", "batch_norm_param { eps: nan }", "nan"),
        ("BatchNorm", "batch_norm_param { use_global_stats: false }", "batch"),
        ("Power", "power_param { power: 3 }", "power"),
        ("Power", "power_param { shift: 1e999 }", "1e999"),
        ("Eltwise", "eltwise_param { coeff: [1, 2] }", "coefficients"),
        ("Softmax", "softmax_param { axis: 0 }", "images"),
        ("Slice", "slice_param { slice_point: 1 }", "slice points"),
        ("Reshape", "reshape_param { shape { dim: [0, 5, -1] } }", "does not become"),
        ("Reshape", "reshape_param { shape { dim: [2, -1] } }", "mix images"),
        ("Permute", "permute_param { order: [1, 0] }", "batch first"),
        ("Crop", "", "not read"),
        ("Pooling", "pooling_param { kernel_size: 2 pad: 2 }", "l"),
    ] {
        refused(read(&layer(kind, rule), &[]), &[&format!("`l` ({kind})"), said]);
    }
}

#[test]
fn numbers_of_any_size_are_errors_or_networks() {
    let bytes =
        std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/importers/caffe.safetensors")).unwrap();
    let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let (mut networks, mut errors) = (0, 0);
    for case in file.names().into_iter().filter_map(|name| name.strip_suffix("/prototxt")) {
        let prototxt = std::str::from_utf8(file.tensor(&format!("{case}/prototxt")).unwrap().data()).unwrap();
        let weights = file.tensor(&format!("{case}/caffemodel")).unwrap().data().to_vec();
        let is_number = |at: &usize| {
            let digit = |at: usize| prototxt.as_bytes()[at].is_ascii_digit();
            digit(*at) && prototxt[..*at].ends_with([' ', '-', '.'])
        };
        for at in (0..prototxt.len()).filter(is_number) {
            let end = prototxt[at..].find(|c: char| !c.is_ascii_digit()).map_or(prototxt.len(), |length| at + length);
            for value in ["0", "1", "2", "9", "65536", "65537", "268435456", "4294967296", "18446744073709551615", "1e40", "-3"] {
                let edited = format!("{}{value}{}", &prototxt[..at], &prototxt[end..]);
                for weights in [None, Some(&weights[..])] {
                    match caffe::read(case, &edited, weights, None) {
                        Ok(imported) => {
                            let held: usize = imported.tensors.values().map(|array| array.shape.iter().product::<usize>()).sum();
                            assert!(held < 1 << 19, "{case}: {value}: {held} weights");
                            networks += 1;
                        }
                        Err(error) => {
                            assert!(!error.to_string().is_empty());
                            errors += 1;
                        }
                    }
                }
            }
        }
    }
    println!("{networks} networks, {errors} errors");
    assert!(networks > 500 && errors > 500, "{networks} networks, {errors} errors");
    // One line that would ask for a gigabyte a weight.
    for layer in ["type: 'BatchNorm'", "type: 'Scale'", "type: 'Bias'", "type: 'PReLU' prelu_param { channel_shared: true }"] {
        let wide = format!(
            "input: 'data' input_shape {{ dim: [1, 1, 1, 1] }}
            layer {{ name: 'c' type: 'Convolution' bottom: 'data' top: 'c' convolution_param {{ num_output: 268435456 kernel_size: 1 }} }}
            layer {{ name: 'n' bottom: 'c' top: 'n' {layer} }}"
        );
        if let Ok(imported) = caffe::read("wide", &wide, None, None) {
            assert!(imported.tensors.is_empty(), "{layer}");
        }
    }
}
