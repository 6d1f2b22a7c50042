//! Model files that were cut, damaged or made to do harm: a typed error that names the place, or a model; never a panic, never more memory
//! than the file accounts for.

use crate::tiny;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::collections::BTreeMap;

use crate::support::{moue, scratch, text};
use moue::weights::{Array, Description, Type};
use moue::{Device, Ensemble, Error, Model, Rect};
use serde_json::{Value, json};

/// Counts what this thread holds: tests run side by side.
struct Counting;

thread_local! {
    static HELD: Cell<usize> = const { Cell::new(0) };
    static MOST: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: every call goes to the system's allocator as it came; only numbers are kept beside it.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(|held| held.saturating_add(layout.size()));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        count(|held| held.saturating_sub(layout.size()));
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn count(change: impl FnOnce(usize) -> usize) {
    // A thread that ends frees after its locals are gone.
    let _ = HELD.try_with(|held| {
        held.set(change(held.get()));
        let _ = MOST.try_with(|most| most.set(most.get().max(held.get())));
    });
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What reading the file gives, having held no more than a few times its size.
fn parsed(bytes: &[u8]) -> Result<Model, Error> {
    let before = HELD.get();
    MOST.set(before);
    let model = Model::parse("hostile", bytes);
    let held = MOST.get() - before;
    // The header's JSON becomes names, shapes and operators, each many times the size of its text; tensors are copied once.
    let most = 8 * bytes.len() + (256 << 10);
    assert!(held <= most, "{held} bytes held for a file of {}", bytes.len());
    model
}

/// The message of a file that must be refused.
#[track_caller]
fn refused(bytes: &[u8]) -> String {
    match parsed(bytes) {
        Err(error @ Error::Model { .. }) => error.to_string(),
        other => panic!("{other:?}"),
    }
}

/// A file that may be a model: if it is one it runs on `cpu`, where it is small.
fn survives(bytes: &[u8], run: bool) -> bool {
    match parsed(bytes) {
        Ok(model) => {
            let mut ensemble = Ensemble::new(model, Device::Reference).unwrap();
            if run {
                let face = image::RgbImage::from_pixel(5, 5, image::Rgb([200, 100, 50]));
                ensemble.read(&[(&face, Rect::whole(5, 5))], true).unwrap();
            }
            true
        }
        Err(error) => {
            assert!(matches!(error, Error::Model { .. }), "{error:?}");
            assert!(error.to_string().starts_with("model `hostile`: "), "{error}");
            false
        }
    }
}

fn embedded() -> Vec<u8> {
    std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/models/default/default.safetensors")).unwrap()
}

fn header_length(bytes: &[u8]) -> usize {
    8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize
}

/// A file of a description and tensors that need not fit each other.
fn file(description: &Value, tensors: &BTreeMap<String, Array>) -> Vec<u8> {
    let mut header = serde_json::Map::from_iter([("__metadata__".to_owned(), json!({"moue": description.to_string()}))]);
    let mut data = Vec::new();
    for (name, array) in tensors {
        let ty = match array.ty {
            Type::F32 => "F32",
            Type::F16 => "F16",
            Type::U8 => "U8",
            Type::I8 => "I8",
        };
        let offsets = [data.len(), data.len() + array.length()];
        header.insert(name.clone(), json!({"dtype": ty, "shape": array.shape, "data_offsets": offsets}));
        data.extend(&*array.bytes(0..array.length()).unwrap());
    }
    let header = Value::from(header).to_string();
    [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &data].concat()
}

fn good() -> (Value, BTreeMap<String, Array>) {
    let description = Description::parse(tiny::TEXT).unwrap();
    let tensors = tiny::tensors(&description, 1);
    (serde_json::to_value(description).unwrap(), tensors)
}

/// The tiny model with one value of its description changed.
fn described(pointer: &str, value: Value) -> Vec<u8> {
    let (mut description, tensors) = good();
    *description.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value;
    file(&description, &tensors)
}

/// Writes `bytes` at `at` of the array's.
fn change(array: &mut Array, at: usize, bytes: &[u8]) {
    let mut all = array.bytes(0..array.length()).unwrap().into_owned();
    all[at..at + bytes.len()].copy_from_slice(bytes);
    *array = Array::new(array.ty, array.shape.clone(), all);
}

fn with_tensor(name: &str, change: impl FnOnce(&mut Array)) -> Vec<u8> {
    let (description, mut tensors) = good();
    change(tensors.get_mut(name).unwrap());
    file(&description, &tensors)
}

#[test]
fn what_these_files_are_made_of_is_a_model() {
    let (description, tensors) = good();
    assert!(survives(&file(&description, &tensors), true));
    assert!(survives(&embedded(), false));
}

#[test]
fn a_written_model_is_the_model_that_was_read() {
    for bytes in [embedded(), tiny::model(1).to_bytes().unwrap()] {
        let model = parsed(&bytes).unwrap();
        let written = model.to_bytes().unwrap();
        let again = parsed(&written).unwrap();
        assert_eq!(model.description, again.description);
        assert!(model.arrays().eq(again.arrays()) && model.arrays().count() > 0);
        assert_eq!(written, again.to_bytes().unwrap(), "the same model gives the same bytes");
    }
    // What a decimal number does to a weight that is none.
    let mut model = tiny::model(1);
    model.description.fusion.weights = vec![1.0 / 3.0, 0.293 / 3.0, 1.0 - 1.0 / 3.0 - 0.293 / 3.0];
    model.description.canonical.margin = 0.1 + 0.2;
    let again = parsed(&model.to_bytes().unwrap()).unwrap();
    assert_eq!(model.description, again.description);
}

#[test]
fn a_file_cut_anywhere_is_refused_at_its_header() {
    let bytes = embedded();
    let cuts = (0..bytes.len()).step_by(1024).chain([1, 7, 8, 9, header_length(&bytes), bytes.len() - 1]);
    for cut in cuts {
        let message = refused(&bytes[..cut]);
        assert!(message.contains("header") && message.contains("again"), "{cut}: {message}");
    }
}

#[test]
fn a_flipped_bit_of_the_header_is_an_error_or_a_model() {
    let mut bytes = tiny::model(1).to_bytes().unwrap();
    let header = header_length(&bytes);
    let mut state = 1_u64;
    let mut models = 0;
    for _ in 0..3000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (at, bit) = ((state >> 33) as usize % header, (state >> 20) as u32 % 8);
        bytes[at] ^= 1 << bit;
        models += usize::from(survives(&bytes, true));
        bytes[at] ^= 1 << bit;
    }
    assert!((1..1500).contains(&models), "{models} of 3000 are models still: a name or a number may change");
    let mut bytes = embedded();
    let header = header_length(&bytes);
    for step in 0..300 {
        let at = step * 7919 % header;
        bytes[at] ^= 1 << (step % 8);
        survives(&bytes, false);
        bytes[at] ^= 1 << (step % 8);
    }
}

#[test]
fn a_flipped_bit_of_a_tensor_is_an_error_that_names_it_or_a_model() {
    let mut bytes = tiny::model(1).to_bytes().unwrap();
    for at in (header_length(&bytes)..bytes.len()).step_by(11) {
        for bit in [0, 6, 7] {
            bytes[at] ^= 1 << bit;
            survives(&bytes, at.is_multiple_of(5));
            bytes[at] ^= 1 << bit;
        }
    }
    let mut bytes = embedded();
    let (header, length) = (header_length(&bytes), bytes.len());
    for step in 0..50 {
        let at = header + step * 15_485_863 % (length - header);
        bytes[at] ^= 0x7c;
        if let Err(error) = parsed(&bytes) {
            assert!(error.to_string().contains("tensor `"), "{error}");
        }
        bytes[at] ^= 0x7c;
    }
}

/// What is said of a file, and the words that must be in it: the place, and what would be right.
#[track_caller]
fn says(bytes: &[u8], words: &[&str]) {
    let message = refused(bytes);
    assert!(words.iter().all(|word| message.contains(word)), "{message}\nlacks one of {words:?}");
}

#[test]
fn a_table_of_a_wrong_size() {
    let table = |bytes: usize, shape: Vec<usize>| {
        with_tensor("tables/colours", move |array| *array = Array::new(Type::U8, shape, vec![7; bytes]))
    };
    says(&table(765, vec![255, 3]), &["tables/colours", "[256, 3]", "[255, 3]"]);
    says(&table(1024, vec![256, 4]), &["tables/colours", "[256, 3]"]);
    says(&table(768, vec![768]), &["tables/colours", "[256, 3]"]);
    says(&table(0, vec![0, 3]), &["tables/colours", "[256, 3]"]);
    let (description, mut tensors) = good();
    tensors.remove("tables/colours");
    says(&file(&description, &tensors), &["tables/colours", "no such tensor"]);
}

#[test]
fn a_member_without_weights() {
    let (description, mut tensors) = good();
    tensors.retain(|name, _| !name.starts_with("codes/"));
    says(&file(&description, &tensors), &["member `codes`", "tensor `codes/conv1.weight`", "export"]);
    says(&described("/members/2/weights", json!("elsewhere/")), &["member `plain`", "`elsewhere/fc.weight`"]);
}

#[test]
fn weights_that_are_not_finite() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let bytes = with_tensor("rgb/conv2.bias", |array| change(array, 4, &value.to_le_bytes()));
        says(&bytes, &["member `rgb`", "tensor `rgb/conv2.bias`", "value 1", "finite"]);
    }
    let half = with_tensor("plain/fc.bias", |array| {
        *array = Array::new(Type::F16, vec![3], [0x3c00_u16, 0x7c01, 0].map(u16::to_le_bytes).concat());
    });
    says(&half, &["tensor `plain/fc.bias`", "value 1 is NaN"]);
    let variance = with_tensor("rgb/bn1.running_var", |array| change(array, 0, &(-1_f32).to_le_bytes()));
    says(&variance, &["tensor `rgb/bn1.running_var`", "value 0 is -1", "variance"]);
}

#[test]
fn weights_of_another_shape_or_type() {
    let flat = with_tensor("rgb/conv1.weight", |array| array.shape = vec![array.shape.iter().product()]);
    says(&flat, &["member `rgb`", "`rgb/conv1.weight`", "[108]", "wants [4, 3, 3, 3]"]);
    let turned = with_tensor("plain/fc.weight", |array| array.shape.reverse());
    says(&turned, &["`plain/fc.weight`", "[48, 3]", "wants [3, 48]"]);
    let bytes = with_tensor("plain/fc.bias", |array| *array = Array::new(Type::U8, vec![3], vec![1; 3]));
    says(&bytes, &["`plain/fc.bias`", "f32 or f16"]);
}

/// The tiny model's file with `codes/conv1.weight`, [4, 3, 3, 3], in eight bits and scales of 0.5, after `change`.
fn in_eight_bits(change: impl FnOnce(&mut BTreeMap<String, Array>)) -> Vec<u8> {
    let (description, mut tensors) = good();
    let values = (0..108_u8).map(|i| (i.wrapping_mul(37) as i8).max(-127) as u8).collect();
    tensors.insert("codes/conv1.weight".into(), Array::new(Type::I8, vec![4, 3, 3, 3], values));
    tensors.insert("codes/conv1.weight.scale".into(), floats(vec![4], &[0.5; 4]));
    change(&mut tensors);
    file(&description, &tensors)
}

fn floats(shape: Vec<usize>, values: &[f32]) -> Array {
    Array::new(Type::F32, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect())
}

#[test]
fn eight_bits_without_their_scales_or_with_those_of_another() {
    const SCALES: &str = "codes/conv1.weight.scale";
    assert!(survives(&in_eight_bits(|_| ()), true));
    let missing = in_eight_bits(|tensors| drop(tensors.remove(SCALES)));
    says(&missing, &[SCALES, "does not have it", "`codes/conv1.weight` is of i8", "export"]);
    let scales = |scales: Array| in_eight_bits(|tensors| drop(tensors.insert(SCALES.into(), scales)));
    for shape in [vec![3], vec![5], vec![4, 1], vec![1, 4], vec![], vec![0]] {
        let values = vec![0.5; shape.iter().product()];
        says(&scales(floats(shape, &values)), &[SCALES, "wants [4] of f32"]);
    }
    for ty in [Type::F16, Type::U8, Type::I8] {
        says(&scales(Array::new(ty, vec![4], vec![1; 4 * ty.size()])), &[SCALES, "wants [4] of f32"]);
    }
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        says(&scales(floats(vec![4], &[0.5, 0.5, value, 0.5])), &[SCALES, "value 2 is", "finite"]);
    }
    for value in [-0.5, 0.0, -0.0, 3e36] {
        says(&scales(floats(vec![4], &[0.5, 0.5, 0.5, value])), &[SCALES, "value 3 is", "above 0"]);
    }
    let scaled = in_eight_bits(|tensors| drop(tensors.insert("codes/fc.weight.scale".into(), floats(vec![3], &[1.0; 3]))));
    assert!(survives(&scaled, false), "a tensor that nobody reads");
}

#[test]
fn eight_bits_where_they_may_not_be() {
    let below = in_eight_bits(|tensors| change(tensors.get_mut("codes/conv1.weight").unwrap(), 70, &[0x80]));
    says(&below, &["member `codes`", "tensor `codes/conv1.weight`", "value 70 is -128", "-127 to 127"]);
    for name in ["codes/bn1.running_var", "codes/conv2.bias", "codes/fc.bias"] {
        let vector = in_eight_bits(|tensors| {
            let shape = tensors[name].shape.clone();
            tensors.insert(format!("{name}.scale"), floats(shape.clone(), &vec![1.0; shape[0]]));
            tensors.insert(name.into(), Array::new(Type::I8, shape.clone(), vec![1; shape[0]]));
        });
        says(&vector, &[name, "matrices and more"]);
    }
    let table = in_eight_bits(|tensors| {
        tensors.insert("tables/colours".into(), Array::new(Type::I8, vec![256, 3], vec![1; 768]));
        tensors.insert("tables/colours.scale".into(), floats(vec![256], &[1.0; 256]));
    });
    says(&table, &["tables/colours", "[256, 3] of u8", "of i8"]);
    let mut text: Value = serde_json::from_str(tiny::TEXT).unwrap();
    let ops = text["networks"]["plain"]["ops"].as_array_mut().unwrap();
    ops[1]["in"] = json!(["moved"]);
    ops.insert(1, json!({"op": "add", "in": ["pool", "offset"], "out": ["moved"]}));
    ops.insert(0, json!({"op": "constant", "name": "offset", "out": ["offset"], "shape": [3, 1, 1]}));
    let mut tensors = tiny::tensors(&Description::parse(&text.to_string()).unwrap(), 1);
    assert!(survives(&file(&text, &tensors), true));
    tensors.insert("plain/offset.value".into(), Array::new(Type::I8, vec![3, 1, 1], vec![1; 3]));
    tensors.insert("plain/offset.value.scale".into(), floats(vec![3], &[1.0; 3]));
    says(&file(&text, &tensors), &["`plain/offset.value`", "i8", "convolutions and dense layers"]);
}

#[test]
fn a_flipped_bit_of_a_file_in_eight_bits_is_an_error_or_a_model() {
    let mut bytes = tiny::model(1).quantised().unwrap().to_bytes().unwrap();
    for at in (8..bytes.len()).step_by(7) {
        for bit in [0, 3, 7] {
            bytes[at] ^= 1 << bit;
            survives(&bytes, at.is_multiple_of(5));
            bytes[at] ^= 1 << bit;
        }
    }
}

#[test]
fn names_that_are_there_twice() {
    says(&described("/members/1/name", json!("rgb")), &["members", "`rgb`", "twice"]);
    says(&described("/labels/1", json!("happy")), &["labels", "`happy`", "twice"]);
    says(&described("/members/0/name", json!("")), &["members", "empty"]);
    let op = "/networks/folded/ops/2/out";
    says(&described(op, json!(["conv1"])), &["network `folded`", "conv1", "two operators"]);
}

#[test]
fn a_tensor_that_says_it_is_enormous() {
    let declared = |shape: &str, end: &str| {
        let header = format!(
            r#"{{"__metadata__":{{"moue":{}}},"rgb/conv1.weight":{{"dtype":"F32","shape":{shape},"data_offsets":[0,{end}]}}}}"#,
            Value::from(tiny::TEXT)
        );
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 64]].concat()
    };
    for (shape, end) in [
        ("[2684354560]", "10737418240"),
        ("[4611686018427387904,4]", "64"),
        ("[18446744073709551615]", "64"),
        ("[16]", "18446744073709551615"),
        ("[0,18446744073709551615,18446744073709551615]", "0"),
    ] {
        let message = refused(&declared(shape, end));
        assert!(message.contains("header") || message.contains("rgb/conv1.weight"), "{message}");
    }
    for length in [u64::MAX, 1 << 40, 100_000_000, 99_999_999] {
        says(&[&length.to_le_bytes()[..], b"{}"].concat(), &["header"]);
    }
}

#[test]
fn fusion_that_is_no_mean() {
    for weights in [
        json!([0.5, 0.5]),
        json!([]),
        json!([1.5, -0.5, 0.0]),
        json!([0.5, 0.3, 0.3]),
        json!([0.0, 0.0, 0.0]),
        json!([0.5, 0.3, 1e308]),
    ] {
        says(&described("/fusion/weights", weights), &["fusion", "one weight a member (3)", "sum 1"]);
    }
    says(&described("/fusion/weights", json!([0.5, null, 0.5])), &["metadata `moue`", "null"]);
    for temperature in [0.0, -1.0, 1e-9, 21.0, 1e300] {
        says(&described("/fusion/temperature", json!(temperature)), &["fusion", "between 0.05 and 20"]);
    }
    // JSON has no NaN and no infinity: what stands for them is no JSON.
    for number in ["NaN", "1e999"] {
        let (description, tensors) = good();
        let whole = file(&json!("PLACE"), &tensors);
        let text = description.to_string().replace("[0.5,0.3,0.2]", &format!("[0.5,0.3,{number}]"));
        let header = String::from_utf8(whole[8..header_length(&whole)].to_vec()).unwrap();
        let header = header.replace(&Value::from("\"PLACE\"").to_string(), &Value::from(text).to_string());
        let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &whole[header_length(&whole)..]].concat();
        says(&bytes, &["metadata `moue`", "line 1 column"]);
    }
}

#[test]
fn operators_that_cannot_be() {
    let op = |n: usize, what: &str| format!("/networks/folded/ops/{n}{what}");
    says(&described(&op(2, "/in"), json!(["prob"])), &["network `folded`", "relu1", "`prob`", "nothing before it makes"]);
    says(&described(&op(2, "/in"), json!(["relu1"])), &["network `folded`", "relu1", "nothing before it makes"]);
    says(&described(&op(2, "/op"), json!("attention")), &["metadata `moue`", "attention", "batch_norm"]);
    says(&described("/networks/plain/outputs", json!(["answer"])), &["network `plain`", "answer", "there are"]);
    says(&described("/networks/plain/outputs", json!([])), &["network `plain`", "at least one"]);
    says(&described("/members/0/network", json!("none")), &["member `rgb`", "`none`", "folded"]);
    says(&described("/members/0/representation", json!("none")), &["representation `none`"]);
    says(&described("/moue", json!(2)), &["version 2", "reads version 1"]);
    says(&described(&op(3, "/groups"), json!(3)), &["network `folded`", "conv2", "3 groups"]);
    says(&described(&op(3, "/groups"), json!(0)), &["network `folded`", "conv2", "0 groups"]);
}

#[test]
fn networks_of_enormous_sizes() {
    let op = |n: usize, what: &str| format!("/networks/folded/ops/{n}{what}");
    let huge = [1_u64 << 31, 1 << 40, 1 << 53, u64::MAX];
    for n in huge {
        says(&described(&op(0, "/kernel"), json!([n, 3])), &["network `folded`", "conv1", "65536"]);
        says(&described(&op(0, "/channels"), json!(n)), &["network `folded`", "conv1"]);
        says(&described(&op(0, "/stride"), json!([1, n])), &["network `folded`", "conv1", "65536"]);
        says(&described(&op(0, "/dilation"), json!([n, n])), &["network `folded`", "conv1", "65536"]);
        says(&described(&op(0, "/pad"), json!([n, n, n, n])), &["network `folded`", "conv1"]);
        says(&described(&op(3, "/groups"), json!(n)), &["network `folded`", "conv2"]);
        says(&described(&op(6, "/kernel"), json!([n, n])), &["network `folded`", "pool"]);
        says(&described(&op(12, "/channels"), json!(n)), &["network `folded`", "logits"]);
        says(&described("/networks/plain/inputs/data", json!([n, n, n])), &["network `plain`", "data", "65536"]);
        for place in ["/canonical/size/0", "/representations/rgb/0/resize/1", "/representations/codes/0/enlarge/0"] {
            refused(&described(place, json!(n)));
        }
        refused(&described("/representations/codes/2/lbp/radius", json!(n)));
    }
    says(&described("/networks/plain/inputs/data", json!([65536, 65536, 65536])), &["network `plain`", "data"]);
    says(&described("/canonical/size", json!([4097, 8])), &["canonical", "4096"]);
    says(&described("/representations/codes/2/lbp/radius", json!(5)), &["representation `codes`", "radius 5"]);
    says(&described("/representations/rgb/1/normalise/scale/0", json!(1e39)), &["metadata `moue`", "number out of range"]);
    let nested = "[".repeat(100_000);
    let mut file = (nested.len() as u64).to_le_bytes().to_vec();
    file.extend(nested.as_bytes());
    says(&file, &["header"]);
}

#[test]
fn bare_weights_say_what_makes_a_model_of_them() {
    let header = br#"{"conv1.weight":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let file = [&(header.len() as u64).to_le_bytes()[..], header, &[0; 4]].concat();
    says(&file, &["metadata", "`moue`", "bare weights"]);
}

#[test]
fn the_command_line_ends_with_2_and_the_same_words() {
    let folder = scratch("hostile");
    let whole = embedded();
    let files = [
        ("cut", whole[..whole.len() / 2].to_vec(), "header"),
        ("empty", Vec::new(), "header"),
        ("missing", described("/members/2/weights", json!("elsewhere/")), "member `plain`"),
        ("nan", with_tensor("rgb/fc.bias", |array| change(array, 0, &f32::NAN.to_le_bytes())), "rgb/fc.bias"),
        ("kernel", described("/networks/folded/ops/0/kernel", json!([1_u64 << 31, 1])), "conv1"),
    ];
    for (name, bytes, word) in files {
        let path = folder.join(format!("{name}.safetensors"));
        std::fs::write(&path, bytes).unwrap();
        let ran = moue(&["analyze", "examples/astronaut.png", "--device", "cpu", "--model", &text(&path)]);
        assert_eq!((ran.code, ran.stdout.len()), (Some(2), 0), "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains("--model") && ran.stderr.contains(word), "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains(&text(&path)) && !ran.stderr.contains("panicked"), "{name}: {}", ran.stderr);
    }
}
