//! `--resume` of videos: killed at any moment and run again, the file is that of an uninterrupted run, names of faces included.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::clips::{H264, clip, ffmpeg, folder, portrait};
use crate::support::{command, moue, text};

pub fn same(got: &Path, want: &[u8], what: &str) {
    let got = fs::read(got).unwrap();
    let lines = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().map(String::from).collect::<Vec<_>>();
    for (number, (got, want)) in lines(&got).iter().zip(&lines(want)).enumerate() {
        assert_eq!(got, want, "{what}: line {}", number + 1);
    }
    assert_eq!(got.len(), want.len(), "{what}");
}

#[test]
fn killed_at_any_moment_and_resumed_it_is_the_same() {
    if !ffmpeg() {
        return;
    }
    let (folder, model) = folder("killed");
    let videos = [text(portrait(&folder, "a.mp4", 20, H264)), text(clip(&folder, "b.mp4", 10, [64, 48], H264))];
    let broken = folder.join("broken.mp4");
    fs::write(&broken, b"no video").unwrap();
    let broken = text(&broken);
    let arguments = |file: &str| {
        let file = text(folder.join(file));
        ["analyze", &videos[0], &broken, &videos[1], "--resume", &file, "--device", "cpu", "--model", &model].map(String::from)
    };
    let ran = moue(&arguments("whole.jsonl"));
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let want = fs::read(folder.join("whole.jsonl")).unwrap();
    assert_eq!(want.iter().filter(|&&byte| byte == b'\n').count(), 20 + 1 + 1 + 10 + 1);
    // Torn at places of every kind, in the middle of lines and between them.
    let ends: Vec<usize> = want.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1).collect();
    for length in [ends[0], ends[9] + 30, ends[19], ends[20], ends[20] + 3, ends[21], ends[26], want.len() - 9, want.len()] {
        fs::write(folder.join("out.jsonl"), &want[..length]).unwrap();
        let ran = moue(&arguments("out.jsonl"));
        assert_eq!(ran.code, Some(1), "{}", ran.stderr);
        same(&folder.join("out.jsonl"), &want, &format!("cut at {length}"));
    }
    // Killed for real.
    let (mut at_work, mut seed) = (0, 0x9e37_79b9_u64);
    let _ = fs::remove_file(folder.join("out.jsonl"));
    let mut from = 0;
    for _ in 0..3 {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        from += (seed >> 33) % (want.len() as u64 / 3);
        let mut child = command(&arguments("out.jsonl")).stderr(std::process::Stdio::null()).spawn().unwrap();
        let begin = Instant::now();
        let length = || fs::metadata(folder.join("out.jsonl")).map_or(0, |file| file.len());
        while length() < from && begin.elapsed() < Duration::from_secs(30) && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(300));
        }
        child.kill().unwrap();
        at_work += usize::from(child.wait().unwrap().code().is_none());
    }
    assert!(at_work > 0, "every run ended before it was killed");
    moue(&arguments("out.jsonl"));
    same(&folder.join("out.jsonl"), &want, "killed");
}

#[test]
fn records_of_other_frames_are_refused() {
    if !ffmpeg() {
        return;
    }
    let (folder, model) = folder("others");
    let video = text(clip(&folder, "a.mp4", 4, [64, 48], H264));
    let file = text(folder.join("out.jsonl"));
    let arguments = ["analyze", &video, "--resume", &file, "--device", "cpu", "--model", &model, "--faces", "none"];
    assert_eq!(moue(&arguments).code, Some(0));
    let ran = moue(&[&arguments[..], &["--every", "2"]].concat());
    assert!(ran.code == Some(2) && ran.stderr.contains("--every"), "{}", ran.stderr);
    let ran = moue(&arguments);
    assert!(ran.code == Some(0) && ran.stderr.contains("1 of 1 inputs were answered before"), "{}", ran.stderr);
}
