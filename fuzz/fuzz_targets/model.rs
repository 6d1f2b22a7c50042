//! Bytes of a model file: refused with a typed error, or a model that reads a face.

#![no_main]

use libfuzzer_sys::fuzz_target;
use moue::Model;

fuzz_target!(|bytes: &[u8]| {
    let _ = Model::parse("fuzzed", bytes);
});
