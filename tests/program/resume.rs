//! `analyze --resume`: killed at any moment and run again, the file is that of an uninterrupted run.

use crate::support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::support::{command, moue, scratch, text};
use image::{GrayImage, Luma, RgbImage};
use serde_json::Value;

/// Pictures without a face, of different sizes, with one that has a face and two that are none among them.
fn folder(name: &str, count: u32) -> PathBuf {
    let folder = scratch(name);
    let photos = folder.join("photos");
    fs::create_dir(&photos).unwrap();
    for i in 0..count {
        let side = if i % 5 == 0 { 300 } else { 40 + i % 7 };
        GrayImage::from_fn(side, side, |x, y| Luma([(x * y + i) as u8])).save(photos.join(format!("{i:03}.png"))).unwrap();
    }
    let photo = image::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/astronaut.png")).unwrap().into_rgb8();
    let face: RgbImage = image::imageops::crop_imm(&photo, 120, 20, 200, 200).to_image();
    face.save(photos.join("010-face.png")).unwrap();
    fs::write(photos.join("020-broken.png"), b"no picture").unwrap();
    fs::write(photos.join("999-broken.png"), b"").unwrap();
    folder
}

fn arguments(folder: &Path, output: &str, device: &str) -> Vec<String> {
    let photos = text(folder.join("photos"));
    // One name twice, which wants two records.
    let twice = text(folder.join("photos/003.png"));
    ["analyze", &photos, &twice, "--resume", &text(folder.join(output)), "--device", device].map(String::from).into()
}

/// The file of a run that nothing interrupts.
fn whole(folder: &Path, device: &str) -> Vec<u8> {
    let ran = moue(&arguments(folder, "whole.jsonl", device));
    assert_eq!((ran.code, ran.stdout.len()), (Some(1), 0), "{}", ran.stderr);
    fs::read(folder.join("whole.jsonl")).unwrap()
}

/// The same bytes, told by the lines that differ.
fn same(got: &Path, want: &[u8], what: &str) {
    let got = fs::read(got).unwrap();
    let lines = |bytes: &[u8]| {
        bytes.split(|&byte| byte == b'\n').map(|line| String::from_utf8_lossy(line).into_owned()).collect::<Vec<_>>()
    };
    if let Some((line, (got, want))) = lines(&got).into_iter().zip(lines(want)).enumerate().find(|(_, (got, want))| got != want) {
        panic!("{what}: line {}: {got}\nuninterrupted: {want}", line + 1);
    }
    assert_eq!(got.len(), want.len(), "{what}");
}

/// Starts a run and kills it once its file has `bytes` bytes; whether it was still at work.
fn killed(folder: &Path, device: &str, bytes: u64) -> bool {
    let mut child = command(&arguments(folder, "out.jsonl", device)).stderr(std::process::Stdio::null()).spawn().unwrap();
    let begin = Instant::now();
    let length = || fs::metadata(folder.join("out.jsonl")).map_or(0, |file| file.len());
    while length() < bytes && begin.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_micros(300));
    }
    child.kill().unwrap();
    child.wait().unwrap().code().is_none()
}

fn killed_and_resumed_on(device: &str) {
    let folder = folder(&format!("killed-{device}"), 120);
    let want = whole(&folder, device);
    let mut at_work = 0;
    let mut seed = 0x9e37_79b9_u64;
    for _ in 0..3 {
        let _ = fs::remove_file(folder.join("out.jsonl"));
        // Killed again and again, each time a bit later.
        let mut from = 0;
        for _ in 0..3 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            from += (seed >> 33) % (want.len() as u64 / 3);
            at_work += usize::from(killed(&folder, device, from));
        }
        let ran = moue(&arguments(&folder, "out.jsonl", device));
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        same(&folder.join("out.jsonl"), &want, device);
    }
    assert!(at_work > 0, "every run ended before it was killed");
}

#[test]
fn killed_and_resumed_on_the_reference() {
    killed_and_resumed_on("cpu");
}

#[test]
fn killed_and_resumed_on_the_best_adapter() {
    if let Some(adapter) = support::devices().into_iter().nth(1) {
        killed_and_resumed_on(&adapter);
    }
}

#[test]
fn a_torn_line_is_cut_off_wherever_it_was_torn() {
    let folder = folder("torn", 6);
    let want = whole(&folder, "cpu");
    let last = want[..want.len() - 1].iter().rposition(|&byte| byte == b'\n').unwrap() + 1;
    let middle = want.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    for length in [0, 1, middle - 1, middle, middle + 20, last, last + 1, last + 40, want.len() - 2, want.len() - 1, want.len()] {
        fs::write(folder.join("out.jsonl"), &want[..length]).unwrap();
        let ran = moue(&arguments(&folder, "out.jsonl", "cpu"));
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        same(&folder.join("out.jsonl"), &want, &format!("cut at {length}"));
    }
    // Torn, and then ended by a line break of another's.
    fs::write(folder.join("out.jsonl"), [&want[..last + 30], b"\n"].concat()).unwrap();
    moue(&arguments(&folder, "out.jsonl", "cpu"));
    same(&folder.join("out.jsonl"), &want, "ended by a line break");
}

#[test]
fn the_folder_of_the_file_is_made() {
    let folder = folder("made", 2);
    let want = whole(&folder, "cpu");
    moue(&arguments(&folder, "new/deep/out.jsonl", "cpu"));
    same(&folder.join("new/deep/out.jsonl"), &want, "in a new folder");
}

#[test]
fn what_was_answered_is_skipped_and_said() {
    let folder = folder("skipped", 4);
    let want = whole(&folder, "cpu");
    let count = want.iter().filter(|&&byte| byte == b'\n').count();
    let ran = moue(&arguments(&folder, "whole.jsonl", "cpu"));
    // Two are no pictures, and are tried again.
    let said = format!("{} of {count} inputs were answered before; 2 could not be", count - 2);
    assert!(ran.stderr.contains(&said), "{}", ran.stderr);
    same(&folder.join("whole.jsonl"), &want, "skipped");
    let twice = want.split(|&byte| byte == b'\n').filter(|line| String::from_utf8_lossy(line).contains("003.png"));
    assert_eq!(twice.count(), 2);
}

#[test]
fn another_file_is_refused_and_left_as_it_is() {
    let folder = folder("foreign", 2);
    let want = String::from_utf8(whole(&folder, "cpu")).unwrap();
    let face = want.lines().find(|line| line.contains("probabilities")).unwrap();
    let renamed = face.replace("\"happy\"", "\"glad\"");
    let mut value: Value = serde_json::from_str(face).unwrap();
    value["faces"][0]["members"].as_array_mut().unwrap().pop();
    let cases = [
        ("a letter", "Dear all,\n".to_string()),
        ("a letter without an end", "Dear all".to_string()),
        ("another schema", want.replace("moue.analyze/1", "moue.analyze/9")),
        ("torn in the middle", format!("{}\n{want}", &face[..60])),
        ("other labels", format!("{renamed}\n")),
        ("other members", format!("{value}\n")),
        ("a picture", String::from_utf8_lossy(b"\x89PNG\r\n\x1a\n").into_owned()),
    ];
    for (what, held) in cases {
        fs::write(folder.join("out.jsonl"), &held).unwrap();
        let ran = moue(&arguments(&folder, "out.jsonl", "cpu"));
        assert_eq!(ran.code, Some(2), "{what}: {}", ran.stderr);
        assert!(ran.stderr.contains("--resume") && ran.stderr.contains("name another"), "{what}: {}", ran.stderr);
        assert_eq!(fs::read_to_string(folder.join("out.jsonl")).unwrap(), held, "{what}");
    }
}

#[test]
fn it_combines_with_no_other_form() {
    for other in [&["--csv"][..], &["--top", "2"]] {
        let arguments = [&["analyze", "examples/astronaut.png", "--resume", "out.jsonl"], other].concat();
        let ran = moue(&arguments);
        assert_eq!(ran.code, Some(2));
        assert!(ran.stderr.contains(other[0]) && ran.stderr.contains("--resume"), "{}", ran.stderr);
    }
}
