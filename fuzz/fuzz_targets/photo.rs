//! Bytes of a photograph.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _ = moue::photo::decode(bytes);
});
