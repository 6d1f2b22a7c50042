//! Weights in eight bits: how far they are from those they were made of, how they lie in a file, and what a model that has them answers.

use std::collections::BTreeMap;
use std::path::Path;

use crate::common::{devices, engine, gpus};
use crate::support::scratch;
use crate::tiny;
use image::RgbImage;
use moue::runner::{self, Input, Options};
use moue::tensor::Tensor;
use moue::weights::{Array, Type, combine};
use moue::{Device, Ensemble, Model, Reading, Rect};
use safetensors::{Dtype, SafeTensors};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn arrays(model: &Model) -> BTreeMap<String, Array> {
    model.arrays().map(|(name, array)| (name.to_owned(), array.clone())).collect()
}

/// Checks that `name` of `quantised` is in eight bits and within half a scale of what it is in `whole`, and reaches 127 in every channel but those of zeros.
fn within_half_a_scale(name: &str, whole: &Array, quantised: &Array) {
    assert_eq!((quantised.ty, &quantised.shape), (Type::I8, &whole.shape), "{name}");
    let (want, got) = (whole.floats().unwrap().data, quantised.floats().unwrap().data);
    let each = want.len() / whole.shape[0];
    let bytes = quantised.bytes(0..want.len()).unwrap();
    for (row, &scale) in quantised.scales().unwrap().iter().enumerate() {
        let range = row * each..(row + 1) * each;
        let largest = bytes[range.clone()].iter().map(|&byte| (byte as i8).unsigned_abs()).max().unwrap();
        let small = want[range.clone()].iter().all(|weight| weight.abs() < 127.0 * f32::MIN_POSITIVE);
        assert!(largest == 127 || small, "{name}, row {row}: {largest}");
        for at in range {
            let apart = (f64::from(want[at]) - f64::from(got[at])).abs();
            let rounding = f64::from(f32::EPSILON) * f64::from(want[at].abs());
            assert!(apart <= 0.5 * f64::from(scale) + rounding, "{name}, value {at}: {apart} of a scale of {scale}");
        }
    }
}

/// Six networks in f16.
fn ensemble() -> Model {
    Model::load(&root().join("models/fer2013/fer2013.safetensors")).unwrap()
}

#[test]
fn weights_are_within_half_a_scale_and_everything_else_stays() {
    let whole = ensemble();
    for (model, wanted) in [(tiny::model(7), 7), (whole.quantised().unwrap(), 60), (whole, 60)] {
        let (before, after) = (arrays(&model), arrays(&model.quantised().unwrap()));
        assert!(before.keys().eq(after.keys()));
        let changed = |(name, array): &(&String, &Array)| array.ty == Type::I8 && before[*name].ty != Type::I8;
        for (name, array) in after.iter().filter(|entry| !changed(entry)) {
            assert_eq!(array, &before[name], "{name}");
        }
        let matrix = |array: &Array| array.shape.len() > 1 && array.ty != Type::U8;
        assert_eq!(after.values().filter(|array| array.ty == Type::I8).count(), wanted);
        assert!(after.values().all(|array| matrix(array) == (array.ty == Type::I8)));
        after.iter().filter(changed).for_each(|(name, array)| within_half_a_scale(name, &before[name], array));
    }
}

#[test]
fn a_file_holds_a_scale_a_channel_beside_the_weight() {
    let model = tiny::model(7).quantised().unwrap();
    let bytes = model.to_bytes().unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let weight = file.tensor("codes/conv2.weight").unwrap();
    assert_eq!((weight.dtype(), weight.shape()), (Dtype::I8, &[4, 2, 3, 3][..]));
    let scale = file.tensor("codes/conv2.weight.scale").unwrap();
    assert_eq!((scale.dtype(), scale.shape()), (Dtype::F32, &[4][..]));
    let first = scale.data().first_chunk().map(|bytes| f32::from_le_bytes(*bytes));
    assert_eq!(first, model.array("codes/conv2.weight").unwrap().scales().map(|scales| scales[0]));
    let again = Model::parse("again", &bytes).unwrap();
    assert!(again.arrays().eq(model.arrays()));
    assert_eq!(again.to_bytes().unwrap(), bytes);
    assert_eq!(again.quantised().unwrap().to_bytes().unwrap(), bytes, "twice is once");
}

#[test]
fn scales_of_a_large_file_are_read_with_their_weights() {
    let model = tiny::model(7).quantised().unwrap();
    let mut tensors = arrays(&model);
    tensors.insert("unread".into(), Array::new(Type::U8, vec![70 << 20], vec![0; 70 << 20]));
    let large = Model::new(model.description.clone(), tensors).unwrap();
    let path = scratch("large_eight_bits").join("large.safetensors");
    large.save(&path).unwrap();
    let read = Model::load(&path).unwrap();
    for (name, array) in model.arrays() {
        assert_eq!(read.array(name).unwrap(), array, "{name}");
        if array.ty == Type::I8 {
            let (floats, rows) = (array.floats().unwrap(), read.array(name).unwrap().rows(1..3).unwrap());
            let each = floats.data.len() / floats.shape[0];
            assert_eq!(rows.data, floats.data[each..3 * each], "{name}");
        }
    }
    std::fs::remove_file(path).unwrap();
}

#[test]
fn names_of_scales_are_theirs_alone() {
    let mut tensors = arrays(&tiny::model(7).quantised().unwrap());
    tensors.insert("rgb/fc.weight.scale".into(), Array::new(Type::U8, vec![1], vec![1]));
    let model = Model::new(tiny::model(7).description, tensors).unwrap();
    let said = model.to_bytes().unwrap_err().to_string();
    assert!(said.contains("`rgb/fc.weight`") && said.contains("another"), "{said}");
    let without = Array::new(Type::I8, vec![2, 2], vec![1; 4]);
    assert!(without.clone().with_scales(vec![1.0; 2]).is_ok());
    for scales in [vec![1.0], vec![1.0; 3], vec![1.0, 0.0], vec![f32::NAN, 1.0], vec![1.0, f32::INFINITY], vec![-1.0, 1.0]] {
        assert!(without.clone().with_scales(scales.clone()).is_err(), "{scales:?}");
    }
    assert!(without.floats().unwrap_err().contains("scales"));
    assert!(Array::new(Type::F16, vec![2, 2], vec![1; 8]).with_scales(vec![1.0; 2]).unwrap_err().contains("f16"));
}

/// `eight_bits/` was written by models/train/quantise.py, of the weights of `floats/`.
#[test]
fn python_and_moue_make_the_same_integers_and_answer_the_same() {
    let path = root().join("tests/goldens/eight_bits.safetensors");
    let model = Model::load(&path).unwrap();
    let (written, own) = (arrays(&model), arrays(&model.quantised().unwrap()));
    let weights: Vec<&String> = written.keys().filter(|name| name.starts_with("eight_bits/")).collect();
    assert_eq!(weights.iter().filter(|name| written[**name].ty == Type::I8).count(), 4);
    for name in &weights {
        assert_eq!(written[*name], own[&name.replace("eight_bits/", "floats/")], "{name}");
    }
    let conv1 = &written["floats/conv1.weight"];
    within_half_a_scale("conv1", conv1, &written["eight_bits/conv1.weight"]);
    let answer = |name: &str| written[&format!("answers/{name}")].floats().unwrap();
    let inputs = [Input { name: None, tensor: answer("input") }];
    for device in devices() {
        let answers = runner::run(&model, &device, &inputs, Options::default()).unwrap();
        for (name, Tensor { data, .. }) in answers {
            let member = name.strip_suffix(".prob").unwrap();
            let apart = worst(&data, &answer(member).data);
            assert!(apart < 2e-6, "{member} on {}: {apart}", device.name());
        }
    }
    assert!(worst(&answer("floats").data, &answer("eight_bits").data) > 1e-4, "what tells the two apart");
}

fn worst(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0, |most: f32, (a, b)| most.max((a - b).abs()))
}

/// A model of six networks and itself in eight bits: its answers to a portrait differ by what eight bits do to the weights, and by no more on one device than on another.
#[test]
fn an_ensemble_in_eight_bits_answers_almost_as_it_does() {
    let photo = moue::photo::read(&root().join("examples/astronaut.png")).unwrap();
    let square = |x, y, side| Rect { x, y, width: side, height: side };
    let rects = [square(173, 65, 102), square(150, 50, 140), square(190, 80, 70)];
    let faces: Vec<(&RgbImage, Rect)> = rects.iter().map(|&rect| (&photo, rect)).collect();
    let read = |model: &Model, device: Device| Ensemble::new(model.clone(), device).unwrap().read(&faces, false).unwrap();
    let whole = ensemble();
    let quantised = whole.quantised().unwrap();
    let (want, twin) = (read(&whole, engine()), read(&quantised, engine()));
    let apart = |a: &[Reading], b: &[Reading]| {
        let each = a
            .iter()
            .zip(b)
            .map(|(a, b)| (worst(&a.probabilities, &b.probabilities), worst(&a.members.concat(), &b.members.concat())));
        each.fold((0.0_f32, 0.0_f32), |most, (fused, members)| (most.0.max(fused), most.1.max(members)))
    };
    let (fused, members) = apart(&want, &twin);
    println!("eight bits change the fused probabilities by {fused} at most, a member's by {members}");
    assert!(fused > 1e-5 && fused < 5e-3 && members < 2e-2, "{fused} {members}");
    for gpu in gpus() {
        let (fused, members) = apart(&read(&quantised, Device::Gpu(gpu)), &twin);
        assert!(fused < 1e-4 && members < 1e-4, "{fused} {members}");
    }
}

#[test]
fn a_model_and_itself_in_eight_bits_become_one() {
    let (whole, quantised) = (tiny::model(7), tiny::model(7).quantised().unwrap());
    let both = combine("both", &[whole, quantised.clone()], &[1.0, 1.0], None).unwrap();
    let both = Model::parse("both", &both.to_bytes().unwrap()).unwrap();
    assert_eq!(both.description.members[3].weights, "rgb_2/");
    assert_eq!(both.array("rgb_2/conv1.weight").unwrap(), quantised.array("rgb/conv1.weight").unwrap());
    let only = both.only("rgb_2").unwrap();
    assert_eq!(only.array("rgb_2/fc.weight").unwrap().ty, Type::I8);
}
