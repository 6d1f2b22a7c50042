//! A camera, by a stand-in for ffmpeg that plays a clip.
#![cfg(unix)]

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::json;

use crate::clips::{H264, clip, ffmpeg, folder};
use crate::support::{Ran, command, text};

/// Runs `moue analyze camera:0` with a script in the place of ffmpeg.
fn with(folder: &Path, script: &str, more: &[&str]) -> Ran {
    let program = folder.join("stand-in");
    std::fs::write(&program, format!("#!/bin/sh\necho \"$@\" > {}\n{script}\n", text(folder.join("called")))).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let model = text(folder.join("tiny.safetensors"));
    let arguments =
        [&["analyze", "camera:0", "--json", "--device", "cpu", "--model", &model, "--faces", "none"][..], more].concat();
    Ran::of(command(&arguments).env("MOUE_FFMPEG", &program).output().unwrap())
}

/// What plays a clip as a camera would, in so many hundredths of its speed at the most.
fn plays(path: &Path, speed: &str) -> String {
    let rest = "-map 0:v:0 -an -sn -dn -fps_mode passthrough -enc_time_base 1:90000 -vf scale=iw*sar:ih,setsar=1,showinfo=checksum=0 -pix_fmt rgb24 -f rawvideo pipe:1";
    format!("ffmpeg -nostdin -nostats -hide_banner -loglevel level+info {speed} -i {} {rest}", text(path))
}

#[test]
fn where_moue_is_behind_frames_are_dropped_and_counted() {
    if !ffmpeg() {
        return;
    }
    let (folder, _) = folder("camera");
    let path = clip(&folder, "a.mp4", 300, [320, 240], H264);
    // As fast as it decodes: no reader keeps up.
    let ran = with(&folder, &format!("exec {}", plays(&path, "")), &[]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    let mut records = ran.records();
    let end = records.pop().unwrap();
    let (read, dropped) = (end["frames"].as_u64().unwrap(), end["dropped"].as_u64().unwrap());
    assert_eq!((read as usize, read + dropped), (records.len(), 300), "{end}");
    let numbers: Vec<u64> = records.iter().map(|record| record["frame"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b) && *numbers.last().unwrap() == 299, "{numbers:?}");
    assert!(
        records
            .iter()
            .zip(&numbers)
            .all(|(record, number)| (record["timestamp"].as_f64().unwrap() - 0.04 * *number as f64).abs() < 1e-6)
    );
    let called = std::fs::read_to_string(folder.join("called")).unwrap();
    let format = if cfg!(target_os = "macos") { "-f avfoundation" } else { "-f v4l2 -i /dev/video0" };
    assert!(called.contains(format), "{called}");
    // Until a second.
    let ran = with(&folder, &format!("exec {}", plays(&path, "-re")), &["--to", "0.5"]);
    assert_eq!(ran.code, Some(0), "{}", ran.stderr);
    assert!(ran.records().iter().filter_map(|record| record["timestamp"].as_f64()).all(|time| time < 0.5));
    assert!(ran.records().len() > 3);
}

#[test]
fn unplugged_what_was_read_stays_and_the_end_says_why() {
    if !ffmpeg() {
        return;
    }
    let (folder, _) = folder("unplugged");
    let path = clip(&folder, "a.mp4", 12, [64, 48], H264);
    let gone = format!("{}\necho '[error] ioctl(VIDIOC_DQBUF): No such device' >&2\nexit 1", plays(&path, "-re"));
    let ran = with(&folder, &gone, &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let records = ran.records();
    let end = records.last().unwrap();
    assert!(records.len() > 2 && end["error"].as_str().unwrap().contains("No such device"), "{end}");
    assert!(ran.stderr.contains("camera:0"), "{}", ran.stderr);
}

#[test]
fn absent_it_is_named_with_the_remedy() {
    let (folder, _) = folder("absent");
    let ran = with(&folder, "echo '[error] /dev/video0: No such file or directory' >&2\nexit 1", &[]);
    assert_eq!(ran.code, Some(1), "{}", ran.stderr);
    let records = ran.records();
    let error = records[0]["error"].as_str().unwrap();
    assert_eq!((records.len(), &records[0]["frames"]), (1, &json!(0)));
    assert!(
        error.contains("camera:0") && error.contains("No such file") && error.contains("lists those that are there"),
        "{error}"
    );
}
