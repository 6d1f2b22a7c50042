//! A state dict: refused with an error, or a network. None small enough to be a seed runs: the header is what is tried.

#![no_main]

use libfuzzer_sys::fuzz_target;
use moue::zoo::state_dict;
use moue_fuzz::{exercise, plant};

fuzz_target!(init: seeds(), |bytes: &[u8]| exercise(state_dict::read("fuzzed", bytes)));

/// A header whose tensors have no bytes, of names that lead to each network.
fn seeds() {
    let cases = [
        (
            "resnet18",
            r#"{"fc.weight":{"dtype":"F32","shape":[0,512],"data_offsets":[0,0]},"layer4.1.conv2.weight":{"dtype":"F32","shape":[512,0],"data_offsets":[0,0]}}"#,
        ),
        (
            "alexnet",
            r#"{"classifier.6.weight":{"dtype":"F16","shape":[1,1],"data_offsets":[0,2]},"features.10.weight":{"dtype":"U8","shape":[0],"data_offsets":[2,2]}}"#,
        ),
        (
            "googlenet",
            r#"{"fc.weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"inception3a.branch1.conv.weight":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}"#,
        ),
    ];
    let file = |(name, header): (&str, &str)| {
        let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &[0; 12]].concat();
        (format!("{name}.safetensors"), bytes)
    };
    plant("state_dict", cases.map(file).into_iter());
}
