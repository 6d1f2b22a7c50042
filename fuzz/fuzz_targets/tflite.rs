//! A TensorFlow Lite file: refused with an error, or a network that runs on `cpu`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use moue::weights::tflite;
use moue_fuzz::{exercise, plant, references};

fuzz_target!(init: seeds(), |bytes: &[u8]| exercise(tflite::read("fuzzed", bytes)));

fn seeds() {
    plant("tflite", references("tflite.safetensors").filter(|(name, _)| name.ends_with("/model")));
}
