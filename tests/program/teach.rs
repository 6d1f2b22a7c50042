//! `moue teach`, as people type it. Pictures are made up: stripes of a label's own in noise, read whole, on the processor.

use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};
use serde_json::Value;

use crate::support::{moue, scratch, text};

const LABELS: [&str; 3] = ["across", "down", "spots"];

/// A picture of a label, one of many.
fn picture(label: usize, number: u64) -> RgbImage {
    let mut state = 1 + number * 31 + label as u64 * 1009;
    RgbImage::from_fn(48, 48, |x, y| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let on = [(y + number as u32) / 8 % 2, (x + number as u32) / 8 % 2, (x / 8 + y / 8 + number as u32) % 2][label];
        let value = 40 + 80 * on as u8 + (state >> 57) as u8;
        Rgb([value, value, value])
    })
}

/// A folder with so many pictures a label.
fn folder(name: &str, counts: [u64; 3]) -> PathBuf {
    let root = scratch(name);
    for (label, count) in counts.into_iter().enumerate() {
        std::fs::create_dir_all(root.join(LABELS[label])).unwrap();
        (0..count).for_each(|number| picture(label, number).save(place(&root, label, number)).unwrap());
    }
    root
}

fn place(root: &Path, label: usize, number: u64) -> PathBuf {
    root.join(LABELS[label]).join(format!("{number}.png"))
}

/// `moue teach` of a folder: exit status, JSON, what is said.
fn teach(root: &Path, out: &Path, more: &[&str]) -> (Option<i32>, Value, String) {
    let (root, out) = (text(root), text(out));
    let given = [&["teach", &root, "-o", &out, "--faces", "none", "--device", "cpu", "--json"][..], more].concat();
    let ran = moue(&given);
    (ran.code, serde_json::from_str(&ran.text()).unwrap_or_default(), ran.stderr)
}

/// It guards the whole way: features, solution, file, and that other commands answer the labels. Seven seconds.
#[test]
fn what_was_taught_is_answered_by_analyze_and_evaluate_and_names_its_base() {
    let root = folder("teach-whole", [12, 12, 12]);
    std::fs::write(root.join("down").join("broken.png"), b"no picture").unwrap();
    std::fs::copy(place(&root, 0, 3), place(&root, 0, 99)).unwrap();
    let out = scratch("teach-whole-out").join("mine.safetensors");
    let (code, answer, said) = teach(&root, &out, &[]);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("broken.png") && said.contains("1 picture is there more than once"), "{said}");
    assert_eq!(answer["labels"], serde_json::json!(LABELS));
    assert_eq!(answer["faces"], serde_json::json!([12, 12, 12]));
    assert!(answer["tested"]["accuracy"].as_f64().unwrap() > 0.9, "{answer}");
    assert!(answer["gradient"].as_f64().unwrap() <= 1e-9);
    assert_eq!(answer["tested"]["against"], "most_frequent");
    assert!(answer["bytes"].as_u64().unwrap() < 40_000);

    let file = text(&out);
    let ran = moue(&["analyze", &text(place(&root, 2, 1)), "--model", &file, "--faces", "none", "--device", "cpu", "--json"]);
    let face = &ran.records()[0]["faces"][0];
    assert_eq!(face["label"], "spots", "{}", ran.stderr);
    let sum: f64 = LABELS.iter().map(|&label| face["probabilities"][label].as_f64().unwrap()).sum();
    assert!((sum - 1.0).abs() < 1e-5);

    std::fs::remove_file(root.join("down").join("broken.png")).unwrap();
    let ran = moue(&["evaluate", "--data", &text(&root), "--model", &file, "--device", "cpu", "--json"]);
    let score: Value = serde_json::from_str(&ran.text()).unwrap();
    assert_eq!(score["accuracy"], 1.0, "{}", ran.stderr);

    // Another base: the hash in the header is that of no model that there is.
    let mut bytes = std::fs::read(&out).unwrap();
    let hash = answer["bases"][0]["sha256"].as_str().unwrap();
    let at = bytes.windows(64).position(|part| part == hash.as_bytes()).unwrap();
    bytes[at..at + 64].fill(b'0');
    std::fs::write(&out, bytes).unwrap();
    let ran = moue(&["analyze", &text(place(&root, 2, 1)), "--model", &file, "--device", "cpu"]);
    assert_eq!(ran.code, Some(2));
    let parts = ["taught on the model `default` with SHA-256 000000000000", &hash[..12], "teach again"];
    assert!(parts.iter().all(|part| ran.stderr.contains(part)), "{}", ran.stderr);
}

/// Refusals that come before any network is read cost nothing.
#[test]
fn a_folder_that_cannot_be_taught_is_refused_with_the_remedy() {
    let out = scratch("teach-refused-out").join("mine.safetensors");
    let one = folder("teach-one", [8, 8, 1]);
    let (code, _, said) = teach(&one, &out, &[]);
    assert!(code == Some(2) && said.contains("5 pictures of a face at least, and `spots` has 1: add pictures"), "{said}");
    let (code, _, said) = teach(&one.join("across"), &out, &[]);
    assert!(
        code == Some(2) && said.contains("has 8 pictures and no folders: give one with a folder of pictures a label"),
        "{said}"
    );
    let (code, _, said) = teach(&one.join("nowhere"), &out, &[]);
    assert!(code == Some(2) && said.contains("nowhere"), "{said}");
    assert!(!out.exists());
}

/// That the same pictures under two labels are found by what they show, mirrored and saved anew too. Three seconds.
#[test]
fn two_labels_with_the_same_pictures_are_refused_and_one_picture_of_both_is_left_out() {
    let root = folder("teach-same", [8, 8, 0]);
    std::fs::remove_dir(root.join("spots")).unwrap();
    let out = scratch("teach-same-out").join("mine.safetensors");
    let mirrored = image::imageops::flip_horizontal(&picture(0, 2));
    mirrored.save(root.join("down").join("mirrored.bmp")).unwrap();
    let (code, answer, said) = teach(&root, &out, &[]);
    assert!(code == Some(0) && said.contains("1 picture is there under two labels, and left out of both"), "{said}");
    assert_eq!(answer["faces"], serde_json::json!([7, 8]));

    let same = folder("teach-same-all", [8, 0, 8]);
    (0..8).for_each(|number| picture(0, number).save(same.join("down").join(format!("{number}.bmp"))).unwrap());
    let (code, _, said) = teach(&same, &out, &[]);
    assert!(code == Some(2) && said.contains("`across` and `down` have the same pictures: a face shows one label"), "{said}");
}
