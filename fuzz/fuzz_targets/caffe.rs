//! A prototxt, and behind a NUL its caffemodel: refused with an error, or a network that runs on `cpu`. What lies behind the NUL is read as a mean image, too.

#![no_main]

use libfuzzer_sys::fuzz_target;
use moue::weights::caffe;
use moue_fuzz::{exercise, plant, references};

fuzz_target!(init: seeds(), |bytes: &[u8]| {
    let mut parts = bytes.splitn(2, |&byte| byte == 0);
    let (Some(prototxt), weights) = (parts.next(), parts.next()) else { return };
    let mean = weights.and_then(|bytes| caffe::read_mean("fuzzed", bytes).ok());
    if let Ok(prototxt) = std::str::from_utf8(prototxt) {
        exercise(caffe::read("fuzzed", prototxt, weights, mean.as_ref()));
    }
});

fn seeds() {
    let all: Vec<(String, Vec<u8>)> = references("caffe.safetensors").collect();
    let find = |name: &str| all.iter().find(|(own, _)| own == name).map(|(_, bytes)| bytes.clone());
    let cases = all.iter().filter_map(|(name, prototxt)| {
        let case = name.strip_suffix("/prototxt")?;
        let weights = find(&format!("{case}/caffemodel"))?;
        Some((case.to_owned(), [&prototxt[..], &[0], &weights].concat()))
    });
    plant("caffe", cases.collect::<Vec<_>>().into_iter());
}
