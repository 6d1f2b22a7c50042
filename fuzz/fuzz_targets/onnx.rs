//! An ONNX file: refused with an error, or a network that runs on `cpu`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use moue::weights::onnx;
use moue_fuzz::{exercise, plant, references};

fuzz_target!(init: seeds(), |bytes: &[u8]| {
    let nowhere = |_: &str, _: u64, _: Option<u64>| Err("there is none".to_owned());
    exercise(onnx::read("fuzzed", bytes.to_vec().into(), &nowhere));
});

fn seeds() {
    let files = ["onnx.safetensors", "open.safetensors"].into_iter().flat_map(references);
    plant("onnx", files.filter(|(name, _)| name.ends_with("/model")));
}
